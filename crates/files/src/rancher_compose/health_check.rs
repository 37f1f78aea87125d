//! `health_check`: how other hosts are to ask a container for its health.

use muster_model::desired::{HealthCheck, UnhealthyStrategy};

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, kept, read_kept};
use crate::text::Node;

/// A check, as it is read.
#[derive(Default)]
pub(crate) struct Draft {
    check: HealthCheck,
    quorum: Option<u32>,
}

pub(crate) const CHECK_KEYS: &[Key<Draft>] = &[
    kept(
        "port",
        |cx, node, draft| draft.check.port = super::port(cx, node).unwrap_or_default(),
        "port: 80",
        "In the container.",
    ),
    kept(
        "request_line",
        |cx, node, draft| draft.check.request_line = cx.string(node).filter(|line| !line.trim().is_empty()),
        "request_line: GET /health HTTP/1.0",
        "Without it a connection is enough.",
    ),
    kept(
        "interval",
        |cx, node, draft| draft.check.interval_ms = super::milliseconds(cx, node),
        "interval: 2000",
        "Milliseconds.",
    ),
    kept(
        "response_timeout",
        |cx, node, draft| draft.check.response_timeout_ms = super::milliseconds(cx, node),
        "response_timeout: 2000",
        "Milliseconds.",
    ),
    kept(
        "initializing_timeout",
        |cx, node, draft| draft.check.initializing_timeout_ms = super::milliseconds(cx, node),
        "initializing_timeout: 60000",
        "Milliseconds; without it there is no limit.",
    ),
    kept(
        "reinitializing_timeout",
        |cx, node, draft| draft.check.reinitializing_timeout_ms = super::milliseconds(cx, node),
        "reinitializing_timeout: 60000",
        "Milliseconds; without it there is no limit.",
    ),
    kept(
        "healthy_threshold",
        |cx, node, draft| draft.check.healthy_threshold = super::count(cx, node),
        "healthy_threshold: 2",
        "Answers in a row.",
    ),
    kept(
        "unhealthy_threshold",
        |cx, node, draft| draft.check.unhealthy_threshold = super::count(cx, node),
        "unhealthy_threshold: 3",
        "Answers in a row.",
    ),
    kept(
        "strategy",
        strategy,
        "strategy: recreate",
        "`none`, `recreate`, `recreateOnQuorum`.",
    ),
    kept(
        "recreate_on_quorum_strategy_config",
        |cx, node, draft| read_kept(cx, node, QUORUM_KEYS, draft),
        "recreate_on_quorum_strategy_config: { quorum: 1 }",
        "With `recreateOnQuorum`; 1 where it is not.",
    ),
];

pub(crate) const QUORUM_KEYS: &[Key<Draft>] = &[kept(
    "quorum",
    |cx, node, draft| draft.quorum = super::count(cx, node),
    "quorum: 1",
    "Units.",
)];

/// Reads a check.
pub(super) fn health_check(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut read = Draft::default();
    read_kept(cx, node, CHECK_KEYS, &mut read);
    let Some(entries) = node.entries().filter(|entries| !entries.is_empty()) else {
        return;
    };
    if !entries.iter().any(|entry| entry.key == "port") {
        let help = "add `port:` with the port in the container that answers";
        cx.advise(Code::Missing, node.at, "the check asks no port", help);
    }
    if let (UnhealthyStrategy::RecreateOnQuorum(quorum), Some(given)) =
        (&mut read.check.strategy, read.quorum)
    {
        *quorum = given;
    }
    draft.kept.health_check = Some(read.check);
}

fn strategy(cx: &Cx<'_>, node: &Node, draft: &mut Draft) {
    draft.check.strategy = match cx.text(node) {
        Some("none") => UnhealthyStrategy::None,
        Some("recreate" | "") | None => UnhealthyStrategy::Recreate,
        Some("recreateOnQuorum") => UnhealthyStrategy::RecreateOnQuorum(1),
        Some(_) => return cx.bad_value(node, "`none`, `recreate` or `recreateOnQuorum`"),
    };
}
