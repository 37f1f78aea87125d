//! The grammar of variables in values.

/// Variables in the defaults of one another. Files that mean it have two.
const DEPTH_MAX: usize = 32;

/// Variables and texts between them in one value. A long script that is a value has hundreds.
const PIECES_MAX: usize = 10_000;

/// A text in pieces.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template<'a> {
    pub pieces: Vec<Piece<'a>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `$$`, and a `$` with nothing like a name behind it, as in `$1` and `$(date)`.
    Dollar,
    /// `$NAME` and all `${NAME…}`
    Variable {
        name: &'a str,
        operator: Operator<'a>,
    },
}

/// What to do with a variable's value; with `empty_too`, an empty one counts as none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operator<'a> {
    None,
    /// `:-` and `-`
    Default {
        empty_too: bool,
        word: Template<'a>,
    },
    /// `:?` and `?`
    Demand {
        empty_too: bool,
        word: Template<'a>,
    },
    /// `:+` and `+`
    Instead {
        empty_too: bool,
        word: Template<'a>,
    },
}

/// Why a text is not a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TemplateError {
    /// `${` without its `}`.
    Unclosed,
    /// `${}` or a name with other characters than letters, digits and `_`.
    Name,
    /// Something else than the known operators behind the name.
    Operator,
    /// Too many in one another.
    TooDeep,
    /// Too many in one value.
    TooMany,
}

impl<'a> Template<'a> {
    pub fn parse(text: &'a str) -> Result<Self, TemplateError> {
        let mut parser = Parser {
            rest: text,
            pieces: 0,
        };
        parser.template(0)
    }
}

struct Parser<'a> {
    rest: &'a str,
    pieces: usize,
}

impl<'a> Parser<'a> {
    /// Up to the end, or, inside a variable, up to the `}` that closes it.
    fn template(&mut self, depth: usize) -> Result<Template<'a>, TemplateError> {
        if depth > DEPTH_MAX {
            return Err(TemplateError::TooDeep);
        }
        let mut pieces = Vec::new();
        let mut braces = 0_usize;
        loop {
            self.pieces += 1;
            if self.pieces > PIECES_MAX {
                return Err(TemplateError::TooMany);
            }
            let stop = |c: char| c == '$' || (depth > 0 && (c == '{' || c == '}'));
            let end = self.rest.find(stop).unwrap_or(self.rest.len());
            let text = self.take(end);
            if !text.is_empty() {
                pieces.push(Piece::Text(text));
            }
            match self.rest.chars().next() {
                None if depth == 0 => return Ok(Template { pieces }),
                None => return Err(TemplateError::Unclosed),
                Some('$') => pieces.push(self.dollar(depth)?),
                // Braces of a word's own, as in JSON, come in pairs.
                Some('{') => {
                    braces += 1;
                    pieces.push(Piece::Text(self.take(1)));
                }
                Some(_) if braces > 0 => {
                    braces -= 1;
                    pieces.push(Piece::Text(self.take(1)));
                }
                Some(_) => return Ok(Template { pieces }),
            }
        }
    }

    fn dollar(&mut self, depth: usize) -> Result<Piece<'a>, TemplateError> {
        self.take(1);
        match self.rest.chars().next() {
            Some('$') => {
                self.take(1);
                Ok(Piece::Dollar)
            }
            Some('{') => {
                self.take(1);
                self.braced(depth)
            }
            _ => match self.name() {
                "" => Ok(Piece::Dollar),
                name => Ok(Piece::Variable {
                    name,
                    operator: Operator::None,
                }),
            },
        }
    }

    fn braced(&mut self, depth: usize) -> Result<Piece<'a>, TemplateError> {
        let name = self.name();
        let operator = match self.rest.chars().next() {
            None => return Err(TemplateError::Unclosed),
            _ if name.is_empty() => return Err(TemplateError::Name),
            Some('}') => Operator::None,
            Some(_) => self.operator(depth)?,
        };
        self.take(1);
        Ok(Piece::Variable { name, operator })
    }

    fn operator(&mut self, depth: usize) -> Result<Operator<'a>, TemplateError> {
        let empty_too = self.rest.starts_with(':');
        self.take(usize::from(empty_too));
        let sign = self.rest.chars().next();
        if !matches!(sign, Some('-' | '?' | '+')) {
            return Err(TemplateError::Operator);
        }
        self.take(1);
        let word = self.template(depth + 1)?;
        Ok(match sign {
            Some('-') => Operator::Default { empty_too, word },
            Some('?') => Operator::Demand { empty_too, word },
            _ => Operator::Instead { empty_too, word },
        })
    }

    /// A name, or nothing.
    fn name(&mut self) -> &'a str {
        let part = |c: char| c == '_' || c.is_ascii_alphanumeric();
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return "";
        }
        let end = self.rest.find(|c| !part(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

impl TemplateError {
    /// What is wrong, and what to write.
    pub fn explain(self) -> (&'static str, &'static str) {
        let dollar = "write `$$` for a dollar sign, `${NAME}` for a variable";
        match self {
            Self::Unclosed => (
                "a `${` is not closed",
                "close it with `}`, or write `$$` for a dollar sign",
            ),
            Self::Name => ("`${` is not followed by a variable's name", dollar),
            Self::Operator => (
                "a variable's name is followed by something that is no operator",
                "known are `:-` and `-` (default), `:?` and `?` (demand), `:+` and `+` (replacement)",
            ),
            Self::TooMany => (
                "too many variables stand in one value",
                "split it, or put it into a file of its own",
            ),
            Self::TooDeep => (
                "too many variables stand in the defaults of one another",
                "give one a value of its own",
            ),
        }
    }
}
