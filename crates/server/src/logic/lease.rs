//! How long a lease one session gives, and how that length changes.
//!
//! The longest lease that the host's agent may hold stands in its session record: it is raised there, committed, before a
//! longer one is sent; and lowered only when the agent has confirmed that it holds a shorter one, or the longer one has
//! surely run out. Whoever moves an exclusive unit waits for what stands there. Planned stops and changed settings are this
//! one rule.

use std::time::Duration;

use muster_model::Timestamp;
use muster_model::limits::LEASE_MARGIN;

/// What one session has given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lease {
    /// The first heartbeat since which none was acknowledged with more than this, milliseconds.
    shorter: Option<(u64, u64)>,
    /// The agent has acted on one of those.
    confirmed: bool,
    /// What is longer may be out until then.
    longer_until: Timestamp,
}

impl Lease {
    /// A session begins. An earlier one may have given as much as the record says, up to now.
    pub(super) fn begun(now: Timestamp, recorded_ms: u64) -> Self {
        Self {
            longer_until: end(now, recorded_ms),
            ..Self::default()
        }
    }

    /// With how much a heartbeat is acknowledged when the record says one and somebody wishes another.
    pub(super) fn grant(&mut self, now: Timestamp, sequence: u64, recorded_ms: u64, wished_ms: u64) -> u64 {
        let granted = recorded_ms.min(wished_ms);
        if granted == recorded_ms {
            *self = Self::begun(now, recorded_ms);
        } else if self.shorter.is_none_or(|(_, ms)| ms < granted) {
            (self.shorter, self.confirmed) = (Some((sequence, granted)), false);
        }
        granted
    }

    /// The agent says which acknowledgement it acted on last.
    pub(super) fn confirmed(&mut self, acknowledged: u64) {
        self.confirmed |= self.shorter.is_some_and(|(since, _)| acknowledged >= since);
    }

    /// What the record should say instead of what it says.
    pub(super) fn recorded(&self, now: Timestamp, recorded_ms: u64, wished_ms: u64) -> Option<u64> {
        if wished_ms > recorded_ms {
            return Some(wished_ms);
        }
        let (_, shorter_ms) = self.shorter?;
        let is_given_up = self.confirmed || now >= self.longer_until;
        (is_given_up && shorter_ms < recorded_ms).then_some(shorter_ms)
    }
}

fn end(from: Timestamp, lease_ms: u64) -> Timestamp {
    from + Duration::from_millis(lease_ms) + LEASE_MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: u64 = 1_800_000;
    const USUAL: u64 = 60_000;

    #[test]
    fn a_longer_one_is_recorded_before_it_is_given() {
        let mut lease = Lease::begun(Timestamp(0), USUAL);
        assert_eq!(lease.recorded(Timestamp(0), USUAL, LONG), Some(LONG));
        assert_eq!(lease.grant(Timestamp(0), 1, USUAL, LONG), USUAL);
        assert_eq!(lease.grant(Timestamp(0), 2, LONG, LONG), LONG);
        assert_eq!(lease.recorded(Timestamp(0), LONG, LONG), None);
    }

    #[test]
    fn a_shorter_one_is_recorded_when_the_agent_has_acted_on_it() {
        let mut lease = Lease::begun(Timestamp(0), LONG);
        lease.confirmed(9);
        assert_eq!(lease.grant(Timestamp(0), 4, LONG, USUAL), USUAL);
        lease.confirmed(3);
        assert_eq!(
            lease.recorded(Timestamp(9), LONG, USUAL),
            None,
            "it acted on an earlier one"
        );
        lease.confirmed(4);
        assert_eq!(lease.recorded(Timestamp(9), LONG, USUAL), Some(USUAL));
    }

    #[test]
    fn a_shorter_one_is_recorded_when_the_longer_one_has_surely_run_out() {
        let mut lease = Lease::begun(Timestamp(5), LONG);
        lease.grant(Timestamp(6), 1, LONG, USUAL);
        let end = end(Timestamp(5), LONG);
        assert_eq!(lease.recorded(end - Duration::from_millis(1), LONG, USUAL), None);
        assert_eq!(lease.recorded(end, LONG, USUAL), Some(USUAL));
    }

    #[test]
    fn what_was_confirmed_before_a_longer_one_was_given_does_not_count() {
        let mut lease = Lease::begun(Timestamp(0), LONG);
        lease.grant(Timestamp(0), 1, LONG, USUAL);
        lease.confirmed(1);
        lease.grant(Timestamp(0), 2, LONG, LONG);
        lease.grant(Timestamp(0), 3, LONG, USUAL);
        lease.confirmed(1);
        assert_eq!(lease.recorded(Timestamp(0), LONG, USUAL), None);
        lease.confirmed(3);
        assert_eq!(lease.recorded(Timestamp(0), LONG, USUAL), Some(USUAL));
    }

    #[test]
    fn wishing_still_less_has_to_be_confirmed_anew_for_more_only() {
        let mut lease = Lease::begun(Timestamp(0), LONG);
        lease.grant(Timestamp(0), 1, LONG, 30_000);
        lease.confirmed(1);
        lease.grant(Timestamp(0), 2, LONG, USUAL);
        assert_eq!(
            lease.recorded(Timestamp(0), LONG, USUAL),
            None,
            "the agent may hold a minute by now"
        );
    }
}
