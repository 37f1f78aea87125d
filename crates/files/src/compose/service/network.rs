//! How a container is reached and what it reaches.

use crate::code::Code;
use crate::compose::draft::{Named, ServiceDraft};
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, nothing, partly, read, read_map, unsupported};
use crate::text::{Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    partly(
        "network_mode",
        network_mode,
        "network_mode: host",
        "`host`, `none`; `service:` and `container:` between the containers of one unit (sidekicks); all else is the environment's network.",
    ),
    partly(
        "net",
        network_mode,
        "net: host",
        "`network_mode` in the oldest format.",
    ),
    partly(
        "networks",
        networks,
        "networks: [\"default\"]",
        "All services of an environment share one network; names and addresses asked for in others are not given.",
    ),
    partly(
        "links",
        links,
        "links: [\"db\"]",
        "Services reach one another by name anyway; other names for them are not given, and starts are ordered by `depends_on` alone.",
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
        "As written, instead of the platform's: then services are not found by name.",
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
    unsupported("mac_address", "the engine chooses it"),
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

fn networks(cx: &Cx<'_>, node: &Node, _: &mut ServiceDraft) {
    match &node.value {
        Value::List(_) => drop(cx.texts(node)),
        Value::Map(entries) => {
            for entry in entries {
                read_map(&cx.key(&entry.key), &entry.value, ATTACHMENT_KEYS, &mut ());
            }
        }
        _ => cx.wrong_type(node, "a list or a map"),
    }
}

pub(crate) const ATTACHMENT_KEYS: &[Key<()>] = &[
    unsupported("aliases", "the service is found by its own name only"),
    unsupported(
        "ipv4_address",
        "the platform gives units their addresses; use the service's name",
    ),
    unsupported(
        "ipv6_address",
        "units have IPv4 addresses; use the service's name",
    ),
    unsupported("link_local_ips", "the platform gives units their addresses"),
    unsupported("mac_address", "the engine chooses it"),
    unsupported("driver_opts", "the network is the environment's"),
    unsupported("interface_name", "the interface is called `eth0`"),
    nothing("priority", "There is one network."),
    nothing("gw_priority", "There is one network."),
];

fn links(cx: &Cx<'_>, node: &Node, _: &mut ServiceDraft) {
    let mut renamed = false;
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let Some((service, alias)) = cx.text(item).and_then(|text| text.split_once(':')) else {
            continue;
        };
        if service != alias {
            renamed = true;
            let (service, alias) = (crate::report::cut(service, 63), crate::report::cut(alias, 63));
            let message = format!("`{alias}` is not a name for `{service}` here");
            cx.advise(
                Code::Unsupported,
                item.at,
                message,
                format!("use `{service}`, or call the service `{alias}`"),
            );
        }
    }
    if !renamed && !cx.list(node).is_empty() {
        let help = "services reach one another by name without it; `depends_on` orders their starts";
        cx.advise(Code::Difference, node.at, "`links` is not needed", help);
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
