//! Which leases are held and until when.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_model::Timestamp;

use crate::entry::LeaseId;

/// Leases with their deadlines. Time is an argument, in `CLOCK_BOOTTIME`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Leases {
    held: BTreeMap<LeaseId, Held>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    ttl: Duration,
    deadline: Timestamp,
}

impl Leases {
    /// Starts `lease`.
    pub(crate) fn hold(&mut self, lease: LeaseId, ttl: Duration, now: Timestamp) {
        self.held.insert(
            lease,
            Held {
                ttl,
                deadline: now + ttl,
            },
        );
    }

    /// Starts the time of `lease` anew; false if it is not held.
    pub(crate) fn renew(&mut self, lease: LeaseId, now: Timestamp) -> bool {
        let Some(held) = self.held.get_mut(&lease) else {
            return false;
        };
        held.deadline = now + held.ttl;
        true
    }

    pub(crate) fn is_held(&self, lease: LeaseId) -> bool {
        self.held.contains_key(&lease)
    }

    /// Ends `lease`; false if it was not held.
    pub(crate) fn end(&mut self, lease: LeaseId) -> bool {
        self.held.remove(&lease).is_some()
    }

    /// A lease whose time is over.
    pub(crate) fn due(&self, now: Timestamp) -> Option<LeaseId> {
        self.held
            .iter()
            .find(|(_, held)| held.deadline <= now)
            .map(|(lease, _)| *lease)
    }

    /// When the next lease runs out.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        self.held.values().map(|held| held.deadline).min()
    }
}
