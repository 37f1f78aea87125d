//! Further names of a service, and its hardware address, in the network that services share.

use crate::code::Code;
use crate::compose::draft::{Link, Named, ServiceDraft};
use crate::cx::Cx;
use crate::table::{Key, nothing, read, read_map, unsupported};
use crate::text::{At, Node, Value};

pub(crate) const ATTACHMENT_KEYS: &[Key<ServiceDraft>] = &[
    read(
        "aliases",
        aliases,
        "aliases: [\"database\"]",
        "Names for the stack, whichever network they stand in; one with a dot, for the environment.",
    ),
    unsupported(
        "ipv4_address",
        "the platform gives units their addresses; use the service's name",
    ),
    unsupported(
        "ipv6_address",
        "units have IPv4 addresses; use the service's name",
    ),
    unsupported("link_local_ips", "the platform gives units their addresses"),
    read(
        "mac_address",
        mac_address,
        "mac_address: 02:42:0a:00:00:05",
        "As the service's own `mac_address`.",
    ),
    unsupported("driver_opts", "the network is the environment's"),
    unsupported("interface_name", "the interface is called `eth0`"),
    nothing("priority", "There is one network."),
    nothing("gw_priority", "There is one network."),
];

pub(super) fn networks(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let named = |at, name: &str| Named {
        at,
        name: name.to_owned(),
    };
    match &node.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = cx.index(index).text(item).map(|name| named(item.at, name));
                draft.networks.extend(name);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                draft.networks.push(named(entry.at, &entry.key));
                read_map(&cx.key(&entry.key), &entry.value, ATTACHMENT_KEYS, draft);
            }
        }
        _ => cx.wrong_type(node, "a list or a map"),
    }
}

fn aliases(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let Some(name) = cx.text(item).and_then(|text| name(&cx, item.at, text)) else {
            continue;
        };
        if name.contains('.') {
            let message = format!("`{name}` is a name in the whole environment");
            let help =
                "other stacks find the service by it too; only names without a dot are the stack's own";
            cx.advise(Code::Difference, item.at, message, help);
        }
        let aliases = &mut draft.container.aliases;
        if !aliases.contains(&name) {
            aliases.push(name);
        }
    }
}

/// A name as it can be asked for.
fn name(cx: &Cx<'_>, at: At, text: &str) -> Option<String> {
    let fits = |label: &str| {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(known)
    };
    if text.len() <= 253 && text.split('.').all(fits) {
        return Some(text.to_owned());
    }
    cx.bad_text(at, text, "a name such as `database`");
    None
}

pub(super) fn mac_address(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let Some(text) = cx.text(node) else {
        return;
    };
    let address = text.replace('-', ":").to_ascii_lowercase();
    let is_byte = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    if address.split(':').count() != 6 || !address.split(':').all(is_byte) {
        return cx.bad_value(node, "a hardware address such as `02:42:0a:00:00:05`");
    }
    let other = draft.container.mac_address.replace(address.clone());
    if other.is_some_and(|other| other != address) {
        let help = "there is one network; keep one of them";
        cx.advise(
            Code::Conflict,
            node.at,
            "the service has two hardware addresses",
            help,
        );
    }
}

pub(super) fn links(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut renamed = false;
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let Some((service, alias)) = cx.text(item).and_then(|text| text.split_once(':')) else {
            continue;
        };
        if alias.is_empty() || service == alias {
            continue;
        }
        renamed = true;
        draft.links.extend(name(&cx, item.at, alias).map(|alias| Link {
            service: Named {
                at: item.at,
                name: service.to_owned(),
            },
            alias,
        }));
    }
    if !renamed && !cx.list(node).is_empty() {
        let help = "services reach one another by name without it; `depends_on` orders their starts";
        cx.advise(Code::Difference, node.at, "`links` is not needed", help);
    }
}
