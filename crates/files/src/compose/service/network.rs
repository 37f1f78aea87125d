//! How a container is reached and what it reaches.

use crate::code::Code;
use crate::compose::draft::{Named, ServiceDraft};
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, partly, read, unsupported};
use crate::text::{Node, Value};

use super::names;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    partly(
        "network_mode",
        network_mode,
        "network_mode: host",
        "`host`, `none`; `service:` and `container:` of another service of the file, which makes both one unit: they are placed, scaled and replaced together. All else is the environment's network.",
    ),
    partly(
        "net",
        network_mode,
        "net: host",
        "`network_mode` in the oldest format.",
    ),
    partly(
        "networks",
        names::networks,
        "networks: [\"default\"]",
        "All services of an environment share one network; addresses asked for in others are not given.",
    ),
    read(
        "links",
        names::links,
        "links: [\"db:database\"]",
        "Services reach one another by name anyway. Another name holds for the whole stack, and starts are ordered by `depends_on` alone.",
    ),
    read(
        "extra_hosts",
        extra_hosts,
        "extra_hosts: [\"name:10.0.0.1\"]",
        "As written, `host-gateway` included.",
    ),
    read(
        "dns",
        |cx, node, draft| draft.container.dns = cx.one_or_many_texts(node),
        "dns: 10.0.0.2",
        "As written, for names outside: services are found by name all the same.",
    ),
    read(
        "dns_search",
        |cx, node, draft| draft.container.dns_search = cx.one_or_many_texts(node),
        "dns_search: example.com",
        "As written.",
    ),
    read(
        "dns_opt",
        |cx, node, draft| draft.container.dns_opt = cx.texts(node),
        "dns_opt: [\"ndots:2\"]",
        "As written.",
    ),
    unsupported(
        "external_links",
        "services of other stacks are not given other names; use their own",
    ),
    read(
        "mac_address",
        names::mac_address,
        "mac_address: 02:42:0a:00:00:05",
        "As written, for every unit of the service: give it to services of one unit.",
    ),
];

fn network_mode(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let Some(text) = cx.text(node) else {
        return;
    };
    match text {
        "host" | "none" => drop(
            draft
                .container
                .namespaces
                .insert("network".to_owned(), text.to_owned()),
        ),
        "default" | "managed" | "" => {}
        "bridge" => {
            let help = "the container is in the environment's network, from where it reaches the outside too";
            cx.advise(
                Code::Difference,
                node.at,
                "the engine's default bridge is not used",
                help,
            );
        }
        _ => match shared_with(text) {
            Some(name) => drop(draft.shares.insert("network", Named { at: node.at, name })),
            None => {
                let shown = crate::report::cut(text, 40);
                let help = "the container is in the environment's network";
                cx.advise(
                    Code::Unsupported,
                    node.at,
                    format!("the network mode `{shown}` is not acted on"),
                    help,
                );
            }
        },
    }
}

/// The service named by `service:x` or `container:x`.
pub(super) fn shared_with(text: &str) -> Option<String> {
    let name = text
        .strip_prefix("service:")
        .or_else(|| text.strip_prefix("container:"))?;
    Some(name.trim().to_owned())
}

/// A container that is in its host's network, or in none, is in no other.
pub(super) fn say_contradiction(cx: &Cx<'_>, service: &Node) {
    let mode = service.get("network_mode").and_then(Node::known_text);
    let networks = service.get("networks").filter(|networks| match &networks.value {
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        Value::Null | Value::Scalar(_) => false,
    });
    if let (Some(mode), Some(networks)) = (mode, networks)
        && !mode.is_empty()
    {
        let message = "`network_mode` and `networks` contradict each other";
        cx.key("networks")
            .advise(Code::Conflict, networks.at, message, "keep one of them");
    }
}

fn extra_hosts(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut add = |cx: &Cx<'_>, at, name: &str, address: &str| {
        let address = address.trim().trim_start_matches('[').trim_end_matches(']');
        if address == "host-gateway" || address.parse::<std::net::IpAddr>().is_ok() {
            draft
                .container
                .extra_hosts
                .push((name.trim().to_owned(), address.to_owned()));
        } else {
            cx.bad_text(at, address, "an IP address or `host-gateway`");
        }
    };
    if let Value::Map(entries) = &node.value {
        for entry in entries {
            let cx = cx.key(&entry.key);
            for address in cx.one_or_many(&entry.value) {
                if let Some(text) = cx.text(address) {
                    add(&cx, address.at, &entry.key, text);
                }
            }
        }
        return;
    }
    for (name, at, address) in known_pairs(cx, node, &['=', ':']) {
        add(cx, at, &name, &address);
    }
}
