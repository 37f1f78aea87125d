//! What actions answered, put into the pictures the core keeps.

use muster_model::link::FromAgent;
use muster_model::{Timestamp, UnitId};

use super::lanes::UnderWay;
use super::marks;
use super::shared::{Image, image_of};
use super::{Action, AgentCore, Lane, decide};
use crate::engine::{Answer, Container, ContainerState, Failure, Owner, Verb};

impl AgentCore {
    pub(super) fn done(&mut self, now: Timestamp, lane: Lane, result: Result<Answer, Failure>) {
        let Some(under_way) = self.lanes.end(&lane) else {
            return;
        };
        if result.as_ref().is_err_and(Failure::maybe_done) {
            marks::MAYBE_DONE.reach();
            self.look();
        }
        match &lane {
            Lane::Unit(unit) => self.unit_done(now, *unit, under_way, result),
            Lane::Fence(unit, _) => self.fence_done(now, *unit, &under_way, result),
            // The table may be another since: what was done then says nothing of what is wanted now.
            Lane::Network(_) | Lane::Volume(_) if !self.is_wanted(&lane, &under_way.action) => {}
            Lane::Network(network) => {
                let entry = self.shared.networks.entry(*network).or_default();
                entry.settle(now, result.map(drop));
            }
            Lane::Volume(volume) => {
                let entry = self.shared.volumes.entry(*volume).or_default();
                entry.settle(now, result.map(drop));
                self.tell_volumes();
            }
            Lane::Image(image) => self.image_done(now, &image.clone(), &lane, &under_way, result),
        }
        self.lanes.ask_first(lane.clone());
        if !matches!(lane, Lane::Unit(_) | Lane::Fence(..)) {
            let waiting = self.waiters.remove(&lane).unwrap_or_default();
            waiting.into_iter().for_each(|unit| self.touch(unit));
        }
    }

    /// Whether this is what the table wants of a network or volume.
    fn is_wanted(&self, lane: &Lane, action: &Action) -> bool {
        let Some(page) = self.pages.acting() else {
            return false;
        };
        let wanted = match lane {
            Lane::Network(id) => {
                let mut networks = page.table.networks.iter();
                let network = networks.find(|network| network.network == *id);
                network.map(decide::make_network)
            }
            Lane::Volume(id) => page.table.volumes.get(id).map(decide::settle_volume),
            _ => None,
        };
        matches!((wanted, action), (Some(wanted), Action::Engine(verb)) if wanted == *verb)
    }

    fn image_done(
        &mut self,
        now: Timestamp,
        image: &str,
        lane: &Lane,
        under_way: &UnderWay,
        result: Result<Answer, Failure>,
    ) {
        self.told_progress.remove(lane);
        let pulled = matches!(under_way.action, Action::Engine(Verb::Pull { .. }));
        if pulled && result.is_ok() {
            for unit in self.waiters.get(lane).into_iter().flatten() {
                if let Some(memory) = self.units.get_mut(unit) {
                    memory.pulled.insert(image.to_owned());
                }
            }
        }
        self.images.remove(image);
        match &result {
            Ok(Answer::Image(Some(_))) => drop(self.shared.unpulled.remove(image)),
            Err(Failure::Pull { .. } | Failure::NoSuchImage { .. }) if pulled => {
                self.shared.unpulled.insert(image.to_owned());
            }
            _ => {}
        }
        let entry = self.shared.images.entry(image.to_owned()).or_default();
        match result {
            Ok(Answer::Image(Some(facts))) => entry.is(Image::Present(facts)),
            // That it is not here does not mean that pulling it will go better than the last time.
            Ok(_) => entry.state = Some(Image::Absent),
            Err(Failure::Abandoned) => {}
            Err(failure) => entry.failed(now, failure.to_string()),
        }
        self.tell_images();
    }

    fn fence_done(
        &mut self,
        now: Timestamp,
        unit: UnitId,
        under_way: &UnderWay,
        result: Result<Answer, Failure>,
    ) {
        if let (Action::Engine(Verb::Kill { name, .. }), Err(failure)) = (&under_way.action, &result) {
            let dead = matches!(
                failure,
                Failure::NoSuchContainer { .. } | Failure::NotRunning { .. }
            );
            if let Some(memory) = self.units.get_mut(&unit).filter(|_| dead) {
                memory.fenced.entry(name.clone()).or_default().dead = true;
            }
            self.learn_from_failure(now, name, failure);
        }
        self.touch(unit);
    }

    fn unit_done(
        &mut self,
        now: Timestamp,
        unit: UnitId,
        under_way: UnderWay,
        result: Result<Answer, Failure>,
    ) {
        self.touched.insert(unit);
        match (under_way.action, result) {
            (Action::Engine(verb), Ok(answer)) => self.verb_done(now, verb, answer, under_way.since),
            (Action::PlaceFiles { .. }, Ok(_)) => {
                if let Some(memory) = self.units.get_mut(&unit) {
                    memory.files_placed = true;
                }
            }
            (action, Err(failure)) => self.action_failed(now, unit, &action, &failure),
        }
    }

    fn verb_done(&mut self, now: Timestamp, verb: Verb, answer: Answer, since: u64) {
        let changed = match (verb, answer) {
            (Verb::Create(create), Answer::Created { id }) => {
                let memory = self.memory_of(&create.owner);
                memory.pulled.remove(&image_of(&create.spec));
                memory.container_mut(create.sidekick()).unusable = false;
                let (name, owner) = (create.name(), create.owner.clone());
                Some(self.view.learn(Container {
                    id,
                    name,
                    owner,
                    state: ContainerState::Created,
                }))
            }
            // Events came first and know better: it may have ended already.
            (Verb::Start { name }, _) if self.spoken_of(&name, since) => {
                marks::EVENT_BEFORE_ANSWER.reach();
                None
            }
            (Verb::Start { name }, answer) => {
                self.view.get(&name).map(|c| c.owner.clone()).and_then(|owner| {
                    let at = if let Answer::Started { at } = answer {
                        Some(at)
                    } else {
                        None
                    };
                    let running = self.running(&owner, at);
                    self.view.learn_state(&name, running)
                })
            }
            (Verb::Stop { name, .. }, _) if self.is_alive(&name) => self.view.learn_state(
                &name,
                ContainerState::Exited {
                    code: None,
                    out_of_memory: false,
                },
            ),
            (Verb::Remove { name }, _) => self.view.forget(&name),
            _ => None,
        };
        changed.into_iter().for_each(|change| self.changed(now, change));
    }

    fn spoken_of(&self, name: &str, since: u64) -> bool {
        let fresh = self
            .view
            .get(name)
            .is_some_and(|container| container.state != ContainerState::Created);
        fresh && self.view.touched_since(name, since)
    }

    fn is_alive(&self, name: &str) -> bool {
        self.view
            .get(name)
            .is_some_and(|container| container.state.is_alive())
    }

    fn action_failed(&mut self, now: Timestamp, unit: UnitId, action: &Action, failure: &Failure) {
        match action {
            Action::Engine(Verb::Start { name }) => self.start_failed(name, failure),
            Action::Engine(Verb::Create(create)) => {
                self.doubt(&create.owner, failure, &image_of(&create.spec))
            }
            Action::Engine(verb) => {
                let learned = verb
                    .container()
                    .is_some_and(|name| self.learn_from_failure(now, &name, failure));
                if learned {
                    return;
                }
            }
            Action::PlaceFiles { .. } => {}
        }
        if let (Failure::NoContent { .. }, true) = (failure, self.link.may_resync(now)) {
            self.send(FromAgent::Resync);
        }
        if let Some(memory) = self.units.get_mut(&unit) {
            memory.failed(now, failure.to_string());
        }
    }

    /// A container can outlive the network it was made in, and a sidekick its primary: the engine then finds what it
    /// wants gone. Whether it is the container itself, a look tells.
    fn start_failed(&mut self, name: &str, failure: &Failure) {
        if !matches!(
            failure,
            Failure::NoSuchContainer { .. } | Failure::NoSuchNetwork { .. }
        ) {
            return;
        }
        marks::NETWORK_GONE.reach();
        self.look();
        if let Some(owner) = self.view.get(name).map(|container| container.owner.clone()) {
            self.doubt(&owner, failure, "");
            let memory = self.memory_of(&owner);
            memory.container_mut(owner.sidekick.as_ref()).unusable = true;
        }
    }

    /// Whether the failure says that the container is not as we thought, which is all there is to it.
    fn learn_from_failure(&mut self, now: Timestamp, name: &str, failure: &Failure) -> bool {
        if matches!(failure, Failure::NotRunning { .. }) {
            marks::ENDED_BEFORE_STOP.reach();
        }
        let change = match failure {
            Failure::NoSuchContainer { .. } => self.view.forget(name),
            Failure::NotRunning { .. } if self.is_alive(name) => self.view.learn_state(
                name,
                ContainerState::Exited {
                    code: None,
                    out_of_memory: false,
                },
            ),
            _ => return false,
        };
        // How it ended stands in a list.
        self.look();
        change.into_iter().for_each(|change| self.changed(now, change));
        true
    }

    /// Something that was there for a create is not there any more.
    fn doubt(&mut self, owner: &Owner, failure: &Failure, image: &str) {
        match failure {
            Failure::NoSuchImage { .. } => drop(self.shared.images.remove(image)),
            Failure::NoSuchNetwork { .. } => {
                let unit = self
                    .pages
                    .acting()
                    .and_then(|page| page.table.units.get(&owner.unit));
                if let Some(network) = unit.and_then(|unit| unit.network.as_ref()) {
                    self.shared.networks.remove(&network.network);
                }
            }
            _ => {}
        }
    }
}
