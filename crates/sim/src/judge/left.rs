//! Once users removed everything, nothing is left of it: no container, no volume, no document.

use std::collections::BTreeSet;

use muster_model::document::Record;
use muster_model::{HostId, Name, Revision};
use muster_store::Entry;

use crate::ledger::Ledger;

/// What is still there. Volumes that were `overlooked` do not count.
pub fn left<'a>(
    ledger: &Ledger,
    volumes: impl IntoIterator<Item = (HostId, &'a String)>,
    entries: &[Entry],
    overlooked: &BTreeSet<String>,
) -> Option<String> {
    if let Some(one) = ledger.standing().next() {
        return Some(format!("{} is still on {}", one.made.name, one.host));
    }
    let mut volumes = volumes
        .into_iter()
        .filter(|(_, volume)| !overlooked.contains(*volume));
    if let Some((host, volume)) = volumes.next() {
        return Some(format!("the volume {volume} is still on {host}"));
    }
    let document = entries.iter().find(|entry| is_of_a_stack(entry, overlooked))?;
    Some(format!("{} is still in the store", document.key))
}

/// Volumes of which a removal could not know, as its server had not seen yet that they were made: nobody ever removes them. An
/// open bug; see the list of those that were found.
pub fn overlooked(entries: &[Entry], removals: &[Removal]) -> BTreeSet<String> {
    let of = |entry: &Entry| match entry.record() {
        Ok(Record::VolumeAssigned(volume)) => Some((volume.engine_name, entry.created)),
        _ => None,
    };
    let missed = |(volume, made): &(String, Revision)| {
        removals.iter().any(|removal| {
            let stack = volume.strip_prefix(removal.stack.as_str());
            stack.is_some_and(|rest| rest.starts_with('_')) && removal.seen < *made && *made <= removal.done
        })
    };
    let volumes = entries.iter().filter_map(of).filter(missed);
    volumes.map(|(volume, _)| volume).collect()
}

/// A stack was removed with its volumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// Its name.
    pub stack: Name,
    /// What the server that proposed it had seen of the store.
    pub seen: Revision,
    /// When it was done.
    pub done: Revision,
}

/// Whether a document is there because of a stack.
fn is_of_a_stack(entry: &Entry, overlooked: &BTreeSet<String>) -> bool {
    match entry.record() {
        Ok(Record::VolumeAssigned(volume)) => !overlooked.contains(&volume.engine_name),
        Ok(
            Record::Stack(_)
            | Record::StackRevision(_)
            | Record::ServiceWish(_)
            | Record::VolumeWish(_)
            | Record::Unit(_)
            | Record::UnitStatus(_)
            | Record::Rollout(_)
            | Record::ServiceAssigned(_),
        ) => true,
        _ => false,
    }
}
