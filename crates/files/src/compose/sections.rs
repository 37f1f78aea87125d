//! What stands at the root of a compose file.

use std::collections::BTreeSet;

use muster_model::Name;

use super::blobs::{self, Blobs};
use super::volumes::{self, Volumes};
use crate::code::Code;
use crate::cx::Cx;
use crate::table::{Key, before, nothing, partly, read, read_map, say_strangers, unsupported};
use crate::text::{Node, Value};

/// All but the services, which need it.
#[derive(Default)]
pub(crate) struct Sections {
    pub name: Option<Name>,
    pub volumes: Volumes,
    pub secrets: Blobs,
    pub configs: Blobs,
    pub networks: BTreeSet<String>,
}

pub(crate) const KEYS: &[Key<Sections>] = &[
    before("services", "See the keys of a service."),
    before(
        "include",
        "The files become part of this one; what is in both is an error.",
    ),
    nothing(
        "version",
        "Passed over, as by today's tools; unknown ones are noted.",
    ),
    read(
        "name",
        name,
        "name: shop",
        "The stack's name, unless another is given.",
    ),
    read(
        "volumes",
        |cx, node, sections| sections.volumes = volumes::read_section(cx, node),
        "volumes: { data: {} }",
        "Named volumes; one on each host that runs a unit.",
    ),
    read(
        "secrets",
        |cx, node, sections| sections.secrets = blobs::read_section(cx, node, true),
        "secrets: { password: { file: password.txt } }",
        "From a file, a variable or the environment; sealed at rest.",
    ),
    read(
        "configs",
        |cx, node, sections| sections.configs = blobs::read_section(cx, node, false),
        "configs: { app.conf: { file: app.conf } }",
        "From a file, a variable, a text or the environment.",
    ),
    partly(
        "networks",
        networks,
        "networks: { default: {} }",
        "All services of an environment share one network; others are not made.",
    ),
    unsupported("models", "no model is provided"),
    unsupported("containers", "only services are run"),
    unsupported("load_balancers", "there is no load balancer yet"),
    unsupported("storage_drivers", "volumes are made by the engine's own drivers"),
    unsupported("network_drivers", "the network is the platform's own"),
    unsupported("virtual_machines", "only containers are run, no virtual machines"),
    unsupported("external_services", "names of services outside are not given yet"),
    unsupported("aliases", "other names for services are not given yet"),
    unsupported(
        "dependencies",
        "other stacks are not deployed along; deploy them first",
    ),
    unsupported("hosts", "hosts are not made; add them to the environment"),
];

fn name(cx: &Cx<'_>, node: &Node, sections: &mut Sections) {
    if let Some(text) = cx.text(node) {
        match Name::parse(text) {
            Ok(name) => sections.name = Some(name),
            Err(error) => cx.remark(Code::BadName, node.at, error.to_string()),
        }
    }
}

fn networks(cx: &Cx<'_>, node: &Node, sections: &mut Sections) {
    let Value::Map(entries) = &node.value else {
        return cx.wrong_type(node, "a map");
    };
    sections.networks = entries.iter().map(|entry| entry.key.clone()).collect();
    for entry in entries {
        let shown = crate::report::cut(&entry.key, 63);
        let cx = cx.key(&shown);
        if entry.key == "default" {
            read_map(&cx, &entry.value, NETWORK_KEYS, &mut ());
            continue;
        }
        let message = format!("the network `{shown}` is not made");
        let help = "all services share the environment's network and reach one another by name";
        cx.advise(Code::Unsupported, entry.at, message, help);
        say_strangers(&cx, &entry.value, NETWORK_KEYS);
    }
}

pub(crate) const NETWORK_KEYS: &[Key<()>] = &[
    unsupported("driver", "the network is the environment's"),
    unsupported("driver_opts", "the network is the environment's"),
    unsupported("ipam", "addresses are of the environment's range"),
    unsupported(
        "internal",
        "services of the environment's network reach the outside",
    ),
    unsupported("external", "the network is the environment's"),
    unsupported("name", "the network is the environment's"),
    partly(
        "enable_ipv4",
        ipv4,
        "enable_ipv4: true",
        "Units have IPv4 addresses anyway.",
    ),
    unsupported("enable_ipv6", "units have IPv4 addresses"),
    unsupported("attachable", "the network is the environment's"),
    unsupported("labels", "the network is the environment's"),
];

fn ipv4(cx: &Cx<'_>, node: &Node, (): &mut ()) {
    if cx.flag(node) == Some(false) {
        let message = "`enable_ipv4: false` is not acted on";
        cx.advise(Code::Unsupported, node.at, message, "units have IPv4 addresses");
    }
}
