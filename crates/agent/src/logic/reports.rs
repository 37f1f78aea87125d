//! What is told of units: only what changed, and steps on the way only when they last.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_model::observed::{Phase, UnitStatus};
use muster_model::{Timestamp, UnitId};

/// A step on the way is told once it lasted this long; mostly the next one comes sooner, and a write is saved.
const STEP_TOLD_AFTER: Duration = Duration::from_millis(250);

/// How units are, and what of it the server knows.
#[derive(Debug, Default)]
pub struct Reports {
    current: BTreeMap<UnitId, UnitStatus>,
    told: BTreeMap<UnitId, UnitStatus>,
    due: BTreeMap<UnitId, Timestamp>,
}

impl Reports {
    /// A unit is so.
    pub fn set(&mut self, now: Timestamp, status: UnitStatus) {
        if self.current.get(&status.unit) == Some(&status) {
            return;
        }
        let due = if is_step(&status) {
            now + STEP_TOLD_AFTER
        } else {
            now
        };
        // What waits already does not wait longer for changing again.
        let due = self.due.get(&status.unit).map_or(due, |before| due.min(*before));
        self.due.insert(status.unit, due);
        self.current.insert(status.unit, status);
    }

    /// A unit is no longer spoken of.
    pub fn forget(&mut self, unit: UnitId) {
        self.current.remove(&unit);
        self.told.remove(&unit);
        self.due.remove(&unit);
    }

    /// All of them, for a hello; from then on the server knows them.
    pub fn all(&mut self) -> Vec<UnitStatus> {
        self.due.clear();
        self.told = self.current.clone();
        self.current.values().cloned().collect()
    }

    /// What the server is to be told now.
    pub fn take_due(&mut self, now: Timestamp) -> Vec<UnitStatus> {
        let due: Vec<_> = self
            .due
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(unit, _)| *unit)
            .collect();
        self.due.retain(|_, at| *at > now);
        let changed: Vec<_> = due
            .iter()
            .filter_map(|unit| self.current.get(unit))
            .filter(|status| self.told.get(&status.unit) != Some(*status))
            .cloned()
            .collect();
        self.told
            .extend(changed.iter().map(|status| (status.unit, status.clone())));
        changed
    }

    /// When something is to be told.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.due.values().min().copied()
    }
}

fn is_step(status: &UnitStatus) -> bool {
    let step = matches!(
        status.phase,
        Phase::Waiting | Phase::Pulling | Phase::Creating | Phase::Starting | Phase::Stopping
    );
    step && status.message.is_none()
}

#[cfg(test)]
mod tests {
    use muster_model::observed::Health;
    use muster_model::{Generation, HostId};

    use super::*;

    fn status(phase: Phase) -> UnitStatus {
        UnitStatus {
            unit: UnitId::new(1, 1),
            host: HostId::new(1, 1),
            generation: Generation(1),
            phase,
            health: Health::None,
            restarts: 0,
            running_since: None,
            message: None,
            containers: vec![],
        }
    }

    #[test]
    fn short_steps_are_not_told() {
        let mut reports = Reports::default();
        reports.set(Timestamp(0), status(Phase::Creating));
        assert_eq!(reports.take_due(Timestamp(100)), []);
        reports.set(Timestamp(100), status(Phase::Running));
        assert_eq!(reports.take_due(Timestamp(100)), [status(Phase::Running)]);
        assert_eq!(reports.wake_at(), None);
        reports.set(Timestamp(200), status(Phase::Stopping));
        reports.set(Timestamp(300), status(Phase::Creating));
        assert_eq!(reports.wake_at(), Some(Timestamp(450)));
        assert_eq!(reports.take_due(Timestamp(450)), [status(Phase::Creating)]);
        reports.set(Timestamp(500), status(Phase::Running));
        reports.set(Timestamp(500), status(Phase::Creating));
        assert_eq!(reports.take_due(Timestamp(500)), [], "as it was told before");
    }

    #[test]
    fn a_hello_tells_all() {
        let mut reports = Reports::default();
        reports.set(Timestamp(0), status(Phase::Creating));
        assert_eq!(reports.all(), [status(Phase::Creating)]);
        assert_eq!(reports.take_due(Timestamp(1_000)), []);
    }
}
