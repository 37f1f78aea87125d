//! What the engine tells and answers, put into the pictures the core keeps.

use std::time::Duration;

use muster_model::Timestamp;
use muster_model::desired::RestartPace;
use muster_model::link::{FromAgent, Progress};
use muster_model::observed::Health;
use muster_model::{UnitId, WallTime};

use super::marks;
use super::memory::UnitMemory;
use super::shared::image_of;
use super::view::Changed;
use super::{AgentCore, Lane};
use crate::engine::{Container, ContainerChange, ContainerState, EngineEvent, Failure, Owner};

/// How far a pull is, is told at most this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

impl AgentCore {
    pub(super) fn engine_back(&mut self) {
        self.view.up = true;
        self.facts.engine_error = None;
        self.tell_facts();
        self.shared.doubt_all();
        self.units.values_mut().for_each(|memory| memory.tries.hurry());
        self.look();
    }

    pub(super) fn engine_gone(&mut self, failure: &Failure) {
        self.view.gone(self.now);
        self.judged = true;
        self.set_engine_error(Some(failure.to_string()));
    }

    /// A list that fails tells that the engine hangs, which nothing else may tell for long.
    pub(super) fn look_failed(&mut self, now: Timestamp, failure: &Failure) {
        self.view.look_failed(now);
        self.judged = true;
        self.set_engine_error(Some(failure.to_string()));
    }

    fn set_engine_error(&mut self, error: Option<String>) {
        if self.facts.engine_error != error {
            self.facts.engine_error = error;
            self.tell_facts();
        }
    }

    pub(super) fn looked(&mut self, now: Timestamp, containers: Vec<Container>) {
        let ours: Vec<Container> = containers
            .into_iter()
            .filter(|container| self.is_ours(&container.owner))
            .collect();
        if !self.judged && ours.iter().any(|container| container.state.is_alive()) {
            marks::ADOPTED.reach();
        }
        let (changes, again) = self.view.looked(now, ours);
        self.judged = true;
        if self.view.up {
            self.set_engine_error(None);
        }
        changes.into_iter().for_each(|change| self.changed(now, change));
        self.shared.doubt_missing_images();
        self.forget_pulls();
        self.touch_all();
        if again {
            self.look();
        }
    }

    fn is_ours(&self, owner: &Owner) -> bool {
        let page = self.pages.acting();
        owner.host == self.config.host && page.is_some_and(|page| page.incarnation == owner.platform)
    }

    /// Looks at everything, as if nothing had ever been told.
    fn touch_all(&mut self) {
        let Some(page) = self.pages.acting().cloned() else {
            return;
        };
        page.table
            .networks
            .iter()
            .for_each(|network| self.lanes.ask_first(Lane::Network(network.network)));
        page.table
            .volumes
            .keys()
            .for_each(|volume| self.lanes.ask_first(Lane::Volume(*volume)));
        let strays: Vec<_> = self
            .view
            .units()
            .filter(|unit| !page.table.units.contains_key(unit))
            .collect();
        page.table
            .units
            .keys()
            .copied()
            .chain(strays)
            .for_each(|unit| self.touch(unit));
    }

    pub(super) fn event(&mut self, now: Timestamp, event: EngineEvent) {
        match event {
            EngineEvent::Images => {
                self.shared.images_came();
                self.forget_pulls();
                let waiting: Vec<UnitId> = self.waiters.values().flatten().copied().collect();
                let failing = self
                    .units
                    .keys()
                    .copied()
                    .filter(|unit| self.view.of_unit(*unit).is_empty());
                let units: Vec<_> = waiting.into_iter().chain(failing).collect();
                units.into_iter().for_each(|unit| self.touch(unit));
            }
            EngineEvent::Container { name, id, change, at } => match self.view.get(&name) {
                Some(known) if known.id == id => self.container_event(now, &name, change, at),
                // Of a container whose name has gone to another, or one we have not seen: a look tells.
                _ if change == ContainerChange::Started => self.look(),
                _ => {}
            },
        }
    }

    /// An image that was missing is looked for before it is pulled; who waits says again what it waits for.
    fn forget_pulls(&mut self) {
        self.images.values_mut().for_each(|wanted| wanted.pull = false);
    }

    fn container_event(&mut self, now: Timestamp, name: &str, change: ContainerChange, at: WallTime) {
        let Some(known) = self.view.get(name).cloned() else {
            return;
        };
        let change = match (change, known.state) {
            (ContainerChange::Started, state) => {
                let running = self.running(&known.owner, Some(at));
                self.view.learn_state(name, running.after(state))
            }
            (ContainerChange::Ended { code }, _) => {
                let out_of_memory = self
                    .memory_of(&known.owner)
                    .container(known.owner.sidekick.as_ref())
                    .out_of_memory;
                self.view
                    .learn_state(name, ContainerState::Exited { code, out_of_memory })
            }
            (ContainerChange::OutOfMemory, _) => {
                self.memory_of(&known.owner)
                    .container_mut(known.owner.sidekick.as_ref())
                    .out_of_memory = true;
                None
            }
            (ContainerChange::Health(health), ContainerState::Running { since, .. }) => self
                .view
                .learn_state(name, ContainerState::Running { health, since }),
            (ContainerChange::Health(_), _) => None,
            (ContainerChange::Removed, _) => self.view.forget(name),
        };
        change.into_iter().for_each(|change| self.changed(now, change));
    }

    /// What a container has just begun as.
    pub(super) fn running(&self, owner: &Owner, since: Option<WallTime>) -> ContainerState {
        let unit = self
            .pages
            .acting()
            .and_then(|page| page.table.units.get(&owner.unit));
        let part = unit.and_then(|unit| {
            unit.containers
                .iter()
                .find(|part| part.sidekick == owner.sidekick)
        });
        let checked = part.is_some_and(|part| {
            let image_has_check = self.shared.image_has_check(&image_of(&part.spec));
            part.spec.is_checked(image_has_check)
        });
        let health = if checked { Health::Starting } else { Health::None };
        ContainerState::Running { health, since }
    }

    pub(super) fn memory_of(&mut self, owner: &Owner) -> &mut UnitMemory {
        self.units
            .entry(owner.unit)
            .or_insert_with(|| UnitMemory::new(owner.generation))
    }

    /// How soon a container may be started again, if it is still wished.
    fn pace_of(&self, owner: &Owner) -> RestartPace {
        let table = self.pages.acting().map(|page| &page.table);
        let unit = table.and_then(|table| table.units.get(&owner.unit));
        let mut parts = unit.into_iter().flat_map(|unit| &unit.containers);
        let part = parts.find(|part| part.sidekick == owner.sidekick);
        part.map(|part| part.spec.restart_pace).unwrap_or_default()
    }

    /// A container is not as it was: whether it began or ended is seen here, however that was learned.
    pub(super) fn changed(&mut self, now: Timestamp, change: Changed) {
        let alive = |container: &Option<Container>| container.as_ref().is_some_and(|c| c.state.is_alive());
        let (was, is) = (alive(&change.before), alive(&change.after));
        let Some(container) = change.after.or(change.before) else {
            return;
        };
        let pace = self.pace_of(&container.owner);
        let by_watchdog = self.watchdog.ended(&container.id, is);
        let memory = self.memory_of(&container.owner);
        if !was && is {
            memory.fenced.remove(&container.name);
        }
        if memory.generation == container.owner.generation {
            let sidekick = container.owner.sidekick.as_ref();
            if by_watchdog {
                memory.container_mut(sidekick).ended_by_watchdog();
            }
            match (was, is) {
                (false, true) => memory.started(sidekick, now),
                (true, false) => {
                    let code = match container.state {
                        ContainerState::Exited { code, .. } => code,
                        _ => None,
                    };
                    memory.container_mut(sidekick).ended(now, code, pace);
                }
                _ => {}
            }
        }
        self.touch(container.owner.unit);
    }

    pub(super) fn pulling(&mut self, now: Timestamp, lane: &Lane, bytes: u64, total: u64) {
        let Lane::Image(image) = lane else { return };
        let told = self.told_progress.get(lane);
        if told.is_some_and(|at| now < *at + PROGRESS_EVERY) || !self.link.is_welcome() {
            return;
        }
        self.told_progress.insert(lane.clone(), now);
        let units = self.waiters.get(lane).cloned().unwrap_or_default();
        for unit in units {
            self.send(FromAgent::Progress(Progress {
                unit,
                image: image.clone(),
                bytes,
                total,
            }));
        }
    }
}
