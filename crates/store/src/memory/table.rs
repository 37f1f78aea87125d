//! A whole store as one value, without clock, lock or task.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use muster_model::{RequestId, Revision, Timestamp};

use crate::commit::{Commit, Committed};
use crate::decide::{Meta, decide, next};
use crate::entry::{Entry, Incarnation, LeaseId, Snapshot};
use crate::error::{StoreError, WatchError};
use crate::key::{Key, Range};
use crate::lease::Leases;
use crate::log::{Found, Log};
use crate::watch::{Event, WatchBatch};

/// The synchronous heart of [`crate::MemoryStore`]: the same promises as [`crate::Store`], as plain calls.
#[derive(Debug)]
pub struct Table {
    incarnation: Incarnation,
    revision: Revision,
    entries: BTreeMap<Key, Entry>,
    requests: BTreeMap<RequestId, Revision>,
    leases: Leases,
    leases_given: u64,
    log: Log,
}

impl Table {
    /// An empty table at revision 0.
    pub fn new(incarnation: Incarnation) -> Self {
        Self {
            incarnation,
            revision: Revision(0),
            entries: BTreeMap::new(),
            requests: BTreeMap::new(),
            leases: Leases::default(),
            leases_given: 0,
            log: Log::default(),
        }
    }

    /// As [`crate::Store::incarnation`].
    pub fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// The latest revision.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// As [`crate::Store::read`].
    pub fn read(&self, range: &Range) -> Snapshot {
        let (from, to) = range.bounds();
        let bounds = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        let entries = self
            .entries
            .range::<str, _>(bounds)
            .map(|(_, entry)| entry.clone())
            .collect();
        Snapshot {
            revision: self.revision,
            entries,
        }
    }

    /// As [`crate::Store::commit`].
    pub fn commit(&mut self, commit: &Commit) -> Result<Committed, StoreError> {
        commit.check()?;
        if let Some(revision) = commit
            .request
            .as_ref()
            .and_then(|request| self.committed(request))
        {
            return Ok(Committed {
                revision,
                already: true,
            });
        }
        let present = |key: &Key| self.entries.get(key).map(Meta::of);
        let changes = decide(commit, next(self.revision), present, |lease| {
            self.leases.is_held(lease)
        })?;
        self.apply(changes.into_iter().map(|change| change.event).collect());
        if let Some(request) = &commit.request {
            self.requests.insert(request.clone(), self.revision);
        }
        Ok(Committed {
            revision: self.revision,
            already: false,
        })
    }

    /// As [`crate::Store::committed`].
    pub fn committed(&self, request: &RequestId) -> Option<Revision> {
        self.requests.get(request).copied()
    }

    /// The first batch after `after` in `range`; `None` if there is none yet.
    pub fn next_batch(&self, range: &Range, after: Revision) -> Result<Option<WatchBatch>, WatchError> {
        match self.log.find(range, after) {
            Found::Batch(batch) => Ok(Some(batch)),
            Found::Nothing(_) => Ok(None),
            Found::Behind(oldest) => Err(WatchError::Compacted { oldest }),
        }
    }

    /// As [`crate::Store::lease`].
    pub fn lease(&mut self, ttl: Duration, now: Timestamp) -> LeaseId {
        self.leases_given += 1;
        let lease = LeaseId(self.leases_given);
        self.leases.hold(lease, ttl, now);
        lease
    }

    /// As [`crate::Store::renew`].
    pub fn renew(&mut self, lease: LeaseId, now: Timestamp) -> Result<(), StoreError> {
        if self.leases.renew(lease, now) {
            Ok(())
        } else {
            Err(StoreError::LeaseGone { lease })
        }
    }

    /// As [`crate::Store::revoke`].
    pub fn revoke(&mut self, lease: LeaseId) {
        if !self.leases.end(lease) {
            return;
        }
        let held = self.entries.values().filter(|entry| entry.lease == Some(lease));
        let events = held
            .map(|entry| Event::Delete {
                key: entry.key.clone(),
            })
            .collect();
        self.apply(events);
    }

    /// Ends every lease whose time is over.
    pub fn expire(&mut self, now: Timestamp) {
        while let Some(lease) = self.leases.due(now) {
            self.revoke(lease);
        }
    }

    /// When to call [`Table::expire`] next.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.leases.wake_at()
    }

    /// As [`crate::Store::compact`].
    pub fn compact(&mut self, upto: Revision) {
        self.log.forget(upto);
        self.requests.retain(|_, revision| *revision > upto);
    }

    fn apply(&mut self, events: Vec<Event>) {
        if events.is_empty() {
            return;
        }
        self.revision = next(self.revision);
        for event in &events {
            match event {
                Event::Put(entry) => self.entries.insert(entry.key.clone(), entry.clone()),
                Event::Delete { key } => self.entries.remove(key),
            };
        }
        self.log.push(WatchBatch {
            revision: self.revision,
            events,
        });
    }
}
