//! Images that cannot be pulled: which they are is told, and what is copied from another host is waited for.

use std::collections::BTreeSet;

use muster_model::UnitId;
use muster_model::assigned::UnitWish;
use muster_model::desired::{ContainerSpec, PullPolicy};
use muster_model::link::UnitAssignment;

use super::AgentCore;
use super::shared::image_of;
use crate::engine::EngineEvent;

impl AgentCore {
    /// Tells which images units here wait for in vain.
    pub(super) fn tell_images(&mut self) {
        let missing: BTreeSet<String> = self.wanting(|spec| {
            spec.pull == PullPolicy::Missing && self.shared.unpulled.contains(&image_of(spec))
        });
        if self.facts.missing_images != missing {
            self.facts.missing_images = missing;
            self.tell_facts();
        }
    }

    /// References, with tags, of the images that units here are made of and `such` is so of.
    fn wanting(&self, such: impl Fn(&ContainerSpec) -> bool) -> BTreeSet<String> {
        let units = self.pages.acting().map(|page| page.table.units.values());
        let wanted = units
            .into_iter()
            .flatten()
            .filter(|unit| unit.wish == UnitWish::Run);
        let containers = wanted.flat_map(|unit| &unit.containers);
        containers
            .filter(|part| such(&part.spec))
            .map(|part| part.spec.image.tagged())
            .collect()
    }

    /// A copy goes on, or is over: then it is looked whether the image is there, and the registry is asked again.
    pub(super) fn copying(&mut self, image: String, words: Option<String>) {
        let units = self.units_of_image(&image);
        match words {
            Some(words) => drop(self.shared.copies.insert(image, words)),
            None => {
                self.shared.copies.remove(&image);
                self.event(self.now, EngineEvent::Images);
            }
        }
        units.into_iter().for_each(|unit| self.touch(unit));
    }

    fn units_of_image(&self, image: &str) -> Vec<UnitId> {
        let units = self.pages.acting().map(|page| page.table.units.values());
        let made_of = |unit: &UnitAssignment| {
            let mut parts = unit.containers.iter();
            parts.any(|part| part.spec.image.tagged() == image)
        };
        let units = units.into_iter().flatten();
        units.filter(|unit| made_of(unit)).map(|unit| unit.unit).collect()
    }
}
