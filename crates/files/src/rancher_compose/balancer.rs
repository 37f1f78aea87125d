//! `lb_config`: what a balancer listens to and where it sends it, or what a target asks of balancers.

use muster_model::desired::{Balancer, RuleProtocol, RuleTarget};

use super::parts::service_ref;
use super::stickiness::stickiness;
use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, kept, nothing, read_kept, unsupported};
use crate::text::{At, Node};

pub(crate) const BALANCER_KEYS: &[Key<Balancer>] = &[
    kept(
        "port_rules",
        port_rules,
        "port_rules: [{ source_port: 80, service: web, target_port: 8080 }]",
        "See the keys below. Without `source_port` a rule says what a balancer that selects the service is to do for it.",
    ),
    kept(
        "certs",
        |cx, node, balancer| balancer.certificates = cx.one_or_many_texts(node),
        "certs: [shop.example.com]",
        "Names of certificates.",
    ),
    kept(
        "default_cert",
        |cx, node, balancer| balancer.default_certificate = name(cx, node),
        "default_cert: shop.example.com",
        "The name of a certificate.",
    ),
    kept(
        "stickiness_policy",
        |cx, node, balancer| balancer.stickiness = stickiness(cx, node),
        "stickiness_policy: { cookie: SESSION, mode: insert }",
        "See the keys below.",
    ),
    kept(
        "config",
        |cx, node, balancer| balancer.config = name(cx, node),
        "config: |-",
        "Lines for HAProxy.",
    ),
];

/// Reads a balancer's settings.
pub(super) fn lb_config(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    read_kept(cx, node, BALANCER_KEYS, draft.kept.balancer());
}

/// A text that is not empty.
pub(super) fn name(cx: &Cx<'_>, node: &Node) -> Option<String> {
    cx.string(node).filter(|name| !name.trim().is_empty())
}

/// A rule, as it is read.
#[derive(Default)]
pub(crate) struct PortRule {
    rule: muster_model::desired::PortRule,
    service: Option<(At, RuleTarget)>,
    selector: Option<(At, RuleTarget)>,
}

pub(crate) const RULE_KEYS: &[Key<PortRule>] = &[
    kept(
        "source_port",
        |cx, node, rule| rule.rule.source_port = super::port(cx, node),
        "source_port: 80",
        "Where the balancer listens.",
    ),
    kept(
        "protocol",
        protocol,
        "protocol: http",
        "`http`, `https`, `tcp`, `tls`, `sni`; one for each source port.",
    ),
    kept(
        "service",
        service,
        "service: web",
        "`service` or `stack/service`.",
    ),
    kept(
        "selector",
        selector,
        "selector: tier=web",
        "`key`, `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, with commas.",
    ),
    kept(
        "target_port",
        |cx, node, rule| rule.rule.target_port = super::port(cx, node),
        "target_port: 8080",
        "The target's own port.",
    ),
    kept(
        "hostname",
        |cx, node, rule| rule.rule.hostname = name(cx, node),
        "hostname: shop.example.com",
        "Also `*.example.com` and `shop.*`; with `http`, `https` and `sni`.",
    ),
    kept(
        "path",
        |cx, node, rule| rule.rule.path = name(cx, node),
        "path: /api",
        "A beginning of paths; with `http` and `https`.",
    ),
    kept(
        "priority",
        |cx, node, rule| rule.rule.priority = super::count(cx, node),
        "priority: 1",
        "Smaller ones are tried first.",
    ),
    kept(
        "weight",
        |cx, node, rule| rule.rule.weight = super::count(cx, node),
        "weight: 2",
        "The target's share.",
    ),
    kept(
        "backend_name",
        |cx, node, rule| rule.rule.backend_name = name(cx, node),
        "backend_name: web",
        "What the lines of `config` call it.",
    ),
    unsupported(
        "environment",
        "services of other environments are not balanced to",
    ),
    unsupported("region", "there is one installation"),
    nothing("kind", "Said by `service` and `selector`."),
];

fn port_rules(cx: &Cx<'_>, node: &Node, balancer: &mut Balancer) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let mut draft = PortRule::default();
        read_kept(&cx, item, RULE_KEYS, &mut draft);
        let PortRule {
            mut rule,
            service,
            selector,
        } = draft;
        if let (Some(_), Some((at, _))) = (&service, &selector) {
            let help = "keep one of them: a rule has one kind of target";
            cx.advise(
                Code::Conflict,
                *at,
                "`service` and `selector` stand in one rule",
                help,
            );
        }
        rule.target = service.or(selector).map(|(_, target)| target);
        agrees(&cx, item, &rule, balancer);
        balancer.rules.push(rule);
    }
}

/// Whether a rule can be, beside those before it.
fn agrees(cx: &Cx<'_>, node: &Node, rule: &muster_model::desired::PortRule, balancer: &Balancer) {
    use RuleProtocol::{Http, Https, Sni};
    let protocol = rule.protocol;
    let other = balancer.rules.iter().find(|other| {
        rule.source_port.is_some() && other.source_port == rule.source_port && other.protocol != protocol
    });
    if other.is_some() {
        let help = "write the same `protocol` in all rules of the port";
        cx.advise(Code::Conflict, node.at, "the port has two protocols", help);
    }
    if rule.hostname.is_some() && !matches!(protocol, Http | Https | Sni) {
        let help = "only `http`, `https` and `sni` know the host that is asked for";
        cx.advise(
            Code::Conflict,
            node.at,
            "`hostname` does not go with the `protocol`",
            help,
        );
    }
    if rule.path.is_some() && !matches!(protocol, Http | Https) {
        let help = "only `http` and `https` have paths";
        cx.advise(
            Code::Conflict,
            node.at,
            "`path` does not go with the `protocol`",
            help,
        );
    }
    let says = |key| node.get(key).is_some();
    if says("source_port") && !says("service") && !says("selector") {
        let help = "add `service:` or `selector:`";
        cx.advise(Code::Missing, node.at, "the rule says not where to", help);
    }
}

fn protocol(cx: &Cx<'_>, node: &Node, rule: &mut PortRule) {
    let Some(text) = cx.text(node) else { return };
    rule.rule.protocol = match text.to_ascii_lowercase().as_str() {
        "http" | "" => RuleProtocol::Http,
        "https" => RuleProtocol::Https,
        "tcp" => RuleProtocol::Tcp,
        "tls" => RuleProtocol::Tls,
        "sni" => RuleProtocol::Sni,
        _ => return cx.bad_value(node, "`http`, `https`, `tcp`, `tls` or `sni`"),
    };
}

fn service(cx: &Cx<'_>, node: &Node, rule: &mut PortRule) {
    let Some(text) = cx.text(node) else { return };
    match service_ref(cx, text) {
        Some(service) => rule.service = Some((node.at, RuleTarget::Service(service))),
        None => cx.bad_value(node, "a service such as `web` or `stack/web`"),
    }
}

fn selector(cx: &Cx<'_>, node: &Node, rule: &mut PortRule) {
    if let Some(text) = name(cx, node) {
        rule.selector = Some((node.at, RuleTarget::Selector(text)));
    }
}
