//! How units are replaced: `deploy.update_config`.

use muster_model::desired::{FailureAction, UpdateOrder};

use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, read, unsupported};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "parallelism",
        |cx, node, draft| {
            set(
                &mut draft.update.batch_size,
                cx.number(node, "a number such as `2`"),
            )
        },
        "parallelism: 2",
        "As written; 0 is all at once.",
    ),
    read(
        "delay",
        |cx, node, draft| set(&mut draft.update.interval_ms, cx.milliseconds(node)),
        "delay: 10s",
        "As written.",
    ),
    read(
        "monitor",
        |cx, node, draft| set(&mut draft.update.monitor_ms, cx.milliseconds(node)),
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
    unsupported("max_failure_ratio", "the first unit that does not come up counts"),
];

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn order(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    match cx.text(node) {
        Some("stop-first") => draft.update.order = UpdateOrder::StopFirst,
        Some("start-first") => draft.update.order = UpdateOrder::StartFirst,
        Some(_) => cx.bad_value(node, "`stop-first` or `start-first`"),
        None => {}
    }
}

fn failure_action(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    match cx.text(node) {
        Some("pause") => draft.update.on_failure = FailureAction::Pause,
        Some("continue") => draft.update.on_failure = FailureAction::Continue,
        Some("rollback") => draft.update.on_failure = FailureAction::Rollback,
        Some(_) => cx.bad_value(node, "`pause`, `continue` or `rollback`"),
        None => {}
    }
}
