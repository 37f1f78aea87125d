//! The store as this server knows it.

use std::collections::BTreeSet;

use muster_control::{Subject, TablePart, Versioned, World};
use muster_model::assigned::Leader;
use muster_model::desired::{EpochCounter, HostWish};
use muster_model::document::{Document, DocumentError, Record};
use muster_model::observed::HostObserved;
use muster_model::{HostId, Revision};
use muster_store::{Event, Snapshot, WatchBatch};

/// A world that follows the store's watch, revision by revision.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    world: World,
    open: bool,
}

/// Whom a batch touches.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// For the leader's agenda.
    pub(super) subjects: Vec<Subject>,
    /// For the tables of hosts.
    pub(super) tables: Vec<TablePart>,
    /// Hosts whose membership or session record changed.
    pub(super) hosts: BTreeSet<HostId>,
}

impl Mirror {
    pub(super) fn world(&self) -> &World {
        &self.world
    }

    pub(super) fn revision(&self) -> Revision {
        self.world.revision()
    }

    /// Whether decisions may rest on it: it is whole, and nobody is filling the store from a backup.
    pub(super) fn is_open(&self) -> bool {
        self.open && self.world.platform().is_some() && !self.is_loading()
    }

    /// Whether somebody is filling the store from a backup.
    pub(super) fn is_loading(&self) -> bool {
        self.world.platform().is_some_and(|platform| platform.loading)
    }

    pub(super) fn epochs(&self) -> Option<&Versioned<EpochCounter>> {
        self.world.epochs()
    }

    pub(super) fn leader(&self) -> Option<&Versioned<Leader>> {
        self.world.leader()
    }

    pub(super) fn observed(&self, host: HostId) -> Option<&Versioned<HostObserved>> {
        self.world.host(host)?.observed
    }

    pub(super) fn wish(&self, host: HostId) -> Option<&Versioned<HostWish>> {
        self.world.host(host)?.wish
    }

    /// Begins anew with all there is; gives back what it was before.
    pub(super) fn load(&mut self, snapshot: Snapshot) -> Result<World, DocumentError> {
        self.open = false;
        let mut world = World::default();
        for entry in snapshot.entries {
            let record = Record::decode(entry.key.as_str(), &entry.value)?;
            world.apply(entry.modified, entry.key.as_str(), Some(record));
        }
        world.reach(snapshot.revision);
        self.open = true;
        Ok(std::mem::replace(&mut self.world, world))
    }

    /// Follows one commit; none if it is in already.
    pub(super) fn apply(&mut self, batch: WatchBatch) -> Result<Option<Seen>, DocumentError> {
        if !self.open || batch.revision <= self.world.revision() {
            return Ok(None);
        }
        let changes = batch
            .events
            .into_iter()
            .map(decode)
            .collect::<Result<Vec<_>, _>>()?;
        let mut seen = Seen::default();
        for (key, record) in changes {
            let touched = self.world.apply(batch.revision, key.as_str(), record);
            seen.subjects.extend(touched.subjects);
            seen.tables.extend(touched.tables);
            seen.hosts.extend(host_of(key.as_str()));
        }
        self.world.reach(batch.revision);
        Ok(Some(seen))
    }

    /// Stops following until it is loaded again.
    pub(super) fn close(&mut self) {
        self.open = false;
    }
}

fn decode(event: Event) -> Result<(muster_store::Key, Option<Record>), DocumentError> {
    match event {
        Event::Put(entry) => {
            Record::decode(entry.key.as_str(), &entry.value).map(|record| (entry.key, Some(record)))
        }
        Event::Delete { key } => Ok((key, None)),
    }
}

fn host_of(key: &str) -> Option<HostId> {
    let id = key
        .strip_prefix(HostObserved::PREFIX)
        .or_else(|| key.strip_prefix(HostWish::PREFIX))?;
    id.parse().ok()
}
