//! Who had a bad time when. Some promises hold only without faults, or only some time after them.

use std::collections::BTreeMap;

use muster_model::HostId;

use crate::time::Moment;

/// The times at which something was wrong, host by host; and since when no server is there.
#[derive(Debug, Default)]
pub struct Troubles {
    hosts: BTreeMap<HostId, Moment>,
    everywhere: Option<Moment>,
    servers: Option<Moment>,
    servers_gone: Option<Moment>,
    /// Nobody leads, or is about to.
    unled: bool,
}

impl Troubles {
    /// Something is wrong on a host until then.
    pub fn host(&mut self, host: HostId, until: Moment) {
        let before = self.hosts.entry(host).or_default();
        *before = until.max(*before);
    }

    /// Something is wrong everywhere until then.
    pub fn all(&mut self, until: Moment) {
        self.everywhere = self.everywhere.max(Some(until));
    }

    /// A server came or went; whether any is there now, and whether one leads.
    pub fn servers(&mut self, now: Moment, any: bool, led: bool) {
        (self.servers, self.unled) = (Some(now), !led);
        self.servers_gone = if any {
            None
        } else {
            self.servers_gone.or(Some(now))
        };
    }

    /// Whether nothing was wrong on a host for so long.
    pub fn is_calm(&self, host: HostId, now: Moment, for_ms: u64) -> bool {
        let over = |until: Moment| now >= until && now.since(until) >= for_ms;
        self.everywhere.is_none_or(over) && self.hosts.get(&host).is_none_or(|until| over(*until))
    }

    /// Whether nothing was wrong on any host for so long.
    pub fn all_calm(&self, now: Moment, for_ms: u64) -> bool {
        let over = |until: Moment| now >= until && now.since(until) >= for_ms;
        self.everywhere.is_none_or(over) && self.hosts.values().all(|until| over(*until))
    }

    /// Since when there is no server.
    pub const fn servers_gone(&self) -> Option<Moment> {
        self.servers_gone
    }

    /// Whether what was wished at `at` may not be followed yet within so long: while nobody leads, nothing is.
    pub fn is_of_late(&self, at: Moment, now: Moment, for_ms: u64) -> bool {
        let since = self.servers.map_or(at, |changed| changed.max(at));
        self.unled || now.since(since) <= for_ms
    }
}
