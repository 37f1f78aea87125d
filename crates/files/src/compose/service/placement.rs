//! Where units run: `deploy.placement`.

use muster_model::desired::{Relation, RuleSubject, SchedulingRule};

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, partly, unsupported};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    partly(
        "constraints",
        constraints,
        "constraints: [\"node.labels.zone == a\"]",
        "`node.labels.<key>` and `node.hostname`, with `==` and `!=`; others are not acted on.",
    ),
    unsupported("preferences", "units are spread over hosts anyway"),
    unsupported(
        "max_replicas_per_node",
        "units are spread over hosts as far as there are hosts",
    ),
];

fn constraints(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        if let Some(text) = cx.text(item) {
            draft.rules.extend(constraint(&cx, item, text));
        }
    }
}

fn constraint(cx: &Cx<'_>, node: &Node, text: &str) -> Option<SchedulingRule> {
    let Some((left, relation, value)) = split(text) else {
        cx.bad_value(
            node,
            "a constraint such as `node.labels.zone == a` or `node.hostname != host-3`",
        );
        return None;
    };
    let subject = match left.strip_prefix("node.labels.") {
        Some(key) => RuleSubject::HostLabel {
            key: key.to_owned(),
            value: Some(value.to_owned()),
        },
        None if left == "node.hostname" => RuleSubject::HostName(value.to_owned()),
        None => {
            let message = format!("hosts are not chosen by `{}`", crate::report::cut(left, 60));
            let help = "the constraint is left out; give hosts labels and use `node.labels.…`";
            cx.advise(Code::Unsupported, node.at, message, help);
            return None;
        }
    };
    Some(SchedulingRule { relation, subject })
}

fn split(text: &str) -> Option<(&str, Relation, &str)> {
    let (left, relation, right) = match (text.split_once("=="), text.split_once("!=")) {
        (Some((left, right)), _) => (left, Relation::Must, right),
        (None, Some((left, right))) => (left, Relation::MustNot, right),
        (None, None) => return None,
    };
    let (left, right) = (left.trim(), right.trim());
    (!left.is_empty() && !right.is_empty()).then_some((left, relation, right))
}
