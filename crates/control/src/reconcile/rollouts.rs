//! Rollouts: from one spec to the next, so many units at a time, and back if the new one does not come up.
//!
//! While a rollout goes on, never fewer than scale less one batch (and less the new ones that may fail) are healthy and
//! never more than scale and one batch exist. No more than a batch is under way at a time: new units that have not proved
//! themselves, old ones on their way out and missing ones all count. The next one's turn comes as soon as one is done;
//! only where the files ask for a pause between batches are they in step.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_model::assigned::{Rollout, RolloutState, Unit};
use muster_model::desired::{FailureAction, UnitClass, UpdateOrder, UpdatePolicy};
use muster_model::reason::{HostRefusal, Misfit};
use muster_model::{Generation, Name, Reason};

use super::changed::changed_keys;
use super::look::Look;
use super::members::{Member, State};
use crate::agenda::Fact;
use crate::marks;
use crate::shape::Shape;
use crate::world::{Versioned, World};

/// The rollout of the service, if it is about what is wanted now.
fn current(look: &Look<'_, '_>) -> Option<Versioned<Rollout>> {
    about(&look.desk.world, &look.head).cloned()
}

/// The rollout of a service, if it is about `head`, what the wanted revision says of it.
fn about<'a>(world: &'a World, head: &Shape) -> Option<&'a Versioned<Rollout>> {
    let wish = world.service_wish(head.stack, &head.service);
    let restarts = wish.map_or(0, |wish| wish.restarts);
    world.rollout(head.stack, &head.service).filter(|rollout| {
        rollout.to == head.revision && rollout.spec == head.facts().hash && rollout.restarts == restarts
    })
}

/// What the service had before its rollout, if that can still be made.
fn before(world: &World, rollout: &Rollout) -> Option<Shape> {
    Shape::of(world, rollout.stack, rollout.from, &rollout.service)
}

/// Whether a rollout moves units now.
pub(crate) fn is_under_way(look: &Look<'_, '_>) -> bool {
    let moves = |state| matches!(state, RolloutState::Rolling | RolloutState::RollingBack);
    current(look).is_some_and(|rollout| moves(rollout.state))
}

/// How many more than wanted there may be for a while: what files that start first say of a batch, else one.
pub(crate) fn surge(look: &Look<'_, '_>) -> usize {
    let update = pace(look, &look.goal);
    match (update.order, update.batch_size as usize) {
        (UpdateOrder::StartFirst, 0) => (look.wanted as usize).max(1),
        (UpdateOrder::StartFirst, batch) => batch,
        _ => 1,
    }
}

/// What a service's units are to become: `head`, what the wanted revision says, or what was before once the rollout goes back.
pub(crate) fn goal(world: &World, head: &Shape) -> Shape {
    let back = |rollout: &&Versioned<Rollout>| {
        matches!(
            rollout.state,
            RolloutState::RollingBack | RolloutState::RolledBack
        )
    };
    let earlier = about(world, head)
        .filter(back)
        .and_then(|rollout| before(world, rollout));
    earlier.unwrap_or_else(|| head.clone())
}

/// What missing units are made as: while a rollout waits for a person, as they were before it.
pub(crate) fn fill(look: &Look<'_, '_>) -> Shape {
    let waits = |rollout: &Versioned<Rollout>| rollout.state == RolloutState::Paused;
    let earlier = current(look)
        .filter(waits)
        .and_then(|rollout| before(&look.desk.world, &rollout));
    earlier.unwrap_or_else(|| look.goal.clone())
}

/// Whether a unit is not what it is to become.
pub(crate) fn outdated(look: &Look<'_, '_>, member: &Member) -> bool {
    differs(look, &look.goal, member)
}

fn differs(look: &Look<'_, '_>, goal: &Shape, member: &Member) -> bool {
    member.unit.spec != goal.facts().hash || member.unit.restarts < look.restarts
}

/// Takes the rollout one step further, if there is one or has to be.
pub(crate) fn step(look: &mut Look<'_, '_>) {
    look.aim();
    let goal = look.goal.clone();
    let members = look.members();
    let old: Vec<Member> = members
        .iter()
        .filter(|member| member.runs() && differs(look, &goal, member))
        .cloned()
        .collect();
    let Some(rollout) = current(look) else {
        if old.is_empty() {
            close_former(look);
        } else {
            open(look, &old);
        }
        return;
    };
    match rollout.state {
        RolloutState::Finished | RolloutState::RolledBack if old.is_empty() => {
            look.reasons.extend(rollout.reasons.iter().cloned());
        }
        RolloutState::Finished => set(look, &rollout, RolloutState::Rolling, Vec::new()),
        RolloutState::RolledBack => set(look, &rollout, RolloutState::RollingBack, rollout.reasons.clone()),
        RolloutState::Paused if rollout.reasons == [Reason::PausedByHand] && !look.paused => {
            set(look, &rollout, RolloutState::Rolling, Vec::new());
        }
        RolloutState::Paused => look.reasons.extend(rollout.reasons.iter().cloned()),
        RolloutState::Rolling if look.paused => {
            set(look, &rollout, RolloutState::Paused, vec![Reason::PausedByHand]);
            look.reasons.push(Reason::PausedByHand);
        }
        RolloutState::Rolling | RolloutState::RollingBack => advance(look, &rollout, &goal, &old),
    }
}

/// The last rollout was about something else, and all units are as wanted without another.
fn close_former(look: &mut Look<'_, '_>) {
    let former = look.desk.world.rollout(look.stack, &look.service).cloned();
    if let Some(former) = former.filter(|former| former.state != RolloutState::Finished) {
        look.desk.put(Rollout {
            to: look.head.revision,
            spec: look.head.facts().hash,
            restarts: look.restarts,
            state: RolloutState::Finished,
            reasons: Vec::new(),
            ..(*former.doc).clone()
        });
    }
}

/// Begins a rollout. It comes from where the last one came from, if that did not get to its end.
fn open(look: &mut Look<'_, '_>, old: &[Member]) {
    let former = look.desk.world.rollout(look.stack, &look.service);
    let unfinished = former
        .filter(|former| former.state != RolloutState::Finished)
        .map(|former| former.from);
    let oldest = old.iter().map(|member| member.unit.revision).min();
    let Some(from) = unfinished.or(oldest) else { return };
    let (state, reasons) = match look.paused {
        true => (RolloutState::Paused, vec![Reason::PausedByHand]),
        false => (RolloutState::Rolling, Vec::new()),
    };
    look.reasons.extend(reasons.iter().cloned());
    let rollout = Rollout {
        stack: look.stack,
        service: look.service.clone(),
        from,
        to: look.head.revision,
        spec: look.head.facts().hash,
        restarts: look.restarts,
        state,
        reasons,
    };
    marks::ROLLOUT_OPENED.reach();
    if unfinished.is_some() {
        marks::ROLLOUT_OVERTAKEN.reach();
    }
    look.desk.put(rollout);
    if state == RolloutState::Rolling {
        step(look);
    }
}

/// Writes how the rollout stands now, and goes on from there.
fn set(look: &mut Look<'_, '_>, rollout: &Rollout, state: RolloutState, reasons: Vec<Reason>) {
    look.desk.put(Rollout {
        state,
        reasons,
        ..rollout.clone()
    });
    if matches!(state, RolloutState::Rolling | RolloutState::RollingBack) {
        step(look);
    }
}

/// The next step of a rollout that is under way.
fn advance(look: &mut Look<'_, '_>, rollout: &Rollout, goal: &Shape, old: &[Member]) {
    let failure = failed(look, rollout, goal);
    if let Some(failure) = failure
        && pace(look, goal).on_failure != FailureAction::Continue
    {
        give_up(look, rollout, goal, failure);
        return;
    }
    let taken = taken(look, rollout, goal, old);
    let in_step = pace(look, goal).interval_ms > 0;
    let free = batch(look, goal).saturating_sub(taken);
    if free == 0 || taken > 0 && (in_step || old.is_empty()) {
        let between = between(look);
        look.desk.since().stop(&between);
        return;
    }
    if old.is_empty() {
        let (state, reasons) = match rollout.state {
            RolloutState::RollingBack => (RolloutState::RolledBack, rollout.reasons.clone()),
            _ => (RolloutState::Finished, Vec::new()),
        };
        match state {
            RolloutState::RolledBack => marks::ROLLED_BACK.reach(),
            _ => marks::ROLLOUT_FINISHED.reach(),
        }
        look.reasons.extend(reasons.iter().cloned());
        set(look, rollout, state, reasons);
    } else if !pauses_between(look, rollout, goal) {
        replace_some(look, rollout, goal, old, free);
    }
}

/// How many units are replaced at a time. Without a pause between batches they are not batches: as soon as one is done, the
/// next one's turn has come.
fn batch(look: &Look<'_, '_>, goal: &Shape) -> usize {
    let wanted = look.wanted as usize;
    match pace(look, goal).batch_size as usize {
        0 => wanted.max(1),
        size => size.min(wanted).max(1),
    }
}

/// Whether a unit is one that this rollout made, or has to wait for as if it had.
fn made_by(
    look: &Look<'_, '_>,
    rollout: &Rollout,
    goal: &Shape,
    members: &[Member],
    member: &Member,
) -> bool {
    let anew = rollout.restarts > 0 && member.unit.generation > Generation(1);
    let right = member.runs() && !differs(look, goal, member);
    right && (member.unit.revision == goal.revision || anew || takes_over(look, goal, members, member))
}

/// Whether an earlier rollout began a unit beside an older one that still runs.
fn takes_over(look: &Look<'_, '_>, goal: &Shape, members: &[Member], member: &Member) -> bool {
    let slot = look.slot(member);
    let is_older = |other: &Member| {
        let older = other.runs() && other.unit.revision < member.unit.revision;
        older && look.slot(other) == slot && differs(look, goal, other)
    };
    members.iter().any(is_older)
}

/// How units are replaced on the way to `goal`: on the way back, as what is gone back to says of that.
fn pace<'g>(look: &Look<'_, '_>, goal: &'g Shape) -> &'g UpdatePolicy {
    let head = look.desk.world.revision_doc(look.stack, look.head.revision);
    let back = goal.revision != look.head.revision || head.is_some_and(|head| head.rollback_of.is_some());
    let rollback = goal.spec().rollback.as_ref().filter(|_| back);
    rollback.unwrap_or(&goal.spec().update)
}

/// A unit of the rollout that did not come up, if more did not than may.
fn failed(look: &mut Look<'_, '_>, rollout: &Rollout, goal: &Shape) -> Option<Reason> {
    let members = look.members();
    let mut failures = members
        .iter()
        .filter(|member| member.state == State::Failed && made_by(look, rollout, goal, &members, member));
    let failed = failures.nth(tolerated(look, goal))?;
    Some(Reason::NewUnitFailed {
        number: failed.unit.number,
        message: failed.message.clone(),
    })
}

/// How many new units may fail.
fn tolerated(look: &Look<'_, '_>, goal: &Shape) -> usize {
    look.wanted as usize * usize::from(pace(look, goal).max_failures_permille) / 1000
}

/// A new unit did not come up: the rollout waits for a person, or goes back.
fn give_up(look: &mut Look<'_, '_>, rollout: &Rollout, goal: &Shape, why: Reason) {
    let earlier =
        before(&look.desk.world, rollout).filter(|earlier| earlier.facts().hash != goal.facts().hash);
    let back = pace(look, goal).on_failure == FailureAction::Rollback
        && rollout.state == RolloutState::Rolling
        && earlier.is_some();
    let state = if back {
        marks::ROLLING_BACK.reach();
        RolloutState::RollingBack
    } else {
        marks::ROLLOUT_PAUSED.reach();
        RolloutState::Paused
    };
    look.reasons.push(why.clone());
    set(look, rollout, state, vec![why]);
}

/// How many of the places that a batch has are taken; the reasons say by what. One is free again once the new unit has
/// proved itself and nothing is left of the old one.
fn taken(look: &mut Look<'_, '_>, rollout: &Rollout, goal: &Shape, old: &[Member]) -> usize {
    let members = look.members();
    let mut taken = BTreeSet::new();
    for member in members.iter() {
        if is_changing(look, rollout, goal, &members, member, old) {
            taken.insert(look.slot(member));
        }
    }
    let slots = look.slots();
    let vacant = taken.iter().filter(|slot| !slots.contains_key(slot)).count();
    let missing = (look.wanted as usize).saturating_sub(slots.len());
    taken.len() + missing.saturating_sub(vacant)
}

/// Whether the slot of a unit is neither as it was nor as it is to be.
fn is_changing(
    look: &mut Look<'_, '_>,
    rollout: &Rollout,
    goal: &Shape,
    members: &[Member],
    member: &Member,
    old: &[Member],
) -> bool {
    let number = member.unit.number;
    if look.blocks(member) {
        look.reasons.push(Reason::WaitsForOld { number });
        return true;
    }
    if !member.runs() || differs(look, goal, member) {
        return false;
    }
    if made_by(look, rollout, goal, members, member) && !settled(look, goal, member) {
        let message = member.message.clone();
        look.reasons.push(Reason::WaitsForUnit { number, message });
        return true;
    }
    // Also beside one that was right all along and whose successor is no longer wanted.
    retire(look, goal, member, old)
}

/// Whether a new unit has proved itself.
fn settled(look: &mut Look<'_, '_>, goal: &Shape, member: &Member) -> bool {
    let fact = Fact::Up(member.unit.id, member.unit.generation);
    match member.state {
        // Of those that failed, the rollout goes on only with as many as the files allow.
        State::Done | State::Failed => true,
        State::Up => {
            let now = look.desk.now();
            let proved =
                look.desk.since().start(fact, now) + Duration::from_millis(pace(look, goal).monitor_ms);
            if proved > now {
                look.desk.wake(proved);
            }
            proved <= now
        }
        _ => {
            look.desk.since().stop(&fact);
            false
        }
    }
}

/// Start-first: the new one runs, so the old one of its slot goes. Says whether there was one.
fn retire(look: &mut Look<'_, '_>, goal: &Shape, new: &Member, old: &[Member]) -> bool {
    let slot = look.slot(new);
    let predecessor = old.iter().find(|member| look.slot(member) == slot).cloned();
    if let Some(predecessor) = &predecessor {
        let why = reason(look, goal, predecessor);
        look.remove(predecessor, vec![why]);
    }
    predecessor.is_some()
}

fn between(look: &Look<'_, '_>) -> Fact {
    Fact::BetweenBatches(look.stack, look.service.clone())
}

/// Whether the pause between two batches is not over. Before the first batch there is none.
fn pauses_between(look: &mut Look<'_, '_>, rollout: &Rollout, goal: &Shape) -> bool {
    let interval = Duration::from_millis(pace(look, goal).interval_ms);
    let members = look.members();
    if interval.is_zero()
        || !members
            .iter()
            .any(|member| made_by(look, rollout, goal, &members, member))
    {
        return false;
    }
    let (fact, now) = (between(look), look.desk.now());
    let over = look.desk.since().start(fact.clone(), now) + interval;
    if over > now {
        look.desk.wake(over);
        marks::PAUSE_BETWEEN_BATCHES.reach();
        look.reasons.push(Reason::WaitsForInterval);
        return true;
    }
    look.desk.since().stop(&fact);
    false
}

/// Replaces up to so many, the sick first, and of the healthy no more than may be missing. New ones that may fail and did
/// are not missed.
fn replace_some(look: &mut Look<'_, '_>, rollout: &Rollout, goal: &Shape, old: &[Member], most: usize) {
    let least = (look.wanted as usize).saturating_sub(batch(look, goal));
    let healthy = look
        .slots()
        .values()
        .filter(|slot| slot.iter().any(Member::well))
        .count();
    let members = look.members();
    let failed = members
        .iter()
        .filter(|member| member.state == State::Failed && made_by(look, rollout, goal, &members, member))
        .count();
    let mut spare = (healthy + failed).saturating_sub(least);
    let replaced: BTreeSet<_> = members
        .iter()
        .filter(|member| member.runs() && !differs(look, goal, member))
        .map(|member| look.slot(member))
        .collect();
    let is_next = |member: &&Member| member.reachable() && !replaced.contains(&look.slot(member));
    let mut picked: Vec<&Member> = old.iter().filter(is_next).collect();
    picked.sort_by_key(|member| (member.well(), member.unit.number, member.unit.id));
    let regardless = pace(look, goal).on_failure == FailureAction::Continue;
    picked.retain(|member| {
        let may = !member.well() || spare > 0 || regardless;
        spare = spare.saturating_sub(usize::from(member.well()));
        may
    });
    for member in picked.into_iter().take(most) {
        replace(look, goal, member);
    }
    for member in old.iter().filter(|member| !member.reachable()) {
        look.reasons.extend(
            look.desk
                .world
                .host_name(member.unit.host)
                .map(|host| Reason::WaitsForHost { host }),
        );
    }
}

fn replace(look: &mut Look<'_, '_>, goal: &Shape, old: &Member) {
    let why = reason(look, goal, old);
    if old.unit.spec == goal.facts().hash {
        marks::RESTARTED_IN_PLACE.reach();
        let (generation, restarts) = (old.unit.generation.next(), look.restarts);
        look.put(Unit {
            generation,
            restarts,
            reasons: vec![why],
            ..(*old.unit.doc).clone()
        });
    } else if pace(look, goal).order == UpdateOrder::StartFirst && may_be_two(look, goal, old) {
        start_first(look, goal, old, why);
    } else {
        look.remove(old, vec![why]);
    }
}

/// Whether the old one and the new one may run side by side: neither is exclusive, and they share no data.
fn may_be_two(look: &Look<'_, '_>, goal: &Shape, old: &Member) -> bool {
    let before = Shape::of(&look.desk.world, look.stack, old.unit.revision, &look.service);
    let free = |shape: &Shape| shape.facts().class == UnitClass::Stateless;
    free(goal) && before.is_none_or(|before| free(&before))
}

/// The new one beside the old one; where a fixed port, or how many a host may have, does not allow that, the old one
/// stops first after all.
fn start_first(look: &mut Look<'_, '_>, goal: &Shape, old: &Member, why: Reason) {
    let only = look.is_global().then_some(old.unit.host);
    match look.try_create(goal, old.unit.number, vec![why.clone()], only) {
        Ok(()) => marks::STARTS_FIRST.reach(),
        Err(Reason::NoHost { refusals }) => {
            let host = look.desk.world.host_name(old.unit.host);
            let full = host.and_then(|host| full(&refusals, &host));
            match port_taken(&refusals).or(full) {
                Some(stops_first) => {
                    marks::STOPS_FIRST.reach();
                    look.remove(old, vec![why, stops_first]);
                }
                None => look.reasons.push(Reason::NoHost { refusals }),
            }
        }
        Err(other) => look.reasons.push(other),
    }
}

fn port_taken(refusals: &[HostRefusal]) -> Option<Reason> {
    refusals.iter().find_map(|refusal| match refusal.why {
        Misfit::PortTaken { port, .. } => Some(Reason::StopsFirst { port }),
        _ => None,
    })
}

/// Whether the old one's host has as many as it may, so that there is room once the old one is gone.
fn full(refusals: &[HostRefusal], host: &Name) -> Option<Reason> {
    let its = refusals.iter().find(|refusal| refusal.host == *host)?;
    let Misfit::HasMost { most } = its.why else {
        return None;
    };
    Some(Reason::StopsFirstForRoom { most })
}

/// Why a unit is replaced.
pub(crate) fn reason(look: &Look<'_, '_>, goal: &Shape, old: &Member) -> Reason {
    if old.unit.spec == goal.facts().hash {
        return Reason::RestartWished;
    }
    let before = Shape::of(&look.desk.world, look.stack, old.unit.revision, &look.service);
    let keys = before
        .map(|before| changed_keys(&before.spec().unit, &goal.spec().unit))
        .unwrap_or_default();
    Reason::SpecChanged { keys }
}
