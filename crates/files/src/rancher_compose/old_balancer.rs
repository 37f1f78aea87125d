//! Balancers of Rancher 1.0 and 1.1: ports, links and labels, which together are the rules of today's.

use std::collections::BTreeMap;

use muster_model::desired::{Balancer, PortRule, RuleProtocol, RuleTarget, ServiceRef};

use super::balancer::name;
use super::labels::names;
use super::stickiness::{of_program, stickiness};
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, kept, nothing, read_kept};
use crate::text::Node;

/// What such a balancer says of its ports and targets.
#[derive(Debug, Clone, Default)]
pub(crate) struct OldBalancer {
    ports: Vec<Port>,
    /// What labels say of a service, by its name as it is linked.
    targets: BTreeMap<String, Vec<Target>>,
    encrypted: Vec<u16>,
    proxied: Vec<u16>,
}

/// A port that it listens on, and its targets' port.
#[derive(Debug, Clone, Copy)]
struct Port {
    source: u16,
    target: u16,
    tcp: bool,
}

/// `[host][:sourceport][/path][=targetport]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Target {
    hostname: Option<String>,
    source: Option<u16>,
    path: Option<String>,
    target: Option<u16>,
}

pub(crate) const CONFIG_KEYS: &[Key<Balancer>] = &[
    kept(
        "haproxy_config",
        |cx, node, balancer| read_kept(cx, node, HAPROXY_KEYS, balancer),
        "haproxy_config: { global: \"maxconn 4096\" }",
        "Lines for HAProxy.",
    ),
    kept(
        "lb_cookie_stickiness_policy",
        |cx, node, balancer| balancer.stickiness = stickiness(cx, node),
        "lb_cookie_stickiness_policy: { cookie: SESSION }",
        "The keys of `stickiness_policy`.",
    ),
    kept(
        "app_cookie_stickiness_policy",
        |cx, node, balancer| balancer.stickiness = of_program(cx, node),
        "app_cookie_stickiness_policy: { cookie: JSESSIONID }",
        "See the keys below.",
    ),
    nothing("name", "A note for people."),
];

pub(crate) const HAPROXY_KEYS: &[Key<Balancer>] = &[
    kept(
        "global",
        section,
        "global: \"maxconn 4096\"",
        "Lines of that section.",
    ),
    kept(
        "defaults",
        section,
        "defaults: \"retries 3\"",
        "Lines of that section.",
    ),
];

/// Reads `load_balancer_config`.
pub(super) fn load_balancer_config(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    read_kept(cx, node, CONFIG_KEYS, draft.kept.balancer());
}

fn section(cx: &Cx<'_>, node: &Node, balancer: &mut Balancer) {
    if let Some(lines) = name(cx, node) {
        let config = balancer.config.get_or_insert_default();
        config.push_str(&format!("{}\n{}\n", cx.name(), lines.trim_end()));
    }
}

/// Reads `ports`, `source[:target][/protocol]`, and `expose`.
pub(super) fn ports(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let Some(text) = cx.text(item) else { continue };
        match port_of(text) {
            Some(port) => draft.kept.old_balancer.ports.push(port),
            None => cx.bad_value(item, "a balancer's port such as `80` or `80:8080`"),
        }
    }
}

fn port_of(text: &str) -> Option<Port> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "http"));
    let (source, target) = ports.split_once(':').unwrap_or((ports, ports));
    Some(Port {
        source: number(source)?,
        target: number(target)?,
        tcp: protocol == "tcp",
    })
}

fn number(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|port| *port > 0)
}

/// Reads a label `io.rancher.loadbalancer.*`.
pub(super) fn label(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let old = &mut draft.kept.old_balancer;
    let name = cx.name().trim_start_matches("io.rancher.loadbalancer.");
    match (name, name.strip_prefix("target.")) {
        ("ssl.ports", _) => old.encrypted = port_list(cx, node),
        ("proxy-protocol.ports", _) => old.proxied = port_list(cx, node),
        (_, Some(service)) => drop(old.targets.insert(service.to_owned(), targets(cx, node))),
        _ => {}
    }
}

fn port_list(cx: &Cx<'_>, node: &Node) -> Vec<u16> {
    let items = names(cx.text(node).unwrap_or_default());
    let ports: Option<Vec<u16>> = items.map(number).collect();
    if ports.is_none() {
        cx.bad_value(node, "ports with commas between them");
    }
    ports.unwrap_or_default()
}

fn targets(cx: &Cx<'_>, node: &Node) -> Vec<Target> {
    let items = names(cx.text(node).unwrap_or_default());
    let targets: Option<Vec<Target>> = items.map(target_of).collect();
    if targets.is_none() {
        cx.bad_value(node, "targets such as `shop.example.com:80/api=8080`");
    }
    targets.unwrap_or_default()
}

fn target_of(text: &str) -> Option<Target> {
    let (text, target) = match text.split_once('=') {
        Some((text, target)) => (text, Some(number(target)?)),
        None => (text, None),
    };
    let (place, path) = match text.find('/') {
        Some(at) => (text.get(..at)?, text.get(at..).map(str::to_owned)),
        None => (text, None),
    };
    // What begins with a digit is a port.
    let (hostname, source) = match place.split_once(':') {
        Some((host, port)) => (host, Some(number(port)?)),
        None if place.starts_with(|c: char| c.is_ascii_digit()) => ("", Some(number(place)?)),
        None => (place, None),
    };
    let hostname = Some(hostname.to_owned()).filter(|host| !host.is_empty());
    Some(Target {
        hostname,
        source,
        path,
        target,
    })
}

impl OldBalancer {
    /// A rule for each port and each target, as labels say more closely.
    pub fn rules(&self, services: &[ServiceRef]) -> Vec<PortRule> {
        let mut rules = Vec::new();
        for service in services {
            let plain = [Target::default()];
            let title = match &service.stack {
                Some(stack) => format!("{stack}/{}", service.service),
                None => service.service.to_string(),
            };
            let said = self.targets.get(&title).map_or(&plain[..], Vec::as_slice);
            for target in said {
                let of_port = |port: &&Port| target.source.is_none_or(|source| source == port.source);
                let ports = self.ports.iter().filter(of_port);
                rules.extend(ports.map(|port| self.rule(*port, service, target)));
            }
        }
        rules
    }

    fn rule(&self, port: Port, service: &ServiceRef, target: &Target) -> PortRule {
        let protocol = match (port.tcp, self.encrypted.contains(&port.source)) {
            (false, false) => RuleProtocol::Http,
            (false, true) => RuleProtocol::Https,
            (true, false) => RuleProtocol::Tcp,
            (true, true) => RuleProtocol::Tls,
        };
        PortRule {
            source_port: Some(port.source),
            protocol,
            target: Some(RuleTarget::Service(service.clone())),
            target_port: Some(target.target.unwrap_or(port.target)),
            hostname: target.hostname.clone(),
            path: target.path.clone(),
            accepts_proxy: self.proxied.contains(&port.source),
            ..PortRule::default()
        }
    }
}
