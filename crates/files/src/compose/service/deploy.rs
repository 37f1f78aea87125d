//! How many units run, where, within which limits, and how they are replaced.

use muster_model::desired::{RestartPace, RestartPolicy, ServiceKind};
use muster_model::limits::SCALE_MAX;

use super::environment::allowed;
use super::{device_requests, placement, update};
use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, partly, read, read_map, unsupported};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "deploy",
        |cx, node, draft| read_map(cx, node, DEPLOY_KEYS, draft),
        "deploy: { replicas: 3 }",
        "See the keys below.",
    ),
    read(
        "scale",
        |cx, node, draft| draft.scale = scale(cx, node),
        "scale: 3",
        "From 0 to 10,000. 0 means none, also in a rancher-compose.yml.",
    ),
];

pub(crate) const DEPLOY_KEYS: &[Key<ServiceDraft>] = &[
    read(
        "replicas",
        |cx, node, draft| draft.replicas = scale(cx, node),
        "replicas: 3",
        "From 0 to 10,000.",
    ),
    read(
        "mode",
        mode,
        "mode: global",
        "`replicated`, `global`; `replicated-job` and `global-job`, whose units run until each has ended with exit code 0.",
    ),
    read(
        "labels",
        labels,
        "labels: { com.example.team: web }",
        "Labels of the service.",
    ),
    read(
        "resources",
        |cx, node, draft| read_map(cx, node, RESOURCES_KEYS, draft),
        "resources: { limits: { memory: 512m } }",
        "",
    ),
    read(
        "restart_policy",
        restart_policy,
        "restart_policy: { condition: on-failure }",
        "Wins over `restart`.",
    ),
    read(
        "update_config",
        update::update_config,
        "update_config: { parallelism: 2 }",
        "",
    ),
    read(
        "placement",
        |cx, node, draft| read_map(cx, node, placement::KEYS, draft),
        "placement: { constraints: [\"node.labels.zone == a\"] }",
        "",
    ),
    read(
        "rollback_config",
        update::rollback_config,
        "rollback_config: { parallelism: 0 }",
        "The keys of `update_config`, for going back, after a failure or by hand; without it a rollback goes as `update_config` says.",
    ),
    partly(
        "endpoint_mode",
        endpoint_mode,
        "endpoint_mode: dnsrr",
        "`dnsrr`; `vip` is like it: a name stands for the addresses of all units.",
    ),
];

pub(crate) const RESOURCES_KEYS: &[Key<ServiceDraft>] = &[
    read(
        "limits",
        |cx, node, draft| read_map(cx, node, LIMITS_KEYS, draft),
        "limits: { memory: 512m }",
        "",
    ),
    read(
        "reservations",
        |cx, node, draft| read_map(cx, node, RESERVATIONS_KEYS, draft),
        "reservations: { memory: 256m }",
        "",
    ),
];

pub(crate) const LIMITS_KEYS: &[Key<ServiceDraft>] = &[
    read(
        "cpus",
        |cx, node, draft| draft.deploy_resources.milli_cpus = cx.milli_cpus(node),
        "cpus: \"0.5\"",
        "As written.",
    ),
    read(
        "memory",
        |cx, node, draft| draft.deploy_resources.memory = cx.bytes(node),
        "memory: 512m",
        "As written.",
    ),
    read(
        "pids",
        |cx, node, draft| draft.deploy_resources.pids = cx.number(node, "a number such as `100`"),
        "pids: 100",
        "As written.",
    ),
];

pub(crate) const RESERVATIONS_KEYS: &[Key<ServiceDraft>] = &[
    read(
        "cpus",
        |cx, node, draft| draft.deploy_resources.milli_cpus_reservation = cx.milli_cpus(node),
        "cpus: \"0.25\"",
        "As written; it counts when a host is chosen.",
    ),
    read(
        "memory",
        |cx, node, draft| draft.deploy_resources.memory_reservation = cx.bytes(node),
        "memory: 256m",
        "As written; it counts when a host is chosen.",
    ),
    read(
        "devices",
        device_requests::reserved,
        "devices: [{ capabilities: [\"gpu\"], count: 1 }]",
        "As `gpus`.",
    ),
    unsupported("generic_resources", "hosts are not chosen by them"),
];

/// A number of units.
pub(crate) fn scale(cx: &Cx<'_>, node: &Node) -> Option<(crate::text::At, u32)> {
    let expected = format!("a number of units from 0 to {SCALE_MAX}");
    let number: u32 = cx.number(node, &expected)?;
    if number > SCALE_MAX {
        cx.bad_value(node, &expected);
        return None;
    }
    Some((node.at, number))
}

fn mode(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    match cx.text(node) {
        Some("global") => draft.kind = ServiceKind::Global,
        Some("replicated") | None => {}
        Some("replicated-job") => draft.is_job = true,
        Some("global-job") => {
            draft.kind = ServiceKind::Global;
            draft.is_job = true;
        }
        Some(_) => cx.bad_value(node, "`replicated`, `global`, `replicated-job` or `global-job`"),
    }
}

fn labels(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (key, at, value) in known_pairs(cx, node, &['=']) {
        if let Ok(value) = allowed(&cx.key(&key), at, &key, value) {
            draft.service_labels.insert(key, value);
        }
    }
}

/// The policy, as it is read.
#[derive(Default)]
pub(crate) struct Restart {
    condition: Option<String>,
    attempts: Option<u32>,
    pace: RestartPace,
}

pub(crate) const RESTART_KEYS: &[Key<Restart>] = &[
    read(
        "condition",
        |cx, node, restart| restart.condition = cx.string(node),
        "condition: on-failure",
        "`none`, `on-failure`, `any`; `no`, `always` and `unless-stopped` as in `restart`.",
    ),
    read(
        "max_attempts",
        |cx, node, restart| restart.attempts = cx.number(node, "a number such as `3`"),
        "max_attempts: 3",
        "As written; see `window`. 0 is without end, as where it is not written.",
    ),
    read(
        "delay",
        |cx, node, restart| restart.pace.delay_ms = some_time(cx, node),
        "delay: 5s",
        "The least pause before a restart; it doubles from half a second to a minute anyway, until a container ran for a minute.",
    ),
    read(
        "window",
        |cx, node, restart| restart.pace.window_ms = some_time(cx, node),
        "window: 2m",
        "After a run that lasts as long `max_attempts` are counted anew; without it they are those of the container's life.",
    ),
];

/// A time; none at all says nothing.
fn some_time(cx: &Cx<'_>, node: &Node) -> Option<u64> {
    cx.milliseconds(node).filter(|time| *time > 0)
}

fn restart_policy(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut restart = Restart::default();
    read_map(cx, node, RESTART_KEYS, &mut restart);
    draft.container.restart_pace = restart.pace;
    let most = restart.attempts.filter(|most| *most > 0);
    draft.deploy_restart = match restart.condition.as_deref() {
        Some("none" | "no") => Some(RestartPolicy::No),
        Some("on-failure") => Some(RestartPolicy::OnFailure(most)),
        Some("any" | "always" | "unless-stopped") | None => {
            Some(most.map_or(RestartPolicy::Always, RestartPolicy::AtMost))
        }
        Some(other) => {
            cx.bad_text(node.at, other, "`none`, `on-failure` or `any` as its `condition`");
            None
        }
    };
}

/// What a job makes of a policy: what ended well is done.
pub(crate) fn restart_of_job(policy: RestartPolicy) -> RestartPolicy {
    match policy {
        RestartPolicy::Always => RestartPolicy::OnFailure(None),
        RestartPolicy::AtMost(most) => RestartPolicy::OnFailure(Some(most)),
        policy => policy,
    }
}

fn endpoint_mode(cx: &Cx<'_>, node: &Node, _: &mut ServiceDraft) {
    match cx.text(node) {
        Some("vip") => {
            let help = "the service's name stands for the addresses of all its units";
            cx.advise(
                Code::Difference,
                node.at,
                "the service has no address of its own",
                help,
            );
        }
        Some("dnsrr") | None => {}
        Some(_) => cx.bad_value(node, "`vip` or `dnsrr`"),
    }
}
