//! `rancher-compose.yml`, the second file of a Rancher stack, and the `io.rancher.*` labels of the first.
//!
//! The second file's keys are read by the same tables as a compose file's: any key may stand in either. What a later
//! capability will act on - balancers, checks from other hosts, metadata - has its row here and says so.

mod affinity;
pub(crate) mod labels;
pub(crate) mod questions;

use muster_model::desired::UpdateOrder;

use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, nothing, partly, read, read_map, unsupported};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "upgrade_strategy",
        |cx, node, draft| read_map(cx, node, UPGRADE_KEYS, draft),
        "upgrade_strategy: { start_first: true }",
        "How units are replaced.",
    ),
    partly(
        "start_on_create",
        start_on_create,
        "start_on_create: true",
        "`true`, as always here; `false` is not acted on.",
    ),
    unsupported(
        "scale_policy",
        "the service has the scale that `scale` says, else 1",
    ),
    unsupported(
        "health_check",
        "nothing is asked from other hosts yet; write a `healthcheck`, which the engine runs",
    ),
    unsupported("metadata", "there is no metadata service yet"),
    unsupported("lb_config", "there is no load balancer yet"),
    unsupported("load_balancer_config", "there is no load balancer yet"),
    unsupported("default_cert", "there is no load balancer yet"),
    unsupported("certs", "there is no load balancer yet"),
    unsupported("external_ips", "names of services outside are not given yet"),
    unsupported("service_schemas", "forms for services are not shown"),
    unsupported(
        "drain_timeout_ms",
        "there is no load balancer to drain; see `stop_grace_period`",
    ),
    unsupported("vcpu", "only containers are run, no virtual machines"),
    unsupported(
        "memory",
        "only containers are run, no virtual machines; for containers write `mem_limit`",
    ),
    unsupported("disks", "only containers are run, no virtual machines"),
    unsupported("userdata", "only containers are run, no virtual machines"),
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

fn start_on_create(cx: &Cx<'_>, node: &Node, _: &mut ServiceDraft) {
    if cx.flag(node) == Some(false) {
        let help = "the service is started; write `scale: 0` to have it wait";
        cx.advise(
            crate::code::Code::Unsupported,
            node.at,
            "`start_on_create: false` is not acted on",
            help,
        );
    }
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
