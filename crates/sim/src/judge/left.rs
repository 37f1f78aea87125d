//! Once users removed everything, nothing is left of it: no container, no volume, no document.

use muster_model::HostId;
use muster_model::document::Record;
use muster_store::Entry;

use crate::ledger::Ledger;

/// What is still there.
pub fn left<'a>(
    ledger: &Ledger,
    volumes: impl IntoIterator<Item = (HostId, &'a String)>,
    entries: &[Entry],
) -> Option<String> {
    if let Some(one) = ledger.standing().next() {
        return Some(format!("{} is still on {}", one.made.name, one.host));
    }
    if let Some((host, volume)) = volumes.into_iter().next() {
        return Some(format!("the volume {volume} is still on {host}"));
    }
    let document = entries.iter().find(|entry| is_of_a_stack(entry))?;
    Some(format!("{} is still in the store", document.key))
}

/// Whether a document is there because of a stack.
fn is_of_a_stack(entry: &Entry) -> bool {
    matches!(
        entry.record(),
        Ok(Record::Stack(_)
            | Record::StackRevision(_)
            | Record::ServiceWish(_)
            | Record::VolumeAssigned(_)
            | Record::VolumeWish(_)
            | Record::Unit(_)
            | Record::UnitStatus(_)
            | Record::Rollout(_)
            | Record::ServiceAssigned(_))
    )
}
