//! Services that become sidekicks of others, and what the containers of one unit share.

mod owners;

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Name;
use muster_model::desired::{Mount, MountSource};

use super::assemble::Drafts;
use super::draft::{Named, ServiceDraft};
use crate::code::Code;
use crate::cx::Cx;

/// A service with its sidekicks.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub primary: ServiceDraft,
    pub sidekicks: Drafts,
}

/// Gives every sidekick to its primary.
pub(super) fn units(cx: &Cx<'_>, mut drafts: Drafts) -> BTreeMap<Name, Unit> {
    name_by_service(&mut drafts);
    let mut beside: BTreeMap<Name, Drafts> = BTreeMap::new();
    for (sidekick, owner) in owners::of(cx, &drafts) {
        if let Some(draft) = drafts.remove(&sidekick) {
            beside.entry(owner).or_default().insert(sidekick, draft);
        }
    }
    let units = drafts.into_iter().map(|(name, primary)| {
        let sidekicks = beside.remove(&name).unwrap_or_default();
        let mut unit = Unit { primary, sidekicks };
        share(cx, &name, &mut unit);
        (name, unit)
    });
    units.collect()
}

/// Whose namespace is shared may be named by its `container_name` too.
fn name_by_service(drafts: &mut Drafts) {
    let services: BTreeMap<String, Name> = drafts
        .iter()
        .filter_map(|(name, draft)| Some((draft.container_name.clone()?, name.clone())))
        .collect();
    let names: BTreeSet<Name> = drafts.keys().cloned().collect();
    let shares = drafts.values_mut().flat_map(|draft| draft.shares.values_mut());
    for shared in shares.filter(|shared| !names.contains(shared.name.as_str())) {
        if let Some(service) = services.get(&shared.name) {
            shared.name = service.to_string();
        }
    }
}

/// Resolves what the containers of a unit take from one another.
fn share(cx: &Cx<'_>, name: &Name, unit: &mut Unit) {
    let mounts = Mounts::of(name, unit);
    share_one(cx, name, None, &mut unit.primary, &mounts);
    for (sidekick, draft) in &mut unit.sidekicks {
        share_one(cx, sidekick, Some(name), draft, &mounts);
    }
    let wants_ipc = |draft: &ServiceDraft| {
        draft
            .container
            .namespaces
            .get("ipc")
            .is_some_and(|mode| mode == PRIMARY)
    };
    if unit.sidekicks.values().any(wants_ipc) {
        let namespaces = &mut unit.primary.container.namespaces;
        namespaces
            .entry("ipc".to_owned())
            .or_insert_with(|| "shareable".to_owned());
    }
}

/// The namespace of the unit's primary, which is there before its sidekicks.
const PRIMARY: &str = "primary";

fn share_one(cx: &Cx<'_>, name: &Name, primary: Option<&Name>, draft: &mut ServiceDraft, mounts: &Mounts) {
    let cx = cx.key(name.as_str());
    for source in std::mem::take(&mut draft.volumes_from) {
        volumes_from(&cx.key("volumes_from"), &source, draft, mounts);
    }
    for (namespace, other) in std::mem::take(&mut draft.shares) {
        // The containers of a unit live in one network anyway.
        let in_unit = mounts.by_name.contains_key(other.name.as_str());
        if in_unit && namespace == "network" {
            continue;
        }
        if primary.is_some_and(|primary| primary.as_str() == other.name) {
            draft
                .container
                .namespaces
                .insert(namespace.to_owned(), PRIMARY.to_owned());
            continue;
        }
        let shown = crate::report::cut(&other.name, 63);
        let help = match namespace {
            "network" => {
                "the container is in the environment's network; only services of this file that are containers can share one"
            }
            _ => "the container has its own",
        };
        let message = format!("the {namespace} namespace of `{shown}` is not shared");
        cx.advise(Code::Unsupported, other.at, message, help);
    }
}

/// What each container of a unit mounts, and whose mounts it takes.
struct Mounts {
    by_name: BTreeMap<String, (Vec<Mount>, Vec<String>)>,
}

impl Mounts {
    fn of(name: &Name, unit: &Unit) -> Self {
        let all = std::iter::once((name, &unit.primary)).chain(&unit.sidekicks);
        let by_name = all.map(|(name, draft)| {
            let sources = draft
                .volumes_from
                .iter()
                .map(|source| split(&source.name).0.to_owned())
                .collect();
            (name.to_string(), (draft.container.mounts.clone(), sources))
        });
        Self {
            by_name: by_name.collect(),
        }
    }

    /// The mounts of a container and of those it takes from in turn.
    fn all(&self, name: &str, mut spend: impl FnMut(usize) -> bool) -> Vec<Mount> {
        let (mut seen, mut next, mut found) = (BTreeSet::new(), vec![name], Vec::new());
        while let Some(name) = next.pop() {
            if let Some((mounts, sources)) = self.by_name.get(name).filter(|_| seen.insert(name))
                && spend(mounts.len() + sources.len())
            {
                found.extend(mounts.iter().cloned());
                next.extend(sources.iter().map(String::as_str));
            }
        }
        found
    }
}

/// `[container:]name[:ro|rw]`
fn split(text: &str) -> (&str, bool) {
    let text = text.strip_prefix("container:").unwrap_or(text);
    match text.rsplit_once(':') {
        Some((name, mode)) => (name, mode == "ro"),
        None => (text, false),
    }
}

fn volumes_from(cx: &Cx<'_>, source: &Named, draft: &mut ServiceDraft, mounts: &Mounts) {
    let (name, read_only) = split(&source.name);
    let shown = crate::report::cut(name, 63);
    if !mounts.by_name.contains_key(name) {
        let help = "only containers of one unit share volumes: mount the same named volume in both, or make one a sidekick of the other with the label `io.rancher.sidekicks`";
        cx.advise(
            Code::Unsupported,
            source.at,
            format!("the volumes of `{shown}` are not seen"),
            help,
        );
        return;
    }
    let spend = |things: usize| cx.room.spend(cx, source.at, 64 * things);
    let found = mounts.all(name, spend);
    let can_share =
        |mount: &&Mount| matches!(mount.source, MountSource::Volume(_) | MountSource::Bind { .. });
    if cx.room.is_spent() {
        return;
    }
    if found.is_empty() || !found.iter().all(|mount| can_share(&mount)) {
        let message = format!("volumes of `{shown}` that have no name are not seen");
        cx.advise(
            Code::Unsupported,
            source.at,
            message,
            "mount the same named volume in both",
        );
    }
    let own = &mut draft.container.mounts;
    let mut seen: BTreeSet<String> = own.iter().map(|mount| mount.target.clone()).collect();
    for mount in found.iter().filter(can_share) {
        if seen.insert(mount.target.clone()) {
            let mut mount = mount.clone();
            mount.read_only |= read_only;
            own.push(mount);
        }
    }
}
