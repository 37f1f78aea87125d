//! What the agent remembers of a unit beside what the engine shows.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_model::desired::{RestartPace, RestartPolicy};
use muster_model::limits::RESTART_BACKOFF_RESET;
use muster_model::{Generation, Name, Timestamp};

use super::Backoff;
use crate::engine::ContainerState;

/// Lives as long as the unit's generation and the agent's process; all of it can be lost without harm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitMemory {
    /// The generation it is about.
    pub generation: Generation,
    /// Failed actions in a row.
    pub tries: Backoff,
    /// What the last failed action said, until one succeeds.
    pub failure: Option<String>,
    /// How often its containers were started again.
    pub restarts: u32,
    /// Its secrets and configs are in place, in this boot.
    pub files_placed: bool,
    /// Images that were pulled for a create to come, where the policy says always.
    pub pulled: BTreeSet<String>,
    /// Its containers, the primary under no name.
    pub containers: BTreeMap<Option<Name>, ContainerMemory>,
    /// What the lease did to its containers since each last began, by the engine's names.
    pub fenced: BTreeMap<String, Fenced>,
}

/// What the lease did to a container.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fenced {
    /// It was asked to end.
    pub asked: bool,
    /// When it was last ended by force.
    pub killed: Option<Timestamp>,
    /// The engine said that it is not there or does not run.
    pub dead: bool,
}

/// What is remembered of one container of a unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContainerMemory {
    /// How often it ended in a row, and how long it waits.
    pub ends: Backoff,
    /// When it was first seen running, since it last began to.
    pub began: Option<Timestamp>,
    /// We ended it: it did not end by itself.
    pub stopped: bool,
    /// The watchdog did, in our place.
    pub by_watchdog: bool,
    /// It ended and was not started since.
    pub ended: bool,
    /// The kernel is ending it for want of memory.
    pub out_of_memory: bool,
    /// How often it was started again.
    pub restarts: u32,
    /// How often since a run that went well.
    pub attempts: u32,
    /// It cannot be started as it was made: what it was made for is gone. Only making it anew helps.
    pub unusable: bool,
    /// How it last ended, while it is not there or does not run.
    pub last_exit: Option<Option<i64>>,
}

/// What becomes of a container that does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is to run.
    Again,
    /// It did what it should and stays as it is.
    Finished,
}

impl UnitMemory {
    /// For a new unit or generation.
    pub fn new(generation: Generation) -> Self {
        Self {
            generation,
            ..Self::default()
        }
    }

    /// What is remembered of a container.
    pub fn container(&self, sidekick: Option<&Name>) -> ContainerMemory {
        self.containers
            .get(&sidekick.cloned())
            .cloned()
            .unwrap_or_default()
    }

    /// The same, to change it.
    pub fn container_mut(&mut self, sidekick: Option<&Name>) -> &mut ContainerMemory {
        self.containers.entry(sidekick.cloned()).or_default()
    }

    /// An action failed.
    pub fn failed(&mut self, now: Timestamp, failure: String) {
        self.tries.fail(now, Duration::ZERO, Duration::ZERO);
        self.failure = Some(failure);
    }

    /// A container was started, so what failed before is over.
    pub fn started(&mut self, sidekick: Option<&Name>, now: Timestamp) {
        self.tries.reset();
        self.failure = None;
        if self.container_mut(sidekick).started(now) {
            self.restarts = self.restarts.saturating_add(1);
        }
    }
}

impl ContainerMemory {
    /// It runs. Says whether it had ended before.
    pub fn started(&mut self, now: Timestamp) -> bool {
        let again = self.ended;
        *self = Self {
            ends: self.ends,
            restarts: self.restarts.saturating_add(u32::from(again)),
            attempts: self.attempts.saturating_add(u32::from(again)),
            began: Some(now),
            ..Self::default()
        };
        again
    }

    /// It does not run any more.
    pub fn ended(&mut self, now: Timestamp, code: Option<i64>, pace: RestartPace) {
        let ran = self
            .began
            .take()
            .map_or(RESTART_BACKOFF_RESET, |began| now.since(began));
        if self.stopped {
            self.ends.reset();
        } else {
            self.ends.fail(now, ran, pace.delay());
        }
        if pace.went_well(ran) {
            self.attempts = 0;
        }
        self.ended = true;
        self.last_exit = Some(code);
    }

    /// It ended because the watchdog ended it, whenever that is heard.
    pub fn ended_by_watchdog(&mut self) {
        (self.stopped, self.by_watchdog) = (true, true);
        if self.ended {
            self.ends.reset();
        }
    }

    /// What becomes of it, by its policy.
    pub fn verdict(&self, policy: RestartPolicy, state: Option<ContainerState>) -> Verdict {
        let code = match state {
            Some(ContainerState::Exited { code, .. }) => code,
            None => match self.last_exit {
                Some(code) => code,
                None => return Verdict::Again,
            },
            Some(_) => return Verdict::Again,
        };
        let finished = match policy {
            RestartPolicy::Always => false,
            RestartPolicy::No => true,
            RestartPolicy::AtMost(most) => self.attempts >= most,
            RestartPolicy::OnFailure(most) => {
                code == Some(0) || most.is_some_and(|most| self.attempts >= most)
            }
        };
        if finished && !self.stopped {
            Verdict::Finished
        } else {
            Verdict::Again
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exited(code: i64) -> Option<ContainerState> {
        Some(ContainerState::Exited {
            code: Some(code),
            out_of_memory: false,
        })
    }

    #[test]
    fn policies() {
        let mut memory = ContainerMemory::default();
        let on_failure = RestartPolicy::OnFailure(Some(2));
        for (policy, state, wanted) in [
            (RestartPolicy::Always, exited(0), Verdict::Again),
            (RestartPolicy::No, exited(1), Verdict::Finished),
            (RestartPolicy::No, None, Verdict::Again),
            (RestartPolicy::No, Some(ContainerState::Created), Verdict::Again),
            (on_failure, exited(0), Verdict::Finished),
            (on_failure, exited(3), Verdict::Again),
        ] {
            assert_eq!(memory.verdict(policy, state), wanted, "{policy:?} {state:?}");
        }
        for _ in 0..2 {
            memory.started(Timestamp(0));
            memory.ended(Timestamp(1), Some(3), RestartPace::default());
        }
        assert_eq!(
            memory.verdict(on_failure, exited(3)),
            Verdict::Again,
            "one restart of two"
        );
        memory.started(Timestamp(2));
        memory.ended(Timestamp(3), Some(3), RestartPace::default());
        assert_eq!(memory.verdict(on_failure, exited(3)), Verdict::Finished);
        assert_eq!(
            memory.verdict(RestartPolicy::No, None),
            Verdict::Finished,
            "ended and then removed by hand"
        );
    }

    #[test]
    fn a_run_that_went_well_ends_the_count() {
        let pace = RestartPace {
            window_ms: Some(1_000),
            ..RestartPace::default()
        };
        let most_one = RestartPolicy::AtMost(1);
        let mut memory = ContainerMemory::default();
        memory.started(Timestamp(0));
        for (began, ended, wanted) in [
            (0, 5_000, Verdict::Again),
            (6_000, 6_999, Verdict::Finished),
            (7_000, 8_000, Verdict::Again),
        ] {
            memory.started(Timestamp(began));
            memory.ended(Timestamp(ended), Some(0), pace);
            assert_eq!(memory.verdict(most_one, exited(0)), wanted, "ended at {ended}");
        }
        assert_eq!(memory.restarts, 2);
    }

    #[test]
    fn what_we_stopped_did_not_end_by_itself() {
        let mut memory = ContainerMemory::default();
        memory.started(Timestamp(0));
        memory.stopped = true;
        memory.ended(Timestamp(1), Some(0), RestartPace::default());
        assert_eq!(memory.verdict(RestartPolicy::No, exited(0)), Verdict::Again);
        assert_eq!(memory.ends.waits_until(Timestamp(1)), None);
    }
}
