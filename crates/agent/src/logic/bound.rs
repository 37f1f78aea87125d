//! Whom the lease binds, and what became of them without us.

use std::collections::BTreeSet;

use muster_model::WallTime;

use super::{AgentCore, Binds, BoundContainers, Output, WatchdogNews, marks};

/// What is known of the watchdog.
#[derive(Debug, Default)]
pub struct Watchdog {
    /// Containers that it ended and that were not started since, by the engine's ids.
    ended: BTreeSet<String>,
    last: Option<(WallTime, usize)>,
    missing: Option<String>,
}

impl Watchdog {
    /// Whether it ended this container, which is now as it is. What runs again is no concern of it any more.
    pub fn ended(&mut self, container: &str, is_alive: bool) -> bool {
        if is_alive {
            self.ended.remove(container);
            return false;
        }
        self.ended.contains(container)
    }

    /// What a person should know.
    fn warnings(&self) -> Vec<String> {
        let acted = self.last.map(|(at, count)| {
            format!(
                "the watchdog ended {count} exclusive container(s), heard at {at}: the lease was over, and agent or engine did \
                 not end them in time; look for what held them up (a frozen process, a disk that hangs)"
            )
        });
        acted.into_iter().chain(self.missing.clone()).collect()
    }
}

impl AgentCore {
    /// The lease binds others from now on. That is kept before any of them can begin.
    pub(super) fn bind(&mut self, bound: Binds) {
        if self.bound == bound {
            return;
        }
        self.bound = bound;
        self.keep_bounds();
    }

    /// The watchdog finds a container by the engine's id of it: that is kept before the container can begin.
    pub(super) fn note_containers(&mut self) {
        let sees_all = self.view.known && self.pages.acting().is_some();
        let mut containers = BoundContainers::new();
        for unit in self.bound.keys() {
            let seen = self.view.of_unit(*unit).into_iter().map(|seen| seen.id.clone());
            let kept = self.bound_containers.get(unit).filter(|_| !sees_all);
            let all: BTreeSet<_> = seen.chain(kept.into_iter().flatten().cloned()).collect();
            if !all.is_empty() {
                containers.insert(*unit, all);
            }
        }
        if self.bound_containers != containers {
            self.bound_containers = containers;
            self.keep_bounds();
        }
    }

    fn keep_bounds(&mut self) {
        if let Some(lease) = &mut self.lease {
            lease.binds.clone_from(&self.bound);
            lease.containers.clone_from(&self.bound_containers);
            self.out.push(Output::KeepLease(lease.clone()));
        }
    }

    /// What the watchdog ended did not end by itself, and the server is told.
    pub(super) fn watchdog_news(&mut self, news: WatchdogNews) {
        match news {
            WatchdogNews::Ended { containers, at } => {
                marks::WATCHDOG_ENDED.reach();
                self.watchdog.last = Some((at, containers.len()));
                self.watchdog.ended.extend(containers);
                self.ended_unheard();
                // Of an engine that stood still nothing may be heard for long.
                self.look();
            }
            WatchdogNews::Watching(watching) => self.watchdog.missing = watching.err(),
        }
        let warnings = self.watchdog.warnings();
        if self.facts.warnings != warnings {
            self.facts.warnings = warnings;
            self.tell_facts();
        }
    }

    /// Those whose end was heard before we knew who ended them.
    fn ended_unheard(&mut self) {
        let ended = self.view.all().filter(|seen| !seen.state.is_alive());
        let owners: Vec<_> = ended
            .filter(|seen| self.watchdog.ended.contains(&seen.id))
            .map(|seen| seen.owner.clone())
            .collect();
        for owner in owners {
            let memory = self.memory_of(&owner);
            if memory.generation == owner.generation {
                memory.container_mut(owner.sidekick.as_ref()).ended_by_watchdog();
            }
            self.touch(owner.unit);
        }
    }
}
