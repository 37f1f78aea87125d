//! `io.rancher.scheduler.affinity:*`: where units may and should run.

use muster_model::Name;
use muster_model::desired::{Relation, RuleSubject, SchedulingRule};

use super::labels::names;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::text::Node;

/// The label with which every container says whose it is: `stack/service`, and `/sidekick` of a sidekick.
const TITLE: &str = "io.rancher.stack_service.name";

/// Reads a rule of any kind; which one, its label says.
pub(super) fn affinity(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let (_, suffix) = cx.name().split_once("affinity:").unwrap_or_default();
    let (suffix, differs) = suffix
        .strip_suffix("_ne")
        .map_or((suffix, false), |suffix| (suffix, true));
    let (subject, soft) = suffix
        .strip_suffix("_soft")
        .map_or((suffix, false), |subject| (subject, true));
    let relation = match (soft, differs) {
        (false, false) => Relation::Must,
        (false, true) => Relation::MustNot,
        (true, false) => Relation::Should,
        (true, true) => Relation::ShouldNot,
    };
    for item in names(cx.text(node).unwrap_or_default()) {
        let item = filled_in(cx, item);
        let subject = match subject {
            "host_label" => host_label(&item),
            "container_label" => container_label(cx, &item),
            _ => service(cx, &item),
        };
        match subject {
            Some(subject) => draft.rules.push(SchedulingRule { relation, subject }),
            None => cx.bad_text(node.at, &item, "a rule such as `zone=a`, or a service's name"),
        }
    }
}

/// The text with the names of this stack and service. A look at a file may not know the stack's.
fn filled_in(cx: &Cx<'_>, item: &str) -> String {
    let stack = cx
        .room
        .project
        .name
        .as_ref()
        .map_or("${stack_name}", Name::as_str);
    item.replace("${service_name}", cx.service())
        .replace("${project_name}", stack)
        .replace("${stack_name}", stack)
}

fn host_label(item: &str) -> Option<RuleSubject> {
    let (key, value) = match item.split_once('=') {
        Some((key, value)) => (key, Some(value.trim().to_owned())),
        None => (item, None),
    };
    let key = key.trim().to_owned();
    (!key.is_empty()).then_some(RuleSubject::HostLabel { key, value })
}

fn container_label(cx: &Cx<'_>, item: &str) -> Option<RuleSubject> {
    let (key, value) = item.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    if key == TITLE || key == "io.rancher.project_service.name" {
        return service(cx, value);
    }
    let (key, value) = (key.to_owned(), value.to_owned());
    (!key.is_empty()).then_some(RuleSubject::ContainerLabel { key, value })
}

/// `stack/service`, `service`, or `stack/service/sidekick`.
fn service(cx: &Cx<'_>, item: &str) -> Option<RuleSubject> {
    let (stack, service) = match item.split_once('/') {
        Some((stack, service)) => (Some(stack), service),
        None => (None, item),
    };
    if let Some((primary, sidekick)) = service.split_once('/') {
        let (key, value) = (TITLE.to_owned(), item.to_owned());
        let names = Name::parse(primary).is_ok() && Name::parse(sidekick).is_ok();
        return names.then_some(RuleSubject::ContainerLabel { key, value });
    }
    let own_stack = cx.room.project.name.as_ref().map(Name::as_str);
    let stack = stack.filter(|stack| *stack != "${stack_name}" && Some(*stack) != own_stack);
    Some(RuleSubject::Service {
        stack: stack.map(Name::parse).transpose().ok()?,
        service: Name::parse(service).ok()?,
    })
}
