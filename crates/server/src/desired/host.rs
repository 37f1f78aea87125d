//! Hosts: cordon, labels, name, removal.

use std::collections::BTreeMap;

use muster_control::{Versioned, World};
use muster_model::assigned::UnitWish;
use muster_model::desired::{ConfirmedDead, Evacuation, HostWish, UnitClass};
use muster_model::{Name, Refusal, WallTime};
use muster_store::{Commit, Precondition, typed};

use super::{
    Author, Denial, Proposal, alone_in, exists, not_found, out_of_bounds, proposal, remove, replace, still_at,
};

/// Labels of one host, and bytes of each: they are looked at for every placement.
const LABELS_MAX: usize = 200;
const LABEL_BYTES_MAX: usize = 1_024;
/// A second to a week: who waits longer does not wait.
const DEADLINE_SECONDS: std::ops::RangeInclusive<u64> = 1..=604_800;

/// What to change about a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostChange {
    /// Whether nothing new is placed on it; false also ends its evacuation.
    pub cordoned: Option<bool>,
    /// Whether what may move is to leave it; true also cordons it.
    pub evacuating: Option<bool>,
    /// In how many seconds its evacuation should be done.
    pub deadline_seconds: Option<u64>,
    /// Labels to set, or to remove; others stay.
    pub labels: BTreeMap<String, Option<String>>,
    /// Its new name.
    pub name: Option<Name>,
    /// Its name, typed by somebody who says that it is dead.
    pub confirmed_dead: Option<String>,
    /// The revision of the host's document that the asker saw.
    pub base: Option<u64>,
}

/// A host is changed.
pub fn change_host(
    world: &World,
    author: &Author,
    old: &Versioned<HostWish>,
    change: &HostChange,
) -> Result<Proposal<()>, Denial> {
    still_at("host", old.name.as_str(), change.base, old.modified.0)?;
    let name = change.name.clone().unwrap_or_else(|| old.name.clone());
    let labels = labels_after(&old.labels, &change.labels)?;
    let evacuation = evacuation_after(author, old, change)?;
    let cordoned = change.cordoned.unwrap_or(old.cordoned) || evacuation.is_some();
    let death = death_after(world, author, old, change)?;
    let renamed = name != old.name;
    let new = HostWish {
        name,
        labels,
        cordoned,
        evacuation,
        confirmed_dead: death
            .as_ref()
            .map(|(said, _)| said.clone())
            .or_else(|| old.confirmed_dead.clone()),
        ..(*old.doc).clone()
    };
    let mut commit = replace(Commit::new(), old, &new)?;
    if let Some((_, judged_on)) = death {
        commit = commit.expect(judged_on);
    }
    if renamed {
        if world.host_by_name(old.environment, &new.name).is_some() {
            return Err(exists("host", &new.name).into());
        }
        let environment = world.environment(old.environment);
        let environment =
            environment.ok_or_else(|| not_found("environment", &old.environment.to_string()))?;
        commit = alone_in(commit, environment)?;
    }
    Ok(proposal(author, commit, ()))
}

/// What somebody says who knows that it is dead; it holds only for the silence that he knows of.
fn death_after(
    world: &World,
    author: &Author,
    old: &HostWish,
    change: &HostChange,
) -> Result<Option<(ConfirmedDead, Precondition)>, Denial> {
    let Some(typed) = &change.confirmed_dead else {
        return Ok(None);
    };
    if *typed != old.name.as_str() {
        let shown: String = typed.chars().take(60).filter(|c| !c.is_control()).collect();
        let allowed = format!("`{}`, the name of the host that is dead", old.name);
        return Err(out_of_bounds("the typed name", format!("`{shown}`"), allowed).into());
    }
    let observed = world.host(old.id).and_then(|host| host.observed);
    let Some(silent) = observed.filter(|observed| observed.session.silent) else {
        return Err(Refusal::NotSilent {
            host: old.name.clone(),
        }
        .into());
    };
    let said = ConfirmedDead {
        session: silent.session.id,
        by: author.account,
        at: author.now,
    };
    let judged_on = Precondition::At(typed::key(&*silent.doc)?, silent.modified);
    Ok(Some((said, judged_on)))
}

/// Whether it is evacuated from now on. Who asks again may set another deadline.
fn evacuation_after(
    author: &Author,
    old: &HostWish,
    change: &HostChange,
) -> Result<Option<Evacuation>, Refusal> {
    let seconds = change.deadline_seconds;
    if let Some(seconds) = seconds
        && (change.evacuating != Some(true) || !DEADLINE_SECONDS.contains(&seconds))
    {
        let (from, to) = (DEADLINE_SECONDS.start(), DEADLINE_SECONDS.end());
        let allowed = format!("with `evacuating: true`, {from} to {to} seconds");
        return Err(out_of_bounds("a deadline", seconds, allowed));
    }
    let deadline = seconds.map(|seconds| WallTime(author.now.0.saturating_add(seconds * 1_000)));
    Ok(match (change.evacuating, change.cordoned, &old.evacuation) {
        (Some(true), Some(false), _) => {
            let allowed = "cordoned while it is being evacuated".to_owned();
            return Err(out_of_bounds("a host", "not cordoned", allowed));
        }
        (Some(true), _, Some(before)) => Some(Evacuation {
            deadline: deadline.or(before.deadline),
            ..before.clone()
        }),
        (Some(true), _, None) => Some(Evacuation {
            since: author.now,
            deadline,
        }),
        (Some(false), ..) | (None, Some(false), _) => None,
        (None, _, before) => before.clone(),
    })
}

/// A host leaves the platform: its agent is no longer welcome, its units are placed elsewhere. Volumes that lie on it go with
/// it, so that must be said.
pub fn drop_host(
    world: &World,
    author: &Author,
    old: &Versioned<HostWish>,
    discard_data: bool,
    base: Option<u64>,
) -> Result<Proposal<()>, Denial> {
    still_at("host", old.name.as_str(), base, old.modified.0)?;
    let lying = world.volumes_on(old.id).filter(|volume| !volume.removed);
    let volumes: Vec<String> = lying
        .map(|volume| format!("volume {}", volume.engine_name))
        .collect();
    if !volumes.is_empty() && !discard_data {
        let (kind, name) = ("host".to_owned(), old.name.to_string());
        return Err(Refusal::InUse {
            kind,
            name,
            by: volumes,
        }
        .into());
    }
    let units = exclusive_units(world, old);
    if !units.is_empty() {
        let host = old.name.clone();
        return Err(Refusal::RunsExclusive { host, units }.into());
    }
    Ok(proposal(author, remove(Commit::new(), old)?, ()))
}

/// Units that may run only once, and perhaps run there: once the host is no member, nobody waits for its lease.
fn exclusive_units(world: &World, host: &HostWish) -> Vec<String> {
    let dead = world
        .host(host.id)
        .is_some_and(|host| host.confirmed_dead().is_some() || host.observed.is_none());
    let units = world
        .units_on(host.id)
        .filter(|unit| unit.wish == UnitWish::Run && !dead);
    let exclusive = units.filter(|unit| {
        let facts = world.service_facts(unit.stack, unit.revision, &unit.service);
        facts.is_none_or(|facts| facts.class == UnitClass::Exclusive)
    });
    exclusive
        .map(|unit| {
            let stack = world.stack(unit.stack).map(|stack| stack.name.to_string());
            format!("{}/{}-{}", stack.unwrap_or_default(), unit.service, unit.number)
        })
        .collect()
}

fn labels_after(
    old: &BTreeMap<String, String>,
    change: &BTreeMap<String, Option<String>>,
) -> Result<BTreeMap<String, String>, Refusal> {
    let mut labels = old.clone();
    for (key, value) in change {
        match value {
            Some(value) => labels.insert(key.clone(), value.clone()),
            None => labels.remove(key),
        };
    }
    labels_fit(&labels)?;
    Ok(labels)
}

/// Refuses labels that no host can have.
pub(super) fn labels_fit(labels: &BTreeMap<String, String>) -> Result<(), Refusal> {
    for (key, value) in labels {
        let bytes = key.len() + value.len();
        let is_odd = key.chars().chain(value.chars()).any(char::is_control);
        if key.is_empty() || bytes > LABEL_BYTES_MAX || is_odd {
            let shown: String = key.chars().take(60).filter(|c| !c.is_control()).collect();
            let allowed = format!("text without control characters, {LABEL_BYTES_MAX} bytes at most");
            return Err(out_of_bounds("a label", format!("`{shown}`"), allowed));
        }
    }
    if labels.len() > LABELS_MAX {
        return Err(out_of_bounds(
            "the number of labels",
            labels.len(),
            format!("at most {LABELS_MAX}"),
        ));
    }
    Ok(())
}
