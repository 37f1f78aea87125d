//! What happens to containers without anybody asking the engine for it.

use std::time::Duration;

use muster_model::WallTime;
use muster_model::observed::Health;

use super::{Change, Engine, Later, STUBBORN};
use crate::ledger::Deed;

impl Engine {
    /// The machine begins again: whatever ran has ended; maybe nothing is left of containers, or of networks.
    pub fn boot_anew(&mut self, at: WallTime, loses_containers: bool, loses_networks: bool) {
        self.fake.now = at;
        if loses_containers {
            let names: Vec<String> = self.fake.names().into_iter().map(str::to_owned).collect();
            names.iter().for_each(|name| self.fake.remove_by_hand(name));
        }
        if loses_networks {
            for name in std::mem::take(&mut self.networks) {
                self.fake.remove_network(&name);
            }
        }
        // Nobody listened yet.
        self.fake.take_events();
    }

    /// A program gets stuck: it does not end when it is asked to, and its check finds that out, for a while.
    pub fn gets_stuck(&mut self, name: &str, for_ms: u64) {
        let Some(program) = self.asked.get_mut(name) else {
            return;
        };
        program.obeys_in = STUBBORN;
        if program.made.is_checked() {
            let run = program.runs;
            self.turns(name, Health::Unhealthy);
            self.later(name, run, for_ms, Change::Health(Health::Healthy));
        }
    }

    /// A program that has begun just now ends soon, with an error.
    pub fn will_crash(&mut self, name: &str) {
        let run = self.asked.get(name).map_or(0, |program| program.runs);
        let after = self.rng.between(5, 500);
        self.later(name, run, after, Change::Ends(1));
    }

    pub(super) fn later(&mut self, name: &str, run: u32, after_ms: u64, what: Change) {
        let later = Later {
            name: name.to_owned(),
            run,
            what,
        };
        self.later.push((Duration::from_millis(after_ms), later));
    }

    pub(super) fn turns(&mut self, name: &str, health: Health) {
        if self.fake.running().contains(&name) {
            self.fake.set_health(name, health);
            self.besides(name, Deed::Healthy(health == Health::Healthy));
        }
    }

    /// Something that was to happen by itself happens now.
    pub fn happen(&mut self, at: WallTime, later: &Later) {
        self.fake.now = at;
        if self
            .asked
            .get(&later.name)
            .is_some_and(|program| program.runs == later.run)
        {
            match later.what {
                Change::Ends(code) => drop(self.fake.end(&later.name, code)),
                Change::Health(health) => self.turns(&later.name, health),
            }
        }
    }
}
