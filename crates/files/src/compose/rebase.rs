//! Relative paths of several files, as seen from the project's directory.

use super::document::Document;
use super::service::volume_short;
use crate::path;
use crate::room::Room;
use crate::text::{Node, Value};

/// Rewrites the paths that stand in files of other directories: extended and included ones.
pub(super) fn rebase(room: &Room<'_>, document: &mut Document) {
    let rebase = Rebase { room };
    let Value::Map(sections) = &mut document.root.value else {
        return;
    };
    for section in sections {
        for named in entries(&mut section.value) {
            match section.key.as_str() {
                "services" => rebase.service(named),
                "secrets" | "configs" => each(named, "file", |node| rebase.path(node)),
                _ => {}
            }
        }
    }
}

struct Rebase<'a> {
    room: &'a Room<'a>,
}

impl Rebase<'_> {
    fn service(&self, service: &mut Node) {
        for key in ["env_file", "label_file"] {
            each(service, key, |node| match &mut node.value {
                Value::List(items) => items.iter_mut().for_each(|item| self.path_or(item, "path")),
                _ => self.path_or(node, "path"),
            });
        }
        each(service, "build", |node| self.path_or(node, "context"));
        each(service, "volumes", |node| {
            if let Value::List(items) = &mut node.value {
                items.iter_mut().for_each(|item| self.mount(item));
            }
        });
    }

    /// A path, or a map with one.
    fn path_or(&self, node: &mut Node, key: &str) {
        match &node.value {
            Value::Map(_) => each(node, key, |node| self.path(node)),
            _ => self.path(node),
        }
    }

    fn mount(&self, mount: &mut Node) {
        if mount.entries().is_some() {
            if mount.get("type").and_then(Node::known_text) == Some("bind") {
                each(mount, "source", |node| self.path(node));
            }
            return;
        }
        let Some(source) = mount
            .known_text()
            .and_then(volume_short::split)
            .and_then(|volume| volume.source)
        else {
            return;
        };
        if source.starts_with('.')
            && let Some(path) = self.rebased(mount, source)
        {
            let rest = mount.known_text().and_then(|text| text.strip_prefix(source));
            let text = format!("{path}{}", rest.unwrap_or_default());
            set(mount, text);
        }
    }

    fn path(&self, node: &mut Node) {
        let path = node.known_text().and_then(|text| self.rebased(node, text));
        if let Some(path) = path {
            set(node, path);
        }
    }

    /// A path as seen from the project's directory; none if it means the same there already.
    fn rebased(&self, node: &Node, written: &str) -> Option<String> {
        let (base, root) = (self.room.base(node.at.file), &self.room.root);
        if base == *root || written.starts_with(['/', '~']) || written.contains("://") {
            return None;
        }
        let path = path::join(&base, written);
        let below = match root.as_str() {
            "" => Some(path.as_str()),
            root => path.strip_prefix(root).and_then(|rest| rest.strip_prefix('/')),
        };
        Some(match below {
            Some(below) => format!("./{below}"),
            None if path.starts_with(['/', '~']) => path,
            // Beside or above the project's directory.
            None => format!("{}{path}", "../".repeat(root.split('/').count())),
        })
    }
}

fn set(node: &mut Node, text: String) {
    if let Value::Scalar(scalar) = &mut node.value {
        scalar.text = text;
    }
}

fn entries(node: &mut Node) -> impl Iterator<Item = &mut Node> {
    let entries = match &mut node.value {
        Value::Map(entries) => entries.as_mut_slice(),
        _ => &mut [],
    };
    entries.iter_mut().map(|entry| &mut entry.value)
}

fn each(node: &mut Node, key: &str, rewrite: impl FnOnce(&mut Node)) {
    if let Value::Map(entries) = &mut node.value
        && let Some(entry) = entries.iter_mut().find(|entry| entry.key == key)
    {
        rewrite(&mut entry.value);
    }
}
