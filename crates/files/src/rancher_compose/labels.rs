//! Labels that begin with `io.rancher.` and say what a service is.

use muster_model::desired::{Locality, PullPolicy, RestartPolicy, ServiceKind};

use super::affinity::affinity;
use super::label_families::{FAMILIES, SET_BY_RANCHER};
use super::old_balancer;
use crate::code::Code;
use crate::compose::draft::{Named, ServiceDraft};
use crate::cx::Cx;
use crate::table::{Action, Key, kept, nothing, partly, read, say_kept, unsupported};
use crate::text::{At, Node};

const AFFINITY: &str = "A comma-separated list; `$${stack_name}` and `$${service_name}` are filled in. Upper and lower case are alike; a global service heeds those on hosts only.";

pub(crate) const LABELS: &[Key<ServiceDraft>] = &[
    read(
        "io.rancher.sidekicks",
        sidekicks,
        "",
        "The named services become sidekicks of this one: one of each beside every unit, on the same host.",
    ),
    read(
        "io.rancher.scheduler.global",
        global,
        "",
        "`true`: one unit on every host.",
    ),
    read(
        "io.rancher.container.start_once",
        start_once,
        "",
        "`true`: a unit that ended is not started again.",
    ),
    read(
        "io.rancher.container.pull_image",
        pull_image,
        "",
        "`always`: the image is pulled before every start.",
    ),
    read("io.rancher.scheduler.affinity:host_label", affinity, "", AFFINITY),
    read(
        "io.rancher.scheduler.affinity:host_label_soft",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:host_label_ne",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:host_label_soft_ne",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:container_label",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:container_label_soft",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:container_label_ne",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:container_label_soft_ne",
        affinity,
        "",
        AFFINITY,
    ),
    read("io.rancher.scheduler.affinity:container", affinity, "", AFFINITY),
    read(
        "io.rancher.scheduler.affinity:container_soft",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:container_ne",
        affinity,
        "",
        AFFINITY,
    ),
    read(
        "io.rancher.scheduler.affinity:container_soft_ne",
        affinity,
        "",
        AFFINITY,
    ),
    nothing(
        "io.rancher.container.network",
        "Services are in the environment's network anyway.",
    ),
    nothing(
        "io.rancher.container.hostname_override",
        "A container's host name is its own name anyway.",
    ),
    nothing(
        "io.rancher.service.allocate.skip.serialize",
        "Services are placed without waiting for one another anyway.",
    ),
    nothing("io.rancher.service.ui_link.label", "A note for people."),
    nothing("io.rancher.container.display_name", "A note for people."),
    nothing("io.rancher.container.namespace", "A note for people."),
    partly(
        "io.rancher.container.dns",
        dns,
        "",
        "As here anyway: containers in the environment's network find services by name (`true`), those in the host's use the host's resolver (`false`). The other way round is not acted on.",
    ),
    unsupported(
        "io.rancher.container.dns.priority",
        "search domains stand in the order of `dns_search`",
    ),
    unsupported(
        "io.rancher.container.requested_ip",
        "the platform gives units their addresses; use the service's name",
    ),
    unsupported(
        "io.rancher.container.create_agent",
        "the container gets no API key; give it one as a secret",
    ),
    unsupported(
        "io.rancher.container.agent.role",
        "the container gets no API key; give it one as a secret",
    ),
    unsupported(
        "io.rancher.container.system",
        "the service is shown like any other",
    ),
    unsupported(
        "io.rancher.container.volume_cleanup_strategy",
        "unnamed volumes go with their unit, named ones stay",
    ),
    unsupported(
        "io.rancher.container.cattle_url",
        "the container gets no API key; give it one as a secret",
    ),
    unsupported(
        "io.rancher.service.selector.link",
        "services reach one another by name without links",
    ),
    unsupported(
        "io.rancher.service.selector.container",
        "names for containers of other services are not given",
    ),
    unsupported(
        "io.rancher.service.external_dns",
        "names outside the platform are not kept",
    ),
    unsupported(
        "io.rancher.service.external_dns_name_template",
        "names outside the platform are not kept",
    ),
    unsupported(
        "io.rancher.service.wait_for_healthcheck",
        "`up` waits until every service is healthy",
    ),
    kept(
        "io.rancher.loadbalancer.target.<service>",
        old_balancer::label,
        "",
        "there is no load balancer yet; `[host][:port][/path][=target port]`, with commas, is kept",
    ),
    kept(
        "io.rancher.loadbalancer.ssl.ports",
        old_balancer::label,
        "",
        "there is no load balancer yet",
    ),
    kept(
        "io.rancher.loadbalancer.proxy-protocol.ports",
        old_balancer::label,
        "",
        "there is no load balancer yet",
    ),
    kept(
        "io.rancher.lb_service.target",
        locality,
        "",
        "there is no load balancer yet; `any`, `prefer-local`, `only-local` are kept",
    ),
    kept(
        "io.rancher.lb_service.cert_dir",
        |cx, node, draft| draft.kept.balancer().certificate_directory = cx.string(node),
        "",
        "there is no load balancer yet",
    ),
    kept(
        "io.rancher.lb_service.default_cert_dir",
        |cx, node, draft| draft.kept.balancer().default_certificate_directory = cx.string(node),
        "",
        "there is no load balancer yet",
    ),
];

/// Does what a label says.
pub(crate) fn apply(cx: &Cx<'_>, at: At, value: &str, draft: &mut ServiceDraft) {
    let label = cx.name();
    let unsupported = |help: &str| {
        if !matches!(value, "false" | "no") {
            cx.advise(
                Code::Unsupported,
                at,
                format!("the label `{label}` is not acted on"),
                help,
            );
        }
    };
    if let Some(key) = LABELS.iter().find(|key| is_named(key.name, label)) {
        match key.action {
            Action::Read(reader) | Action::Partly(reader) => reader(cx, &Node::text(at, value), draft),
            Action::Kept(reader) => {
                reader(cx, &Node::text(at, value), draft);
                let what = format!("the label `{}`", crate::report::cut(label, 80));
                say_kept(cx, at, &what, key.about);
            }
            Action::Unsupported | Action::Checked(_) => unsupported(key.about),
            Action::Before | Action::Nothing => {}
        }
    } else if let Some((_, help)) = FAMILIES.iter().find(|(prefix, _)| label.starts_with(prefix)) {
        unsupported(help);
    } else if !SET_BY_RANCHER.iter().any(|prefix| label.starts_with(prefix)) {
        let help = match cx.room.suggest(label, LABELS.iter().map(|key| key.name)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "it is put on the container and means nothing more".to_owned(),
        };
        let label = crate::report::cut(label, 80);
        cx.advise(
            Code::IgnoredKey,
            at,
            format!("Rancher has no label `{label}`"),
            help,
        );
    }
}

/// Whether a row is about a label. A row may end in `<service>`, which stands for any name.
fn is_named(row: &str, label: &str) -> bool {
    match row.strip_suffix("<service>") {
        Some(family) => label.len() > family.len() && label.starts_with(family),
        None => row == label,
    }
}

/// The names of a list with commas.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

fn sidekicks(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let text = cx.text(node).unwrap_or_default();
    let named = |name: &str| Named {
        at: node.at,
        name: name.to_owned(),
    };
    draft.sidekicks.extend(names(text).map(named));
}

fn global(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    if cx.flag(node) == Some(true) {
        draft.kind = ServiceKind::Global;
    }
}

fn start_once(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    if cx.flag(node) == Some(true) {
        draft.deploy_restart = Some(RestartPolicy::No);
    }
}

fn dns(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.kept.dns = cx.flag(node).map(|wanted| (node.at, wanted));
}

fn locality(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.kept.balancer().locality = match cx.text(node) {
        Some("any") => Locality::Any,
        Some("prefer-local") => Locality::PreferLocal,
        Some("only-local") => Locality::OnlyLocal,
        _ => return cx.bad_value(node, "`any`, `prefer-local` or `only-local`"),
    };
}

fn pull_image(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    if cx.text(node) == Some("always") {
        draft.container.pull = PullPolicy::Always;
    }
}
