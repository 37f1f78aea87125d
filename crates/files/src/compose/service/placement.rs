//! Where units run: `deploy.placement`.

use muster_model::desired::{Relation, RuleSubject, SchedulingRule};

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, partly, read, read_map};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    partly(
        "constraints",
        constraints,
        "constraints: [\"node.labels.zone == a\"]",
        "`node.labels.<key>`, `node.hostname`, `node.id`, `node.platform.os`, `node.platform.arch`, with `==` and `!=`; others, such as `node.role` and `engine.labels`, are not acted on.",
    ),
    partly(
        "preferences",
        preferences,
        "preferences: [{ spread: node.labels.zone }]",
        "`spread` over the values of `node.labels.<key>`, the first the most important; hosts without the label are one value.",
    ),
    read(
        "max_replicas_per_node",
        max_per_host,
        "max_replicas_per_node: 2",
        "As written, 0 is any number; units that are there already stay.",
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
    let subject = subject(cx, node, left, value)?;
    Some(SchedulingRule { relation, subject })
}

/// A wish, as it is read.
#[derive(Default)]
pub(crate) struct Preference {
    label: Option<String>,
}

pub(crate) const PREFERENCE_KEYS: &[Key<Preference>] = &[read(
    "spread",
    |cx, node, preference| preference.label = label(cx, node),
    "spread: node.labels.zone",
    "Units are spread over the values of a host label before they are spread over hosts.",
)];

fn preferences(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let mut preference = Preference::default();
        read_map(&cx.index(index), item, PREFERENCE_KEYS, &mut preference);
        draft.spread.extend(preference.label);
    }
}

fn label(cx: &Cx<'_>, node: &Node) -> Option<String> {
    let text = cx.text(node)?.trim();
    let label = text
        .strip_prefix("node.labels.")
        .filter(|label| !label.is_empty());
    if label.is_none() {
        let message = format!("units are not spread over `{}`", crate::report::cut(text, 60));
        let help = "give hosts labels and write `spread: node.labels.zone`";
        cx.advise(Code::Unsupported, node.at, message, help);
    }
    label.map(str::to_owned)
}

fn max_per_host(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let most: Option<u32> = cx.number(node, "a number of units such as `2`");
    draft.per_host_max = most.filter(|most| *most > 0).map(|most| (node.at, most));
}

fn subject(cx: &Cx<'_>, node: &Node, left: &str, value: &str) -> Option<RuleSubject> {
    if let Some(key) = left.strip_prefix("node.labels.") {
        return Some(RuleSubject::HostLabel {
            key: key.to_owned(),
            value: Some(value.to_owned()),
        });
    }
    match left {
        "node.hostname" => Some(RuleSubject::HostName(value.to_owned())),
        "node.id" => {
            let id = value.parse().ok();
            if id.is_none() {
                cx.bad_text(node.at, value, "the id of a host, as `muster host ls` shows it");
            }
            id.map(RuleSubject::HostId)
        }
        "node.platform.os" => Some(RuleSubject::System(value.to_ascii_lowercase())),
        "node.platform.arch" => Some(RuleSubject::Architecture(architecture(value))),
        _ => {
            let message = format!("hosts are not chosen by `{}`", crate::report::cut(left, 60));
            let help = "the constraint is left out; give hosts labels and use `node.labels.…`";
            cx.advise(Code::Unsupported, node.at, message, help);
            None
        }
    }
}

/// Processors in the engine's words, as hosts say them.
fn architecture(text: &str) -> String {
    let text = text.to_ascii_lowercase();
    match text.as_str() {
        "x86_64" | "x86-64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        "armv7l" | "armv6l" | "armhf" => "arm".to_owned(),
        _ => text,
    }
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
