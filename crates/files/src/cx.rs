//! Where a reader stands: the key it reads, and how it says something about it.

use std::fmt::Write as _;
use std::str::FromStr;

use crate::code::Code;
use crate::room::Room;
use crate::text::{At, Node, Value};
use crate::units;

/// A place in the tree of keys, such as `services.web.ports[0]`.
#[derive(Clone, Copy)]
pub(crate) struct Cx<'a> {
    pub room: &'a Room<'a>,
    parent: Option<&'a Cx<'a>>,
    step: Step<'a>,
    form: &'a str,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> Cx<'a> {
    pub fn root(room: &'a Room<'a>) -> Self {
        Self {
            room,
            parent: None,
            step: Step::Root,
            form: "",
        }
    }

    /// One key deeper.
    pub fn key<'b>(&'b self, key: &'b str) -> Cx<'b> {
        self.step(Step::Key(key), self.form)
    }

    /// One key deeper, where values look like `form`.
    pub fn key_of_form<'b>(&'b self, key: &'b str, form: &'b str) -> Cx<'b> {
        self.step(Step::Key(key), form)
    }

    /// One item of a list deeper.
    pub fn index(&self, index: usize) -> Cx<'_> {
        self.step(Step::Index(index), self.form)
    }

    fn step<'b>(&'b self, step: Step<'b>, form: &'b str) -> Cx<'b> {
        Cx {
            room: self.room,
            parent: Some(self),
            step,
            form,
        }
    }

    /// The path in words.
    pub fn path(&self) -> String {
        let mut path = self.parent.map(Self::path).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                let dot = if path.is_empty() { "" } else { "." };
                let _ = write!(path, "{dot}{key}");
            }
            Step::Index(index) => {
                let _ = write!(path, "[{index}]");
            }
        }
        path
    }

    /// The service it is in.
    pub fn service(&self) -> &str {
        match (self.parent, self.step) {
            (Some(parent), Step::Key(key)) if matches!(parent.step, Step::Key("services")) => key,
            (Some(parent), _) => parent.service(),
            (None, _) => "",
        }
    }

    /// The last key.
    pub fn name(&self) -> &str {
        match (self.step, self.parent) {
            (Step::Key(key), _) => key,
            (_, Some(parent)) => parent.name(),
            _ => "",
        }
    }

    /// A remark with nothing to advise.
    pub fn remark(&self, code: Code, at: At, message: impl AsRef<str>) {
        self.room.report.remark(code, at, &self.path(), message);
    }

    /// A remark, and what to do about it or what happens instead.
    pub fn advise(&self, code: Code, at: At, message: impl AsRef<str>, help: impl AsRef<str>) {
        self.room.report.advise(code, at, &self.path(), message, help);
    }

    /// The value has another shape than the key takes.
    pub fn wrong_type(&self, node: &Node, expected: &str) {
        let message = format!("`{}` takes {expected}; found {}", self.name(), node.kind());
        match self.form {
            "" => self.remark(Code::WrongType, node.at, message),
            form => self.advise(
                Code::WrongType,
                node.at,
                message,
                format!("write it like `{form}`"),
            ),
        }
    }

    /// The value is one that the key cannot have.
    pub fn bad_value(&self, node: &Node, expected: &str) {
        let found = node.known_text().unwrap_or_default();
        self.bad_text(node.at, found, expected);
    }

    /// The same for a part of a value.
    pub fn bad_text(&self, at: At, found: &str, expected: &str) {
        let found = crate::report::cut(found, 80);
        self.advise(
            Code::BadValue,
            at,
            format!("`{found}` is not {expected}"),
            format!("write {expected}"),
        );
    }
}

/// Readers of single values. Each gives none after a remark, and none without one for a value that hangs on a
/// variable nobody has set.
impl Cx<'_> {
    /// A text.
    pub fn text<'n>(&self, node: &'n Node) -> Option<&'n str> {
        match &node.value {
            Value::Scalar(scalar) => scalar.known.then_some(scalar.text.as_str()),
            _ => {
                self.wrong_type(node, "a single value");
                None
            }
        }
    }

    /// A text as a value of its own.
    pub fn string(&self, node: &Node) -> Option<String> {
        self.text(node).map(str::to_owned)
    }

    /// Yes or no, in all spellings that YAML ever had.
    pub fn flag(&self, node: &Node) -> Option<bool> {
        match self.text(node)?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" => Some(true),
            "false" | "no" | "off" | "n" => Some(false),
            _ => {
                self.bad_value(node, "`true` or `false`");
                None
            }
        }
    }

    /// A number that `T` can hold; `expected` says what it may be.
    pub fn number<T: FromStr>(&self, node: &Node, expected: &str) -> Option<T> {
        let text = self.text(node)?.trim();
        let whole = text.strip_suffix(".0").unwrap_or(text);
        let number = whole.parse().ok();
        if number.is_none() {
            self.bad_value(node, expected);
        }
        number
    }

    /// A size in bytes.
    pub fn bytes(&self, node: &Node) -> Option<u64> {
        self.converted(node, units::bytes, "a size such as `512m` or `1.5g`")
    }

    /// A time in milliseconds.
    pub fn milliseconds(&self, node: &Node) -> Option<u64> {
        self.converted(node, units::milliseconds, "a time such as `30s` or `1m30s`")
    }

    /// Processors in thousandths.
    pub fn milli_cpus(&self, node: &Node) -> Option<u64> {
        self.converted(node, units::milli_cpus, "a number of processors such as `0.5`")
    }

    fn converted(&self, node: &Node, convert: fn(&str) -> Option<u64>, expected: &str) -> Option<u64> {
        let value = convert(self.text(node)?);
        if value.is_none() {
            self.bad_value(node, expected);
        }
        value
    }

    /// The items of a list.
    pub fn list<'n>(&self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Scalar(scalar) if !scalar.known => &[],
            _ => {
                self.wrong_type(node, "a list");
                &[]
            }
        }
    }

    /// The items of a list, or a value that stands alone.
    pub fn one_or_many<'n>(&self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::List(items) => items,
            Value::Scalar(_) => std::slice::from_ref(node),
            _ => {
                self.wrong_type(node, "a single value or a list");
                &[]
            }
        }
    }

    /// Whether no item of a list hangs on a variable that nobody has set.
    pub fn are_known(&self, node: &Node) -> bool {
        let unknown = |item: &Node| matches!(&item.value, Value::Scalar(scalar) if !scalar.known);
        !self.list(node).iter().any(unknown)
    }

    /// The texts of a list.
    pub fn texts(&self, node: &Node) -> Vec<String> {
        self.each_text(self.list(node))
    }

    /// The texts of a list, or a text that stands alone.
    pub fn one_or_many_texts(&self, node: &Node) -> Vec<String> {
        self.each_text(self.one_or_many(node))
    }

    fn each_text(&self, items: &[Node]) -> Vec<String> {
        let items = items.iter().enumerate();
        items
            .filter_map(|(index, item)| self.index(index).string(item))
            .collect()
    }
}
