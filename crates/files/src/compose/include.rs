//! `include`: other compose files whose services, volumes, secrets and configs become part of this one.

mod own_variables;

use std::collections::BTreeMap;

use super::document::Document;
use super::extends::{Extends, load_document};
use super::merge::merge_documents;
use crate::code::Code;
use crate::cx::Cx;
use crate::dotenv;
use crate::project::ReferenceKind;
use crate::table::{Key, read, read_map};
use crate::text::{At, Entry, Node, Value};

/// Files that include one another in a row.
const CHAIN_MAX: usize = 16;

/// One item, as it is read.
#[derive(Default)]
pub(crate) struct Item {
    paths: Vec<(At, String)>,
    directory: Option<String>,
    env_files: Vec<(At, String)>,
}

pub(crate) const KEYS: &[Key<Item>] = &[
    read(
        "path",
        |cx, node, item| item.paths = paths(cx, node),
        "path: other/compose.yaml",
        "One file, or several that are merged.",
    ),
    read(
        "project_directory",
        |cx, node, item| item.directory = cx.string(node),
        "project_directory: other",
        "Where relative paths start; else beside the file.",
    ),
    read(
        "env_file",
        |cx, node, item| item.env_files = paths(cx, node),
        "env_file: other/.env",
        "Else `.env` beside the file.",
    ),
];

fn paths(cx: &Cx<'_>, node: &Node) -> Vec<(At, String)> {
    let items = cx.one_or_many(node).iter().enumerate();
    items
        .filter_map(|(index, item)| Some((item.at, cx.index(index).string(item)?)))
        .collect()
}

/// Takes `include` out of a document and puts in what it names. `chain` holds the files on the way here.
pub(super) fn resolve(cx: &Cx<'_>, document: &mut Document, chain: &mut Vec<String>) {
    let Some(entry) = document.root.take("include") else {
        return;
    };
    let cx = cx.key_of_form("include", "include: [\"other/compose.yaml\"]");
    for (index, node) in cx.list(&entry.value).iter().enumerate() {
        let cx = cx.index(index);
        let mut item = Item::default();
        match &node.value {
            Value::Map(_) => read_map(&cx, node, KEYS, &mut item),
            _ => item.paths = paths(&cx, node),
        }
        if item.paths.is_empty() && is_empty(node) {
            cx.advise(
                Code::Missing,
                node.at,
                "the file is not named",
                "add `path:` with its name",
            );
        }
        if let Some(included) = load(&cx, &item, chain) {
            adopt(&cx, node.at, &mut document.root, included.root);
        }
    }
}

/// Whether an item names no file, rather than a wrong one, which was said.
fn is_empty(item: &Node) -> bool {
    let is_none = |paths: &Node| matches!(&paths.value, Value::List(paths) if paths.is_empty());
    item.entries().is_some() && (!item.says("path") || item.get("path").is_some_and(is_none))
}

fn load(cx: &Cx<'_>, item: &Item, chain: &mut Vec<String>) -> Option<Document> {
    let (at, first) = item.paths.first().filter(|_| !cx.room.is_spent())?;
    let base = cx.room.base(at.file);
    let directory = match &item.directory {
        Some(directory) => crate::path::join(&base, directory),
        None => crate::path::directory(&crate::path::join(&base, first)).to_owned(),
    };
    let variables = variables(cx, *at, item, &directory);
    let mut whole: Option<Document> = None;
    for (at, file) in &item.paths {
        let path = crate::path::join(&base, file);
        if chain.contains(&path) || chain.len() >= CHAIN_MAX {
            let message = format!(
                "files include one another in a circle: {} → {path}",
                chain.join(" → ")
            );
            cx.advise(Code::Cycle, *at, message, "take one of the `include` out");
            return None;
        }
        let mut document = load_document(cx, *at, file, ReferenceKind::Include, &variables)?;
        cx.room.set_base(document.root.at.file, directory.clone());
        own_variables::pass_on(cx, &mut document.root, &variables);
        Extends::new(&Cx::root(cx.room)).resolve(&mut document, &path);
        chain.push(path);
        resolve(&Cx::root(cx.room), &mut document, chain);
        chain.pop();
        whole = Some(match whole {
            None => document,
            Some(base) => Document {
                root: merge_documents(base.root, document.root),
                format: base.format,
                half: false,
            },
        });
    }
    whole.filter(|document| cx.room.spend(cx, *at, document.root.weight()))
}

/// Variables that only the included files have.
fn variables(cx: &Cx<'_>, at: At, item: &Item, directory: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut add = |path: &str, bytes: &[u8]| {
        let lines = dotenv::read(cx.room, path, bytes, false, dotenv::Known::after(&found)).into_iter();
        found.extend(lines.filter_map(|line| Some((line.name, line.value?.ok()?))));
    };
    if item.env_files.is_empty() {
        let path = crate::path::join(directory, ".env");
        if let Some(bytes) = cx.room.named(&path, ReferenceKind::DotEnv, false) {
            add(&path, bytes);
        }
    }
    for (_, file) in &item.env_files {
        if let Some((path, bytes)) = cx.room.file(cx, at, file, ReferenceKind::DotEnv, true) {
            add(&path, bytes);
        }
    }
    found
}

/// Puts what was included beside what the including file has. Nothing may be in both.
fn adopt(cx: &Cx<'_>, at: At, root: &mut Node, included: Node) {
    let (Value::Map(sections), Value::Map(adopted)) = (&mut root.value, included.value) else {
        return;
    };
    for section in adopted
        .into_iter()
        .filter(|section| section.value.entries().is_some())
    {
        let Some(own) = sections.iter_mut().find(|own| own.key == section.key) else {
            sections.push(section);
            continue;
        };
        adopt_section(cx, at, own, section);
    }
}

fn adopt_section(cx: &Cx<'_>, at: At, own: &mut Entry, section: Entry) {
    let Value::Map(adopted) = section.value.value else {
        return;
    };
    if own.value.is_null() {
        own.value.value = Value::Map(Vec::new());
    }
    let Value::Map(entries) = &mut own.value.value else {
        return;
    };
    let section_has_paths = section.key != "volumes";
    let places: BTreeMap<String, usize> = entries
        .iter()
        .enumerate()
        .map(|(place, entry)| (entry.key.clone(), place))
        .collect();
    for entry in adopted {
        match places.get(&entry.key).and_then(|place| entries.get(*place)) {
            None => entries.push(entry),
            Some(same) if is_same(cx, section_has_paths, &same.value, &entry.value) => {}
            Some(_) => {
                let shown = crate::report::cut(&entry.key, 80);
                let message = format!("the included file has a `{shown}` under `{}` too", section.key);
                cx.advise(
                    Code::Conflict,
                    at,
                    message,
                    "rename one of them, or use several `-f` files, which are merged",
                );
            }
        }
    }
}

/// Whether two words of the same name mean the same: relative paths in them must start at the same place.
fn is_same(cx: &Cx<'_>, has_paths: bool, one: &Node, other: &Node) -> bool {
    let base = |node: &Node| cx.room.base(node.at.file);
    one.says_the_same(other) && (!has_paths || base(one) == base(other))
}
