//! What a catalog's files ask of whoever deploys: variables with defaults.

use std::collections::BTreeMap;

use crate::text::{Entry, Node, Value};

/// The keys of a catalog's own block; the last is what it is called in a file that other tools read too.
const KEYS: [&str; 3] = [".catalog", "catalog", "x-catalog"];

/// The key of a catalog's own block, which is no service wherever it stands.
pub(crate) fn is_catalog(key: &str) -> bool {
    KEYS.contains(&key)
}

/// What the catalog's block is called in a file that other tools read too.
pub(crate) const NOTE: &str = KEYS[2];

/// Takes the catalog's blocks out of a tree and gives them, with what they ask for.
pub(crate) fn take(tree: &mut Node) -> (Vec<Entry>, BTreeMap<String, Option<String>>) {
    let (mut blocks, mut questions) = (Vec::new(), BTreeMap::new());
    let mut add = |block: Option<Entry>| {
        let Some(block) = block else { return };
        for question in block.value.get("questions").into_iter().flat_map(items) {
            let text = |key| question.get(key).and_then(Node::known_text).map(str::to_owned);
            if let Some(name) = text("variable") {
                let is_required = text("required").is_some_and(|required| required == "true");
                let default = text("default").filter(|default| !(is_required && default.is_empty()));
                questions.insert(name, default);
            }
        }
        blocks.push(block);
    };
    for key in KEYS {
        add(tree.take(key));
        if let Value::Map(entries) = &mut tree.value
            && let Some(services) = entries.iter_mut().find(|entry| entry.key == "services")
        {
            add(services.value.take(key));
        }
    }
    (blocks, questions)
}

fn items(node: &Node) -> &[Node] {
    match &node.value {
        Value::List(items) => items,
        _ => &[],
    }
}
