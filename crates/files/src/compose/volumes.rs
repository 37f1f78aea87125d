//! The root's `volumes:`.

use std::collections::BTreeMap;

use muster_model::Name;
use muster_model::desired::VolumeSpec;

use super::named::named;
use super::pairs::known_pairs;
use crate::code::Code;
use crate::cx::Cx;
use crate::table::{Key, read, read_map, unsupported};
use crate::text::{At, Node, Value};

/// By name.
pub(crate) type Volumes = BTreeMap<Name, VolumeSpec>;

/// A volume, as it is read.
#[derive(Default)]
pub(crate) struct Volume {
    spec: VolumeSpec,
    name: Option<(At, String)>,
    external: Option<External>,
}

enum External {
    SameName,
    Named(At, String),
}

pub(crate) const KEYS: &[Key<Volume>] = &[
    read(
        "driver",
        |cx, node, volume| volume.spec.driver = cx.string(node),
        "driver: local",
        "A driver that the hosts' engines have.",
    ),
    read(
        "driver_opts",
        options,
        "driver_opts: { type: nfs }",
        "As written.",
    ),
    read(
        "labels",
        labels,
        "labels: { com.example.team: web }",
        "As written.",
    ),
    read(
        "external",
        external,
        "external: true",
        "The volume must exist in the environment and outlives the stack.",
    ),
    read(
        "name",
        |cx, node, volume| volume.name = cx.string(node).map(|text| (node.at, text)),
        "name: shared-data",
        "With `external`; else the platform names volumes after stack and volume.",
    ),
    unsupported("per_container", "all units on a host share the volume"),
];

/// Reads the section.
pub(super) fn read_section(cx: &Cx<'_>, node: &Node) -> Volumes {
    let entries = named(cx, node).into_iter();
    entries
        .map(|(name, entry)| {
            let cx = cx.key(name.as_str());
            let mut volume = Volume::default();
            read_map(&cx, &entry.value, KEYS, &mut volume);
            let spec = finished(&cx, &name, volume);
            (name, spec)
        })
        .collect()
}

fn finished(cx: &Cx<'_>, own: &Name, volume: Volume) -> VolumeSpec {
    let mut spec = volume.spec;
    let name = match (volume.external, volume.name) {
        (None, None) => return spec,
        (None, Some((at, _))) => {
            let help = "it is named after stack and volume; to share one, make it and write `external: true`";
            cx.key("name").advise(
                Code::Unsupported,
                at,
                "a name of its own is not given to the volume",
                help,
            );
            return spec;
        }
        (Some(External::SameName), None) => Some(own.clone()),
        (Some(External::Named(at, name)), _) | (Some(External::SameName), Some((at, name))) => {
            match Name::parse(&name) {
                Ok(name) => Some(name),
                Err(error) => {
                    cx.remark(Code::BadName, at, error.to_string());
                    None
                }
            }
        }
    };
    spec.external = name;
    spec
}

fn options(cx: &Cx<'_>, node: &Node, volume: &mut Volume) {
    let pairs = known_pairs(cx, node, &['=']).into_iter();
    volume.spec.options = pairs.map(|(key, _, value)| (key, value)).collect();
}

fn labels(cx: &Cx<'_>, node: &Node, volume: &mut Volume) {
    for (key, at, value) in known_pairs(cx, node, &['=']) {
        if let Ok(value) = super::service::environment::allowed(&cx.key(&key), at, &key, value) {
            volume.spec.labels.insert(key, value);
        }
    }
}

fn external(cx: &Cx<'_>, node: &Node, volume: &mut Volume) {
    volume.external = external_name(cx, node).map(|name| match name {
        None => External::SameName,
        Some((at, name)) => External::Named(at, name),
    });
}

/// `external: true` and, in older formats, `external: { name: x }` and `external: x`. The outer none means that it is not external.
pub(super) fn external_name(cx: &Cx<'_>, node: &Node) -> Option<Option<(At, String)>> {
    if matches!(node.value, Value::Map(_)) {
        let name = node.get("name");
        return Some(name.and_then(|name| Some((name.at, cx.key("name").string(name)?))));
    }
    match cx.text(node)?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(None),
        "false" | "no" | "off" => None,
        _ => Some(Some((node.at, cx.string(node)?))),
    }
}
