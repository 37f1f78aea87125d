//! Verdicts: how a service stands and why, stored so that to ask is to read.

use muster_model::assigned::{ServiceAssigned, ServiceState, Unit, UnitWish};
use muster_model::observed::Phase;
use muster_model::{Name, Reason, StackId};

use super::look::Look;
use super::members::{Member, State};
use super::rollouts;
use crate::desk::Desk;
use crate::marks;
use crate::world::World;

/// Reasons kept; the first say enough.
const REASONS_MAX: usize = 8;
/// Characters of an agent's message kept in a reason.
const MESSAGE_CHARS_MAX: usize = 300;

/// Writes the verdict, if it changed.
pub(crate) fn write(look: &mut Look<'_, '_>) {
    let members = look.members();
    let slots = look.slots();
    let not_yet: Vec<Reason> = members.iter().filter_map(|member| waits(look, member)).collect();
    let settled = slots.len() == look.wanted as usize && look.reasons.is_empty() && not_yet.is_empty();
    let finished = look.wanted > 0 && slots.values().flatten().all(|member| member.state == State::Done);
    let outdated = slots
        .values()
        .flatten()
        .any(|member| rollouts::outdated(look, member));
    let state = match settled && !outdated {
        _ if look.reasons.iter().any(is_stuck) => ServiceState::Blocked,
        true if finished => ServiceState::Completed,
        true => ServiceState::Steady,
        false => ServiceState::Converging,
    };
    let mut reasons = std::mem::take(&mut look.reasons);
    reasons.extend(not_yet);
    reasons.extend(needs_none(look));
    reasons.append(&mut look.notes);
    let (revision, wanted) = (look.head.revision, look.wanted);
    store(
        look.desk,
        look.stack,
        &look.service,
        revision,
        wanted,
        state,
        reasons,
    );
}

/// Why a service that is as wished has no units.
fn needs_none(look: &Look<'_, '_>) -> Option<Reason> {
    let (kind, waits) = (look.head.spec().kind, look.head.spec().waits);
    match kind.has_units() {
        false => Some(Reason::NoUnits { kind }),
        true => (waits && look.wanted == 0).then_some(Reason::WaitsForScale),
    }
}

/// The wanted revision cannot be read.
pub(crate) fn unreadable(desk: &mut Desk<'_>, stack: StackId, service: &Name) {
    let revision = desk.world.stack(stack).map_or(0, |stack| stack.revision);
    quarantine(
        desk,
        stack,
        service,
        &format!("revision {revision} is not complete"),
    );
}

/// Control met what it should not have: what was there is kept, and the verdict says so.
pub(crate) fn quarantine(desk: &mut Desk<'_>, stack: StackId, service: &Name, message: &str) {
    let revision = desk.world.stack(stack).map_or(0, |stack| stack.revision);
    let wanted = desk
        .world
        .verdict(stack, service)
        .map_or(0, |verdict| verdict.wanted);
    let message = message.chars().take(MESSAGE_CHARS_MAX).collect();
    let reasons = vec![Reason::Quarantined { message }];
    store(
        desk,
        stack,
        service,
        revision,
        wanted,
        ServiceState::Blocked,
        reasons,
    );
}

fn store(
    desk: &mut Desk<'_>,
    stack: StackId,
    service: &Name,
    revision: u64,
    wanted: u32,
    state: ServiceState,
    reasons: Vec<Reason>,
) {
    let mut kept: Vec<Reason> = Vec::new();
    for reason in reasons.into_iter().map(shortened) {
        if kept.len() < REASONS_MAX && !kept.contains(&reason) {
            kept.push(reason);
        }
    }
    let verdict = ServiceAssigned {
        stack,
        service: service.clone(),
        revision,
        wanted,
        state,
        reasons: kept,
    };
    if desk
        .world
        .verdict(stack, service)
        .is_none_or(|former| *former.doc != verdict)
    {
        desk.put(verdict);
    }
}

/// What a unit is still waited for.
fn waits(look: &Look<'_, '_>, member: &Member) -> Option<Reason> {
    let number = member.unit.number;
    if !member.runs() {
        return look.blocks(member).then_some(Reason::WaitsForOld { number });
    }
    if let Some(host) = braked(look, member) {
        marks::BRAKE_TOLD.reach();
        return Some(Reason::HeldByBrake { host });
    }
    let message = match member.state {
        State::Up | State::Done | State::Gone => return None,
        State::Lost if look.is_global() => return None,
        State::Silent | State::Lost => look
            .desk
            .world
            .host_name(member.unit.host)
            .map(|host| format!("{host} does not answer")),
        State::Coming | State::Failed => member.message.clone(),
    };
    Some(Reason::WaitsForUnit { number, message })
}

/// The host of a unit, if only the brake keeps that from being lost.
fn braked(look: &Look<'_, '_>, member: &Member) -> Option<Name> {
    let world = &look.desk.world;
    let assigned = world.host(member.unit.host)?.assigned?;
    assigned.braked.then(|| world.host_name(member.unit.host))?
}

/// Whether somebody has to do something.
fn is_stuck(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::NoHost { .. }
            | Reason::VolumeMissing { .. }
            | Reason::WaitsForHost { .. }
            | Reason::NewUnitFailed { .. }
            | Reason::PausedByHand
            | Reason::Quarantined { .. }
    )
}

fn shortened(reason: Reason) -> Reason {
    let short = |message: Option<String>| message.map(|text| text.chars().take(MESSAGE_CHARS_MAX).collect());
    match reason {
        Reason::WaitsForUnit { number, message } => Reason::WaitsForUnit {
            number,
            message: short(message),
        },
        Reason::NewUnitFailed { number, message } => Reason::NewUnitFailed {
            number,
            message: short(message),
        },
        other => other,
    }
}

/// Whether a unit runs or ran, healthy or not.
pub(crate) fn started(world: &World, unit: &Unit) -> bool {
    let status = world
        .status(unit.id)
        .filter(|status| status.generation == unit.generation);
    unit.wish == UnitWish::Run
        && status.is_some_and(|status| matches!(status.phase, Phase::Running | Phase::Finished))
}
