//! YAML text as a tree in which every node knows where it was written.
//!
//! This is the only parser of people's text that the room has (files of variables have a grammar of their own, in
//! `dotenv.rs`). The tree holds scalars as the text that stands in the file: `22:22`, `yes`, `0755` and `1.10` mean
//! what whoever reads the key says they mean, never what a YAML version says.

mod build;
mod comments;
mod decode;
mod load;
mod print;

pub(crate) use comments::Comments;
pub(crate) use decode::decode;
pub(crate) use load::load;
pub(crate) use print::{Dollars, print};

/// Where something was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct At {
    /// Which file, as the report numbers them.
    pub file: u16,
    /// From 1; 0 means the whole file.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

/// One value of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Its first character.
    pub at: At,
    /// What it does to a value that an earlier file has in its place.
    pub tag: Tag,
    /// What it is.
    pub value: Value,
}

/// What a value does to one that an earlier file has in its place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tag {
    /// Merges with it.
    #[default]
    Merge,
    /// Removes it: `!reset`.
    Reset,
    /// Replaces it: `!override`.
    Override,
}

/// The three shapes of YAML, and nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// Text.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order it was written, every key once.
    Map(Vec<Entry>),
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// As written, without its quotes.
    pub text: String,
    /// It has no quotes.
    pub plain: bool,
    /// False once a variable in it has no value: then nothing that follows from it is judged.
    pub known: bool,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub at: At,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// A value that stands at `at`.
    pub fn new(at: At, value: Value) -> Self {
        Self {
            at,
            tag: Tag::Merge,
            value,
        }
    }

    /// A text that nobody wrote in just these words, but means what stands at `at`.
    pub fn text(at: At, text: impl Into<String>) -> Self {
        let scalar = Scalar {
            text: text.into(),
            plain: false,
            known: true,
        };
        Self::new(at, Value::Scalar(scalar))
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Its entries, if it is a map.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of `key`, if it is a map that has one.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, if it is a map that has one.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| entry.key == key)
    }

    /// Whether it says something under `key`: nothing at all stands for the key being left out.
    pub fn says(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| !value.is_null())
    }

    /// The value of `key`, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let Value::Map(entries) = &mut self.value else {
            return None;
        };
        let entry = entries.iter_mut().find(|entry| entry.key == key);
        entry.map(|entry| &mut entry.value)
    }

    /// Takes the entry of `key` out.
    pub fn take(&mut self, key: &str) -> Option<Entry> {
        let Value::Map(entries) = &mut self.value else {
            return None;
        };
        let place = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(place))
    }

    /// Its text, if it is one whose value is known.
    pub fn known_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) if scalar.known => Some(&scalar.text),
            _ => None,
        }
    }

    /// Whether it says what another one says, wherever each was written. Quotes count on numbers alone, which some keys
    /// read in two ways.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.tag == other.tag
            && match (&self.value, &other.value) {
                (Value::Null, Value::Null) => true,
                (Value::Scalar(a), Value::Scalar(b)) => {
                    let is_number = a.text.starts_with(|c: char| c.is_ascii_digit());
                    (&a.text, a.known) == (&b.text, b.known) && (a.plain == b.plain || !is_number)
                }
                (Value::List(a), Value::List(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.says_the_same(b))
                }
                (Value::Map(a), Value::Map(b)) => {
                    a.len() == b.len()
                        && sorted(a)
                            .zip(sorted(b))
                            .all(|(a, b)| a.key == b.key && a.value.says_the_same(&b.value))
                }
                _ => false,
            }
    }

    /// What it is, in a sentence that begins with "found".
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// About the bytes that it takes with all below it.
    pub fn weight(&self) -> usize {
        64 + match &self.value {
            Value::Null => 0,
            Value::Scalar(scalar) => scalar.text.len(),
            Value::List(items) => items.iter().map(Self::weight).sum(),
            Value::Map(entries) => entries
                .iter()
                .map(|entry| entry.key.len() + entry.value.weight())
                .sum(),
        }
    }
}

fn sorted(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    entries.into_iter()
}
