//! Hosts: cordon, labels, name, removal.

use std::collections::BTreeMap;

use muster_control::{Versioned, World};
use muster_model::desired::HostWish;
use muster_model::{Name, Refusal};
use muster_store::Commit;

use super::{
    Author, Denial, Proposal, alone_in, exists, not_found, out_of_bounds, proposal, remove, replace, still_at,
};

/// Labels of one host, and bytes of each: they are looked at for every placement.
const LABELS_MAX: usize = 200;
const LABEL_BYTES_MAX: usize = 1_024;

/// What to change about a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostChange {
    /// Whether nothing new is placed on it.
    pub cordoned: Option<bool>,
    /// Labels to set, or to remove; others stay.
    pub labels: BTreeMap<String, Option<String>>,
    /// Its new name.
    pub name: Option<Name>,
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
    let cordoned = change.cordoned.unwrap_or(old.cordoned);
    let renamed = name != old.name;
    let new = HostWish {
        name,
        labels,
        cordoned,
        ..(*old.doc).clone()
    };
    let mut commit = replace(Commit::new(), old, &new)?;
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
    Ok(proposal(author, remove(Commit::new(), old)?, ()))
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
