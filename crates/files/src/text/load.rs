//! One YAML document to a tree.

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Tag as YamlTag};

use super::build::{Builder, DEPTH_MAX, Refused};
use super::{At, Node, Scalar, Tag, Value, decode};
use crate::code::Code;
use crate::report::Report;

/// Reads a file; an empty one is `null`. None means that it has no tree, and a remark says why.
pub(crate) fn load(report: &Report, file: u16, bytes: &[u8]) -> Option<Node> {
    let text = decode::decode(report, file, bytes)?;
    let mut load = Load {
        report,
        file,
        text,
        builder: Builder::new(report),
        documents: 0,
    };
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEPTH_MAX + 1,
        block_nesting_limit: DEPTH_MAX + 1,
    };
    for event in Parser::new_from_str_with_options(text, options) {
        match event {
            Ok((event, span)) => load.event(event, span.start).ok()?,
            Err(error) => {
                load.syntax(&error);
                return None;
            }
        }
    }
    let start = At {
        file,
        line: 1,
        column: 1,
    };
    Some(load.builder.root.unwrap_or_else(|| Node::new(start, Value::Null)))
}

struct Load<'a> {
    report: &'a Report,
    file: u16,
    text: &'a str,
    builder: Builder<'a>,
    documents: usize,
}

impl Load<'_> {
    fn event(&mut self, event: Event<'_>, start: Marker) -> Result<(), Refused> {
        let at = self.at(start);
        match event {
            Event::DocumentStart(..) => self.document(at),
            Event::Alias(anchor) => self.builder.alias(at, anchor),
            Event::UnresolvedAlias(name) => {
                let message = format!("nothing above is anchored as `&{name}`");
                let help = "anchor the value first, or quote the text if it begins with `*`";
                self.report.advise(Code::BadYaml, at, "", message, help);
                self.builder.scalar(Node::new(at, Value::Null), 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let (tag, is_text) = self.tag(at, tag.as_deref());
                let mut value = scalar(text.into_owned(), style == ScalarStyle::Plain && !is_text);
                self.without_nul(at, &mut value);
                self.builder.scalar(Node { at, tag, value }, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let (tag, _) = self.tag(at, tag.as_deref());
                self.builder.open_list(at, tag, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                let (tag, _) = self.tag(at, tag.as_deref());
                self.builder.open_map(at, tag, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => self.builder.close(),
            _ => Ok(()),
        }
    }

    fn document(&mut self, at: At) -> Result<(), Refused> {
        self.documents += 1;
        if self.documents < 2 {
            return Ok(());
        }
        let message = "a second document begins here; a file has one";
        self.report.advise(
            Code::BadYaml,
            at,
            "",
            message,
            "put it into a file of its own, or remove the `---`",
        );
        Err(Refused)
    }

    /// Texts with a NUL, written as an escape, end early wherever the kernel reads them.
    fn without_nul(&self, at: At, value: &mut Value) {
        if let Value::Scalar(scalar) = value
            && scalar.text.contains('\0')
        {
            let help = "remove it: neither variables nor commands nor paths can hold one";
            let message = "a NUL character stands in this text";
            self.report.advise(Code::NotText, at, "", message, help);
            scalar.known = false;
        }
    }

    /// What a tag does, and whether it says that a plain value is a text.
    fn tag(&self, at: At, tag: Option<&YamlTag>) -> (Tag, bool) {
        let Some(tag) = tag else {
            return (Tag::Merge, false);
        };
        match (tag.core_suffix(), tag.suffix()) {
            (Some(core), _) => (Tag::Merge, core == "str"),
            // Of YAML 1.1, for the key `<<`.
            (None, "merge") => (Tag::Merge, false),
            (None, "reset") => (Tag::Reset, false),
            (None, "override") => (Tag::Override, false),
            (None, other) => {
                let message = format!("the tag `!{other}` is not known; the value is read as if it had none");
                self.report.advise(
                    Code::UnknownTag,
                    at,
                    "",
                    message,
                    "known are `!reset` and `!override`",
                );
                (Tag::Merge, false)
            }
        }
    }

    fn at(&self, marker: Marker) -> At {
        At {
            file: self.file,
            line: u32::try_from(marker.line()).unwrap_or(u32::MAX),
            column: u32::try_from(marker.col().saturating_add(1)).unwrap_or(u32::MAX),
        }
    }

    fn syntax(&self, error: &ScanError) {
        let at = self.at(*error.marker());
        if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
            let message = format!("lists and maps stand more than {DEPTH_MAX} deep in one another here");
            let help = "no key needs that; look for brackets that are not closed";
            return self.report.advise(Code::TooDeep, at, "", message, help);
        }
        let line = self.line(at.line);
        let help = self.advice(error.kind(), at, line);
        let message = format!("this is not YAML: {}", error.kind());
        self.report.advise(Code::BadYaml, at, "", message, help);
    }

    fn line(&self, number: u32) -> &str {
        let skip = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        self.text.lines().nth(skip).unwrap_or_default()
    }

    /// What most likely went wrong on `line`.
    fn advice(&self, kind: &ErrorKind, at: At, line: &str) -> &'static str {
        let indent = line.trim_end().len() - line.trim().len();
        let before = self.line(at.line.saturating_sub(1));
        if line.contains("{{") || before.contains("{{") || self.text.contains("{{-") {
            "this looks like a template (`{{ … }}`), which must be rendered first"
        } else if line.get(..indent).is_some_and(|space| space.contains('\t')) {
            "indent with spaces; YAML does not allow tabs there"
        } else if line.matches(": ").count() > 1 {
            "quote the value: a text with `: ` in it needs quotes"
        } else if matches!(kind, ErrorKind::UnexpectedCharacter { .. }) {
            "quote the value: a text cannot begin with this character"
        } else if line.matches('"').count() % 2 == 1 || line.matches('\'').count() % 2 == 1 {
            "a quote is not closed"
        } else {
            "look at the indentation and the colons of this line and the one above"
        }
    }
}

fn scalar(text: String, plain: bool) -> Value {
    if plain && matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::Scalar(Scalar {
        text,
        plain,
        known: true,
    })
}
