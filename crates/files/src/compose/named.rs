//! The entries of a top-level section.

use std::collections::BTreeMap;

use muster_model::Name;

use crate::code::Code;
use crate::cx::Cx;
use crate::text::{Entry, Node, Value};

/// The entries of a section by name, with remarks on names that are none.
pub(super) fn named<'n>(cx: &Cx<'_>, node: &'n Node) -> BTreeMap<Name, &'n Entry> {
    let entries = match &node.value {
        Value::Map(entries) => entries.as_slice(),
        _ => {
            cx.wrong_type(node, "a map");
            &[]
        }
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        match Name::parse(&entry.key) {
            Ok(name) => drop(found.insert(name, entry)),
            Err(error) => cx.remark(Code::BadName, entry.at, error.to_string()),
        }
    }
    found
}
