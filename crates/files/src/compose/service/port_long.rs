//! The long form of a published port.

use std::ops::RangeInclusive;

use muster_model::desired::PortSpec;
use muster_model::net::Protocol;

use super::port_parts::{Parts, parse_protocol, published, range};
use crate::code::Code;
use crate::cx::Cx;
use crate::table::{Key, nothing, read, read_map, unsupported};
use crate::text::Node;

/// The long form, as it is read.
#[derive(Default)]
pub(crate) struct LongPort {
    target: Option<u16>,
    published: Option<RangeInclusive<u16>>,
    host_ip: String,
    protocol: Protocol,
    broken: bool,
}

pub(crate) const LONG_KEYS: &[Key<LongPort>] = &[
    read(
        "target",
        |cx, node, port| port.target = cx.number(node, "a port from 1 to 65535"),
        "target: 80",
        "As written.",
    ),
    read(
        "published",
        published_ports,
        "published: 8080",
        "A number or a range, of which the first is used.",
    ),
    read("host_ip", host_ip, "host_ip: 127.0.0.1", "IPv4."),
    read("protocol", protocol, "protocol: udp", "`tcp`, `udp`, `sctp`."),
    read(
        "mode",
        mode,
        "mode: host",
        "`ingress` is like `host`: ports are published where units run.",
    ),
    nothing("name", "A note for people."),
    unsupported("app_protocol", "the port is published whatever is spoken on it"),
];

/// Reads the port, which is one or none.
pub(super) fn read_ports(cx: &Cx<'_>, node: &Node) -> Option<Vec<PortSpec>> {
    let mut port = LongPort::default();
    read_map(cx, node, LONG_KEYS, &mut port);
    if port.target.is_none() && !node.says("target") {
        cx.advise(
            Code::Missing,
            node.at,
            "the port in the container is not named",
            "add `target: 80`",
        );
    }
    let target = port.target.filter(|_| !port.broken)?;
    let parts = Parts {
        ip: &port.host_ip,
        host: port.published,
        container: target..=target,
        protocol: port.protocol,
    };
    published(cx, node, parts)
}

fn published_ports(cx: &Cx<'_>, node: &Node, port: &mut LongPort) {
    port.published = cx.text(node).filter(|text| !text.is_empty()).and_then(range);
    if port.published.is_none() && cx.text(node) != Some("") {
        port.broken = true;
        if node.known_text().is_some() {
            cx.bad_value(node, "a port or a range such as `8080-8090`");
        }
    }
}

fn host_ip(cx: &Cx<'_>, node: &Node, port: &mut LongPort) {
    port.host_ip = cx.string(node).unwrap_or_default();
}

fn protocol(cx: &Cx<'_>, node: &Node, port: &mut LongPort) {
    match cx.text(node).map(parse_protocol) {
        Some(Some(protocol)) => port.protocol = protocol,
        Some(None) => cx.bad_value(node, "`tcp`, `udp` or `sctp`"),
        None => {}
    }
}

fn mode(cx: &Cx<'_>, node: &Node, _: &mut LongPort) {
    match cx.text(node) {
        Some("ingress") => {
            let help = "it is published on the hosts where units run, not on all";
            cx.advise(
                Code::Difference,
                node.at,
                "the port is not published on every host",
                help,
            );
        }
        Some("host") | None => {}
        Some(_) => cx.bad_value(node, "`host` or `ingress`"),
    }
}
