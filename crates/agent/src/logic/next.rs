//! From lanes that were touched to actions that begin.

use muster_model::{Timestamp, UnitId};

use super::decide::{self, BoundView, Decision, Need, Step, UnitView};
use super::marks;
use super::memory::UnitMemory;
use super::shared::{WantedImage, image_key};
use super::status::status;
use super::{Action, AgentCore, Hold, Lane, Output, Page, Weight};
use crate::engine::{Container, Verb};

impl AgentCore {
    /// Begins what can be begun.
    pub(super) fn advance(&mut self, now: Timestamp) {
        self.fence_all(now);
        if !self.view.known {
            return;
        }
        let mut held_back = Vec::new();
        while let Some(lane) = self.lanes.next() {
            // Fences were seen to above; a look at one here would take its alarm away.
            if self.lanes.is_busy(&lane) || matches!(lane, Lane::Fence(..)) {
                continue;
            }
            match self.step(now, &lane) {
                Step::Act(action) if self.lanes.has_room(action.weight()) => self.begin(now, lane, action),
                Step::Act(action) => {
                    marks::OUT_OF_ROOM.reach();
                    held_back.push(lane);
                    if action.weight() == Weight::Work {
                        break;
                    }
                }
                Step::Need(need) => self.wait_for(&lane, need),
                Step::Pause(until) => self.alarms.set(lane, until),
                Step::Rest => self.alarms.clear(&lane),
            }
        }
        held_back
            .into_iter()
            .rev()
            .for_each(|lane| self.lanes.ask_first(lane));
    }

    /// Tells how the touched units are.
    pub(super) fn report(&mut self, now: Timestamp) {
        if !self.view.known {
            return;
        }
        for unit in std::mem::take(&mut self.touched) {
            let hold = self.hold_to_start(now);
            if let Some(status) = self.with_view(now, unit, hold, |view| status(view, &decide::unit(view))) {
                self.reports.set(now, status);
            }
        }
    }

    /// While a newer table is on its way to the disk, no exclusive unit is started: that table may not name it any more.
    fn hold_to_start(&self, now: Timestamp) -> Hold {
        let hold = self.hold(now);
        if self.pages.settled() {
            hold
        } else {
            hold.max(Hold::Ending)
        }
    }

    fn fence_all(&mut self, now: Timestamp) {
        let hold = self.hold(now);
        if hold == Hold::Held {
            return;
        }
        let bound: Vec<UnitId> = self.bound.keys().copied().collect();
        for unit in bound {
            let lane = Lane::Fence(unit, hold);
            if self.lanes.is_busy(&lane) {
                continue;
            }
            match self.fence_step(now, unit, hold) {
                Step::Act(action) => self.begin(now, lane, action),
                Step::Pause(until) => self.alarms.set(lane, until),
                _ => {}
            }
        }
    }

    /// Without a table no container is known to be ours: then each is named.
    fn fence_step(&self, now: Timestamp, unit: UnitId, hold: Hold) -> Step {
        let Some(names) = self.bound.get(&unit) else {
            return Step::Rest;
        };
        let nothing = UnitMemory::default();
        decide::fence(&BoundView {
            now,
            hold,
            names,
            containers: &self.view.of_unit(unit),
            fenced: &self.units.get(&unit).unwrap_or(&nothing).fenced,
            starting: self.starting(unit),
            unseen: self.pages.acting().is_none() || self.view.is_stale(now),
        })
    }

    fn step(&self, now: Timestamp, lane: &Lane) -> Step {
        let Some(page) = self.pages.acting() else {
            return Step::Rest;
        };
        let table = &page.table;
        match lane {
            Lane::Unit(unit) => self.unit_step(now, *unit),
            Lane::Fence(..) => Step::Rest,
            Lane::Network(id) => {
                let entry = self.shared.networks.get(id).cloned().unwrap_or_default();
                let network = table.networks.iter().find(|network| network.network == *id);
                network.map_or(Step::Rest, |network| decide::network(network, &entry, now))
            }
            Lane::Volume(id) => {
                let entry = self.shared.volumes.get(id).cloned().unwrap_or_default();
                table
                    .volumes
                    .get(id)
                    .map_or(Step::Rest, |volume| decide::volume(volume, &entry, now))
            }
            Lane::Image(key) => match self.images.get(key) {
                Some(wanted) => {
                    let entry = self.shared.images.get(key).cloned().unwrap_or_default();
                    decide::image(wanted, &entry, table, now)
                }
                None => Step::Rest,
            },
        }
    }

    fn unit_step(&self, now: Timestamp, unit: UnitId) -> Step {
        let decision = self.with_view(now, unit, self.hold_to_start(now), decide::unit);
        decision.map_or_else(|| self.stray_step(now, unit), |Decision { step, .. }| step)
    }

    /// A unit that the table does not name.
    fn stray_step(&self, now: Timestamp, unit: UnitId) -> Step {
        let tries = self.units.get(&unit).map(|memory| memory.tries);
        match tries.and_then(|tries| tries.waits_until(now)) {
            Some(until) => Step::Pause(until),
            None => decide::sweep(&self.view.of_unit(unit)),
        }
    }

    fn with_view<T>(
        &self,
        now: Timestamp,
        unit: UnitId,
        hold: Hold,
        look: impl FnOnce(&UnitView<'_>) -> T,
    ) -> Option<T> {
        let Page { incarnation, table } = self.pages.acting()?;
        let assignment = table.units.get(&unit)?;
        let containers: Vec<&Container> = self.view.of_unit(unit);
        let nothing = UnitMemory::new(assignment.generation);
        Some(look(&UnitView {
            now,
            platform: incarnation,
            host: self.config.host,
            files: &self.config.files,
            table,
            unit: assignment,
            containers: &containers,
            memory: self.units.get(&unit).unwrap_or(&nothing),
            shared: &self.shared,
            hold,
        }))
    }

    /// The container of the unit that the engine is starting at this moment.
    fn starting(&self, unit: UnitId) -> Option<&str> {
        match self.lanes.under_way(&Lane::Unit(unit)) {
            Some(Action::Engine(Verb::Start { name })) => Some(name),
            _ => None,
        }
    }

    fn wait_for(&mut self, lane: &Lane, need: Need) {
        let Lane::Unit(unit) = lane else { return };
        self.alarms.clear(lane);
        let wanted = match need {
            Need::Network(network) => Lane::Network(network),
            Need::Volume(volume) => Lane::Volume(volume),
            Need::Image {
                image,
                platform,
                fresh,
            } => self.want_image(WantedImage {
                image,
                platform,
                pull: fresh,
            }),
        };
        self.waiters.entry(wanted.clone()).or_default().insert(*unit);
        self.lanes.ask_first(wanted);
    }

    fn want_image(&mut self, wanted: WantedImage) -> Lane {
        let key = image_key(&wanted.image, wanted.platform.as_deref());
        let fresh = wanted.pull;
        self.images.entry(key.clone()).or_insert(wanted).pull |= fresh;
        Lane::Image(key)
    }

    fn begin(&mut self, now: Timestamp, lane: Lane, action: Action) {
        self.alarms.clear(&lane);
        if let Action::Engine(verb) = &action {
            self.note_ending(verb);
        }
        if let (Lane::Fence(unit, _), Action::Engine(Verb::Kill { name, signal })) = (&lane, &action) {
            self.note_fencing(now, *unit, name, signal);
        }
        self.lanes.begin(lane.clone(), action.clone(), self.view.moment());
        self.out.push(Output::Perform { lane, action });
    }

    /// What we end does not end by itself.
    fn note_ending(&mut self, verb: &Verb) {
        let (Verb::Stop { name, .. } | Verb::Kill { name, .. }) = verb else {
            return;
        };
        let Some(owner) = self.view.get(name).map(|container| container.owner.clone()) else {
            return;
        };
        if let Some(memory) = self.units.get_mut(&owner.unit) {
            memory.container_mut(owner.sidekick.as_ref()).stopped = true;
        }
    }

    fn note_fencing(&mut self, now: Timestamp, unit: UnitId, name: &str, signal: &str) {
        let memory = self.units.entry(unit).or_default();
        let fenced = memory.fenced.entry(name.to_owned()).or_default();
        if signal == "SIGKILL" {
            fenced.killed = Some(now);
        } else {
            fenced.asked = true;
        }
    }
}
