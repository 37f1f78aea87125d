//! Variables and labels of a container, from the file and from files beside it.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::compose::draft::{EnvFile, ServiceDraft};
use crate::compose::pairs::{PairValue, known_pairs, pairs};
use crate::cx::Cx;
use crate::dotenv;
use crate::project::ReferenceKind;
use crate::rancher_compose::labels;
use crate::table::{Key, read};
use crate::text::{At, Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "environment",
        environment,
        "environment: { NAME: value }",
        "A name without value is passed on from `.env` or from whoever deploys.",
    ),
    read(
        "env_file",
        env_file,
        "env_file: web.env",
        "With `required` and `format: raw`. `environment` wins over it.",
    ),
    read(
        "labels",
        container_labels,
        "labels: { com.example.team: web }",
        "Labels of the container. Some that begin with `io.rancher.` act, see there; `io.muster.` is the platform's own, but for `io.muster.exclusive`.",
    ),
    read(
        "label_file",
        label_file,
        "label_file: web.labels",
        "`labels` wins over it.",
    ),
    read(
        "annotations",
        annotations,
        "annotations: { com.example.team: web }",
        "For the runtime. Engines before Docker 24 pass over them.",
    ),
];

/// The labels with the platform's prefix that people may set.
const OWN_LABELS: &[&str] = &["io.muster.exclusive"];

fn environment(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for pair in pairs(cx, node, &['=']) {
        match pair.value {
            PairValue::Known(value) => drop(draft.environment.insert(pair.key, value)),
            PairValue::Absent => {
                let cx = cx.key(&pair.key);
                match passed_on(&cx, pair.at, &pair.key) {
                    Some(value) => drop(draft.environment.insert(pair.key, value)),
                    None => drop(draft.left_unset.insert(pair.key)),
                }
            }
            PairValue::Unknown => {}
        }
    }
}

fn annotations(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let pairs = known_pairs(cx, node, &['=']).into_iter();
    let annotations = pairs.map(|(key, _, value)| (key, value));
    draft.container.annotations.extend(annotations);
}

/// The value of a variable that is named without one.
fn passed_on(cx: &Cx<'_>, at: At, name: &str) -> Option<String> {
    let value = cx.room.variable(name, &[]);
    if let Some(value) = &value
        && !cx.room.spend(cx, at, value.len())
    {
        return None;
    }
    if value.is_none() {
        let message =
            format!("`{name}` is passed on from outside and is not set there; the container does not get it");
        cx.advise(
            Code::LeftUnset,
            at,
            message,
            "set it in `.env` or in the environment, or give it a value here",
        );
    }
    value
}

fn env_file(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (index, item) in items(cx, node).iter().enumerate() {
        let cx = cx.index(index);
        let mut file = FileEntry::default();
        match &item.value {
            Value::Map(_) => crate::table::read_map(&cx, item, ENV_FILE_KEYS, &mut file),
            _ => file.path = cx.string(item),
        }
        let Some(path) = file.path else {
            if item.entries().is_some() && !item.says("path") {
                cx.advise(
                    Code::Missing,
                    item.at,
                    "the file is not named",
                    "add `path:` with its name",
                );
            }
            continue;
        };
        let whole = crate::path::join(&cx.room.base(item.at.file), &path);
        let file = EnvFile {
            index,
            at: item.at,
            path,
            required: file.required.unwrap_or(true),
            raw: file.raw,
        };
        // What is said later of a file counts, in its first place.
        let earlier = places
            .get(&whole)
            .and_then(|place| draft.env_files.get_mut(*place));
        if let Some(earlier) = earlier {
            *earlier = file;
        } else {
            places.insert(whole, draft.env_files.len());
            draft.env_files.push(file);
        }
    }
}

/// Reads the files of variables of a service whose keys are read: they may use the variables of its `environment`, and
/// those of files before them.
pub(super) fn read_env_files(cx: &Cx<'_>, draft: &mut ServiceDraft) {
    let cx = cx.key("env_file");
    for file in std::mem::take(&mut draft.env_files) {
        let cx = cx.index(file.index);
        let kind = ReferenceKind::EnvFile;
        let Some((path, bytes)) = cx.room.file(&cx, file.at, &file.path, kind, file.required) else {
            continue;
        };
        let known = dotenv::Known {
            first: &draft.environment,
            last: &draft.container.environment,
        };
        for line in dotenv::read(cx.room, &path, bytes, file.raw, known) {
            let value = match line.value {
                Some(value) => value.ok(),
                None if draft.environment.contains_key(&line.name) => None,
                None => passed_on(&cx, line.at, &line.name),
            };
            if let Some(value) = value {
                draft.container.environment.insert(line.name, value);
            }
        }
    }
}

/// A lone path or map, or a list of them.
fn items<'n>(cx: &Cx<'_>, node: &'n Node) -> &'n [Node] {
    match &node.value {
        Value::Map(_) => std::slice::from_ref(node),
        _ => cx.one_or_many(node),
    }
}

#[derive(Default)]
pub(crate) struct FileEntry {
    path: Option<String>,
    required: Option<bool>,
    raw: bool,
}

pub(crate) const ENV_FILE_KEYS: &[Key<FileEntry>] = &[
    read(
        "path",
        |cx, node, file| file.path = cx.string(node),
        "path: web.env",
        "Looked for beside the file that names it.",
    ),
    read(
        "required",
        |cx, node, file| file.required = cx.flag(node),
        "required: false",
        "As written.",
    ),
    read("format", format, "format: raw", "`raw` takes values as they are."),
];

fn format(cx: &Cx<'_>, node: &Node, file: &mut FileEntry) {
    match cx.text(node) {
        Some("raw") => file.raw = true,
        Some(_) => cx.bad_value(node, "`raw`"),
        None => {}
    }
}

fn label_file(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.one_or_many(node).iter().enumerate() {
        let cx = cx.index(index);
        let Some(path) = cx.text(item) else {
            continue;
        };
        let Some((path, bytes)) = cx.room.file(&cx, item.at, path, ReferenceKind::LabelFile, true) else {
            continue;
        };
        for line in dotenv::read(cx.room, &path, bytes, false, dotenv::Known::default()) {
            let value = line.value.unwrap_or_else(|| Ok(String::new()));
            if let Ok(value) = value.and_then(|value| allowed(&cx, line.at, &line.name, value)) {
                draft.container.labels.insert(line.name, value);
            }
        }
    }
}

fn container_labels(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (key, at, value) in known_pairs(cx, node, &['=']) {
        let cx = cx.key(&key);
        let Ok(value) = allowed(&cx, at, &key, value) else {
            continue;
        };
        if key.starts_with("io.rancher.") {
            labels::apply(&cx, at, &value, draft);
        } else if key == "io.muster.exclusive" {
            draft.exclusive = cx.flag(&Node::text(at, value.as_str())).unwrap_or_default();
        }
        draft.labels.insert(key, value);
    }
}

/// The value back, unless the label is one that only the platform sets.
pub(crate) fn allowed(cx: &Cx<'_>, at: At, key: &str, value: String) -> Result<String, ()> {
    if !key.starts_with("io.muster.") || OWN_LABELS.contains(&key) {
        return Ok(value);
    }
    let message = "labels that begin with `io.muster.` are set by the platform";
    let help = match cx.room.suggest(key, OWN_LABELS.iter().copied()) {
        Some(label) => format!("did you mean `{label}`?"),
        None => "choose a prefix of your own, such as `com.example.`".to_owned(),
    };
    cx.advise(Code::ReservedLabel, at, message, help);
    Err(())
}
