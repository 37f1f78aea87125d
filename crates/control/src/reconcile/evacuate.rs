//! Units leave a host that is being evacuated: a stateless one ends once its replacement is up elsewhere, a batch at a time;
//! an exclusive one ends where it is, and is made elsewhere when its agent has confirmed that.
//!
//! Units with data on the host stay, and so do those that every host has of its own, those that have run to their end, and
//! those for which there is no other place; [`staying`] says why. While a rollout goes on, what is outdated is left to it.

use muster_model::assigned::Unit;
use muster_model::desired::{ServiceKind, UnitClass};
use muster_model::{HostId, Name, Reason};

use super::look::Look;
use super::members::{Member, State, members};
use super::rollouts;
use crate::marks;
use crate::place::Placer;
use crate::shape::Shape;
use crate::world::{Versioned, World};

/// Whether units are to leave a host.
pub(crate) fn evacuates(world: &World, host: HostId) -> bool {
    let wish = world.host(host).and_then(|host| host.wish);
    wish.is_some_and(|wish| wish.evacuation.is_some())
}

/// Whether a unit is to leave, and does what it is told.
pub(crate) fn leaves(world: &World, member: &Member) -> bool {
    member.runs() && member.reachable() && evacuates(world, member.unit.host)
}

/// Whether a unit that left such a host has not ended yet.
fn ends(world: &World, member: &Member) -> bool {
    !member.runs() && member.reachable() && member.state != State::Gone && evacuates(world, member.unit.host)
}

/// Makes what is to leave anew elsewhere, or stops it for that.
pub(crate) fn step(look: &mut Look<'_, '_>, fill: &Shape) {
    if look.is_global() || rollouts::is_under_way(look) {
        return;
    }
    let members = look.members();
    let leaving: Vec<&Member> = members
        .iter()
        .filter(|member| leaves(&look.desk.world, member))
        .collect();
    let (followed, alone): (Vec<&Member>, Vec<&Member>) = leaving
        .into_iter()
        .partition(|member| has_follower(&look.desk.world, &members, member));
    let ending = members
        .iter()
        .filter(|member| ends(&look.desk.world, member))
        .count();
    let mut spare = rollouts::surge(look).saturating_sub(followed.len() + ending);
    for member in alone {
        spare -= usize::from(spare > 0 && begins_to_leave(look, fill, member, spare > 0));
    }
}

/// Whether it already has a replacement that may be coming up.
fn has_follower(world: &World, members: &[Member], leaving: &Member) -> bool {
    let follows = |other: &&Member| {
        other.unit.number == leaving.unit.number
            && other.unit.id != leaving.unit.id
            && other.runs()
            && !evacuates(world, other.unit.host)
    };
    members.iter().any(|other| follows(&other))
}

/// Takes the first step of a unit's way to another host. Says whether a replacement comes up beside it.
fn begins_to_leave(look: &mut Look<'_, '_>, fill: &Shape, leaving: &Member, may: bool) -> bool {
    let Some(host) = look.desk.world.host_name(leaving.unit.host) else {
        return false;
    };
    let shape = match rollouts::outdated(look, leaving) {
        false => look.goal.clone(),
        true if fill.facts().hash == leaving.unit.spec => fill.clone(),
        true => return false,
    };
    let why = Reason::HostEvacuated { host: host.clone() };
    if let Some(stays) = stays(&look.desk.world, &shape, leaving, &host) {
        look.notes.push(stays);
        return false;
    }
    match shape.facts().class {
        UnitClass::Exclusive => {
            marks::EXCLUSIVE_EVACUATED.reach();
            look.remove(leaving, vec![why]);
            false
        }
        _ if !may => false,
        _ => {
            marks::EVACUATED.reach();
            look.create(&shape, leaving.unit.number, vec![why], None)
        }
    }
}

/// Why a unit does not leave its host, if it does not.
fn stays(world: &World, shape: &Shape, leaving: &Member, host: &Name) -> Option<Reason> {
    let host = host.clone();
    if shape.spec().kind == ServiceKind::Global {
        return Some(Reason::BelongsToHost { host });
    }
    if leaving.state == State::Done {
        return Some(Reason::HasEnded { host });
    }
    if !shape.facts().volumes.is_empty() {
        return Some(Reason::DataStays { host });
    }
    let place = Placer::new(world, shape).place(world, None);
    place.err().map(|refusals| Reason::CannotLeave { host, refusals })
}

/// A unit that is still on a host that is being evacuated.
#[derive(Debug, Clone)]
pub struct Staying {
    /// The unit.
    pub unit: Versioned<Unit>,
    /// Why it stays; none if it is on its way.
    pub why: Option<Reason>,
}

/// The units that are still on a host that is being evacuated, those on their way out included.
pub fn staying(world: &World, host: HostId) -> Vec<Staying> {
    let Some(name) = world.host_name(host).filter(|_| evacuates(world, host)) else {
        return Vec::new();
    };
    let one = |unit: &Versioned<Unit>| Staying {
        unit: unit.clone(),
        why: why(world, unit, &name),
    };
    world.units_on(host).map(one).collect()
}

fn why(world: &World, unit: &Unit, host: &Name) -> Option<Reason> {
    let members = members(world, unit.stack, &unit.service);
    let member = members.iter().find(|member| member.unit.id == unit.id)?;
    if !member.runs() || has_follower(world, &members, member) {
        return None;
    }
    if !member.reachable() {
        return Some(Reason::WaitsForHost { host: host.clone() });
    }
    let shape = Shape::of(world, unit.stack, unit.revision, &unit.service)?;
    stays(world, &shape, member, host)
}
