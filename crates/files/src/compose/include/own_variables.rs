//! Variables that only an included file has, where it names them without writing `$`.

use std::collections::BTreeMap;

use crate::cx::Cx;
use crate::text::{At, Node, Value};

/// Gives the names that an included file passes on, to containers, secrets and configs, the values of its own variables.
pub(super) fn pass_on(cx: &Cx<'_>, root: &mut Node, own: &BTreeMap<String, String>) {
    let value = |at: At, name: &str| {
        let value = own.get(name).and_then(|_| cx.room.variable(name, &[own]))?;
        cx.room.spend(cx, at, value.len()).then_some(value)
    };
    for service in values(root, "services") {
        match service
            .get_mut("environment")
            .map(|environment| &mut environment.value)
        {
            Some(Value::Map(entries)) => {
                for entry in entries.iter_mut().filter(|entry| entry.value.is_null()) {
                    if let Some(value) = value(entry.at, &entry.key) {
                        entry.value = Node::text(entry.at, value);
                    }
                }
            }
            Some(Value::List(items)) => {
                for item in items {
                    let given = item
                        .known_text()
                        .and_then(|name| Some((name, value(item.at, name)?)));
                    if let Some((name, value)) = given {
                        *item = Node::text(item.at, format!("{name}={value}"));
                    }
                }
            }
            _ => {}
        }
    }
    for section in ["secrets", "configs"] {
        for content in values(root, section) {
            let named = content.get("environment").and_then(Node::known_text);
            let given = named.and_then(|name| value(content.at, name));
            if let (Some(given), Value::Map(entries)) = (given, &mut content.value)
                && let Some(entry) = entries.iter_mut().find(|entry| entry.key == "environment")
            {
                entry.key = "content".to_owned();
                entry.value = Node::text(entry.at, given);
            }
        }
    }
}

/// What stands under the keys of a section.
fn values<'n>(root: &'n mut Node, section: &str) -> impl Iterator<Item = &'n mut Node> {
    let entries = match root.get_mut(section).map(|section| &mut section.value) {
        Some(Value::Map(entries)) => entries.as_mut_slice(),
        _ => &mut [],
    };
    entries.iter_mut().map(|entry| &mut entry.value)
}
