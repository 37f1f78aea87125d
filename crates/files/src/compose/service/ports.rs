//! Ports: published on the host, or only said to be open.

use std::collections::BTreeSet;

use muster_model::desired::PortSpec;

use super::port_long;
use super::port_parts::{PORTS_MAX, Parts, SHORT_FORM, published};
use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, read};
use crate::text::{Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "ports",
        ports,
        "ports: [\"8080:80\"]",
        "All short and long forms, ranges included; of a range of host ports for one container port, the first is used. A port without a host port gets one from the platform.",
    ),
    read(
        "expose",
        expose,
        "expose: [\"80\"]",
        "As written: services of an environment reach all ports of one another anyway.",
    ),
];

fn ports(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut seen = BTreeSet::new();
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let published = match &item.value {
            Value::Map(_) => port_long::read_ports(&cx, item),
            _ => cx.text(item).and_then(|text| short(&cx, item, text)),
        };
        for port in published.into_iter().flatten() {
            if draft.container.ports.len() >= PORTS_MAX {
                let message = format!("a service may publish {PORTS_MAX} ports");
                return cx.advise(
                    Code::TooMany,
                    item.at,
                    message,
                    "publish fewer, or use `network_mode: host`",
                );
            }
            if seen.insert(port.clone()) {
                draft.container.ports.push(port);
            }
        }
    }
}

fn short(cx: &Cx<'_>, node: &Node, text: &str) -> Option<Vec<PortSpec>> {
    let Some(parts) = Parts::split(text) else {
        cx.bad_value(node, SHORT_FORM);
        return None;
    };
    published(cx, node, parts)
}

fn expose(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let Some(text) = cx.text(item) else {
            continue;
        };
        match Parts::split(text) {
            Some(parts) if parts.ip.is_empty() && !parts.container.contains(&0) => {
                if parts.host.is_some() {
                    let message = "the port is open to other services and published on no host";
                    let help = "write it under `ports` to publish it";
                    cx.advise(Code::Difference, item.at, message, help);
                }
                let room = PORTS_MAX.saturating_sub(draft.container.expose.len());
                if parts.container.len() > room {
                    let message = format!("a service may name {PORTS_MAX} open ports");
                    let help = "leave them out: services reach all ports of one another anyway";
                    return cx.advise(Code::TooMany, item.at, message, help);
                }
                let ports = parts.container.map(|port| (port, parts.protocol));
                draft.container.expose.extend(ports);
            }
            _ => cx.bad_value(item, "a port such as `80` or `53/udp`"),
        }
    }
}
