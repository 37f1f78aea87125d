//! Services whose images are parts of Rancher rather than programs: names for what lies outside, other names for
//! services, balancers. Nothing is run for them; what they say is kept.

use muster_model::Name;
use muster_model::desired::ServiceRef;

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::text::{Entry, Node, Value};

use super::old_balancer;

/// A part of Rancher that a service may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    External,
    Alias,
    Balancer,
    OldBalancer,
}

const NO_BALANCER: &str =
    "balancers are not run yet and their settings are kept; publish a port of the services behind it";

const PARTS: &[(&str, Part, &str)] = &[
    (
        "rancher/external-service",
        Part::External,
        "names of services outside are not given yet; what it stands for is kept",
    ),
    (
        "rancher/dns-service",
        Part::Alias,
        "other names for services are not given yet; what it stands for is kept",
    ),
    ("rancher/load-balancer-service", Part::OldBalancer, NO_BALANCER),
    ("rancher/lb-service-haproxy", Part::Balancer, NO_BALANCER),
];

/// Which part of Rancher a service is, by its image; it is said.
pub(crate) fn part(cx: &Cx<'_>, service: &Node) -> Option<Part> {
    let node = service.get("image")?;
    let repository = node.known_text().unwrap_or_default().split([':', '@']).next();
    let (name, part, help) = PARTS.iter().find(|(name, ..)| Some(*name) == repository)?;
    let message = format!("`{name}` is a part of Rancher");
    cx.key("image").advise(Code::NotActiveYet, node.at, message, help);
    Some(*part)
}

/// Keys that mean something else for a part than for a program.
pub(crate) const OWN_KEYS: &[&str] = &["links", "external_links", "ports", "expose"];

/// Reads those keys.
pub(crate) fn own_keys(cx: &Cx<'_>, entries: &[Entry], draft: &mut ServiceDraft) {
    for entry in entries {
        let cx = cx.key(&entry.key);
        match entry.key.as_str() {
            "links" | "external_links" if !entry.value.is_null() => targets(&cx, &entry.value, draft),
            "ports" | "expose" if draft.kept.part == Some(Part::OldBalancer) && !entry.value.is_null() => {
                old_balancer::ports(&cx, &entry.value, draft);
            }
            _ => {}
        }
    }
}

fn targets(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let items: &[Node] = match &node.value {
        Value::List(items) => items,
        _ => cx.list(node),
    };
    for (index, item) in items.iter().enumerate() {
        let cx = cx.index(index);
        let Some(text) = cx.text(item) else { continue };
        let service = text.split(':').next().unwrap_or_default();
        match service_ref(&cx, service) {
            Some(service) => draft.kept.targets.push(service),
            None => cx.bad_text(item.at, text, "a service such as `web` or `stack/web`"),
        }
    }
}

/// `service` or `stack/service`.
pub(super) fn service_ref(cx: &Cx<'_>, text: &str) -> Option<ServiceRef> {
    let own_stack = cx.room.project.name.as_ref().map(Name::as_str);
    let (stack, service) = match text.trim().split_once('/') {
        Some((stack, service)) => (Some(stack), service),
        None => (None, text.trim()),
    };
    Some(ServiceRef {
        stack: stack
            .filter(|stack| Some(*stack) != own_stack)
            .map(Name::parse)
            .transpose()
            .ok()?,
        service: Name::parse(service).ok()?,
    })
}
