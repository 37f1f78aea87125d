//! The units of a service as control sees them.

use muster_model::assigned::{Presence, Unit, UnitWish};
use muster_model::observed::{Health, Phase, UnitStatus};
use muster_model::{Name, StackId};

use crate::world::{Versioned, World};

/// One unit and how it is.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) unit: Versioned<Unit>,
    pub(crate) state: State,
    /// What its agent says of it.
    pub(crate) message: Option<String>,
}

/// How a unit is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Runs, and is healthy as far as it can be asked.
    Up,
    /// Ran to its end, as it was meant to.
    Done,
    /// On its way.
    Coming,
    /// Its host has not been heard for a while.
    Silent,
    /// Does not come up, or not healthy, or ended with a failure.
    Failed,
    /// Its host was lost.
    Lost,
    /// Nothing is left of it.
    Gone,
}

impl Member {
    pub(crate) fn runs(&self) -> bool {
        self.unit.wish == UnitWish::Run
    }

    /// Whether it counts as healthy.
    pub(crate) fn well(&self) -> bool {
        matches!(self.state, State::Up | State::Done)
    }

    /// Whether its host does now what it is told.
    pub(crate) fn reachable(&self) -> bool {
        !matches!(self.state, State::Silent | State::Lost)
    }
}

/// All units of a service in the order of their numbers, those on their way out included.
pub(crate) fn members(world: &World, stack: StackId, service: &Name) -> Vec<Member> {
    let member = |unit: &Versioned<Unit>| Member {
        unit: unit.clone(),
        state: state(world, unit),
        message: current(world, unit).and_then(|status| status.message.clone()),
    };
    world.units_of(stack, service).map(member).collect()
}

/// How a unit is.
pub(crate) fn state(world: &World, unit: &Unit) -> State {
    let Some(host) = world.host(unit.host).filter(|host| host.wish.is_some()) else {
        return State::Gone;
    };
    let status = current(world, unit);
    if status.is_some_and(|status| status.phase == Phase::Gone) && unit.wish == UnitWish::Remove {
        return State::Gone;
    }
    match (host.presence(), status) {
        (Presence::Lost, _) => State::Lost,
        (Presence::Suspect | Presence::Registering, _) => State::Silent,
        (Presence::Active, Some(status)) => told(status),
        (Presence::Active, None) => State::Coming,
    }
}

/// What the unit's agent last said, if it speaks of what the unit is now.
fn current<'a>(world: &'a World, unit: &Unit) -> Option<&'a UnitStatus> {
    let status = world.status(unit.id)?;
    (status.generation == unit.generation).then_some(&*status.doc)
}

fn told(status: &UnitStatus) -> State {
    let failed = match status.phase {
        Phase::Backoff => status.restarts > 0 || status.message.is_some(),
        Phase::Running => status.health == Health::Unhealthy,
        Phase::Finished => !status.completed(),
        _ => false,
    };
    if failed {
        State::Failed
    } else if status.is_up() {
        State::Up
    } else if status.completed() {
        State::Done
    } else {
        State::Coming
    }
}
