//! `rancher-compose.yml`, the second file of a Rancher stack, and the `io.rancher.*` labels of the first.
//!
//! The second file's keys are read by the same tables as a compose file's: any key may stand in either. What a later
//! capability will act on - balancers, checks from other hosts, metadata - has its row here and says so.

mod affinity;
pub(crate) mod balancer;
pub(crate) mod health_check;
pub(crate) mod kept;
mod label_families;
pub(crate) mod labels;
mod metadata;
pub(crate) mod old_balancer;
pub(crate) mod parts;
pub(crate) mod questions;
pub(crate) mod scale;
pub(crate) mod stickiness;

use std::num::NonZeroU16;

use muster_model::desired::UpdateOrder;

use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, checked, kept, nothing, partly, read, read_map, unsupported};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "upgrade_strategy",
        |cx, node, draft| read_map(cx, node, UPGRADE_KEYS, draft),
        "upgrade_strategy: { start_first: true }",
        "How units are replaced.",
    ),
    read(
        "start_on_create",
        scale::start_on_create,
        "start_on_create: true",
        "`false`: the service has no units until it is scaled by hand, whatever `scale` says; not for global services.",
    ),
    partly(
        "scale_policy",
        scale::scale_policy,
        "scale_policy: { min: 1 }",
        "See the keys below.",
    ),
    kept(
        "health_check",
        health_check::health_check,
        "health_check: { port: 80 }",
        "nothing is asked from other hosts yet; write a `healthcheck`, which the engine runs",
    ),
    kept(
        "metadata",
        metadata::metadata,
        "metadata: { key: value }",
        "there is no metadata service yet",
    ),
    kept(
        "lb_config",
        balancer::lb_config,
        "lb_config: { port_rules: [] }",
        "there is no load balancer yet; a service with a `source_port` in its rules is one, and is not run",
    ),
    kept(
        "load_balancer_config",
        old_balancer::load_balancer_config,
        "load_balancer_config: { haproxy_config: {} }",
        "there is no load balancer yet",
    ),
    kept(
        "default_cert",
        |cx, node, draft| draft.kept.balancer().default_certificate = balancer::name(cx, node),
        "default_cert: shop.example.com",
        "there is no load balancer yet",
    ),
    kept(
        "certs",
        |cx, node, draft| draft.kept.balancer().certificates = cx.one_or_many_texts(node),
        "certs: [shop.example.com]",
        "there is no load balancer yet",
    ),
    kept(
        "external_ips",
        external_ips,
        "external_ips: [10.0.0.1]",
        "names of services outside are not given yet",
    ),
    kept(
        "retain_ip",
        |cx, node, draft| draft.kept.retain_ip = cx.flag(node).unwrap_or_default(),
        "retain_ip: true",
        "a unit that is replaced gets a new address",
    ),
    unsupported("service_schemas", "forms for services are not shown"),
    kept(
        "drain_timeout_ms",
        |cx, node, draft| draft.kept.drain_ms = milliseconds(cx, node),
        "drain_timeout_ms: 10000",
        "there is no load balancer to drain; see `stop_grace_period`",
    ),
    checked(
        "vcpu",
        |cx, node, _| _ = count(cx, node),
        "vcpu: 2",
        "only containers are run, no virtual machines",
    ),
    checked(
        "memory",
        |cx, node, _| _ = cx.number::<u64>(node, "megabytes such as `1024`"),
        "memory: 1024",
        "only containers are run, no virtual machines; for containers write `mem_limit`",
    ),
    checked(
        "disks",
        disks,
        "disks: [{ name: root, size: 10g }]",
        "only containers are run, no virtual machines",
    ),
    checked(
        "userdata",
        |cx, node, _| drop(cx.string(node)),
        "userdata: \"#cloud-config\"",
        "only containers are run, no virtual machines",
    ),
    unsupported("storage_driver", "volumes are made by the engine's own drivers"),
    unsupported("network_driver", "the network is the platform's own"),
    nothing("description", "A note for people."),
];

pub(crate) const UPGRADE_KEYS: &[Key<ServiceDraft>] = &[
    read("start_first", start_first, "start_first: true", "As written."),
    read(
        "batch_size",
        batch_size,
        "batch_size: 2",
        "As written; 1 where it is not.",
    ),
    read(
        "interval_millis",
        interval,
        "interval_millis: 2000",
        "As written.",
    ),
];

fn external_ips(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        match cx.text(item).map(|text| text.trim().parse()) {
            Some(Ok(address)) => draft.kept.addresses.push(address),
            Some(Err(_)) => cx.bad_value(item, "an IP address"),
            None => {}
        }
    }
}

fn disks(cx: &Cx<'_>, node: &Node, _: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        if item.entries().is_none() {
            cx.index(index).wrong_type(item, "a map");
        }
    }
}

/// A port, from 1.
fn port(cx: &Cx<'_>, node: &Node) -> Option<u16> {
    cx.number(node, "a port from 1 to 65535").map(NonZeroU16::get)
}

/// A time, as Rancher writes it.
fn milliseconds(cx: &Cx<'_>, node: &Node) -> Option<u64> {
    cx.number(node, "milliseconds such as `2000`")
}

/// A small number.
fn count(cx: &Cx<'_>, node: &Node) -> Option<u32> {
    cx.number(node, "a number such as `2`")
}

fn start_first(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    if let Some(first) = cx.flag(node) {
        draft.update.order = if first {
            UpdateOrder::StartFirst
        } else {
            UpdateOrder::StopFirst
        };
    }
}

fn batch_size(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    if let Some(size) = cx.number(node, "a number such as `2`") {
        draft.update.batch_size = size;
    }
}

fn interval(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    if let Some(interval) = cx.number(node, "milliseconds such as `2000`") {
        draft.update.interval_ms = interval;
    }
}

/// Whether a file is the second one of a pair, by its name.
pub(crate) fn is_second(path: &str) -> bool {
    file_name(path).starts_with("rancher-compose")
}

/// Where the other file of a pair is.
pub(crate) fn other_of(path: &str) -> Option<String> {
    let name = file_name(path);
    let directory = path.strip_suffix(name).unwrap_or_default();
    let other = match name.strip_prefix("docker-compose") {
        Some(rest) => format!("{directory}rancher-compose{rest}"),
        None => format!(
            "{directory}docker-compose{}",
            name.strip_prefix("rancher-compose")?
        ),
    };
    Some(crate::path::tidy(&other))
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
