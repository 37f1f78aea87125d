//! What a catalog's files ask of whoever deploys: variables with defaults.

use std::collections::BTreeMap;

use crate::text::{Entry, Node, Value};

/// The keys of a catalog's own block; the last is what it is called in a file that other tools read too.
const KEYS: [&str; 3] = [".catalog", "catalog", "x-catalog"];

/// The key of a catalog's own block, which is no service wherever it stands.
pub(crate) fn is_catalog(key: &str) -> bool {
    KEYS.contains(&key)
}

/// Takes the catalog's block out of a tree and gives what it asks for.
pub(crate) fn take(tree: &mut Node) -> BTreeMap<String, Option<String>> {
    let mut questions = BTreeMap::new();
    let mut add = |block: Option<Entry>| {
        let list = block.as_ref().and_then(|block| block.value.get("questions"));
        for question in list.into_iter().flat_map(items) {
            let text = |key| question.get(key).and_then(Node::known_text).map(str::to_owned);
            if let Some(name) = text("variable") {
                questions.insert(name, text("default"));
            }
        }
    };
    for key in KEYS {
        add(tree.take(key));
        if let Value::Map(entries) = &mut tree.value
            && let Some(services) = entries.iter_mut().find(|entry| entry.key == "services")
        {
            add(services.value.take(key));
        }
    }
    questions
}

fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => &[],
    }
}
