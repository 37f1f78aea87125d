//! The long form of a volume.

use muster_model::desired::{Mount, MountSource};

use super::volume_source::{host_path, mount, named, source_of, target_of};
use crate::code::Code;
use crate::compose::octal::permission_bits;
use crate::cx::Cx;
use crate::table::{Key, nothing, read, read_map, unsupported};
use crate::text::{At, Node};

/// The long form, as it is read.
#[derive(Default)]
pub(crate) struct LongVolume {
    kind: Option<String>,
    source: Option<(At, String)>,
    target: Option<(At, String)>,
    read_only: bool,
    no_copy: bool,
    propagation: Option<String>,
    create: Option<bool>,
    size: Option<u64>,
    mode: Option<u32>,
}

pub(crate) const LONG_KEYS: &[Key<LongVolume>] = &[
    read(
        "type",
        |cx, node, volume| volume.kind = cx.string(node),
        "type: volume",
        "`volume`, `bind`, `tmpfs`; `npipe`, `cluster` and `image` are refused.",
    ),
    read(
        "source",
        |cx, node, volume| volume.source = cx.string(node).map(|text| (node.at, text)),
        "source: data",
        "As written.",
    ),
    read(
        "target",
        |cx, node, volume| volume.target = cx.string(node).map(|text| (node.at, text)),
        "target: /data",
        "As written.",
    ),
    read(
        "read_only",
        |cx, node, volume| volume.read_only = cx.flag(node).unwrap_or_default(),
        "read_only: true",
        "As written.",
    ),
    read(
        "bind",
        |cx, node, volume| read_map(cx, node, BIND_KEYS, volume),
        "bind: { propagation: rshared }",
        "",
    ),
    read(
        "volume",
        |cx, node, volume| read_map(cx, node, VOLUME_KEYS, volume),
        "volume: { nocopy: true }",
        "",
    ),
    read(
        "tmpfs",
        |cx, node, volume| read_map(cx, node, TMPFS_KEYS, volume),
        "tmpfs: { size: 64m }",
        "",
    ),
    nothing("consistency", "Of no effect on Linux."),
    unsupported("image", "images are not mounted as volumes"),
];

pub(crate) const BIND_KEYS: &[Key<LongVolume>] = &[
    read(
        "propagation",
        |cx, node, volume| volume.propagation = cx.string(node),
        "propagation: rshared",
        "As written.",
    ),
    read(
        "create_host_path",
        |cx, node, volume| volume.create = cx.flag(node),
        "create_host_path: false",
        "As written; the path is made where nothing is said.",
    ),
    unsupported(
        "selinux",
        "host paths are not relabelled for SELinux; label the path yourself",
    ),
    unsupported("recursive", "the engine's default is used"),
];

pub(crate) const VOLUME_KEYS: &[Key<LongVolume>] = &[
    read(
        "nocopy",
        |cx, node, volume| volume.no_copy = cx.flag(node).unwrap_or_default(),
        "nocopy: true",
        "As written.",
    ),
    unsupported("subpath", "the whole volume is mounted"),
    unsupported("labels", "give the volume labels under the top-level `volumes:`"),
];

pub(crate) const TMPFS_KEYS: &[Key<LongVolume>] = &[
    read(
        "size",
        |cx, node, volume| volume.size = cx.bytes(node),
        "size: 64m",
        "As written.",
    ),
    read(
        "mode",
        |cx, node, volume| volume.mode = permission_bits(cx, node),
        "mode: 0755",
        "As written.",
    ),
];

/// Reads a mount.
pub(super) fn read_mount(cx: &Cx<'_>, node: &Node) -> Option<Mount> {
    let mut volume = LongVolume::default();
    read_map(cx, node, LONG_KEYS, &mut volume);
    let source = source(cx, node, &volume)?;
    let Some((at, target)) = &volume.target else {
        if !node.says("target") {
            cx.advise(
                Code::Missing,
                node.at,
                "the path in the container is not named",
                "add `target: /data`",
            );
        }
        return None;
    };
    Some(Mount {
        read_only: volume.read_only,
        no_copy: volume.no_copy,
        propagation: volume.propagation,
        ..mount(target_of(cx, *at, target)?, source)
    })
}

fn source(cx: &Cx<'_>, node: &Node, volume: &LongVolume) -> Option<MountSource> {
    match (volume.kind.as_deref(), &volume.source) {
        (Some("tmpfs"), _) => Some(MountSource::Tmpfs {
            size: volume.size,
            mode: volume.mode,
        }),
        (Some("volume"), None) if !node.says("source") => Some(MountSource::Anonymous),
        (Some("volume"), Some((at, source))) => named(cx, *at, source),
        (Some("bind"), Some((at, source))) => Some(MountSource::Bind {
            path: host_path(cx, *at, source)?,
            create: volume.create.unwrap_or(true),
        }),
        (Some("bind"), None) if !node.says("source") => {
            cx.advise(
                Code::Missing,
                node.at,
                "the host's path is not named",
                "add `source: /srv/data`",
            );
            None
        }
        (Some("volume" | "bind"), None) => None,
        (Some(kind), _) => {
            let shown = crate::report::cut(kind, 40);
            let help = "use `volume`, `bind` or `tmpfs`";
            cx.advise(
                Code::BadValue,
                node.at,
                format!("volumes of the type `{shown}` cannot be mounted"),
                help,
            );
            None
        }
        // The specification demands a type; what has none is read by its source, as the tools do.
        (None, Some((at, source))) => source_of(cx, *at, source),
        (None, None) => (!node.says("source")).then_some(MountSource::Anonymous),
    }
}
