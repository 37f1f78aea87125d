//! `scale_policy` and `start_on_create`: how many units a service begins with.

use muster_model::desired::ScalePolicy;

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::compose::service::deploy::scale;
use crate::cx::Cx;
use crate::table::{Key, kept, read, read_map};
use crate::text::Node;

/// A policy, as it is read.
#[derive(Default)]
pub(crate) struct Policy {
    min: Option<u32>,
    max: Option<u32>,
    increment: Option<u32>,
}

pub(crate) const POLICY_KEYS: &[Key<Policy>] = &[
    read(
        "min",
        |cx, node, policy| policy.min = scale(cx, node).map(|(_, min)| min),
        "min: 1",
        "The service begins with as many where `scale` is not said.",
    ),
    kept(
        "max",
        |cx, node, policy| policy.max = scale(cx, node).map(|(_, max)| max),
        "max: 3",
        "the number of units does not grow by itself yet",
    ),
    kept(
        "increment",
        |cx, node, policy| policy.increment = super::count(cx, node),
        "increment: 1",
        "the number of units does not grow by itself yet",
    ),
];

/// Reads a policy.
pub(super) fn scale_policy(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut policy = Policy::default();
    read_map(cx, node, POLICY_KEYS, &mut policy);
    let min = policy.min.unwrap_or(1);
    if let Some(max) = policy.max.filter(|max| *max < min) {
        let message = format!("`max` is {max}, which is less than `min`, {min}");
        let help = "write a `max` that is at least `min`";
        return cx.advise(Code::Conflict, node.at, message, help);
    }
    if node.entries().is_some_and(|entries| !entries.is_empty()) {
        draft.scale_policy = Some(ScalePolicy {
            min,
            max: policy.max,
            increment: policy.increment,
        });
    }
}

/// Reads `start_on_create`.
pub(super) fn start_on_create(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.waits = (cx.flag(node) == Some(false)).then_some(node.at);
}
