//! Whether a commit may happen, and what it then changes: the one decision that every store of ours shares.

use muster_model::Revision;

use crate::commit::{Commit, Precondition, Write};
use crate::entry::{Entry, LeaseId};
use crate::error::StoreError;
use crate::key::Key;
use crate::watch::Event;

/// What must be known of a present key to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meta {
    pub(crate) created: Revision,
    pub(crate) modified: Revision,
    pub(crate) lease: Option<LeaseId>,
}

impl Meta {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self {
            created: entry.created,
            modified: entry.modified,
            lease: entry.lease,
        }
    }
}

/// A change that may be made, and the revision that wrote what it replaces; 0 if it replaces nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) event: Event,
    pub(crate) previous: Revision,
}

/// What `commit` changes if it becomes revision `next`; maybe nothing.
pub(crate) fn decide(
    commit: &Commit,
    next: Revision,
    present: impl Fn(&Key) -> Option<Meta>,
    is_held: impl Fn(LeaseId) -> bool,
) -> Result<Vec<Change>, StoreError> {
    for precondition in &commit.preconditions {
        let found = present(precondition.key()).map(|meta| meta.modified);
        if !holds(precondition, found) {
            return Err(StoreError::Conflict {
                key: precondition.key().clone(),
                found,
            });
        }
    }
    let mut changes = Vec::with_capacity(commit.writes.len());
    for write in &commit.writes {
        let before = present(write.key());
        let previous = before.map_or(Revision(0), |meta| meta.modified);
        match write {
            Write::Put {
                lease: Some(lease), ..
            } if !is_held(*lease) => return Err(StoreError::LeaseGone { lease: *lease }),
            Write::Put { key, value, lease } => {
                let created = before.map_or(next, |meta| meta.created);
                let (key, value) = (key.clone(), value.clone());
                let event = Event::Put(Entry {
                    key,
                    value,
                    created,
                    modified: next,
                    lease: *lease,
                });
                changes.push(Change { event, previous });
            }
            Write::Delete { key } if before.is_some() => {
                changes.push(Change {
                    event: Event::Delete { key: key.clone() },
                    previous,
                });
            }
            Write::Delete { .. } => {}
        }
    }
    Ok(changes)
}

fn holds(precondition: &Precondition, found: Option<Revision>) -> bool {
    match precondition {
        Precondition::Absent(_) => found.is_none(),
        Precondition::At(_, expected) => found == Some(*expected),
        Precondition::Exists(_) => found.is_some(),
    }
}

/// The revision after `revision`.
pub(crate) fn next(revision: Revision) -> Revision {
    Revision(revision.0.saturating_add(1))
}
