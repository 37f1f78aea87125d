//! One compose file as a tree with a `services:` map, whatever its format.

use std::collections::BTreeMap;

use muster_model::limits::SERVICES_MAX;

use super::interpolated::interpolate_tree;
use super::modern::OWN_KEY;
use crate::code::Code;
use crate::cx::Cx;
use crate::rancher_compose::questions::is_catalog;
use crate::suggest::suggest;
use crate::table::{Strangers, is_extension};
use crate::text::{At, Entry, Node, Value};

/// A compose file, interpolated.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// A map.
    pub root: Node,
    pub format: Format,
    /// It is the second file of a pair without the first: images stand in the other.
    pub half: bool,
}

/// The formats, as far as they differ in what keys mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Services at the root.
    One,
    /// `version: "2"` to `"2.4"`.
    Two,
    /// `version: "3"` and later, and today's files without version.
    Later,
}

impl Format {
    /// What unknown keys of a service are.
    pub fn strangers(self) -> Strangers {
        if self == Self::One {
            Strangers::PassedOver
        } else {
            Strangers::Refused
        }
    }
}

/// Makes a document of a tree. None if it is not a map; that is said.
pub(super) fn document(cx: &Cx<'_>, mut root: Node, extra: &BTreeMap<String, String>) -> Option<Document> {
    if root.is_null() {
        cx.advise(
            Code::Missing,
            root.at,
            "there is nothing in this file",
            "begin it with `services:`",
        );
        return None;
    }
    if root.entries().is_none() {
        let message = format!("a compose file is a map; found {}", root.kind());
        cx.advise(Code::WrongType, root.at, message, "begin it with `services:`");
        return None;
    }
    let format = format(cx, &root);
    if format == Format::One {
        root = with_services(root);
    }
    if !few_enough(cx, &root) {
        return None;
    }
    if !cx.room.as_written {
        interpolate_but_notes(cx, &mut root, 2, extra);
    }
    Some(Document {
        root,
        format,
        half: false,
    })
}

/// Replaces variables everywhere but in notes of one's own at the root and in services: they are nobody's business, and
/// what aliases take from them stands elsewhere too.
fn interpolate_but_notes(cx: &Cx<'_>, node: &mut Node, levels: usize, extra: &BTreeMap<String, String>) {
    let Value::Map(entries) = &mut node.value else {
        return interpolate_tree(cx, node, extra);
    };
    for Entry { key, value, .. } in entries {
        let cx = cx.key(key);
        match (levels, key.as_str()) {
            (2, "services") => interpolate_but_notes(&cx, value, 1, extra),
            (1, _) => interpolate_but_notes(&cx, value, 0, extra),
            (_, key) if is_extension(key) && key != OWN_KEY => {}
            _ => interpolate_tree(&cx, value, extra),
        }
    }
}

/// Whether there are no more services than a stack may have; else that is said.
pub(super) fn few_enough(cx: &Cx<'_>, root: &Node) -> bool {
    let services = root.get("services").and_then(Node::entries).unwrap_or_default();
    if services.len() <= SERVICES_MAX {
        return true;
    }
    let message = format!("{} services; a stack may have {SERVICES_MAX}", services.len());
    let help = "split it into several stacks";
    cx.key("services").advise(Code::TooMany, root.at, message, help);
    false
}

fn format(cx: &Cx<'_>, root: &Node) -> Format {
    let version = root.get("version");
    let number = version
        .and_then(Node::known_text)
        .map(str::trim)
        .unwrap_or_default();
    let major = number.split('.').next().unwrap_or_default();
    let later = match major {
        "2" => Format::Two,
        _ => Format::Later,
    };
    if !matches!(major, "" | "1" | "2" | "3")
        && let Some(node) = version
    {
        let message = format!("there is no format `{}`", crate::report::cut(number, 20));
        cx.key("version").advise(
            Code::Difference,
            node.at,
            message,
            "the file is read as today's format; `version` can be left out",
        );
    }
    if matches!(major, "2" | "3") || !is_oldest(root) {
        later
    } else {
        Format::One
    }
}

/// Whether services stand at the root: nothing there belongs to a later format, and something looks like a service.
fn is_oldest(root: &Node) -> bool {
    let Some(entries) = root.entries() else {
        return false;
    };
    let later =
        |entry: &Entry| matches!(entry.key.as_str(), "services" | "include") || misspelt_services(entry);
    !entries.iter().any(later) && entries.iter().any(|entry| looks_like_service(&entry.value))
}

fn looks_like_service(node: &Node) -> bool {
    ["image", "build", "extends", "command", "scale", "labels"]
        .iter()
        .any(|key| node.get(key).is_some())
}

fn misspelt_services(entry: &Entry) -> bool {
    let holds_services = |entries: &[Entry]| entries.iter().any(|entry| looks_like_service(&entry.value));
    suggest(&entry.key, ["services"]).is_some() && entry.value.entries().is_some_and(holds_services)
}

/// A file of the oldest format with its services under `services:`.
fn with_services(root: Node) -> Node {
    let at = root.at;
    let Value::Map(entries) = root.value else {
        return root;
    };
    let is_service =
        |entry: &Entry| entry.key != "version" && !is_extension(&entry.key) && !is_catalog(&entry.key);
    let services = entries.into_iter().filter(is_service).collect();
    map(at, "services", Node::new(at, Value::Map(services)))
}

/// A map with one key.
pub(super) fn map(at: At, key: &str, value: Node) -> Node {
    let key = key.to_owned();
    Node::new(at, Value::Map(vec![Entry { key, at, value }]))
}
