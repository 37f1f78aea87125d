//! Which service is the primary of which: those that the label names, and those that live in another one's namespace.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Name;

use crate::code::Code;
use crate::compose::assemble::Drafts;
use crate::compose::draft::{Named, ServiceDraft};
use crate::cx::Cx;

/// The primary of each sidekick.
pub(super) fn of(cx: &Cx<'_>, drafts: &Drafts) -> BTreeMap<Name, Name> {
    let mut owners = by_label(cx, drafts);
    let guests = guests(drafts, &owners);
    for (guest, host) in last_hosts(drafts, &guests) {
        let owner = owners.get(host).unwrap_or(host).clone();
        let Some(wanted) = guests.get(guest).filter(|_| owner != *guest) else {
            continue;
        };
        if !drafts.get(&owner).is_some_and(ServiceDraft::is_container) {
            continue;
        }
        let shown = crate::report::cut(&wanted.name, 63);
        let message =
            format!("it is a part of every unit of `{owner}`, for it lives in a namespace of `{shown}`");
        let help = "both are placed, scaled and replaced together";
        cx.key(guest.as_str())
            .advise(Code::Difference, wanted.at, message, help);
        owners.insert(guest.clone(), owner);
    }
    owners
}

/// Services that want to live in a namespace of another one.
type Guests<'n> = BTreeMap<&'n Name, &'n Named>;

fn guests<'n>(drafts: &'n Drafts, owners: &BTreeMap<Name, Name>) -> Guests<'n> {
    let may_join = |(name, draft): &(&Name, &ServiceDraft)| !owners.contains_key(*name) && may_join(draft);
    let network = |draft: &'n ServiceDraft| draft.shares.get("network");
    // Containers of a unit share one network; other namespaces only with the one that is there first.
    let is_first = |wanted: &&Named| {
        drafts
            .get(wanted.name.as_str())
            .is_some_and(|host| host.shares.is_empty())
    };
    let others = |draft: &'n ServiceDraft| draft.shares.values().next().filter(is_first);
    drafts
        .iter()
        .filter(may_join)
        .filter_map(|(name, draft)| Some((name, network(draft).or_else(|| others(draft))?)))
        .collect()
}

/// Whether it can be a sidekick of whose namespace it lives in.
fn may_join(draft: &ServiceDraft) -> bool {
    draft.sidekicks.is_empty() && draft.is_container()
}

/// For each guest the service at the end of the chain of those who are guests of one another; guests whose chain has no
/// end here are left out.
fn last_hosts<'n>(drafts: &'n Drafts, guests: &Guests<'n>) -> BTreeMap<&'n Name, &'n Name> {
    let mut ends: BTreeMap<&Name, Option<&Name>> = BTreeMap::new();
    for start in guests.keys() {
        let (mut way, mut at, mut end) = (BTreeSet::new(), Some(*start), None);
        while let Some(name) = at {
            if let Some(known) = ends.get(name) {
                end = *known;
                break;
            }
            let Some(host) = guests.get(name) else {
                end = Some(name);
                break;
            };
            if !way.insert(name) {
                break;
            }
            at = drafts.get_key_value(host.name.as_str()).map(|(name, _)| name);
        }
        ends.extend(way.into_iter().map(|name| (name, end)));
    }
    let found = ends.into_iter();
    found.filter_map(|(guest, end)| Some((guest, end?))).collect()
}

/// By the label `io.rancher.sidekicks`.
fn by_label(cx: &Cx<'_>, drafts: &Drafts) -> BTreeMap<Name, Name> {
    let mut owners: BTreeMap<Name, Name> = BTreeMap::new();
    for (primary, draft) in drafts {
        let service = cx.key(primary.as_str());
        let labels = service.key("labels");
        let cx = labels.key("io.rancher.sidekicks");
        for Named { at, name } in &draft.sidekicks {
            let shown = crate::report::cut(name, 80);
            let Some((sidekick, other)) = drafts.get_key_value(name.as_str()) else {
                let help = match cx.room.suggest(name, drafts.keys().map(Name::as_str)) {
                    Some(name) => format!("did you mean `{name}`?"),
                    None => "name services of this file, with commas between them".to_owned(),
                };
                cx.advise(
                    Code::Undefined,
                    *at,
                    format!("there is no service `{shown}`"),
                    help,
                );
                continue;
            };
            if sidekick == primary || !other.sidekicks.is_empty() {
                let message = format!("`{shown}` cannot be a sidekick: it is a primary itself");
                cx.advise(
                    Code::Conflict,
                    *at,
                    message,
                    "a unit is one primary and sidekicks without sidekicks",
                );
            } else if let Some(owner) = owners.insert(sidekick.clone(), primary.clone())
                && owner != *primary
            {
                let message = format!("`{shown}` is a sidekick of `{owner}` already");
                cx.advise(Code::Conflict, *at, message, "a sidekick has one primary");
            }
        }
    }
    owners
}
