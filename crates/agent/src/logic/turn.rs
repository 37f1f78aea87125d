//! From one page to the next: what changes with it.

use muster_model::assigned::UnitWish;
use muster_model::{Generation, UnitId};

use super::lease::binds;
use super::memory::UnitMemory;
use super::shared::image_of;
use super::{AgentCore, Lane, Output, Page};

impl AgentCore {
    /// The page acted on is another one now.
    pub(super) fn turn_page(&mut self, before: Option<Page>) {
        let Some(page) = self.pages.acting().cloned() else {
            return;
        };
        let before = before.unwrap_or_default();
        if before.incarnation != page.incarnation {
            self.view.forget_all();
            self.look();
        }
        self.turn_shared(&before, &page);
        for (id, unit) in &page.table.units {
            if before.table.units.get(id) != Some(unit) {
                self.remember_anew(*id, unit.generation);
                self.touch(*id);
            }
        }
        for id in before
            .table
            .units
            .keys()
            .filter(|id| !page.table.units.contains_key(id))
        {
            self.units.remove(id);
            self.reports.forget(*id);
            self.touch(*id);
        }
        self.bind(binds(&page.table));
        self.abandon_pulls();
        self.tell_volumes();
        self.tell_images();
    }

    fn remember_anew(&mut self, unit: UnitId, generation: Generation) {
        let memory = self
            .units
            .entry(unit)
            .or_insert_with(|| UnitMemory::new(generation));
        if memory.generation != generation {
            *memory = UnitMemory::new(generation);
        }
        // Its wish may be another: what failed before may go well now.
        memory.tries.hurry();
    }

    fn turn_shared(&mut self, before: &Page, page: &Page) {
        let (old, new) = (&before.table, &page.table);
        let networks = &mut self.shared.networks;
        networks.retain(|id, _| {
            new.networks
                .iter()
                .any(|n| n.network == *id && old.networks.contains(n))
        });
        self.shared
            .volumes
            .retain(|id, _| new.volumes.contains_key(id) && old.volumes.get(id) == new.volumes.get(id));
        new.networks
            .iter()
            .for_each(|network| self.lanes.ask_first(Lane::Network(network.network)));
        new.volumes
            .keys()
            .for_each(|volume| self.lanes.ask_first(Lane::Volume(*volume)));
        if old.credentials != new.credentials {
            self.shared
                .images
                .values_mut()
                .for_each(|entry| entry.tries.hurry());
            self.images
                .keys()
                .for_each(|image| self.lanes.ask(Lane::Image(image.clone())));
        }
    }

    /// Pulls that no unit waits for any more are given up.
    fn abandon_pulls(&mut self) {
        let Some(page) = self.pages.acting().cloned() else {
            return;
        };
        let wants = |unit: &UnitId, image: &str| {
            page.table.units.get(unit).is_some_and(|unit| {
                let mut images = unit.containers.iter().map(|part| image_of(&part.spec));
                unit.wish == UnitWish::Run && images.any(|other| other == image)
            })
        };
        let mut idle = Vec::new();
        for (lane, waiters) in &mut self.waiters {
            let Lane::Image(image) = lane else { continue };
            waiters.retain(|unit| wants(unit, image));
            if waiters.is_empty() {
                idle.push(lane.clone());
            }
        }
        for lane in idle {
            self.waiters.remove(&lane);
            if let Lane::Image(image) = &lane {
                self.images.remove(image);
            }
            if self.lanes.is_busy(&lane) {
                self.out.push(Output::Abandon { lane });
            }
        }
    }
}
