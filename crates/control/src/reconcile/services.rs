//! Services: as many units as wanted, on hosts that are there, each as the files say.
//!
//! A look goes from what must end to what must begin: units of which nothing is left are forgotten, then units of lost
//! hosts are moved, surplus goes, what is missing is made, the rollout takes its next step, and the verdict says how it
//! all stands. Between two looks nothing is remembered.

use std::collections::BTreeSet;

use muster_model::assigned::{RolloutState, Unit, UnitWish};
use muster_model::desired::{Condition, UnitClass};
use muster_model::document::Document;
use muster_model::{HostId, Name, Reason, StackId};

use super::look::{Look, wanted};
use super::members::{Member, State, members};
use super::{evacuate, rollouts, verdicts};
use crate::agenda::Fact;
use crate::desk::Desk;
use crate::marks;
use crate::shape::Shape;
use crate::world::{Subject, World};

pub(crate) fn reconcile(desk: &mut Desk<'_>, subject: &Subject) {
    let Subject::Service(stack, service) = subject else {
        return;
    };
    let vacated = forget_gone(desk, *stack, service);
    if !wanted_at_all(&desk.world, *stack, service) {
        wind_down(desk, *stack, service);
        return;
    }
    match Look::new(desk, *stack, service) {
        Some(mut look) => {
            look.vacated = vacated;
            let fill = rollouts::fill(&look);
            wake_at_fences(&mut look);
            move_lost(&mut look, &fill);
            free_addresses_of_dead(&mut look);
            evacuate::step(&mut look, &fill);
            drop_surplus(&mut look);
            fill_missing(&mut look, &fill);
            rollouts::step(&mut look);
            verdicts::write(&mut look);
        }
        None => verdicts::unreadable(desk, *stack, service),
    }
}

/// Units of which nothing is left, or whose host left: what they held is free from here on. Says which of them are to
/// have successors, by host and number.
fn forget_gone(desk: &mut Desk<'_>, stack: StackId, service: &Name) -> Vec<(HostId, u32)> {
    let mut vacated = Vec::new();
    let members = members(&desk.world, stack, service);
    for gone in members.iter().filter(|member| member.state == State::Gone) {
        marks::UNIT_FORGOTTEN.reach();
        if has_heir(gone) {
            vacated.push((gone.unit.host, gone.unit.number));
        }
        desk.since().stop(&Fact::Up(gone.unit.id, gone.unit.generation));
        desk.delete(gone.unit.key());
    }
    vacated
}

/// Whether a unit that goes or is gone is to have a successor, which takes over its number.
fn has_heir(unit: &Member) -> bool {
    let replaced = |reason: &Reason| matches!(reason, Reason::SpecChanged { .. });
    unit.runs() || unit.unit.reasons.iter().any(replaced)
}

/// Whether the stack is to have the service. While its revision cannot be read, it may.
fn wanted_at_all(world: &World, stack: StackId, service: &Name) -> bool {
    let Some(doc) = world.stack(stack).filter(|doc| !doc.removed) else {
        return false;
    };
    world
        .spec(stack, doc.revision)
        .is_none_or(|spec| spec.services.contains_key(service))
}

/// The service is to go: its units first, then what was decided about it.
fn wind_down(desk: &mut Desk<'_>, stack: StackId, service: &Name) {
    let why = match desk.world.stack(stack) {
        Some(doc) if !doc.removed => Reason::ServiceGone,
        _ => Reason::StackRemoved,
    };
    let left = members(&desk.world, stack, service);
    for member in left.iter().filter(|member| member.runs()) {
        let mut unit = (*member.unit.doc).clone();
        (unit.wish, unit.reasons) = (UnitWish::Remove, vec![why.clone()]);
        desk.put(unit);
    }
    if left.is_empty() {
        marks::SERVICE_WOUND_DOWN.reach();
        desk.since().stop(&Fact::BetweenBatches(stack, service.clone()));
        let rollout = desk.world.rollout(stack, service).map(|doc| doc.key());
        let verdict = desk.world.verdict(stack, service).map(|doc| doc.key());
        rollout
            .into_iter()
            .chain(verdict)
            .for_each(|key| desk.delete(key));
    }
}

/// A fence tells nobody that its time has come: an exclusive service, or one that is becoming or was one, is woken then.
fn wake_at_fences(look: &mut Look<'_, '_>) {
    for lost in look.members().iter().filter(|member| member.state == State::Lost) {
        let unit = &lost.unit;
        let was = Shape::of(&look.desk.world, look.stack, unit.revision, &look.service);
        let shapes = was.iter().chain([&look.goal, &look.head]);
        let exclusive = shapes
            .map(|shape| shape.facts().class)
            .any(|class| class == UnitClass::Exclusive);
        if let Some(fence) = look.desk.cx.fences.get(&unit.host).copied()
            && exclusive
        {
            look.desk.wake(fence);
        }
    }
}

/// Units of lost hosts are made anew elsewhere, if they may and can; the old ones end when their host is back.
fn move_lost(look: &mut Look<'_, '_>, fill: &Shape) {
    if look.is_global() {
        return;
    }
    let members = look.members();
    for lost in members
        .iter()
        .filter(|member| member.runs() && member.state == State::Lost)
    {
        let Some(host) = look.desk.world.host_name(lost.unit.host) else {
            continue;
        };
        let why = Reason::HostLost { host: host.clone() };
        let same = |other: &&Member| other.unit.number == lost.unit.number && other.unit.id != lost.unit.id;
        let replaced = members
            .iter()
            .filter(same)
            .any(|other| other.runs() && other.state != State::Lost);
        let held = if replaced {
            None
        } else {
            holds_back(look, lost, &host)
        };
        if let Some(reason) = held {
            marks::LOST_WAITS.reach();
            look.reasons.push(reason);
        } else if replaced || look.create(fill, lost.unit.number, vec![why.clone()], None) {
            marks::LOST_MOVED.reach();
            look.remove(lost, vec![why]);
        }
    }
}

/// What was replaced on a dead host holds no address any more. It is still remembered, so that it ends first of all should
/// the host come back.
fn free_addresses_of_dead(look: &mut Look<'_, '_>) {
    for member in look.members().iter() {
        if !member.runs() && member.unit.address.is_some() && look.is_dead(member.unit.host) {
            look.put(Unit {
                address: None,
                ..(*member.unit.doc).clone()
            });
        }
    }
}

/// What keeps a unit of a lost host from being made elsewhere: stateless units move freely, exclusive ones when their
/// host's lease has surely run out, and data cannot follow.
fn holds_back(look: &mut Look<'_, '_>, lost: &Member, host: &Name) -> Option<Reason> {
    let unit = &lost.unit;
    let shape = Shape::of(&look.desk.world, look.stack, unit.revision, &look.service);
    let shape = shape.unwrap_or_else(|| look.head.clone());
    let host = host.clone();
    match shape.facts().class {
        UnitClass::Stateless => None,
        UnitClass::Pinned => Some(Reason::WaitsForHost { host }),
        UnitClass::Exclusive if !shape.facts().volumes.is_empty() => Some(Reason::WaitsForHost { host }),
        UnitClass::Exclusive => {
            let fenced = look.fenced(unit.host);
            match fenced {
                true => marks::EXCLUSIVE_FENCED.reach(),
                false => marks::EXCLUSIVE_WAITS.reach(),
            }
            (!fenced).then_some(Reason::WaitsForFence { host })
        }
    }
}

/// More than wanted: they go.
fn drop_surplus(look: &mut Look<'_, '_>) {
    for (member, why) in surplus(look) {
        marks::SURPLUS_DROPPED.reach();
        look.remove(&member, vec![why]);
    }
}

/// The units that go because there are more than wanted: of two alike in one slot the worse, then whole slots.
pub(crate) fn surplus(look: &mut Look<'_, '_>) -> Vec<(Member, Reason)> {
    let mut surplus = Vec::new();
    for members in look.slots().into_values() {
        for outdated in [true, false] {
            let mut alike: Vec<&Member> = members
                .iter()
                .filter(|member| rollouts::outdated(look, member) == outdated)
                .collect();
            alike.sort_by_key(|member| (member.state, member.unit.id));
            surplus.extend(followed(look, &mut alike));
            surplus.extend(
                alike
                    .into_iter()
                    .skip(1)
                    .map(|member| (member.clone(), Reason::Surplus)),
            );
        }
    }
    let (wanted, twice) = (
        look.wanted,
        surplus
            .iter()
            .map(|(member, _)| member.unit.id)
            .collect::<BTreeSet<_>>(),
    );
    let slots = surplus_slots(look)
        .into_iter()
        .flatten()
        .filter(|member| !twice.contains(&member.unit.id));
    surplus.extend(slots.map(|member| (member, Reason::ScaleDown { wanted })));
    surplus
}

/// A unit that leaves its host may stay beside its replacement until that is up. Takes those that do out of `alike`, and
/// gives back those that do not any more.
fn followed(look: &Look<'_, '_>, alike: &mut Vec<&Member>) -> Vec<(Member, Reason)> {
    let world = &look.desk.world;
    let leaves = |member: &Member| evacuate::leaves(world, member);
    let staying = alike.iter().filter(|member| !leaves(member));
    let (follows, is_up) = (
        staying.clone().next().is_some(),
        staying.clone().any(|one| one.well()),
    );
    if !follows || rollouts::is_under_way(look) {
        return Vec::new();
    }
    let leaving: Vec<&Member> = alike.iter().copied().filter(|member| leaves(member)).collect();
    alike.retain(|member| !leaves(member));
    let go = leaving.into_iter().skip(usize::from(!is_up));
    let why = |member: &Member| world.host_name(member.unit.host);
    go.filter_map(|member| Some((member.clone(), Reason::HostEvacuated { host: why(member)? })))
        .collect()
}

/// The slots that go because fewer units are wanted: sick ones before healthy ones, then the highest numbers.
fn surplus_slots(look: &mut Look<'_, '_>) -> Vec<Vec<Member>> {
    let mut slots: Vec<Vec<Member>> = look.slots().into_values().collect();
    let surplus = slots.len().saturating_sub(look.wanted as usize);
    let state = |slot: &[Member]| slot.iter().map(|member| member.state).min();
    let number = |slot: &[Member]| slot.first().map(|member| member.unit.number);
    slots.sort_by_key(|slot| std::cmp::Reverse((state(slot), number(slot))));
    slots.truncate(surplus);
    slots
}

/// Makes the units that are missing, except where an old one has to be gone first.
fn fill_missing(look: &mut Look<'_, '_>, fill: &Shape) {
    if waits_for_others(look) {
        return;
    }
    let wanted = look.wanted;
    for (number, host) in missing(look) {
        let members = look.members();
        let alike = |member: &&Member| host.is_none_or(|host| host == member.unit.host);
        let exclusive = look.goal.facts().class == UnitClass::Exclusive;
        let same = |member: &&Member| exclusive || host.is_some() || member.unit.number == number;
        let old = members
            .iter()
            .filter(alike)
            .filter(same)
            .find(|member| look.blocks(member));
        if let Some(old) = old {
            marks::WAITS_FOR_OLD.reach();
            look.reasons.push(Reason::WaitsForOld {
                number: old.unit.number,
            });
        } else if !look.create(fill, number, vec![Reason::ScaleUp { wanted }], host) && host.is_none() {
            // What one unit lacks, the others lack too.
            break;
        }
    }
}

/// Numbers of the units that are missing, and with a global service their hosts. Successors come first and keep the
/// number of their predecessor, so that `web-2` remains `web-2`; others get the lowest that is free.
pub(crate) fn missing(look: &mut Look<'_, '_>) -> Vec<(u32, Option<HostId>)> {
    let slots = look.slots();
    let mut taken: BTreeSet<u32> = slots
        .values()
        .flatten()
        .map(|member| member.unit.number)
        .collect();
    let members = look.members();
    let leaving = members
        .iter()
        .filter(|member| look.blocks(member) && has_heir(member));
    let leaving = leaving.map(|member| (member.unit.host, member.unit.number));
    let heirs = look
        .vacated
        .iter()
        .copied()
        .chain(leaving)
        .filter(|(_, number)| taken.insert(*number));
    let heirs: Vec<(HostId, u32)> = heirs.collect();
    let free = (1..).filter(|number| !taken.contains(number));
    if !look.is_global() {
        let count = (look.wanted as usize).saturating_sub(slots.len());
        let numbers = heirs.iter().map(|(_, number)| *number).chain(free).take(count);
        return numbers.map(|number| (number, None)).collect();
    }
    let mut bare: BTreeSet<HostId> = look.hosts.iter().copied().collect();
    bare.retain(|host| !slots.contains_key(&(0, *host)));
    let heirs = heirs
        .into_iter()
        .filter(|(host, _)| bare.remove(host))
        .collect::<Vec<_>>();
    let others = bare.into_iter().zip(free);
    heirs
        .into_iter()
        .chain(others)
        .map(|(host, number)| (number, Some(host)))
        .collect()
}

/// Before its first unit is made, the services that it depends on have to have come as far as it says.
fn waits_for_others(look: &mut Look<'_, '_>) -> bool {
    let rollout = look.desk.world.rollout(look.stack, &look.service);
    let rolling = rollout.is_some_and(|rollout| rollout.state == RolloutState::Rolling);
    if rolling || !look.members().is_empty() {
        return false;
    }
    let (world, goal) = (&look.desk.world, &look.goal);
    let unmet =
        |(service, condition): &(&Name, &Condition)| !has_come(world, look.stack, service, **condition);
    let waits = |(service, condition): (&Name, &Condition)| Reason::WaitsForService {
        service: service.clone(),
        condition: *condition,
    };
    let reasons: Vec<Reason> = goal.spec().depends_on.iter().filter(unmet).map(waits).collect();
    if !reasons.is_empty() {
        marks::WAITS_FOR_SERVICE.reach();
    }
    look.reasons.extend(reasons.iter().cloned());
    !reasons.is_empty()
}

/// Whether a service has come this far with all its units. One that the stack does not have keeps nobody waiting.
fn has_come(world: &World, stack: StackId, service: &Name, condition: Condition) -> bool {
    let revision = world.stack(stack).map(|stack| stack.revision);
    let Some(head) = revision.and_then(|revision| Shape::of(world, stack, revision, service)) else {
        return true;
    };
    let goal = rollouts::goal(world, &head);
    let come = |member: &Member| match condition {
        Condition::Started => verdicts::started(world, &member.unit),
        Condition::Healthy => member.state == State::Up,
        Condition::CompletedSuccessfully => member.state == State::Done,
    };
    let ready = members(world, stack, service)
        .iter()
        .filter(|member| member.runs() && come(member))
        .count();
    ready >= wanted(world, &goal) as usize
}
