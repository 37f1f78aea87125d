//! What the items of lists stand for: two that stand for the same do not stand in one list.

use super::service::volume_short;
use crate::path::{join, tidy};
use crate::text::{Entry, Node, Value};

/// `KEY=value` as an entry; a key alone has no value.
pub(super) fn pair(item: Node, separators: &[char]) -> Option<Entry> {
    let at = item.at;
    match item.value {
        Value::Scalar(mut scalar) => {
            let (key, value) = match scalar.text.split_once(separators) {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (scalar.text.clone(), None),
            };
            let value = value.map_or(Value::Null, |value| {
                scalar.text = value;
                scalar.plain = false;
                Value::Scalar(scalar)
            });
            let value = Node::new(at, value);
            Some(Entry { key, at, value })
        }
        Value::Map(mut entries) if entries.len() == 1 => entries.pop(),
        Value::Map(_) | Value::List(_) | Value::Null => None,
    }
}

/// A name alone as an entry.
pub(super) fn name(item: Node) -> Option<Entry> {
    let (at, key) = (item.at, item.known_text()?.to_owned());
    let value = Node::new(at, Value::Null);
    Some(Entry { key, at, value })
}

/// A name in a list is a dependency with everything at its default.
pub(super) fn dependency(item: Node) -> Option<Entry> {
    let mut entry = name(item)?;
    let at = entry.at;
    let said = [("condition", "service_started"), ("required", "true")];
    let said = said.map(|(key, value)| Entry {
        key: key.to_owned(),
        at,
        value: Node::text(at, value),
    });
    entry.value.value = Value::Map(said.into());
    Some(entry)
}

/// The path in the container that a volume stands for.
pub(super) fn volume_target(node: &Node) -> Option<String> {
    let target = match node.get("target") {
        Some(target) => target.known_text()?,
        None => volume_short::split(node.known_text()?)?.target,
    };
    Some(tidy(target))
}

/// The path in the container that a device stands for; what follows its own path may be rights alone.
pub(super) fn device_target(node: &Node) -> Option<String> {
    if let Some(target) = node.get("target").or_else(|| node.get("source")) {
        return target.known_text().map(str::to_owned);
    }
    let mut parts = node.known_text()?.split(':');
    let source = parts.next()?;
    let target = parts.next().filter(|target| target.starts_with('/'));
    Some(target.unwrap_or(source).to_owned())
}

/// The path of some memory, without its options.
pub(super) fn tmpfs_target(node: &Node) -> Option<String> {
    Some(tidy(node.known_text()?.split(':').next()?))
}

/// The file in the container that a secret or config stands for.
pub(super) fn file_target(node: &Node, secret: bool) -> Option<String> {
    let name = node.get("target").or_else(|| node.get("source")).unwrap_or(node);
    let directory = if secret { "/run/secrets" } else { "/" };
    Some(join(directory, name.known_text()?))
}

/// All of an item: the same words stand for the same.
pub(super) fn whole(node: &Node) -> Option<String> {
    match node.entries() {
        Some(entries) => {
            let mut words: Vec<_> = entries
                .iter()
                .map(|entry| (&entry.key, entry.value.known_text()))
                .collect();
            words.sort();
            Some(format!("{words:?}"))
        }
        None => node.known_text().map(str::to_owned),
    }
}
