//! What is known of the engine's containers, pieced together from lists, events and answers.
//!
//! A list is a picture of a moment that may be past when it arrives: what was touched since it was asked for, by an
//! event or an answer, is newer than the picture and stays.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_model::{Timestamp, UnitId};

use super::marks;
use crate::engine::{Container, ContainerState};

/// Nothing is missed for longer than this, whatever events were lost.
pub const LOOK_EVERY: Duration = Duration::from_secs(60);
/// A list that failed is asked for again after this.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// An engine that is well answers a list within this.
const LOOK_TAKES: Duration = Duration::from_secs(1);

/// The engine, as far as it is known.
#[derive(Debug, Default)]
pub struct EngineView {
    /// It answers.
    pub up: bool,
    /// Its containers are known, since it last came back.
    pub known: bool,
    containers: BTreeMap<String, Seen>,
    by_unit: BTreeMap<UnitId, Vec<String>>,
    moment: u64,
    /// The moment the list under way was asked for.
    looking: Option<u64>,
    /// Once that one is here, ask again.
    again: bool,
    next_look: Option<Timestamp>,
    /// From when on what is known counts as past: a list that was asked for did not come.
    stale_from: Option<Timestamp>,
}

#[derive(Debug)]
struct Seen {
    container: Container,
    touched: u64,
}

/// A container changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// How it was; none if it was not there.
    pub before: Option<Container>,
    /// How it is; none if it is gone.
    pub after: Option<Container>,
}

impl EngineView {
    /// Grows with everything that is learned.
    pub fn moment(&self) -> u64 {
        self.moment
    }

    /// Whether something was learned of this container since that moment.
    pub fn touched_since(&self, name: &str, moment: u64) -> bool {
        self.containers
            .get(name)
            .is_some_and(|seen| seen.touched > moment)
    }

    /// One of them, by name.
    pub fn get(&self, name: &str) -> Option<&Container> {
        self.containers.get(name).map(|seen| &seen.container)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Container> {
        self.containers.values().map(|seen| &seen.container)
    }

    /// A unit's, of every generation.
    pub fn of_unit(&self, unit: UnitId) -> Vec<&Container> {
        let names = self.by_unit.get(&unit);
        names
            .into_iter()
            .flatten()
            .filter_map(|name| self.get(name))
            .collect()
    }

    /// Units that have containers.
    pub fn units(&self) -> impl Iterator<Item = UnitId> + '_ {
        self.by_unit.keys().copied()
    }

    /// An event or an answer said so.
    pub fn learn(&mut self, container: Container) -> Changed {
        self.moment += 1;
        let name = container.name.clone();
        let names = self.by_unit.entry(container.owner.unit).or_default();
        if !names.contains(&name) {
            names.push(name.clone());
        }
        let seen = Seen {
            container: container.clone(),
            touched: self.moment,
        };
        let before = self.containers.insert(name, seen).map(|seen| seen.container);
        Changed {
            before,
            after: Some(container),
        }
    }

    /// An event or an answer said so of a container that is known.
    pub fn learn_state(&mut self, name: &str, state: ContainerState) -> Option<Changed> {
        let container = self.get(name)?.clone();
        Some(self.learn(Container { state, ..container }))
    }

    /// It is gone.
    pub fn forget(&mut self, name: &str) -> Option<Changed> {
        self.moment += 1;
        let before = self.containers.remove(name)?.container;
        if let Some(names) = self.by_unit.get_mut(&before.owner.unit) {
            names.retain(|other| other != name);
            if names.is_empty() {
                self.by_unit.remove(&before.owner.unit);
            }
        }
        Some(Changed {
            before: Some(before),
            after: None,
        })
    }

    /// Nothing known counts any more: the platform is another.
    pub fn forget_all(&mut self) {
        *self = Self {
            up: self.up,
            looking: self.looking,
            again: true,
            stale_from: self.stale_from,
            ..Self::default()
        };
    }

    /// Whether to ask for a list now; if one is under way, another will follow it.
    pub fn look(&mut self, now: Timestamp) -> bool {
        self.wants_look(now);
        if self.looking.is_some() {
            self.again = true;
            return false;
        }
        self.looking = Some(self.moment);
        true
    }

    /// A list is wanted: without one soon, what is known is past.
    pub fn wants_look(&mut self, now: Timestamp) {
        self.stale_from.get_or_insert(now + LOOK_TAKES);
    }

    /// Whether what is known may be long past.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        self.stale_from.is_some_and(|from| from <= now)
    }

    /// When what is known becomes past, unless a list comes before.
    pub fn stale_from(&self) -> Option<Timestamp> {
        self.stale_from
    }

    /// A list came. Says what changed, and whether to ask again at once.
    pub fn looked(&mut self, now: Timestamp, ours: Vec<Container>) -> (Vec<Changed>, bool) {
        let asked = self.looking.take().unwrap_or(self.moment);
        self.known = self.up;
        self.stale_from = self.again.then(|| now + LOOK_TAKES);
        self.next_look = Some(now + LOOK_EVERY);
        let listed: BTreeMap<String, Container> = ours.into_iter().map(|c| (c.name.clone(), c)).collect();
        let stale = |seen: &Seen| seen.touched <= asked;
        let absent: Vec<_> = self
            .containers
            .iter()
            .filter(|(name, seen)| stale(seen) && !listed.contains_key(*name))
            .map(|(name, _)| name.clone())
            .collect();
        let mut changes: Vec<_> = absent.iter().filter_map(|name| self.forget(name)).collect();
        for (name, mut container) in listed {
            if let Some(seen) = self.containers.get(&name) {
                if seen.container.id == container.id {
                    container.state = container.state.after(seen.container.state);
                }
                if seen.touched > asked {
                    marks::LATE_LIST.reach();
                    continue;
                }
                if seen.container == container {
                    continue;
                }
            }
            changes.push(self.learn(container));
        }
        (changes, std::mem::take(&mut self.again))
    }

    /// A list could not be had.
    pub fn look_failed(&mut self, now: Timestamp) {
        self.wants_look(now);
        self.looking = None;
        self.again = false;
        self.next_look = Some(now + LOOK_AGAIN);
    }

    /// When to ask for a list again, if nothing asks for one before.
    pub fn next_look(&self) -> Option<Timestamp> {
        self.next_look.filter(|_| self.up && self.looking.is_none())
    }

    /// The engine went away; what it had is remembered, for it probably still runs.
    pub fn gone(&mut self, now: Timestamp) {
        self.wants_look(now);
        (self.up, self.known, self.next_look) = (false, false, None);
    }
}

#[cfg(test)]
mod tests {
    use muster_model::observed::Health;
    use muster_model::{Generation, HostId};

    use super::*;
    use crate::engine::Owner;

    fn container(name: &str, state: ContainerState) -> Container {
        let owner = Owner {
            platform: "p".to_owned(),
            host: HostId::new(1, 1),
            unit: UnitId::new(1, 1),
            generation: Generation(1),
            sidekick: None,
            spec: String::new(),
        };
        Container {
            id: name.to_owned(),
            name: name.to_owned(),
            owner,
            state,
        }
    }

    const RUNNING: ContainerState = ContainerState::Running {
        health: Health::None,
        since: None,
    };

    #[test]
    fn a_late_list_does_not_undo_what_was_learned_since() {
        let mut view = EngineView {
            up: true,
            ..EngineView::default()
        };
        view.learn(container("old", ContainerState::Created));
        assert!(view.look(Timestamp(0)));
        view.learn(container("new", ContainerState::Created));
        view.learn_state("old", RUNNING);
        let (changes, again) = view.looked(Timestamp(0), vec![container("old", ContainerState::Created)]);
        assert_eq!(changes, []);
        assert!(!again && view.known);
        assert!(view.look(Timestamp(0)));
        let (changes, _) = view.looked(Timestamp(0), vec![container("old", RUNNING)]);
        assert_eq!(changes.len(), 1, "only `new` is gone now: {changes:?}");
        assert_eq!(view.of_unit(UnitId::new(1, 1)).len(), 1);
    }

    #[test]
    fn one_list_at_a_time() {
        let mut view = EngineView {
            up: true,
            ..EngineView::default()
        };
        assert!(view.look(Timestamp(0)));
        assert!(!view.look(Timestamp(0)));
        assert!(view.looked(Timestamp(0), vec![]).1, "asked for again meanwhile");
        assert!(view.look(Timestamp(0)));
        assert!(!view.looked(Timestamp(0), vec![]).1);
        assert_eq!(view.next_look(), Some(Timestamp(0) + LOOK_EVERY));
    }
}
