//! What the engines really ran: the only witness that judges hear.
//!
//! Simulated engines write here what became of every container, at the moment it did. Nothing in here comes from the
//! platform's own records; what a container is for is read from what the engine was asked to make.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use muster_model::desired::ContainerSpec;
use muster_model::net::PublishedPort;
use muster_model::{Generation, HostId, Name, UnitId};

use crate::time::Moment;

/// One container, as its engine was asked to make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Whose.
    pub unit: UnitId,
    /// Of which generation.
    pub generation: Generation,
    /// The sidekick's name; none is the primary.
    pub sidekick: Option<Name>,
    /// The stack's name.
    pub stack: Name,
    /// The service's name.
    pub service: Name,
    /// Its unit's place in the service.
    pub number: u32,
    /// What it runs.
    pub runs: Arc<ContainerSpec>,
    /// The address that it has in its environment's network.
    pub address: Option<Ipv4Addr>,
    /// Ports that it holds on its host.
    pub ports: Vec<PublishedPort>,
    /// The engine's names of the volumes that it mounts.
    pub volumes: Vec<String>,
}

impl Made {
    /// Its stack's and its service's name.
    pub fn service(&self) -> (Name, Name) {
        (self.stack.clone(), self.service.clone())
    }

    /// Whether it has a check.
    pub fn is_checked(&self) -> bool {
        self.runs.is_checked(false)
    }

    /// How long its files give it until its check passes, if they say so.
    pub fn starts_within_ms(&self) -> Option<u64> {
        self.runs.healthcheck.as_ref()?.start_period_ms
    }
}

/// Who brought something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The platform: its agent asked the engine for it.
    Platform,
    /// Nobody, or somebody by hand.
    Itself,
}

/// What became of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It was made.
    Made(Arc<Made>),
    /// It runs.
    Started,
    /// Its check passes, or does not any more.
    Healthy(bool),
    /// It runs no more.
    Ended(By),
    /// It is gone.
    Removed(By),
    /// It was not started, for another container of the platform on this host holds what it needs.
    Refused,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// On which host.
    pub host: HostId,
    /// The name of the container; a host has at most one of a name at a time.
    pub container: String,
    /// What.
    pub deed: Deed,
}

/// A container that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Where.
    pub host: HostId,
    /// What.
    pub made: Arc<Made>,
    /// Whether it runs.
    pub running: bool,
    /// Whether it is well: it runs, and its check passes if it has one.
    pub healthy: bool,
}

/// All engines' books as one, and what stands after the last entry.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: u64,
    last: Option<Entry>,
    standing: BTreeMap<(HostId, String), Standing>,
}

impl Ledger {
    /// Writes an entry.
    pub fn write(&mut self, entry: Entry) {
        let key = (entry.host, entry.container.clone());
        match &entry.deed {
            Deed::Made(made) => {
                let standing = Standing {
                    host: entry.host,
                    made: made.clone(),
                    running: false,
                    healthy: false,
                };
                self.standing.insert(key, standing);
            }
            Deed::Started => self.change(&key, |one| {
                (one.running, one.healthy) = (true, !one.made.is_checked());
            }),
            Deed::Healthy(passes) => self.change(&key, |one| one.healthy = one.running && *passes),
            Deed::Ended(_) => self.change(&key, |one| (one.running, one.healthy) = (false, false)),
            Deed::Removed(_) => drop(self.standing.remove(&key)),
            Deed::Refused => {}
        }
        self.entries += 1;
        self.last = Some(entry);
    }

    fn change(&mut self, key: &(HostId, String), change: impl FnOnce(&mut Standing)) {
        if let Some(standing) = self.standing.get_mut(key) {
            change(standing);
        }
    }

    /// How many entries there are.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// The last entry, and the container it is about if that still stands.
    pub fn last(&self) -> Option<(&Entry, Option<&Standing>)> {
        let entry = self.last.as_ref()?;
        Some((entry, self.standing.get(&(entry.host, entry.container.clone()))))
    }

    /// Every container that is there, host by host.
    pub fn standing(&self) -> impl Iterator<Item = &Standing> {
        self.standing.values()
    }

    /// Every container that runs, host by host.
    pub fn running(&self) -> impl Iterator<Item = &Standing> {
        self.standing().filter(|standing| standing.running)
    }
}
