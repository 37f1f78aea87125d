//! Secrets and configs that a service sees as files.

use crate::code::Code;
use crate::compose::draft::{FileRef, Named, ServiceDraft};
use crate::compose::octal::permission_bits;
use crate::cx::Cx;
use crate::table::{Key, read, read_map};
use crate::text::{Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "secrets",
        |cx, node, draft| files(cx, node, true, draft),
        "secrets: [\"db-password\"]",
        "Files under `/run/secrets/`; short and long forms.",
    ),
    read(
        "configs",
        |cx, node, draft| files(cx, node, false, draft),
        "configs: [\"app.conf\"]",
        "Files at `/<name>` unless a `target` is named; short and long forms.",
    ),
];

/// The long form, as it is read.
#[derive(Default)]
pub(crate) struct LongFile {
    source: Option<String>,
    target: Option<String>,
    uid: Option<u32>,
    gid: Option<u32>,
    mode: Option<u32>,
}

pub(crate) const LONG_KEYS: &[Key<LongFile>] = &[
    read(
        "source",
        |cx, node, file| file.source = cx.string(node),
        "source: db-password",
        "As written.",
    ),
    read(
        "target",
        |cx, node, file| file.target = cx.string(node),
        "target: password",
        "A path, or a name under `/run/secrets/` for secrets and `/` for configs.",
    ),
    read(
        "uid",
        |cx, node, file| file.uid = cx.number(node, "a number"),
        "uid: \"103\"",
        "As written.",
    ),
    read(
        "gid",
        |cx, node, file| file.gid = cx.number(node, "a number"),
        "gid: \"103\"",
        "As written.",
    ),
    read(
        "mode",
        |cx, node, file| file.mode = permission_bits(cx, node),
        "mode: 0440",
        "As written; a number without a leading zero is decimal.",
    ),
];

fn files(cx: &Cx<'_>, node: &Node, secret: bool, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let mut file = LongFile::default();
        match &item.value {
            Value::Map(_) => read_map(&cx, item, LONG_KEYS, &mut file),
            _ => file.source = cx.string(item),
        }
        if let Some(reference) = finished(&cx, item, secret, file) {
            draft.files.push(reference);
        }
    }
}

fn finished(cx: &Cx<'_>, node: &Node, secret: bool, file: LongFile) -> Option<FileRef> {
    let Some(name) = file.source else {
        if node.entries().is_some() && !node.says("source") {
            cx.advise(
                Code::Missing,
                node.at,
                "it is not said which one",
                "add `source:` with its name",
            );
        }
        return None;
    };
    Some(FileRef {
        source: Named { at: node.at, name },
        secret,
        target: file.target,
        uid: file.uid,
        gid: file.gid,
        mode: file.mode,
    })
}
