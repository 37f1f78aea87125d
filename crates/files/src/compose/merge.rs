//! Puts values of several files together, by the Compose Specification's rules.
//!
//! Maps merge key by key, lists are joined, single values replace one another; the keys named in [`rule`] differ.
//! `!reset` takes a value away, `!override` replaces it whole. Lists and maps that mean the same are merged as maps.

use std::collections::BTreeMap;
use std::mem;

use super::same::{dependency, device_target, file_target, name, pair, tmpfs_target, volume_target, whole};
use crate::text::{At, Entry, Node, Tag, Value};

/// How the values of a key are put together.
#[derive(Clone, Copy)]
enum Rule {
    /// By their shape.
    Shape,
    /// The later one counts.
    Replace,
    /// Lists and maps that mean the same, by key; the function gives an item's key and value.
    Maps(fn(Node) -> Option<Entry>),
    /// Names with addresses: those of a later file replace all that an earlier one gives the same name.
    Hosts,
    /// Lists of what stands for something; a later item replaces one that stands for the same.
    Items(fn(&Node) -> Option<String>),
    /// The same, where a single value may stand for a list of one.
    OneOrMany(fn(&Node) -> Option<String>),
    /// `driver` and `options`: other options belong to another driver.
    Driver,
}

fn rule(key: &str) -> Rule {
    match key {
        "command" | "entrypoint" | "test" => Rule::Replace,
        "environment" | "labels" | "args" | "sysctls" | "annotations" => {
            Rule::Maps(|item| pair(item, &['=']))
        }
        "extra_hosts" => Rule::Hosts,
        "depends_on" => Rule::Maps(dependency),
        "networks" => Rule::Maps(name),
        "volumes" => Rule::Items(volume_target),
        "devices" => Rule::Items(device_target),
        "tmpfs" => Rule::OneOrMany(tmpfs_target),
        "secrets" => Rule::Items(|item| file_target(item, true)),
        "configs" => Rule::Items(|item| file_target(item, false)),
        // Two of one name may lie in two directories; who reads them knows.
        "env_file" | "label_file" => Rule::OneOrMany(|_| None),
        "dns" | "dns_search" | "volumes_from" => Rule::OneOrMany(whole),
        "dns_opt" | "group_add" => Rule::Items(whole),
        "ports" | "expose" | "profiles" | "cap_add" | "cap_drop" | "security_opt" => Rule::Items(whole),
        "constraints" | "preferences" => Rule::Items(whole),
        "logging" => Rule::Driver,
        _ => Rule::Shape,
    }
}

/// `base` with what `over` says. The sections of the root hold names that people chose, so no rule goes by those.
pub(super) fn merge_documents(base: Node, over: Node) -> Node {
    by_key(base, over, |section, base, over| match section {
        "services" => by_key(base, over, |_, base, over| merge_service(base, over)),
        _ => by_key(base, over, |_, base, over| merge_shape(base, over)),
    })
}

/// A service with what a later file, or one that extends it, says.
pub(super) fn merge_service(base: Node, over: Node) -> Node {
    merge_shape(base, over)
}

fn merge_shape(base: Node, over: Node) -> Node {
    if over.tag == Tag::Override {
        return over;
    }
    match (&base.value, &over.value) {
        (Value::Map(_), Value::Map(_)) => by_key(base, over, |key, base, over| merge(rule(key), base, over)),
        (Value::List(_), Value::List(_)) => join(base, over),
        (_, Value::Null) => base,
        _ => over,
    }
}

fn merge(rule: Rule, base: Node, over: Node) -> Node {
    if over.tag == Tag::Override {
        return over;
    }
    if over.is_null() && !matches!(rule, Rule::Replace) {
        return base;
    }
    if base.is_null() {
        return over;
    }
    match rule {
        Rule::Shape => merge_shape(base, over),
        Rule::Replace => over,
        Rule::Maps(entry) => merge_maps(base, over, entry),
        Rule::Hosts => merge_hosts(base, over),
        Rule::Items(identity) => match [&base, &over].map(|node| matches!(node.value, Value::List(_))) {
            [true, true] => merge_items(base, over, identity),
            // Who reads the one that is no list says so.
            [false, _] => base,
            [_, false] => over,
        },
        Rule::OneOrMany(identity) => merge_items(as_list(base), as_list(over), identity),
        Rule::Driver => merge_driver(base, over),
    }
}

/// Merges the entries of two maps; anything else is replaced.
fn by_key(mut base: Node, mut over: Node, merge: impl Fn(&str, Node, Node) -> Node) -> Node {
    if over.tag == Tag::Override {
        return over;
    }
    let (Value::Map(entries), Value::Map(later)) = (&mut base.value, &mut over.value) else {
        return if over.is_null() { base } else { over };
    };
    let places: BTreeMap<String, usize> = entries
        .iter()
        .enumerate()
        .map(|(i, entry)| (entry.key.clone(), i))
        .collect();
    for entry in mem::take(later) {
        let place = places.get(&entry.key).copied();
        match place.and_then(|place| entries.get_mut(place)) {
            Some(earlier) => {
                let value = mem::replace(&mut earlier.value, Node::new(At::default(), Value::Null));
                earlier.at = entry.at;
                // What was taken away has nothing left to merge with.
                earlier.value = if entry.value.tag == Tag::Reset || value.tag == Tag::Reset {
                    entry.value
                } else {
                    merge(&entry.key, value, entry.value)
                };
            }
            None => entries.push(entry),
        }
    }
    base
}

/// Takes out what `!reset` has emptied, everywhere.
pub(super) fn without_resets(node: &mut Node) {
    match &mut node.value {
        Value::Map(entries) => {
            entries.retain(|entry| entry.value.tag != Tag::Reset);
            entries
                .iter_mut()
                .for_each(|entry| without_resets(&mut entry.value));
        }
        Value::List(items) => {
            items.retain(|item| item.tag != Tag::Reset);
            items.iter_mut().for_each(without_resets);
        }
        Value::Null | Value::Scalar(_) => {}
    }
}

fn join(mut base: Node, over: Node) -> Node {
    match (&mut base.value, over.value) {
        (Value::List(items), Value::List(later)) => {
            items.extend(later);
            base
        }
        (_, value) => Node { value, ..over },
    }
}

fn as_list(node: Node) -> Node {
    match node.value {
        Value::List(_) => node,
        _ => Node::new(node.at, Value::List(vec![node])),
    }
}

fn merge_maps(base: Node, over: Node, entry: fn(Node) -> Option<Entry>) -> Node {
    if let Some(mistake) = mistake(&base, &over, entry) {
        return mistake;
    }
    by_key(as_map(base, entry), as_map(over, entry), |_, base, over| {
        merge_shape_or_null(base, over)
    })
}

/// Like [`merge_shape`], but a later `null` counts: a variable without value is passed on from outside.
fn merge_shape_or_null(base: Node, over: Node) -> Node {
    match (&base.value, &over.value) {
        (Value::Scalar(_), Value::Null) => over,
        _ => merge_shape(base, over),
    }
}

fn as_map(node: Node, entry: fn(Node) -> Option<Entry>) -> Node {
    let Value::List(items) = node.value else {
        return node;
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for entry in items.into_iter().filter_map(entry) {
        match places.get(&entry.key).and_then(|place| entries.get_mut(*place)) {
            Some(earlier) => *earlier = entry,
            None => {
                places.insert(entry.key.clone(), entries.len());
                entries.push(entry);
            }
        }
    }
    Node {
        value: Value::Map(entries),
        ..node
    }
}

/// The one of two with an item that is none: whoever reads it says so.
fn mistake(base: &Node, over: &Node, entry: fn(Node) -> Option<Entry>) -> Option<Node> {
    let is_item = |item: &Node| match item.value {
        Value::Scalar(_) => true,
        Value::Map(_) => entry(item.clone()).is_some(),
        Value::List(_) | Value::Null => false,
    };
    let has_others = |node: &&&Node| matches!(&node.value, Value::List(items) if !items.iter().all(is_item));
    [base, over].iter().find(has_others).map(|node| (*node).clone())
}

fn merge_hosts(base: Node, over: Node) -> Node {
    if let Some(mistake) = mistake(&base, &over, |item| pair(item, &['=', ':'])) {
        return mistake;
    }
    by_key(
        hosts(base),
        hosts(over),
        |_, base, over| {
            if over.is_null() { base } else { over }
        },
    )
}

/// Hosts as a map, with a list for one that has several addresses.
fn hosts(node: Node) -> Node {
    let Value::List(items) = node.value else {
        return node;
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for entry in items.into_iter().filter_map(|item| pair(item, &['=', ':'])) {
        match places.get(&entry.key).and_then(|place| entries.get_mut(*place)) {
            Some(earlier) => {
                let first = mem::replace(&mut earlier.value, Node::new(entry.at, Value::Null));
                earlier.value = join(as_list(first), as_list(entry.value));
            }
            None => {
                places.insert(entry.key.clone(), entries.len());
                entries.push(entry);
            }
        }
    }
    let value = Value::Map(entries);
    Node { value, ..node }
}

fn merge_items(mut base: Node, over: Node, identity: fn(&Node) -> Option<String>) -> Node {
    let (Value::List(items), Value::List(later)) = (&mut base.value, over.value) else {
        return base;
    };
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (place, item) in items.iter().enumerate() {
        places.extend(identity(item).map(|identity| (identity, place)));
    }
    for item in later {
        let identity = identity(&item);
        match identity
            .as_ref()
            .and_then(|identity| places.get(identity))
            .and_then(|place| items.get_mut(*place))
        {
            Some(earlier) => *earlier = item,
            None => {
                places.extend(identity.map(|identity| (identity, items.len())));
                items.push(item);
            }
        }
    }
    base
}

fn merge_driver(base: Node, over: Node) -> Node {
    let driver = |node: &Node| node.get("driver").and_then(Node::known_text).map(str::to_owned);
    match (driver(&base), driver(&over)) {
        (Some(base), Some(over)) if base != over => {}
        _ => return merge_shape(base, over),
    }
    over
}
