//! How units are replaced: `deploy.update_config` and `deploy.rollback_config`.

use muster_model::desired::{FailureAction, UpdateOrder, UpdatePolicy};

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, read, read_map};
use crate::text::Node;

pub(crate) const KEYS: &[Key<UpdatePolicy>] = &[
    read(
        "parallelism",
        |cx, node, policy| set(&mut policy.batch_size, cx.number(node, "a number such as `2`")),
        "parallelism: 2",
        "As written; 0 is all at once.",
    ),
    read(
        "delay",
        |cx, node, policy| set(&mut policy.interval_ms, cx.milliseconds(node)),
        "delay: 10s",
        "As written.",
    ),
    read(
        "monitor",
        |cx, node, policy| set(&mut policy.monitor_ms, cx.milliseconds(node)),
        "monitor: 30s",
        "As written; 2 s where it is not.",
    ),
    read(
        "order",
        order,
        "order: start-first",
        "`stop-first`, `start-first`.",
    ),
    read(
        "failure_action",
        failure_action,
        "failure_action: rollback",
        "`pause`, `continue`, `rollback`.",
    ),
    read(
        "max_failure_ratio",
        max_failure_ratio,
        "max_failure_ratio: 0.25",
        "Of all units of the service, as many new ones may fail; 0 where it is not.",
    ),
];

/// Reads `update_config`.
pub(super) fn update_config(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    read_map(cx, node, KEYS, &mut draft.update);
}

/// Reads `rollback_config`.
pub(super) fn rollback_config(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut policy = UpdatePolicy::default();
    read_map(cx, node, KEYS, &mut policy);
    if policy.on_failure == FailureAction::Rollback {
        let help = "write `pause` or `continue`: who goes back cannot go further back";
        cx.key("failure_action")
            .advise(Code::BadValue, node.at, "a rollback is not rolled back", help);
    }
    draft.rollback = Some(policy);
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn order(cx: &Cx<'_>, node: &Node, policy: &mut UpdatePolicy) {
    match cx.text(node) {
        Some("stop-first") => policy.order = UpdateOrder::StopFirst,
        Some("start-first") => policy.order = UpdateOrder::StartFirst,
        Some(_) => cx.bad_value(node, "`stop-first` or `start-first`"),
        None => {}
    }
}

fn failure_action(cx: &Cx<'_>, node: &Node, policy: &mut UpdatePolicy) {
    match cx.text(node) {
        Some("pause") => policy.on_failure = FailureAction::Pause,
        Some("continue") => policy.on_failure = FailureAction::Continue,
        Some("rollback") => policy.on_failure = FailureAction::Rollback,
        Some(_) => cx.bad_value(node, "`pause`, `continue` or `rollback`"),
        None => {}
    }
}

/// A share from 0 to 1, in thousandths.
fn max_failure_ratio(cx: &Cx<'_>, node: &Node, policy: &mut UpdatePolicy) {
    let Some(text) = cx.text(node) else { return };
    match text.trim().parse::<f64>() {
        // In bounds, so that the cast loses nothing.
        Ok(ratio) if (0.0..=1.0).contains(&ratio) => {
            policy.max_failures_permille = (ratio * 1000.0).round() as u16
        }
        _ => cx.bad_value(node, "a share from `0` to `1`"),
    }
}
