//! What a container may use of the host's disks.

use std::collections::BTreeMap;

use muster_model::desired::DiskLimits;

use crate::compose::draft::ServiceDraft;
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, read, read_map};
use crate::text::{Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "blkio_config",
        |cx, node, draft| read_map(cx, node, DISK_KEYS, &mut draft.container.resources.disks),
        "blkio_config: { weight: 300 }",
        "The device must be there on every host. Engines pass over weights where the kernel has none, and say so in their log.",
    ),
    read(
        "blkio_weight",
        |cx, node, draft| weight(cx, node, &mut draft.container.resources.disks),
        "blkio_weight: 300",
        "`blkio_config.weight` in older formats.",
    ),
    read(
        "blkio_weight_device",
        |cx, node, draft| weight_device(cx, node, &mut draft.container.resources.disks),
        "blkio_weight_device: [\"/dev/sda:400\"]",
        "`blkio_config.weight_device` in older formats.",
    ),
    read(
        "device_read_bps",
        |cx, node, draft| read_bps(cx, node, &mut draft.container.resources.disks),
        "device_read_bps: [\"/dev/sda:10m\"]",
        "`blkio_config.device_read_bps` in older formats.",
    ),
    read(
        "device_read_iops",
        |cx, node, draft| read_iops(cx, node, &mut draft.container.resources.disks),
        "device_read_iops: [\"/dev/sda:1000\"]",
        "`blkio_config.device_read_iops` in older formats.",
    ),
    read(
        "device_write_bps",
        |cx, node, draft| write_bps(cx, node, &mut draft.container.resources.disks),
        "device_write_bps: [\"/dev/sda:10m\"]",
        "`blkio_config.device_write_bps` in older formats.",
    ),
    read(
        "device_write_iops",
        |cx, node, draft| write_iops(cx, node, &mut draft.container.resources.disks),
        "device_write_iops: [\"/dev/sda:1000\"]",
        "`blkio_config.device_write_iops` in older formats.",
    ),
];

pub(crate) const DISK_KEYS: &[Key<DiskLimits>] = &[
    read("weight", weight, "weight: 300", "From 10 to 1000."),
    read(
        "weight_device",
        weight_device,
        "weight_device: [{ path: /dev/sda, weight: 400 }]",
        "As written.",
    ),
    read(
        "device_read_bps",
        read_bps,
        "device_read_bps: [{ path: /dev/sda, rate: 10m }]",
        "As written.",
    ),
    read(
        "device_read_iops",
        read_iops,
        "device_read_iops: [{ path: /dev/sda, rate: 1000 }]",
        "As written.",
    ),
    read(
        "device_write_bps",
        write_bps,
        "device_write_bps: [{ path: /dev/sda, rate: 10m }]",
        "As written.",
    ),
    read(
        "device_write_iops",
        write_iops,
        "device_write_iops: [{ path: /dev/sda, rate: 1000 }]",
        "As written.",
    ),
];

/// One device's limit, as it is read.
#[derive(Default)]
pub(crate) struct DeviceLimit {
    path: Option<String>,
    value: Option<Node>,
}

pub(crate) const DEVICE_LIMIT_KEYS: &[Key<DeviceLimit>] = &[
    read(
        "path",
        |cx, node, limit| limit.path = cx.string(node),
        "path: /dev/sda",
        "A device of the host.",
    ),
    read(
        "rate",
        |_, node, limit| limit.value = Some(node.clone()),
        "rate: 10m",
        "Bytes a second, or times a second.",
    ),
    read(
        "weight",
        |_, node, limit| limit.value = Some(node.clone()),
        "weight: 400",
        "In `weight_device`.",
    ),
];

fn weight(cx: &Cx<'_>, node: &Node, disks: &mut DiskLimits) {
    disks.weight = one_weight(cx, node);
}

fn weight_device(cx: &Cx<'_>, node: &Node, disks: &mut DiskLimits) {
    by_device(cx, node, &mut disks.weights, one_weight);
}

fn read_bps(cx: &Cx<'_>, node: &Node, disks: &mut DiskLimits) {
    by_device(cx, node, &mut disks.read_bps, |cx, node| cx.bytes(node));
}

fn write_bps(cx: &Cx<'_>, node: &Node, disks: &mut DiskLimits) {
    by_device(cx, node, &mut disks.write_bps, |cx, node| cx.bytes(node));
}

fn read_iops(cx: &Cx<'_>, node: &Node, disks: &mut DiskLimits) {
    by_device(cx, node, &mut disks.read_iops, times);
}

fn write_iops(cx: &Cx<'_>, node: &Node, disks: &mut DiskLimits) {
    by_device(cx, node, &mut disks.write_iops, times);
}

fn one_weight(cx: &Cx<'_>, node: &Node) -> Option<u16> {
    let expected = "a weight from 10 to 1000";
    let weight = cx.number(node, expected)?;
    if matches!(weight, 0 | 10..=1000) {
        return Some(weight);
    }
    cx.bad_value(node, expected);
    None
}

fn times(cx: &Cx<'_>, node: &Node) -> Option<u64> {
    cx.number(node, "a number such as `1000`")
}

/// A list of maps, as today, or pairs of a path and a value, as of old.
fn by_device<T>(
    cx: &Cx<'_>,
    node: &Node,
    limits: &mut BTreeMap<String, T>,
    value: impl Fn(&Cx<'_>, &Node) -> Option<T>,
) {
    let mut add = |cx: &Cx<'_>, path: String, node: &Node| {
        if !path.starts_with("/dev/") {
            return cx.bad_text(node.at, &path, "the path of a device such as `/dev/sda`");
        }
        limits.extend(value(cx, node).map(|value| (path, value)));
    };
    let Some(items) = maps(node) else {
        for (path, at, text) in known_pairs(cx, node, &[':', '=']) {
            add(&cx.key(&path), path.clone(), &Node::text(at, &text));
        }
        return;
    };
    for (index, item) in items.iter().enumerate() {
        let cx = cx.index(index);
        let mut limit = DeviceLimit::default();
        read_map(&cx, item, DEVICE_LIMIT_KEYS, &mut limit);
        match (limit.path, limit.value) {
            (Some(path), Some(value)) => add(&cx, path, &value),
            // What is wrong or not known of them was said.
            _ if item.says("path") && (item.says("rate") || item.says("weight")) => {}
            _ => cx.wrong_type(item, "a map with `path` and `rate` or `weight`"),
        }
    }
}

/// The items of a list that begins with a map of the long form.
fn maps(node: &Node) -> Option<&[Node]> {
    let Value::List(items) = &node.value else {
        return None;
    };
    items.first()?.get("path").is_some().then_some(items)
}
