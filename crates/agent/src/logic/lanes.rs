//! What is under way: one action per lane, and not too many at once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use muster_model::{NetworkId, UnitId, VolumeId};

use super::{Action, Hold};

/// Things that are done one after another. Different lanes go side by side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// A unit's containers.
    Unit(UnitId),
    /// Ending an exclusive unit whose lease runs out, whatever its own lane is doing: asking it to, and ending it by force,
    /// which does not wait for an answer to the asking.
    Fence(UnitId, Hold),
    /// A network.
    Network(NetworkId),
    /// A volume.
    Volume(VolumeId),
    /// An image, by its reference with tag.
    Image(String),
}

/// How an action counts against the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Keeps the engine busy, briefly.
    Work,
    /// Mostly waits for something else: a registry, a container's end.
    Wait,
    /// Must not wait for others.
    Urgent,
}

/// How many actions may be under way at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of weight [`Weight::Work`]; what an engine gains from was measured (decision 0011).
    pub work: usize,
    /// Of weight [`Weight::Wait`].
    pub wait: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { work: 4, wait: 16 }
    }
}

/// An action that was begun.
#[derive(Debug, Clone, PartialEq)]
pub struct UnderWay {
    /// What is being done.
    pub action: Action,
    /// What was known of the engine when it began; see [`super::view::EngineView::moment`].
    pub since: u64,
}

/// Lanes that are busy, and lanes that want to be looked at.
#[derive(Debug, Default)]
pub struct Lanes {
    bounds: Bounds,
    busy: BTreeMap<Lane, UnderWay>,
    agenda: VecDeque<Lane>,
    listed: BTreeSet<Lane>,
}

impl Lanes {
    /// With other bounds than the usual.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            ..Self::default()
        }
    }

    /// Asks for a look at the lane, after those that asked before.
    pub fn ask(&mut self, lane: Lane) {
        if self.listed.insert(lane.clone()) {
            self.agenda.push_back(lane);
        }
    }

    /// Asks for a look at the lane before all others: what was begun is finished first.
    pub fn ask_first(&mut self, lane: Lane) {
        if self.listed.insert(lane.clone()) {
            self.agenda.push_front(lane);
        }
    }

    /// The next lane that asked. It may be busy: then it is asked about again when its action is done.
    pub fn next(&mut self) -> Option<Lane> {
        let lane = self.agenda.pop_front()?;
        self.listed.remove(&lane);
        Some(lane)
    }

    /// Whether another action of this weight may begin.
    pub fn has_room(&self, weight: Weight) -> bool {
        let under_way = self
            .busy
            .values()
            .filter(|busy| busy.action.weight() == weight)
            .count();
        match weight {
            Weight::Work => under_way < self.bounds.work,
            Weight::Wait => under_way < self.bounds.wait,
            Weight::Urgent => true,
        }
    }

    /// An action begins.
    pub fn begin(&mut self, lane: Lane, action: Action, since: u64) {
        self.busy.insert(lane, UnderWay { action, since });
    }

    /// The lane's action is over. Says which it was.
    pub fn end(&mut self, lane: &Lane) -> Option<UnderWay> {
        self.busy.remove(lane)
    }

    /// The lane's action, if one is under way.
    pub fn under_way(&self, lane: &Lane) -> Option<&Action> {
        self.busy.get(lane).map(|busy| &busy.action)
    }

    /// Whether an action is under way.
    pub fn is_busy(&self, lane: &Lane) -> bool {
        self.busy.contains_key(lane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Verb;

    fn unit(n: u32) -> Lane {
        Lane::Unit(UnitId::new(1, n))
    }

    #[test]
    fn lanes_are_asked_once_and_in_order() {
        let mut lanes = Lanes::default();
        lanes.ask(unit(1));
        lanes.ask(unit(2));
        lanes.ask(unit(1));
        lanes.ask_first(unit(3));
        let order: Vec<_> = std::iter::from_fn(|| lanes.next()).collect();
        assert_eq!(order, [unit(3), unit(1), unit(2)]);
    }

    fn verb(weight: Weight) -> Action {
        let name = "x".to_owned();
        Action::Engine(match weight {
            Weight::Work => Verb::Start { name },
            Weight::Wait => Verb::Stop { name, grace: None },
            Weight::Urgent => Verb::Kill {
                name,
                signal: String::new(),
            },
        })
    }

    #[test]
    fn bounds_hold_per_weight_and_urgent_ones_never_wait() {
        let mut lanes = Lanes::new(Bounds { work: 2, wait: 1 });
        lanes.begin(unit(1), verb(Weight::Work), 0);
        assert!(lanes.has_room(Weight::Work));
        lanes.begin(unit(2), verb(Weight::Work), 0);
        assert!(!lanes.has_room(Weight::Work));
        assert!(lanes.has_room(Weight::Wait) && lanes.has_room(Weight::Urgent));
        lanes.begin(unit(3), verb(Weight::Wait), 0);
        lanes.begin(unit(4), verb(Weight::Urgent), 0);
        assert!(!lanes.has_room(Weight::Wait) && lanes.has_room(Weight::Urgent));
        assert!(lanes.end(&unit(2)).is_some() && lanes.end(&unit(2)).is_none());
        assert!(lanes.has_room(Weight::Work));
    }
}
