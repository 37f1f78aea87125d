use std::path::Path;
use std::sync::Arc;

use muster_model::assigned::UnitWish;
use muster_model::desired::UnitClass;
use muster_model::link::{ContainerAssignment, Table, UnitAssignment};
use muster_model::observed::Phase;
use muster_model::{HostId, Timestamp};

use super::sweep::last;
use super::{Decision, Step, remove};
use crate::engine::{Container, ContainerState, CreateContainer, Owner, Verb};
use crate::files;
use crate::logic::marks;
use crate::logic::memory::{UnitMemory, Verdict};
use crate::logic::shared::Shared;
use crate::logic::{Action, Hold};

/// All that the next step of a unit depends on.
#[derive(Debug, Clone, Copy)]
pub struct UnitView<'a> {
    /// The moment.
    pub now: Timestamp,
    /// The platform's incarnation.
    pub platform: &'a str,
    /// This host.
    pub host: HostId,
    /// Where secrets and configs are put.
    pub files: &'a files::Places,
    /// The table the unit is of.
    pub table: &'a Table,
    /// What is wished.
    pub unit: &'a Arc<UnitAssignment>,
    /// Its containers, of every generation.
    pub containers: &'a [&'a Container],
    /// What is remembered of it.
    pub memory: &'a UnitMemory,
    /// How far the things are that it shares with others.
    pub shared: &'a Shared,
    /// What the lease allows, should it be exclusive.
    pub hold: Hold,
}

/// The next step of a unit.
pub fn unit(view: &UnitView<'_>) -> Decision {
    let gone = view.unit.wish == UnitWish::Remove;
    if gone && view.containers.is_empty() {
        return Decision::new(Phase::Gone, Step::Rest);
    }
    if let Some(until) = view.memory.tries.waits_until(view.now) {
        marks::TRIES_BACKOFF.reach();
        let phase = if gone { Phase::Stopping } else { Phase::Backoff };
        return Decision::new(phase, Step::Pause(until)).because(view.memory.failure.clone());
    }
    if gone {
        return view.removal();
    }
    view.old_generation()
        .unwrap_or_else(|| view.running())
        .or_failure(view.memory)
}

impl Decision {
    /// While it is tried again, what went wrong before still stands.
    fn or_failure(self, memory: &UnitMemory) -> Self {
        let done = matches!(self.phase, Phase::Running | Phase::Finished);
        if self.message.is_some() || done {
            self
        } else {
            self.because(memory.failure.clone())
        }
    }
}

impl<'a> UnitView<'a> {
    fn removal(&self) -> Decision {
        let step =
            last(self.containers).map_or(Step::Rest, |container| remove(container, self.grace(container)));
        Decision::new(Phase::Stopping, step).because(self.memory.failure.clone())
    }

    /// Containers of another generation hold the unit's address and ports: they go first.
    fn old_generation(&self) -> Option<Decision> {
        let old: Vec<_> = self
            .containers
            .iter()
            .copied()
            .filter(|container| !self.is_current(container))
            .collect();
        let container = last(&old)?;
        marks::OLD_GENERATION.reach();
        Some(Decision::new(Phase::Creating, remove(container, None)))
    }

    fn is_current(&self, container: &Container) -> bool {
        let owner = &container.owner;
        let wished = self
            .unit
            .containers
            .iter()
            .any(|part| part.sidekick == owner.sidekick);
        wished && owner.generation == self.unit.generation && owner.spec == self.unit.spec.to_string()
    }

    fn running(&self) -> Decision {
        let Some((primary, sidekicks)) = self.unit.containers.split_first() else {
            return Decision::new(Phase::Finished, Step::Rest);
        };
        let state = self.state(primary);
        if state.is_some_and(ContainerState::is_alive) {
            return self.beside(primary, sidekicks);
        }
        if let Some(sidekick) = self.in_the_way(state, sidekicks) {
            marks::SIDEKICK_IN_THE_WAY.reach();
            return Decision::new(Phase::Starting, sidekick);
        }
        self.bring_up(primary)
    }

    /// Sidekicks live in the primary's network: when it ends they end, and when it is made anew so are they.
    fn in_the_way(&self, primary: Option<ContainerState>, sidekicks: &[ContainerAssignment]) -> Option<Step> {
        let there = || sidekicks.iter().rev().filter_map(|part| self.find(part));
        let alive = there().find(|container| container.state.is_alive());
        let anew = matches!(primary, None | Some(ContainerState::Dead));
        let other = || there().next().filter(|_| anew);
        alive
            .or_else(other)
            .map(|container| remove(container, self.grace(container)))
    }

    /// The primary runs; the first sidekick that has something to do says what is next.
    fn beside(&self, primary: &ContainerAssignment, sidekicks: &[ContainerAssignment]) -> Decision {
        let mut all = vec![Decision::new(Phase::Running, Step::Rest)];
        all.extend(
            sidekicks
                .iter()
                .map(|part| self.bring_up(part))
                .filter(|d| d.phase != Phase::Finished),
        );
        let urgency = |decision: &Decision| match decision.step {
            Step::Act(_) => 0,
            Step::Need(_) => 1,
            Step::Pause(until) => 2 + until.0,
            Step::Rest => {
                if decision.phase == Phase::Running {
                    u64::MAX
                } else {
                    u64::MAX - 1
                }
            }
        };
        let next = all.into_iter().min_by_key(urgency);
        next.unwrap_or_else(|| self.bring_up(primary))
    }

    /// The next step of one container, whose primary, if it is another, runs.
    fn bring_up(&self, part: &ContainerAssignment) -> Decision {
        let state = self.state(part);
        let memory = self.memory.container(part.sidekick.as_ref());
        match state {
            Some(alive) if alive.is_alive() => return Decision::new(Phase::Running, Step::Rest),
            Some(made) if memory.unusable || made == ContainerState::Dead => {
                marks::MADE_ANEW.reach();
                return Decision::new(Phase::Creating, self.remove_part(part));
            }
            _ if memory.verdict(part.spec.restart, state) == Verdict::Finished => {
                return Decision::new(Phase::Finished, Step::Rest);
            }
            _ => {}
        }
        if self.unit.class == UnitClass::Exclusive && self.hold != Hold::Held {
            marks::LEASE_WAITS.reach();
            let mut why = "it is exclusive, and starts once a server renews this host's lease".to_owned();
            if memory.by_watchdog {
                why.push_str("; the watchdog ended it when the lease was over");
            }
            return Decision::new(Phase::Waiting, Step::Rest).because(Some(why));
        }
        if let Some(until) = memory.ends.waits_until(self.now) {
            marks::BACKOFF.reach();
            return Decision::new(Phase::Backoff, Step::Pause(until))
                .because(how_it_ended(&memory.last_exit, memory.out_of_memory));
        }
        match state {
            None => self.create(part),
            Some(_) => self.with_files(
                || Verb::Start {
                    name: self.name(part),
                },
                Phase::Starting,
            ),
        }
    }

    fn create(&self, part: &ContainerAssignment) -> Decision {
        // Of all its containers, so that the primary does not run alone while a sidekick's image is on its way.
        let missing = self
            .unit
            .containers
            .iter()
            .filter(|part| self.find(part).is_none());
        if let Some(decision) = missing.into_iter().find_map(|part| self.needs(part)) {
            return decision;
        }
        self.with_files(|| self.plan(part), Phase::Creating)
    }

    fn with_files(&self, verb: impl FnOnce() -> Verb, phase: Phase) -> Decision {
        let action = if self.memory.files_placed || self.unit.blobs_needed().next().is_none() {
            Action::Engine(verb())
        } else {
            Action::PlaceFiles {
                unit: self.unit.clone(),
            }
        };
        Decision::new(phase, Step::Act(action))
    }

    fn plan(&self, part: &ContainerAssignment) -> Verb {
        let path = |at| files::path(self.files, self.unit, part, at);
        Verb::Create(Box::new(CreateContainer {
            owner: Owner::of(self.platform, self.host, self.unit, part.sidekick.as_ref()),
            unit: self.unit.clone(),
            spec: part.spec.clone(),
            files: (0..part.spec.files.len())
                .map(|at| path_text(&path(at)))
                .collect(),
        }))
    }

    fn remove_part(&self, part: &ContainerAssignment) -> Step {
        Step::Act(Action::Engine(Verb::Remove {
            name: self.name(part),
        }))
    }

    fn name(&self, part: &ContainerAssignment) -> String {
        crate::engine::labels::container_name(self.unit.unit, self.unit.generation, part.sidekick.as_ref())
    }

    fn find(&self, part: &ContainerAssignment) -> Option<&'a Container> {
        let fits =
            |container: &&&Container| container.owner.sidekick == part.sidekick && self.is_current(container);
        self.containers.iter().find(fits).copied()
    }

    fn state(&self, part: &ContainerAssignment) -> Option<ContainerState> {
        self.find(part).map(|container| container.state)
    }

    fn grace(&self, container: &Container) -> Option<std::time::Duration> {
        let part = self
            .unit
            .containers
            .iter()
            .find(|part| part.sidekick == container.owner.sidekick);
        part.map(|part| part.spec.stop_grace())
    }
}

fn how_it_ended(last_exit: &Option<Option<i64>>, out_of_memory: bool) -> Option<String> {
    let code = (*last_exit)?;
    let how = code.map_or_else(
        || "it ended".to_owned(),
        |code| format!("it ended with exit code {code}"),
    );
    Some(if out_of_memory {
        format!("{how}: it ran out of memory; raise its limit")
    } else {
        how
    })
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
