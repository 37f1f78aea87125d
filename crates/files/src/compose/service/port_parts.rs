//! The parts of a published port, and the ports that they stand for.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use muster_model::desired::PortSpec;
use muster_model::net::Protocol;

use crate::code::Code;
use crate::cx::Cx;
use crate::text::Node;

/// Ports of one service. Media servers publish some thousands.
pub(super) const PORTS_MAX: usize = 4_096;

/// What the short form looks like, for remarks.
pub(super) const SHORT_FORM: &str =
    "a port such as `80`, `8080:80`, `127.0.0.1:8080:80` or `53:53/udp`, with numbers from 1 to 65535";

/// The parts of a published port, still in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub ip: &'a str,
    pub host: Option<RangeInclusive<u16>>,
    pub container: RangeInclusive<u16>,
    pub protocol: Protocol,
}

impl<'a> Parts<'a> {
    /// The parts of the short form.
    pub(super) fn split(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let (text, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
        let (before, container) = text.rsplit_once(':').unwrap_or(("", text));
        let (ip, host) = before.rsplit_once(':').unwrap_or(("", before));
        Some(Self {
            ip: ip.trim_start_matches('[').trim_end_matches(']'),
            host: if host.is_empty() {
                None
            } else {
                range(host).map(Some)?
            },
            container: range(container)?,
            protocol: parse_protocol(protocol)?,
        })
    }
}

/// A port, or two with `-` between them.
pub(super) fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |text: &str| {
        let digits = text.trim();
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| is_number)
    };
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some(first..=last)
}

/// A protocol by its name.
pub(super) fn parse_protocol(text: &str) -> Option<Protocol> {
    match text.to_ascii_lowercase().as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        "sctp" => Some(Protocol::Sctp),
        _ => None,
    }
}

/// The ports that the parts stand for; none after a remark.
pub(super) fn published(cx: &Cx<'_>, node: &Node, parts: Parts<'_>) -> Option<Vec<PortSpec>> {
    if parts.container.contains(&0) {
        cx.bad_value(node, SHORT_FORM);
        return None;
    }
    let host_ip = host_address(cx, node, parts.ip)?;
    let host = parts.host.filter(|host| *host != (0..=0));
    let (many, on_host) = (
        parts.container.clone().count(),
        host.clone().map_or(0, Iterator::count),
    );
    if on_host > 1 && many == 1 {
        let first = host.as_ref().map_or(0, |host| *host.start());
        let help =
            format!("the first one, {first}, is used; leave the host port out to let the platform choose");
        cx.advise(
            Code::Unsupported,
            node.at,
            "a range of host ports for one container port is not acted on",
            help,
        );
    } else if host.is_some() && many != on_host {
        let message = format!("{on_host} host ports cannot stand for {many} container ports");
        cx.advise(Code::BadValue, node.at, message, "make both ranges equally long");
        return None;
    }
    let host_ports = host
        .into_iter()
        .flatten()
        .map(Some)
        .chain(std::iter::repeat(None));
    let ports = parts
        .container
        .zip(host_ports)
        .map(|(container_port, host_port)| PortSpec {
            container_port,
            host_port,
            host_ip,
            protocol: parts.protocol,
        });
    Some(ports.take(PORTS_MAX + 1).collect())
}

/// The address on the host; the outer none means that the port cannot be published.
fn host_address(cx: &Cx<'_>, node: &Node, ip: &str) -> Option<Option<Ipv4Addr>> {
    match (ip, ip.parse()) {
        ("", _) => Some(None),
        (_, Ok(IpAddr::V4(address))) => Some(Some(address)),
        (_, Ok(IpAddr::V6(address))) if address.is_unspecified() => Some(None),
        (_, Ok(IpAddr::V6(_))) => {
            let help = "the port is not published; name an IPv4 address or none";
            cx.advise(
                Code::Unsupported,
                node.at,
                "ports are not published on single IPv6 addresses",
                help,
            );
            None
        }
        (_, Err(_)) => {
            cx.bad_text(node.at, ip, "an IP address");
            None
        }
    }
}
