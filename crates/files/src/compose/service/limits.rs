//! What a container may use, in the keys of every generation.

use muster_model::desired::Ulimit;

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, read, read_map, unsupported};
use crate::text::{Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "mem_limit",
        |cx, node, draft| draft.container.resources.memory = cx.bytes(node),
        "mem_limit: 512m",
        "As written.",
    ),
    read(
        "mem_reservation",
        |cx, node, draft| draft.container.resources.memory_reservation = cx.bytes(node),
        "mem_reservation: 256m",
        "As written; it counts when a host is chosen.",
    ),
    read(
        "memswap_limit",
        memswap_limit,
        "memswap_limit: 1g",
        "As written; `-1` is without end.",
    ),
    read(
        "cpus",
        |cx, node, draft| draft.container.resources.milli_cpus = cx.milli_cpus(node),
        "cpus: 0.5",
        "As written.",
    ),
    read(
        "cpu_quota",
        |cx, node, draft| draft.cpu_quota = cx.number(node, "microseconds such as `50000`"),
        "cpu_quota: 50000",
        "Turned into processors with `cpu_period`.",
    ),
    read(
        "cpu_period",
        |cx, node, draft| draft.cpu_period = cx.number(node, "microseconds such as `100000`"),
        "cpu_period: 100000",
        "See `cpu_quota`; 100 ms where it is not written.",
    ),
    read(
        "cpu_shares",
        |cx, node, draft| draft.container.resources.cpu_shares = cx.number(node, "a number such as `512`"),
        "cpu_shares: 512",
        "As written.",
    ),
    read(
        "cpuset",
        |cx, node, draft| draft.container.resources.cpuset = cx.string(node),
        "cpuset: \"0-2,4\"",
        "As written.",
    ),
    read(
        "milli_cpu_reservation",
        |cx, node, draft| {
            draft.container.resources.milli_cpus_reservation =
                cx.number(node, "thousandths of a processor such as `500`")
        },
        "milli_cpu_reservation: 500",
        "As written; it counts when a host is chosen.",
    ),
    read(
        "pids_limit",
        |cx, node, draft| {
            draft.container.resources.pids = cx.number(node, "a number such as `100`, or `-1` for no limit")
        },
        "pids_limit: 100",
        "As written.",
    ),
    read(
        "shm_size",
        |cx, node, draft| draft.container.resources.shm_size = cx.bytes(node),
        "shm_size: 64m",
        "As written.",
    ),
    read(
        "oom_score_adj",
        |cx, node, draft| {
            draft.container.resources.oom_score_adj = cx.number(node, "a number from -1000 to 1000")
        },
        "oom_score_adj: 500",
        "As written.",
    ),
    read(
        "ulimits",
        ulimits,
        "ulimits: { nofile: 65536 }",
        "One number, or `soft` and `hard`.",
    ),
    read(
        "sysctls",
        sysctls,
        "sysctls: { net.core.somaxconn: 1024 }",
        "As written.",
    ),
    read(
        "cpu_rt_period",
        |cx, node, draft| draft.container.resources.realtime_period_us = microseconds(cx, node),
        "cpu_rt_period: 1000000",
        "As written, in microseconds or as a time. Refused where the kernel has no real-time groups, or where the engine was not given such time itself (`dockerd --cpu-rt-runtime`).",
    ),
    read(
        "cpu_rt_runtime",
        |cx, node, draft| draft.container.resources.realtime_runtime_us = microseconds(cx, node),
        "cpu_rt_runtime: 400ms",
        "As `cpu_rt_period`.",
    ),
    read(
        "mem_swappiness",
        mem_swappiness,
        "mem_swappiness: 10",
        "From 0 to 100. Only hosts with control groups of version 1 have it: engines pass over it on others.",
    ),
    read(
        "oom_kill_disable",
        |cx, node, draft| draft.container.resources.oom_kill_disable = cx.flag(node).unwrap_or_default(),
        "oom_kill_disable: true",
        "As written. Only hosts with control groups of version 1 have it: engines pass over it on others.",
    ),
    unsupported("cpu_count", "it limits containers of Windows only; use `cpus`"),
    unsupported("cpu_percent", "it limits containers of Windows only; use `cpus`"),
];

fn memswap_limit(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.container.resources.memory_swap = match node.known_text() {
        Some("-1") => Some(-1),
        _ => cx.bytes(node).and_then(|bytes| bytes.try_into().ok()),
    };
}

/// A number of microseconds, or a time with its unit.
fn microseconds(cx: &Cx<'_>, node: &Node) -> Option<u64> {
    match cx.text(node)?.parse() {
        Ok(number) => Some(number),
        Err(_) => cx.milliseconds(node).map(|ms| ms.saturating_mul(1_000)),
    }
}

fn mem_swappiness(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let expected = "a number from 0 to 100";
    let swappiness = cx.number(node, expected);
    if swappiness.is_some_and(|swappiness: u8| swappiness > 100) {
        return cx.bad_value(node, expected);
    }
    draft.container.resources.swappiness = swappiness;
}

/// One limit, as it is read.
#[derive(Default)]
pub(crate) struct Limit {
    soft: Option<i64>,
    hard: Option<i64>,
}

pub(crate) const ULIMIT_KEYS: &[Key<Limit>] = &[
    read(
        "soft",
        |cx, node, limit| limit.soft = cx.number(node, NUMBER),
        "soft: 1024",
        "As written.",
    ),
    read(
        "hard",
        |cx, node, limit| limit.hard = cx.number(node, NUMBER),
        "hard: 4096",
        "As written.",
    ),
];

const NUMBER: &str = "a number such as `65536`, or `-1` for no limit";

fn ulimits(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let Value::Map(entries) = &node.value else {
        return cx.wrong_type(node, "a map");
    };
    for entry in entries {
        let cx = cx.key(&entry.key);
        let mut limit = Limit::default();
        if matches!(entry.value.value, Value::Map(_)) {
            read_map(&cx, &entry.value, ULIMIT_KEYS, &mut limit);
        } else {
            limit.soft = cx.number(&entry.value, NUMBER);
        }
        let (soft, hard) = (limit.soft.or(limit.hard), limit.hard.or(limit.soft));
        let (Some(soft), Some(hard)) = (soft, hard) else {
            continue;
        };
        if hard >= 0 && (soft > hard || soft < 0) {
            let message = format!("the soft limit {soft} is above the hard limit {hard}");
            cx.advise(
                Code::BadValue,
                entry.at,
                message,
                "a soft limit is at most the hard one",
            );
            continue;
        }
        draft
            .container
            .ulimits
            .insert(entry.key.clone(), Ulimit { soft, hard });
    }
}

fn sysctls(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let pairs = known_pairs(cx, node, &['=']).into_iter();
    draft
        .container
        .sysctls
        .extend(pairs.map(|(key, _, value)| (key, value)));
}
