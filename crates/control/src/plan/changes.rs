//! Unit by unit: what becomes of those that are, and which are made.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::assigned::{Unit, UnitWish};
use muster_model::id::IdSource;
use muster_model::{HostId, Name, Reason, Timestamp, UnitId, WallTime};

use super::draft::Draft;
use super::{Action, PlanWarning, PlannedChange};
use crate::agenda::Agenda;
use crate::desk::Desk;
use crate::reconcile::{Look, missing, outdated, reason, surplus};
use crate::round::Cx;
use crate::world::{Subject, World};

/// The changes that lead from `world` to the draft, and what to mind about them.
pub(super) fn changes(world: &World, draft: &Draft) -> (Vec<PlannedChange>, Vec<PlanWarning>) {
    let (mut agenda, mut ids, fences) = (
        Agenda::default(),
        IdSource::new(0),
        BTreeMap::<HostId, Timestamp>::new(),
    );
    let cx = Cx {
        now: Timestamp(0),
        wall: WallTime(0),
        ids: &mut ids,
        fences: &fences,
        budget: 0,
    };
    // Units that would be made are made on this desk, so that the forecast of each host knows of those before it.
    let mut desk = Desk::new(draft.world.clone(), &mut agenda, cx);
    let (mut changes, mut warnings) = (Vec::new(), Vec::new());
    for service in services(world, draft) {
        desk.begin(&Subject::Service(draft.stack, service.clone()));
        if let Some(look) = Look::new(&mut desk, draft.stack, &service) {
            wanted(look, &mut changes, &mut warnings);
        } else {
            unwanted(world, draft, &service, &mut changes);
        }
    }
    changes.sort_by_key(|change| (change.service.clone(), change.number, change.action));
    (changes, warnings)
}

fn services(world: &World, draft: &Draft) -> BTreeSet<Name> {
    match &draft.service {
        Some(service) => BTreeSet::from([service.clone()]),
        None => draft
            .world
            .services(draft.stack)
            .chain(world.services_left(draft.stack))
            .collect(),
    }
}

/// A service that the draft does not have: all its units go.
fn unwanted(world: &World, draft: &Draft, service: &Name, changes: &mut Vec<PlannedChange>) {
    let removed = draft.world.stack(draft.stack).is_none_or(|stack| stack.removed);
    let why = if removed {
        Reason::StackRemoved
    } else {
        Reason::ServiceGone
    };
    let running = world
        .units_of(draft.stack, service)
        .filter(|unit| unit.wish == UnitWish::Run);
    changes.extend(running.map(|unit| change(world, unit, Action::Remove, vec![why.clone()])));
}

fn wanted(mut look: Look<'_, '_>, changes: &mut Vec<PlannedChange>, warnings: &mut Vec<PlanWarning>) {
    let (goal, wanted) = (look.goal.clone(), look.wanted);
    let members = look.members();
    let mut going: BTreeMap<UnitId, Reason> = BTreeMap::new();
    for (member, why) in surplus(&mut look) {
        look.remove(&member, vec![why.clone()]);
        going.insert(member.unit.id, why);
    }
    for member in members.iter().filter(|member| member.runs()) {
        let world = &look.desk.world;
        let unit = &member.unit;
        changes.push(if let Some(why) = going.get(&unit.id) {
            change(world, unit, Action::Remove, vec![why.clone()])
        } else if !outdated(&look, member) {
            PlannedChange {
                to: Some(unit.spec),
                ..change(world, unit, Action::Keep, Vec::new())
            }
        } else {
            let action = if unit.spec == goal.facts().hash {
                Action::Restart
            } else {
                Action::Replace
            };
            let why = vec![reason(&look, &goal, member)];
            PlannedChange {
                to: Some(goal.facts().hash),
                ..change(world, unit, action, why)
            }
        });
    }
    for (number, host) in missing(&mut look) {
        let why = vec![Reason::ScaleUp { wanted }];
        let made = look.create(&goal, number, why.clone(), host);
        changes.push(PlannedChange {
            service: look.service.clone(),
            number,
            action: Action::Create,
            reasons: why,
            from: None,
            to: Some(goal.facts().hash),
            host: if made { place_of(&mut look, number) } else { None },
        });
    }
    let mut reasons = std::mem::take(&mut look.reasons);
    reasons.dedup();
    warnings.extend(reasons.into_iter().map(|reason| PlanWarning {
        service: look.service.clone(),
        reason,
    }));
}

/// Where the draft's unit of this number would run.
fn place_of(look: &mut Look<'_, '_>, number: u32) -> Option<Name> {
    let members = look.members();
    let youngest = members
        .iter()
        .filter(|member| member.unit.number == number)
        .max_by_key(|member| member.unit.id.epoch == 0)?;
    look.desk.world.host_name(youngest.unit.host)
}

fn change(world: &World, unit: &Unit, action: Action, reasons: Vec<Reason>) -> PlannedChange {
    PlannedChange {
        service: unit.service.clone(),
        number: unit.number,
        action,
        reasons,
        from: Some(unit.spec),
        to: None,
        host: world.host_name(unit.host),
    }
}
