//! Splits a command line into words the way a shell reads quotes, and nothing else of a shell.

/// A command in words.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    /// The words, without their quotes.
    pub words: Vec<String>,
    /// An unquoted word that only a shell would act on, such as `&&`.
    pub shell_syntax: Option<String>,
}

/// A quote or a backslash at the end has nothing to close or to escape.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unclosed(pub char);

/// Splits `text` at blanks that are not quoted.
pub(crate) fn split(text: &str) -> Result<Words, Unclosed> {
    let mut split = Split::default();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => split.quoted(&mut chars)?,
            '"' => split.double_quoted(&mut chars)?,
            '\\' => match chars.next() {
                Some('\n') => {}
                Some(c) => split.push(c, true),
                None => return Err(Unclosed('\\')),
            },
            c if c.is_whitespace() => split.end_word(),
            c => split.push(c, false),
        }
    }
    split.end_word();
    Ok(Words {
        words: split.words,
        shell_syntax: split.shell_syntax,
    })
}

#[derive(Default)]
struct Split {
    words: Vec<String>,
    word: String,
    open: bool,
    quoted: bool,
    shell_syntax: Option<String>,
}

impl Split {
    fn push(&mut self, c: char, quoted: bool) {
        self.word.push(c);
        self.open = true;
        self.quoted |= quoted;
    }

    fn quoted(&mut self, chars: &mut std::str::Chars<'_>) -> Result<(), Unclosed> {
        (self.open, self.quoted) = (true, true);
        loop {
            match chars.next().ok_or(Unclosed('\''))? {
                '\'' => return Ok(()),
                c => self.word.push(c),
            }
        }
    }

    fn double_quoted(&mut self, chars: &mut std::str::Chars<'_>) -> Result<(), Unclosed> {
        (self.open, self.quoted) = (true, true);
        loop {
            match chars.next().ok_or(Unclosed('"'))? {
                '"' => return Ok(()),
                '\\' => match chars.next().ok_or(Unclosed('"'))? {
                    '\n' => {}
                    c @ ('"' | '\\' | '$' | '`') => self.word.push(c),
                    c => self.word.extend(['\\', c]),
                },
                c => self.word.push(c),
            }
        }
    }

    fn end_word(&mut self) {
        if !self.open {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let is_syntax = matches!(
            word.as_str(),
            "&&" | "||" | "|" | ";" | "&" | ">" | ">>" | "<" | "2>&1"
        );
        if is_syntax && !self.quoted && self.shell_syntax.is_none() {
            self.shell_syntax = Some(word.clone());
        }
        self.words.push(word);
        (self.open, self.quoted) = (false, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &[&str]) {
        assert_eq!(
            split(text).map(|w| w.words),
            Ok(expect.iter().map(ToString::to_string).collect()),
            "{text}"
        );
    }

    #[test]
    fn quotes_and_blanks() {
        check("", &[]);
        check("  a  b\t c\n", &["a", "b", "c"]);
        check("echo 'a b' \"c d\"", &["echo", "a b", "c d"]);
        check("--x=\"a b\"c", &["--x=a bc"]);
        check("a '' \"\"", &["a", "", ""]);
        check(r#"a\ b "c\"d" "e\f" 'g\h'"#, &["a b", "c\"d", "e\\f", "g\\h"]);
        check("a \\\n b", &["a", "b"]);
        check("sh -c 'a && b'", &["sh", "-c", "a && b"]);
    }

    #[test]
    fn what_is_not_closed() {
        assert_eq!(split("a 'b"), Err(Unclosed('\'')));
        assert_eq!(split("a \"b"), Err(Unclosed('"')));
        assert_eq!(split("a \\"), Err(Unclosed('\\')));
    }

    #[test]
    fn shell_syntax_is_noticed() {
        let syntax = |text: &str| split(text).unwrap().shell_syntax;
        assert_eq!(syntax("a && b").as_deref(), Some("&&"));
        assert_eq!(syntax("a '&&' b"), None);
        assert_eq!(syntax("sh -c 'a && b'"), None);
    }
}
