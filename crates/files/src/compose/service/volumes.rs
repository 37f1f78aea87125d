//! What a container sees beside its image: volumes, host paths, memory.

use muster_model::desired::{Mount, MountSource};

use super::volume_source::{say_twice, target_of};
use super::{volume_long, volume_short};
use crate::code::Code;
use crate::compose::draft::{Named, ServiceDraft};
use crate::compose::octal::permission_bits;
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, partly, read};
use crate::text::{At, Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "volumes",
        volumes,
        "volumes: [\"data:/var/lib/data\"]",
        "Named, anonymous, host paths, memory; short and long forms. Relative host paths only where the project's directory is the same on all hosts.",
    ),
    read(
        "tmpfs",
        tmpfs,
        "tmpfs: /run",
        "With `size`, `mode` and the kernel's other options, such as `uid`, `gid`, `noexec` and `exec`.",
    ),
    partly(
        "volumes_from",
        volumes_from,
        "volumes_from: [\"data\"]",
        "Between the containers of one unit (sidekicks), for named volumes and host paths.",
    ),
    read(
        "volume_driver",
        |cx, node, draft| draft.volume_driver = cx.string(node),
        "volume_driver: local",
        "The driver of the service's named volumes that no `volumes:` section declares.",
    ),
    read(
        "storage_opt",
        storage_opt,
        "storage_opt: { size: 10G }",
        "As written, where the storage driver of the host's engine can; others refuse to make the container.",
    ),
];

fn volumes(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let mount = match &item.value {
            Value::Map(_) => volume_long::read_mount(&cx, item),
            _ => cx
                .text(item)
                .and_then(|text| volume_short::read_mount(&cx, item, text)),
        };
        if let Some(MountSource::Volume(name)) = mount.as_ref().map(|mount| &mount.source) {
            draft.volume_places.entry(name.clone()).or_insert(item.at);
        }
        if let Some(mount) = mount {
            add(&cx, item.at, "volumes", mount, draft);
        }
    }
}

/// Mounts something. Of two in one list, the later counts; memory and a volume cannot be at one path.
fn add(cx: &Cx<'_>, at: At, key: &'static str, mount: Mount, draft: &mut ServiceDraft) {
    let mounts = &mut draft.container.mounts;
    let Some((by, place)) = draft.mounted_by.get(&mount.target) else {
        draft.mounted_by.insert(mount.target.clone(), (key, mounts.len()));
        return mounts.push(mount);
    };
    if *by != key {
        let message = format!(
            "`{}` is mounted by `{by}` already",
            crate::report::cut(&mount.target, 80)
        );
        cx.advise(Code::Conflict, at, message, "remove one of them");
    } else if let Some(earlier) = mounts.get_mut(*place) {
        say_twice(cx, at, &mount.target);
        *earlier = mount;
    }
}

fn tmpfs(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.one_or_many(node).iter().enumerate() {
        let cx = cx.index(index);
        let Some(text) = cx.text(item) else {
            continue;
        };
        let (target, options) = text.split_once(':').unwrap_or((text, ""));
        let (mut size, mut mode, mut others) = (None, None, Vec::new());
        for option in options.split(',').filter(|option| !option.is_empty()) {
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let value = Node::text(item.at, value);
            match name {
                "size" => size = cx.bytes(&value),
                "mode" => mode = permission_bits(&cx, &value),
                _ if TMPFS_OPTIONS.contains(&name) => others.push(option.to_owned()),
                _ => cx.bad_text(
                    item.at,
                    name,
                    "an option of tmpfs such as `size`, `mode` or `uid`",
                ),
            }
        }
        if let Some(target) = target_of(&cx, item.at, target) {
            let options = others;
            let source = MountSource::Tmpfs { size, mode, options };
            add(&cx, item.at, "tmpfs", Mount::new(target, source), draft);
        }
    }
}

/// What engines take besides size and mode.
const TMPFS_OPTIONS: &[&str] = &[
    "uid",
    "gid",
    "nr_inodes",
    "nr_blocks",
    "mpol",
    "ro",
    "rw",
    "exec",
    "noexec",
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "sync",
    "async",
    "atime",
    "noatime",
    "diratime",
    "nodiratime",
    "relatime",
    "norelatime",
    "strictatime",
    "nostrictatime",
    "mand",
    "nomand",
    "dirsync",
];

fn storage_opt(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let pairs = known_pairs(cx, node, &['=']).into_iter();
    let options = pairs.map(|(key, _, value)| (key, value));
    draft.container.storage_opt.extend(options);
}

fn volumes_from(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.one_or_many(node).iter().enumerate() {
        let cx = cx.index(index);
        if let Some(text) = cx.text(item) {
            draft.volumes_from.push(Named {
                at: item.at,
                name: text.to_owned(),
            });
        }
    }
}
