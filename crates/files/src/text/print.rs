//! A tree as YAML text: what is read back is the same tree.

use std::collections::BTreeMap;

use super::comments::Comments;
use super::{At, Entry, Node, Scalar, Tag, Value};

/// What is done about `$` in values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dollars {
    /// Variables were replaced: a `$` that is left means itself, but where a value is not known.
    Escaped,
    /// Variables stand as they were written.
    AsWritten,
}

/// A longer key needs a sign of its own before it (YAML 1.2.2, section 7.4).
const KEY_CHARACTERS_MAX: usize = 1_000;

/// Prints a tree in blocks; comments, by file, stand where they stood.
pub(crate) fn print(root: &Node, dollars: Dollars, comments: BTreeMap<u16, Comments>) -> String {
    let mut printer = Printer {
        out: String::new(),
        dollars,
        comments,
    };
    match &root.value {
        Value::Map(entries) if !entries.is_empty() => printer.map(entries, 0),
        Value::List(items) if !items.is_empty() => printer.list(items, 0),
        _ => printer.value(root.at, root, 0),
    }
    let below: Vec<_> = printer.comments.values_mut().flat_map(Comments::below).collect();
    below.iter().for_each(|comment| printer.comment(comment, 0));
    printer.out
}

struct Printer {
    out: String,
    dollars: Dollars,
    comments: BTreeMap<u16, Comments>,
}

impl Printer {
    fn map(&mut self, entries: &[Entry], indent: usize) {
        for entry in entries {
            self.begin(entry.at, indent);
            if entry.key.chars().count() > KEY_CHARACTERS_MAX {
                self.out.push_str("? ");
                self.out.push_str(&key(&entry.key));
                self.out.push('\n');
                self.out.push_str(&" ".repeat(indent));
            } else {
                self.out.push_str(&key(&entry.key));
            }
            self.out.push(':');
            self.value(entry.at, &entry.value, indent);
        }
    }

    fn list(&mut self, items: &[Node], indent: usize) {
        for item in items {
            self.begin(item.at, indent);
            self.out.push('-');
            match &item.value {
                // The first line of what is below stands behind the dash.
                Value::Map(entries) if !entries.is_empty() && item.tag == Tag::Merge => {
                    self.out.push(' ');
                    self.map(entries, indent + 2);
                }
                Value::List(items) if !items.is_empty() && item.tag == Tag::Merge => {
                    self.out.push(' ');
                    self.list(items, indent + 2);
                }
                _ => self.value(item.at, item, indent),
            }
        }
    }

    /// What stands behind a key or dash, to the end of its last line.
    fn value(&mut self, at: At, node: &Node, indent: usize) {
        self.out.push_str(match node.tag {
            Tag::Merge => "",
            Tag::Reset => " !reset",
            Tag::Override => " !override",
        });
        match &node.value {
            // A tag alone would stand for an empty text.
            Value::Null if node.tag == Tag::Merge => self.end(at),
            Value::Null => self.word("null", at),
            Value::Scalar(scalar) => self.scalar(scalar, at, node.at, indent + 2),
            Value::List(items) if items.is_empty() => self.word("[]", at),
            Value::Map(entries) if entries.is_empty() => self.word("{}", at),
            Value::List(items) => {
                self.end_before(at, items.first().map(|item| item.at));
                self.list(items, indent + 2);
            }
            Value::Map(entries) => {
                self.end_before(at, entries.first().map(|entry| entry.at));
                self.map(entries, indent + 2);
            }
        }
    }

    /// Ends a line; a comment that stood behind what is below too goes there.
    fn end_before(&mut self, at: At, below: Option<At>) {
        if below.is_some_and(|below| (below.file, below.line) == (at.file, at.line)) {
            self.out.push('\n');
        } else {
            self.end(at);
        }
    }

    fn word(&mut self, word: &str, at: At) {
        self.space();
        self.out.push_str(word);
        self.end(at);
    }

    fn scalar(&mut self, scalar: &Scalar, key_at: At, at: At, indent: usize) {
        let text = match self.dollars {
            Dollars::Escaped if scalar.known => scalar.text.replace('$', "$$"),
            _ => scalar.text.clone(),
        };
        self.space();
        let Some(header) = block_header(&text) else {
            // What a variable stands for may have a type.
            let has_type = || has_type(&text) || !scalar.known || self.has_variable(&text);
            let plain = is_plain(&text) && (scalar.plain || !has_type());
            self.out.push_str(&if plain { text } else { quote(&text) });
            return self.end_of_both(key_at, at);
        };
        self.out.push_str(header);
        self.end_of_both(key_at, at);
        let indent = " ".repeat(indent);
        for line in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
            if !line.is_empty() {
                self.out.push_str(&indent);
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn has_variable(&self, text: &str) -> bool {
        self.dollars == Dollars::AsWritten && text.contains('$')
    }

    /// Begins a line, with the comments above it; or goes on behind a dash.
    fn begin(&mut self, at: At, indent: usize) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            return;
        }
        let above = self.comments.get_mut(&at.file).map(|of| of.above(at.line));
        for comment in above.unwrap_or_default() {
            self.comment(&comment, indent);
        }
        self.out.push_str(&" ".repeat(indent));
    }

    fn comment(&mut self, text: &str, indent: usize) {
        self.out.push_str(&" ".repeat(indent));
        self.out.push('#');
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn end_of_both(&mut self, key_at: At, at: At) {
        let beside = self.beside(at);
        self.end(key_at);
        if let Some(comment) = beside {
            self.out.pop();
            self.out.push_str(&comment);
            self.out.push('\n');
        }
    }

    fn end(&mut self, at: At) {
        if let Some(comment) = self.beside(at) {
            self.out.push_str(&comment);
        }
        self.out.push('\n');
    }

    fn beside(&mut self, at: At) -> Option<String> {
        let text = self.comments.get_mut(&at.file)?.beside(at.line)?;
        Some(format!(" #{text}"))
    }

    fn space(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with('\n') {
            self.out.push(' ');
        }
    }
}

fn key(text: &str) -> String {
    if is_plain(text) && !has_type(text) && text != "<<" {
        text.to_owned()
    } else {
        quote(text)
    }
}

/// The sign before a text of several lines that can stand as it is.
fn block_header(text: &str) -> Option<&'static str> {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let shown = |c: char| c == '\n' || c == '\t' || is_printable(c);
    let lines_fit = || {
        body.split('\n')
            .all(|line| line.is_empty() || !line.trim_matches([' ', '\t']).is_empty())
    };
    let fits = body.contains('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && !body.ends_with('\n')
        && text.chars().all(shown)
        && lines_fit();
    fits.then_some(if body.len() == text.len() { "|-" } else { "|" })
}

/// Whether a text can stand without quotes behind a key or dash.
fn is_plain(text: &str) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return false;
    };
    let second = characters.next();
    let begins = match first {
        '-' | '?' | ':' => second.is_some_and(|second| !second.is_whitespace()),
        _ => !",[]{}#&*!|>'\"%@`= ".contains(first),
    };
    begins
        && !is_null(text)
        && text
            .chars()
            .all(|c| c == ' ' || is_printable(c) && !c.is_whitespace())
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("---")
        && !text.starts_with("...")
}

fn is_printable(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Whether some version of YAML reads it as something else than a text: a number, a date, a flag.
fn has_type(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let is_word = matches!(
        word.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    );
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(&word);
    let number = unsigned.strip_prefix('.').unwrap_or(unsigned);
    is_word
        || is_null(text)
        || number.starts_with(|c: char| c.is_ascii_digit())
        || matches!(unsigned, ".inf" | ".nan")
}

fn quote(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::load;
    use super::*;
    use crate::report::Report;

    fn read(text: &str) -> Node {
        let report = Report::new(false);
        let file = report.file("a.yaml");
        let node = load(&report, file, text.as_bytes());
        node.unwrap_or_else(|| panic!("{text}\n{:?}", report.into_diagnostics()))
    }

    fn printed(text: &str) -> String {
        let comments = BTreeMap::from([(0, Comments::of(text.as_bytes()))]);
        print(&read(text), Dollars::AsWritten, comments)
    }

    /// The tree without its places.
    fn bare(node: &Node) -> String {
        match &node.value {
            Value::Null => format!("{:?} null", node.tag),
            Value::Scalar(scalar) => format!("{:?} {:?}", node.tag, scalar.text),
            Value::List(items) => format!("{:?} {:?}", node.tag, items.iter().map(bare).collect::<Vec<_>>()),
            Value::Map(entries) => {
                let pair = |entry: &Entry| (entry.key.clone(), bare(&entry.value));
                format!(
                    "{:?} {:?}",
                    node.tag,
                    entries.iter().map(pair).collect::<Vec<_>>()
                )
            }
        }
    }

    #[test]
    fn blocks() {
        let text = "\
a: 1
b:
  - x
  - c: d
    e: [1, '2']
  - - f
    - {}
  -
g: |
  two
  # lines
h: \"yes\"
i: !reset null
j: !override
  - k
";
        let expect = "\
a: 1
b:
  - x
  - c: d
    e:
      - 1
      - \"2\"
  - - f
    - {}
  -
g: |
  two
  # lines
h: \"yes\"
i: !reset null
j: !override
  - k
";
        assert_eq!(printed(text), expect);
        assert_eq!(printed(expect), expect);
    }

    #[test]
    fn comments_stay_where_they_were() {
        let text = "\
# a file
services: # all of them
  # the first
  web:
    image: nginx # pinned
    ports:
      # outside
      - 80:80
# the end
";
        assert_eq!(printed(text), text);
    }

    fn scalar() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,12}",
            "[ \t\n#:a'\"-]{0,8}",
            "[-?:,\\[\\]{}#&*!|>'\"%@`= a1]{0,5}",
            Just("---".to_owned()),
            Just("null".to_owned()),
            Just("a: b".to_owned()),
            "[\\x00-\\x20\u{85}\u{2028}\u{feff}a]{0,4}",
            Just("k".repeat(1_100)),
        ]
    }

    fn tree() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::new(At::default(), Value::Null)),
            scalar().prop_map(|text| Node::text(At::default(), text)),
        ];
        leaf.prop_recursive(4, 30, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| Node::new(At::default(), Value::List(items))),
                prop::collection::btree_map(scalar(), inner, 0..4).prop_map(|map| {
                    let entry = |(key, value)| Entry {
                        key,
                        at: At::default(),
                        value,
                    };
                    Node::new(At::default(), Value::Map(map.into_iter().map(entry).collect()))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_it_was(tree in tree()) {
            // A merge key is no name; it means something else when it is read.
            prop_assume!(!bare(&tree).contains("<<"));
            let text = print(&tree, Dollars::AsWritten, BTreeMap::new());
            prop_assert_eq!(bare(&read(&text)), bare(&tree), "{}", text);
        }
    }
}
