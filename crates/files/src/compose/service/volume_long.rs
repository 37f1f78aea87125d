//! The long form of a volume.

use std::collections::BTreeMap;

use muster_model::desired::{Below, Mount, MountSource, Relabel};

use super::volume_source::{host_path, named, source_of, target_of};
use crate::code::Code;
use crate::compose::octal::permission_bits;
use crate::compose::pairs::known_pairs;
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
    below: Option<Below>,
    relabel: Option<Relabel>,
    subpath: Option<String>,
    labels: BTreeMap<String, String>,
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
    read(
        "selinux",
        selinux,
        "selinux: z",
        "`z`, `Z`; of effect where the host's engine runs with SELinux.",
    ),
    read(
        "recursive",
        recursive,
        "recursive: disabled",
        "`enabled`, `disabled`; `writable`; `readonly` from Docker 25 on, refused by hosts with an older one. Engines before Docker 23 do not make the host's path then.",
    ),
];

pub(crate) const VOLUME_KEYS: &[Key<LongVolume>] = &[
    read(
        "nocopy",
        |cx, node, volume| volume.no_copy = cx.flag(node).unwrap_or_default(),
        "nocopy: true",
        "As written.",
    ),
    read(
        "subpath",
        subpath,
        "subpath: uploads",
        "As written, from Docker 26 on; refused by hosts with an older one. It must be there already.",
    ),
    read(
        "labels",
        |cx, node, volume| {
            let pairs = known_pairs(cx, node, &['=']).into_iter();
            volume.labels.extend(pairs.map(|(key, _, value)| (key, value)));
        },
        "labels: { com.example.team: web }",
        "Labels of the volume, for the first time it is made.",
    ),
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
    say_conflicts(cx, node.at, &volume, &source);
    Some(Mount {
        read_only: volume.read_only,
        no_copy: volume.no_copy,
        below: volume.below,
        relabel: volume.relabel,
        subpath: volume.subpath,
        labels: volume.labels,
        propagation: volume.propagation,
        ..Mount::new(target_of(cx, *at, target)?, source)
    })
}

fn say_conflicts(cx: &Cx<'_>, at: At, volume: &LongVolume, source: &MountSource) {
    let made = matches!(source, MountSource::Bind { path, create: true } if !path.contains(':'));
    if volume.relabel.is_some() && (!made || volume.below.is_some()) {
        let message = "`selinux` is for a host path that may be made, with all that is mounted below it";
        let help = "remove `selinux`, `recursive` or `create_host_path: false`, or label the path yourself";
        cx.advise(Code::Conflict, at, message, help);
    }
    if volume.subpath.is_some() && !matches!(source, MountSource::Volume(_)) {
        let help = "name a volume as the `source`";
        cx.advise(Code::Conflict, at, "`subpath` is a part of a named volume", help);
    }
}

fn selinux(cx: &Cx<'_>, node: &Node, volume: &mut LongVolume) {
    volume.relabel = match cx.text(node) {
        Some("z") => Some(Relabel::Shared),
        Some("Z") => Some(Relabel::Private),
        Some(_) => return cx.bad_value(node, "`z` or `Z`"),
        None => None,
    };
}

fn recursive(cx: &Cx<'_>, node: &Node, volume: &mut LongVolume) {
    volume.below = match cx.text(node) {
        Some("enabled") | None => None,
        Some("disabled") => Some(Below::Hidden),
        Some("writable") => Some(Below::Writable),
        Some("readonly") => Some(Below::ReadOnly),
        Some(_) => return cx.bad_value(node, "`enabled`, `disabled`, `writable` or `readonly`"),
    };
}

fn subpath(cx: &Cx<'_>, node: &Node, volume: &mut LongVolume) {
    let Some(text) = cx.text(node) else {
        return;
    };
    let inside = !text.starts_with('/') && text.split('/').all(|part| part != "..");
    if !inside || text.is_empty() {
        return cx.bad_value(node, "a path inside the volume, such as `uploads`");
    }
    volume.subpath = Some(text.to_owned());
}

fn source(cx: &Cx<'_>, node: &Node, volume: &LongVolume) -> Option<MountSource> {
    match (volume.kind.as_deref(), &volume.source) {
        (Some("tmpfs"), _) => Some(MountSource::Tmpfs {
            size: volume.size,
            mode: volume.mode,
            options: Vec::new(),
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
