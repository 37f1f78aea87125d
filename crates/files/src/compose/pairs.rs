//! `KEY=value` lists and the maps that mean the same: environment, labels, sysctls and their like.

use crate::code::Code;
use crate::cx::Cx;
use crate::text::{At, Node, Value};

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub key: String,
    pub at: At,
    pub value: PairValue,
}

/// The value of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PairValue {
    /// Only the key stands there.
    Absent,
    /// It hangs on a variable that nobody has set.
    Unknown,
    /// A text.
    Known(String),
}

/// Reads either form; in a list, the first of `separators` ends the key.
pub(crate) fn pairs(cx: &Cx<'_>, node: &Node, separators: &[char]) -> Vec<Pair> {
    match &node.value {
        Value::Map(entries) => {
            let entries = entries.iter();
            entries
                .filter_map(|entry| of_entry(&cx.key(&entry.key), &entry.key, &entry.value, entry.at))
                .collect()
        }
        Value::List(items) => {
            let items = items.iter().enumerate();
            items
                .filter_map(|(index, item)| of_item(&cx.index(index), item, separators))
                .collect()
        }
        Value::Scalar(scalar) if !scalar.known => Vec::new(),
        _ => {
            cx.wrong_type(node, "a map or a list");
            Vec::new()
        }
    }
}

fn of_entry(cx: &Cx<'_>, key: &str, value: &Node, at: At) -> Option<Pair> {
    let value = match &value.value {
        Value::Null => PairValue::Absent,
        Value::Scalar(scalar) if scalar.known => PairValue::Known(scalar.text.clone()),
        Value::Scalar(_) => PairValue::Unknown,
        Value::List(_) | Value::Map(_) => {
            cx.wrong_type(value, "a single value");
            return None;
        }
    };
    checked(cx, key, at, value)
}

fn of_item(cx: &Cx<'_>, item: &Node, separators: &[char]) -> Option<Pair> {
    let Value::Scalar(scalar) = &item.value else {
        return of_map_item(cx, item);
    };
    let (key, value) = match scalar.text.split_once(separators) {
        Some((key, value)) => (key, PairValue::Known(value.to_owned())),
        None => (scalar.text.as_str(), PairValue::Absent),
    };
    if !scalar.known {
        return (!key.is_empty()).then(|| Pair {
            key: key.to_owned(),
            at: item.at,
            value: PairValue::Unknown,
        });
    }
    checked(cx, key, item.at, value)
}

/// `- KEY: value`, which people write for `- KEY=value`.
fn of_map_item(cx: &Cx<'_>, item: &Node) -> Option<Pair> {
    match item.entries() {
        Some([entry]) => of_entry(cx, &entry.key, &entry.value, entry.at),
        _ => {
            cx.wrong_type(item, "items such as `KEY=value`");
            None
        }
    }
}

fn checked(cx: &Cx<'_>, key: &str, at: At, value: PairValue) -> Option<Pair> {
    if key.trim().is_empty() {
        cx.advise(
            Code::BadValue,
            at,
            "a value stands here without a name",
            "write `NAME=value`",
        );
        return None;
    }
    let key = key.to_owned();
    Some(Pair { key, at, value })
}

/// The pairs whose value is known; a key alone has an empty one.
pub(crate) fn known_pairs(cx: &Cx<'_>, node: &Node, separators: &[char]) -> Vec<(String, At, String)> {
    let pairs = pairs(cx, node, separators).into_iter();
    let known = pairs.filter_map(|pair| match pair.value {
        PairValue::Known(value) => Some((pair.key, pair.at, value)),
        PairValue::Absent => Some((pair.key, pair.at, String::new())),
        PairValue::Unknown => None,
    });
    known.collect()
}
