//! The short form of a volume: `[source:]target[:mode]`.

use muster_model::desired::{Mount, MountSource, Relabel};

use super::volume_source::{source_of, target_of};
use crate::cx::Cx;
use crate::text::Node;

/// Reads a mount.
pub(super) fn read_mount(cx: &Cx<'_>, node: &Node, text: &str) -> Option<Mount> {
    let Some(VolumeText { source, target, mode }) = split(text) else {
        cx.bad_value(
            node,
            "a volume such as `data:/var/lib/data`, `/srv/data:/data:ro` or `/cache`",
        );
        return None;
    };
    let source = match source {
        None => MountSource::Anonymous,
        Some(source) => source_of(cx, node.at, source)?,
    };
    let mut mount = Mount::new(target_of(cx, node.at, target)?, source);
    for word in mode
        .unwrap_or_default()
        .split(',')
        .filter(|word| !word.is_empty())
    {
        apply_mode(cx, node, word, &mut mount);
    }
    Some(mount)
}

fn apply_mode(cx: &Cx<'_>, node: &Node, word: &str, mount: &mut Mount) {
    match word {
        "ro" => mount.read_only = true,
        "rw" | "cached" | "delegated" | "consistent" => {}
        "nocopy" => mount.no_copy = true,
        "z" => mount.relabel = Some(Relabel::Shared),
        "Z" => mount.relabel = Some(Relabel::Private),
        "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => {
            mount.propagation = Some(word.to_owned())
        }
        _ => cx.bad_text(node.at, word, "a mode such as `ro`, `rw` or `nocopy`"),
    }
}

/// Its parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct VolumeText<'a> {
    pub source: Option<&'a str>,
    pub target: &'a str,
    pub mode: Option<&'a str>,
}

/// Splits the short form. None for more parts than it has, an empty one, or a path of Windows.
pub(crate) fn split(text: &str) -> Option<VolumeText<'_>> {
    let parts: Vec<&str> = text.split(':').collect();
    let volume = match parts.as_slice() {
        [target] => VolumeText {
            source: None,
            target,
            mode: None,
        },
        [source, target] => VolumeText {
            source: Some(source),
            target,
            mode: None,
        },
        [source, target, mode] => VolumeText {
            source: Some(source),
            target,
            mode: Some(mode),
        },
        _ => return None,
    };
    let is_windows = text.contains('\\');
    (!is_windows && !volume.target.is_empty() && volume.source != Some("")).then_some(volume)
}
