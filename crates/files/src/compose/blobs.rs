//! The root's `secrets:` and `configs:`: where their contents come from.

use std::collections::BTreeMap;

use muster_model::Name;
use muster_model::limits::BLOB_BYTES_MAX;
use muster_model::secret::SecretBytes;

use super::named::named;
use super::volumes::external_name;
use crate::code::Code;
use crate::cx::Cx;
use crate::project::ReferenceKind;
use crate::table::{Key, read, read_map, unsupported};
use crate::text::{At, Entry, Node};

/// By name.
pub(crate) type Blobs = BTreeMap<Name, Source>;

/// Where a content comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// It came with the files.
    Content(SecretBytes),
    /// It is in the environment under this name.
    External(Name),
    /// It cannot be known; why was said.
    Unknown,
}

/// A secret or config, as it is read.
#[derive(Default)]
pub(crate) struct Blob {
    file: Option<(At, String)>,
    environment: Option<(At, String)>,
    content: Option<(At, String)>,
    external: Option<Option<(At, String)>>,
    name: Option<(At, String)>,
}

impl Blob {
    /// The keys that say where the content comes from.
    fn places(&self) -> Vec<&'static str> {
        let places = [
            ("file", self.file.is_some()),
            ("environment", self.environment.is_some()),
            ("content", self.content.is_some()),
            ("external", self.external.is_some()),
        ];
        places
            .into_iter()
            .filter(|(_, said)| *said)
            .map(|(key, _)| key)
            .collect()
    }
}

pub(crate) const KEYS: &[Key<Blob>] = &[
    read(
        "file",
        |cx, node, blob| blob.file = placed(cx, node),
        "file: password.txt",
        "Looked for beside the file that names it, and sent along.",
    ),
    read(
        "environment",
        |cx, node, blob| blob.environment = placed(cx, node),
        "environment: DB_PASSWORD",
        "A variable of whoever deploys, or of `.env`.",
    ),
    read(
        "content",
        |cx, node, blob| blob.content = placed(cx, node),
        "content: \"key = value\"",
        "The text itself, with variables.",
    ),
    read(
        "external",
        |cx, node, blob| blob.external = external_name(cx, node),
        "external: true",
        "It must exist in the environment.",
    ),
    read(
        "name",
        |cx, node, blob| blob.name = placed(cx, node),
        "name: shared-password",
        "With `external`.",
    ),
    unsupported("labels", "secrets and configs that come with a stack have none"),
    unsupported("driver", "secrets are kept by the platform"),
    unsupported("driver_opts", "secrets are kept by the platform"),
    unsupported("template_driver", "the content is taken as it is"),
];

fn placed(cx: &Cx<'_>, node: &Node) -> Option<(At, String)> {
    cx.string(node).map(|text| (node.at, text))
}

/// Reads a section.
pub(super) fn read_section(cx: &Cx<'_>, node: &Node, secret: bool) -> Blobs {
    let entries = named(cx, node).into_iter();
    entries
        .map(|(name, entry)| {
            let source = source(&cx.key(name.as_str()), &name, entry, secret);
            (name, source)
        })
        .collect()
}

fn source(cx: &Cx<'_>, name: &Name, entry: &Entry, secret: bool) -> Source {
    let mut blob = Blob::default();
    read_map(cx, &entry.value, KEYS, &mut blob);
    if let [one, other, ..] = blob.places().as_slice() {
        let message = format!("`{one}` and `{other}` both say where the content comes from");
        cx.advise(Code::Conflict, entry.at, message, "keep one of them");
        return Source::Unknown;
    }
    let content = if let Some(external) = blob.external {
        return external_source(cx, external.or(blob.name), name);
    } else if let Some((at, file)) = blob.file {
        let kind = if secret {
            ReferenceKind::Secret
        } else {
            ReferenceKind::Config
        };
        let file = cx.room.file(&cx.key("file"), at, &file, kind, true);
        file.filter(|(_, bytes)| cx.room.keep(cx, at, bytes.len()))
            .map(|(_, bytes)| (at, bytes.to_vec()))
    } else if let Some((at, variable)) = blob.environment {
        let value = cx.room.variable(&variable, &[]);
        if value.is_none() {
            cx.room.say_unset(at, &cx.key("environment").path(), &variable);
        }
        value
            .filter(|value| cx.room.keep(cx, at, value.len()))
            .map(|value| (at, value.into_bytes()))
    } else if let Some((at, content)) = blob.content {
        Some((at, content.into_bytes()))
    } else {
        let keys = ["file", "environment", "content", "external"];
        let denied = matches!(
            entry.value.get("external").and_then(Node::known_text),
            Some("false" | "no" | "off")
        );
        let said = keys
            .iter()
            .any(|key| entry.value.says(key) && !(denied && *key == "external"));
        if !said {
            let help = "add `file:`, `environment:`, `content:` or `external: true`";
            cx.advise(
                Code::Missing,
                entry.at,
                "it is not said where the content comes from",
                help,
            );
        }
        None
    };
    content.map_or(Source::Unknown, |(at, bytes)| bounded(cx, at, bytes))
}

fn bounded(cx: &Cx<'_>, at: At, bytes: Vec<u8>) -> Source {
    if bytes.len() <= BLOB_BYTES_MAX {
        return Source::Content(SecretBytes::new(bytes));
    }
    let (has, may) = (bytes.len() >> 10, BLOB_BYTES_MAX >> 10);
    let help = "keep large data in a volume or in the image";
    cx.advise(
        Code::TooLarge,
        at,
        format!("the content has {has} KiB; it may have {may} KiB"),
        help,
    );
    Source::Unknown
}

fn external_source(cx: &Cx<'_>, given: Option<(At, String)>, own: &Name) -> Source {
    let Some((at, text)) = given else {
        return Source::External(own.clone());
    };
    match Name::parse(&text) {
        Ok(name) => Source::External(name),
        Err(error) => {
            cx.remark(Code::BadName, at, error.to_string());
            Source::Unknown
        }
    }
}

/// A section's name for messages.
pub(crate) fn section_name(secret: bool) -> &'static str {
    if secret { "secrets" } else { "configs" }
}
