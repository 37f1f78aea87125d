//! The lease: until when this host may run its exclusive units.
//!
//! It counts on `CLOCK_BOOTTIME` from when the acknowledged heartbeat was *sent*, so that the server, which counts from
//! when it acknowledged, always waits longer. At 0.8 of its length exclusive units are asked to end, at 0.93 they are
//! ended; they start again only under a lease that a session renewed since. The record of it survives a restart of the
//! agent and means nothing after a restart of the machine. It says whom the lease binds, so that an agent whose notebook
//! is lost ends them in time too, and by which ids the engine knows their containers, so that the watchdog ends them
//! where neither agent nor engine can.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_model::desired::UnitClass;
use muster_model::link::{Table, UnitAssignment};
use muster_model::{Generation, SessionId, Timestamp, UnitId};
use serde::{Deserialize, Serialize};

use crate::engine::labels::container_name;

/// Asks a container to end whose file does not name another signal.
pub const ASKING: &str = "SIGTERM";

/// A lease as it is kept beside the notebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseRecord {
    /// The boot in which its times count.
    pub boot: String,
    /// The session that gave it.
    pub session: SessionId,
    /// When the acknowledged heartbeat was sent.
    pub sent: Timestamp,
    /// Its length, milliseconds.
    pub lease_ms: u64,
    /// Whom it binds, as far as the agent knew when it was kept.
    #[serde(default)]
    pub binds: Binds,
    /// Their containers, as far as they were there. One is in here before it is first started.
    #[serde(default)]
    pub containers: BoundContainers,
}

/// The units that a lease binds: the engine's names of their containers, and the signals that ask those to end.
pub type Binds = BTreeMap<UnitId, BTreeMap<String, String>>;

/// The engine's ids of the containers that a lease binds.
pub type BoundContainers = BTreeMap<UnitId, BTreeSet<String>>;

/// Whom of a table a lease binds.
pub fn binds(table: &Table) -> Binds {
    let exclusive = table
        .units
        .values()
        .filter(|unit| unit.class == UnitClass::Exclusive);
    exclusive.map(|unit| (unit.unit, names(unit))).collect()
}

/// What its containers are called: those of its generation, and those of the one before, which may not have ended yet.
fn names(unit: &UnitAssignment) -> BTreeMap<String, String> {
    let Generation(current) = unit.generation;
    let generations = [current, current.saturating_sub(1)];
    let named = unit.containers.iter().flat_map(|part| {
        let signal = part.spec.stop_signal.as_deref().unwrap_or(ASKING);
        generations.map(|generation| {
            let name = container_name(unit.unit, Generation(generation), part.sidekick.as_ref());
            (name, signal.to_owned())
        })
    });
    named.collect()
}

/// What exclusive units may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// Run and start.
    Held,
    /// They are asked to end.
    Ending,
    /// They are ended by force.
    Over,
}

impl LeaseRecord {
    /// What exclusive units may do at `now`.
    pub fn hold(&self, now: Timestamp) -> Hold {
        if now >= self.over_at() {
            Hold::Over
        } else if now >= self.ending_at() {
            Hold::Ending
        } else {
            Hold::Held
        }
    }

    /// When the watchdog ends what still runs by it: shortly after the agent should have.
    ///
    /// Another host may start such a unit when the whole length and [`muster_model::limits::LEASE_MARGIN`] have passed by
    /// the server's clock, which counts from later. At 0.95 the whole length has not passed by any clock that runs within
    /// 5 % of this one, so that the margin is left whole for the ending itself.
    pub fn watchdog_at(&self) -> Timestamp {
        self.sent + self.part(95)
    }

    /// When it changes next after `now`.
    pub fn changes_at(&self, now: Timestamp) -> Option<Timestamp> {
        [self.ending_at(), self.over_at()]
            .into_iter()
            .find(|at| *at > now)
    }

    fn ending_at(&self) -> Timestamp {
        self.sent + self.part(80)
    }

    fn over_at(&self) -> Timestamp {
        self.sent + self.part(93)
    }

    fn part(&self, percent: u64) -> Duration {
        Duration::from_millis(self.lease_ms.saturating_mul(percent) / 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lease(sent: u64, lease_ms: u64) -> LeaseRecord {
        LeaseRecord {
            boot: String::new(),
            session: SessionId::new(1, 1),
            sent: Timestamp(sent),
            lease_ms,
            binds: Binds::new(),
            containers: BoundContainers::new(),
        }
    }

    #[test]
    fn ends_in_two_steps_counted_from_the_sending() {
        let lease = lease(1_000, 15_000);
        assert_eq!(lease.hold(Timestamp(12_999)), Hold::Held);
        assert_eq!(lease.hold(Timestamp(13_000)), Hold::Ending);
        assert_eq!(lease.hold(Timestamp(14_949)), Hold::Ending);
        assert_eq!(lease.hold(Timestamp(14_950)), Hold::Over);
    }

    #[test]
    fn the_watchdog_comes_after_the_agent_and_before_any_other_host() {
        use muster_model::limits::LEASE_MARGIN;
        for lease_ms in [5_000, 15_000, 60_000, 1_800_000] {
            let lease = lease(1_000, lease_ms);
            let (agent, dog) = (lease.over_at().0 - 1_000, lease.watchdog_at().0 - 1_000);
            let margin = u64::try_from(LEASE_MARGIN.as_millis()).unwrap();
            assert!(agent + 100 <= dog, "{lease_ms}: the agent is not given its time");
            // This host's clock runs 5 % slow: so much has passed for the server.
            let passed = dog * 100 / 95;
            assert!(passed + margin <= lease_ms + margin, "{lease_ms}: {passed}");
        }
    }

    #[test]
    fn a_record_of_an_older_agent_is_read() {
        let old = r#"{"boot":"b","session":"session-1-1","sent":7,"lease_ms":15000,"binds":{"unit-1-1":{"unit-1-1-1":"SIGTERM"}}}"#;
        let read: LeaseRecord = serde_json::from_str(old).unwrap();
        assert_eq!((read.binds.len(), read.containers.len()), (1, 0));
    }

    proptest! {
        #[test]
        fn it_only_goes_forward_and_is_over_before_its_end(sent in 0_u64..1 << 40, length in 100_u64..1 << 32) {
            let lease = lease(sent, length);
            let end = lease.sent + Duration::from_millis(length);
            let (mut at, mut holds) = (lease.sent, vec![lease.hold(lease.sent)]);
            while let Some(next) = lease.changes_at(at) {
                at = next;
                holds.push(lease.hold(at));
            }
            prop_assert_eq!(holds, vec![Hold::Held, Hold::Ending, Hold::Over]);
            prop_assert!(at < end);
        }
    }
}
