//! How a client is kept with one target: `stickiness_policy`, and the two policies of Rancher's first balancers.

use muster_model::desired::{CookieMode, ProgramCookie, Stickiness};

use super::balancer::name;
use crate::cx::Cx;
use crate::table::{Key, kept, read_kept, unsupported};
use crate::text::Node;

pub(crate) const COOKIE_KEYS: &[Key<Stickiness>] = &[
    kept(
        "name",
        |cx, node, policy| policy.name = name(cx, node),
        "name: shop",
        "As written.",
    ),
    kept(
        "cookie",
        |cx, node, policy| policy.cookie = name(cx, node),
        "cookie: SESSION",
        "As written.",
    ),
    kept(
        "domain",
        |cx, node, policy| policy.domain = name(cx, node),
        "domain: example.com",
        "As written.",
    ),
    kept("indirect", switch, "indirect: true", "As written."),
    kept("nocache", switch, "nocache: true", "As written."),
    kept("postonly", switch, "postonly: true", "As written."),
    kept("mode", mode, "mode: insert", "`insert`, `rewrite`, `prefix`."),
];

/// The cookie is the program's own.
pub(crate) const PROGRAM_KEYS: &[Key<Stickiness>] = &[
    kept(
        "name",
        |cx, node, policy| policy.name = name(cx, node),
        "name: shop",
        "As written.",
    ),
    kept(
        "cookie",
        |cx, node, policy| policy.cookie = name(cx, node),
        "cookie: JSESSIONID",
        "As written.",
    ),
    kept(
        "max_length",
        |cx, node, policy| program(policy).length = super::count(cx, node),
        "max_length: 52",
        "Characters that count.",
    ),
    kept(
        "timeout",
        |cx, node, policy| program(policy).timeout_ms = super::milliseconds(cx, node),
        "timeout: 3600000",
        "Milliseconds.",
    ),
    kept("prefix", switch, "prefix: true", "As written."),
    kept("request_learn", switch, "request_learn: true", "As written."),
    unsupported("mode", "the cookie is looked for among cookies"),
];

/// Reads a policy.
pub(super) fn stickiness(cx: &Cx<'_>, node: &Node) -> Option<Stickiness> {
    of(cx, node, COOKIE_KEYS, Stickiness::default())
}

/// Reads a policy about a cookie of the program.
pub(super) fn of_program(cx: &Cx<'_>, node: &Node) -> Option<Stickiness> {
    let policy = Stickiness {
        of_program: Some(ProgramCookie::default()),
        ..Stickiness::default()
    };
    of(cx, node, PROGRAM_KEYS, policy)
}

fn of(
    cx: &Cx<'_>,
    node: &Node,
    keys: &'static [Key<Stickiness>],
    mut policy: Stickiness,
) -> Option<Stickiness> {
    read_kept(cx, node, keys, &mut policy);
    let says = node.entries().is_some_and(|entries| !entries.is_empty());
    says.then_some(policy)
}

fn program(policy: &mut Stickiness) -> &mut ProgramCookie {
    policy.of_program.get_or_insert_default()
}

fn switch(cx: &Cx<'_>, node: &Node, policy: &mut Stickiness) {
    if let Some(on) = cx.flag(node) {
        policy.switches.insert(cx.name().to_owned(), on);
    }
}

fn mode(cx: &Cx<'_>, node: &Node, policy: &mut Stickiness) {
    policy.mode = match cx.text(node) {
        Some("insert") => Some(CookieMode::Insert),
        Some("rewrite") => Some(CookieMode::Rewrite),
        Some("prefix") => Some(CookieMode::Prefix),
        Some("") | None => None,
        Some(_) => return cx.bad_value(node, "`insert`, `rewrite` or `prefix`"),
    };
}
