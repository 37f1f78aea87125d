//! When to look at which lane again.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Timestamp;

use super::Lane;

/// One alarm per lane at most.
#[derive(Debug, Default)]
pub struct Alarms {
    by_lane: BTreeMap<Lane, Timestamp>,
    by_time: BTreeSet<(Timestamp, Lane)>,
}

impl Alarms {
    /// Sets the lane's alarm, instead of the one it had.
    pub fn set(&mut self, lane: Lane, at: Timestamp) {
        self.clear(&lane);
        self.by_lane.insert(lane.clone(), at);
        self.by_time.insert((at, lane));
    }

    /// The lane needs none.
    pub fn clear(&mut self, lane: &Lane) {
        if let Some(at) = self.by_lane.remove(lane) {
            self.by_time.remove(&(at, lane.clone()));
        }
    }

    /// A lane whose alarm is due; its alarm is cleared.
    pub fn take_due(&mut self, now: Timestamp) -> Option<Lane> {
        self.by_time.first().filter(|(at, _)| *at <= now)?;
        let (_, lane) = self.by_time.pop_first()?;
        self.by_lane.remove(&lane);
        Some(lane)
    }

    /// The next alarm.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.by_time.first().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use muster_model::UnitId;

    use super::*;

    #[test]
    fn the_last_setting_counts() {
        let (a, b) = (Lane::Unit(UnitId::new(1, 1)), Lane::Unit(UnitId::new(1, 2)));
        let mut alarms = Alarms::default();
        alarms.set(a.clone(), Timestamp(5));
        alarms.set(b.clone(), Timestamp(7));
        alarms.set(a.clone(), Timestamp(9));
        assert_eq!(alarms.wake_at(), Some(Timestamp(7)));
        assert_eq!(alarms.take_due(Timestamp(8)), Some(b));
        assert_eq!(alarms.take_due(Timestamp(8)), None);
        alarms.clear(&a);
        assert_eq!(alarms.wake_at(), None);
    }
}
