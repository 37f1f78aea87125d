//! Which services come first.

use muster_model::desired::Condition;

use crate::compose::draft::{Dependency, ServiceDraft};
use crate::cx::Cx;
use crate::table::{Key, read, read_map, unsupported};
use crate::text::{At, Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[read(
    "depends_on",
    depends_on,
    "depends_on: [\"db\"]",
    "All conditions; it orders starts and replacements, and a later failure of the other service stops nothing.",
)];

/// One dependency, as it is read in the long form.
#[derive(Default)]
pub(crate) struct LongDependency {
    condition: Condition,
    required: Option<bool>,
}

pub(crate) const LONG_KEYS: &[Key<LongDependency>] = &[
    read(
        "condition",
        condition,
        "condition: service_healthy",
        "`service_started`, `service_healthy`, `service_completed_successfully`.",
    ),
    read(
        "required",
        |cx, node, dependency| dependency.required = cx.flag(node),
        "required: false",
        "As written.",
    ),
    unsupported(
        "restart",
        "the service is not restarted when the other one is replaced",
    ),
];

fn depends_on(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                let mut long = LongDependency::default();
                read_map(&cx.key(&entry.key), &entry.value, LONG_KEYS, &mut long);
                let required = long.required.unwrap_or(true);
                draft
                    .depends_on
                    .insert(entry.key.clone(), dependency(entry.at, long.condition, required));
            }
        }
        _ => {
            for (index, item) in cx.list(node).iter().enumerate() {
                if let Some(name) = cx.index(index).string(item) {
                    draft
                        .depends_on
                        .insert(name, dependency(item.at, Condition::Started, true));
                }
            }
        }
    }
}

fn dependency(at: At, condition: Condition, required: bool) -> Dependency {
    Dependency {
        at,
        condition,
        required,
    }
}

fn condition(cx: &Cx<'_>, node: &Node, dependency: &mut LongDependency) {
    dependency.condition = match cx.text(node) {
        Some("service_started") => Condition::Started,
        Some("service_healthy") => Condition::Healthy,
        Some("service_completed_successfully") => Condition::CompletedSuccessfully,
        Some(_) => {
            let expected = "`service_started`, `service_healthy` or `service_completed_successfully`";
            return cx.bad_value(node, expected);
        }
        None => return,
    };
}
