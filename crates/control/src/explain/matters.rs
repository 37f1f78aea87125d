//! What of a service is not as wished, and what becomes of it.

use muster_model::assigned::{Rollout, RolloutState, ServiceAssigned};
use muster_model::desired::{Relation, SchedulingRule, ServiceKind, Stack};
use muster_model::view::{MatterView, ObstacleView};
use muster_model::{Name, Reason};

use crate::place::Placer;
use crate::place::filter::{forbids, holds, words};
use crate::reconcile::members::Member;
use crate::shape::Shape;
use crate::world::{Host, World};

/// Everything that is not as wished, what holds the service up first.
pub(super) fn of(world: &World, stack: &Stack, service: &Name, members: &[Member]) -> Vec<MatterView> {
    let Some(verdict) = world
        .verdict(stack.id, service)
        .filter(|verdict| verdict.revision == stack.revision)
    else {
        return vec![not_judged(stack.revision)];
    };
    let shape = Shape::of(world, stack.id, verdict.revision, service);
    let mut matters: Vec<MatterView> = verdict
        .reasons
        .iter()
        .map(|reason| matter(world, shape.as_ref(), reason))
        .collect();
    let rollout = world.rollout(stack.id, service);
    matters.extend(rollout.and_then(|rollout| turned_round(rollout)));
    matters.extend(held(world, stack, service, &verdict.reasons));
    if let Some(shape) = &shape {
        matters.extend(nowhere(world, shape, verdict));
        matters.extend(unmet(world, shape, members));
    }
    matters
}

fn not_judged(revision: u64) -> MatterView {
    MatterView {
        reason: None,
        what: format!("revision {revision} was not looked at yet"),
        hosts: Vec::new(),
        platform: "looks at it within a second, once a server leads".to_owned(),
        next_step: Some("if this stays, see the servers' logs for why none of them leads".to_owned()),
    }
}

fn matter(world: &World, shape: Option<&Shape>, reason: &Reason) -> MatterView {
    let hosts = match (reason, shape) {
        (Reason::NoHost { .. }, Some(shape)) => obstacles(world, shape, &Placer::new(world, shape)),
        _ => Vec::new(),
    };
    let what = match shape.filter(|_| !hosts.is_empty()) {
        Some(shape) => no_host(world, shape),
        None => reason.to_string(),
    };
    MatterView {
        what,
        hosts,
        platform: reason.platform_does(),
        next_step: reason.next_step(),
        reason: Some(reason.clone()),
    }
}

/// That no host fits, and the rules that no host meets.
fn no_host(world: &World, shape: &Shape) -> String {
    let hosts: Vec<Host<'_>> = world.hosts(shape.environment).collect();
    let nowhere = |rule: &&SchedulingRule| hosts.iter().all(|host| forbids(world, shape, *host, rule));
    let rules: Vec<String> = shape.spec().rules.iter().filter(nowhere).map(words).collect();
    match rules.is_empty() {
        true => "no host can take another unit".to_owned(),
        false => format!(
            "no host can take another unit: none of the {} meets the rule \"{}\"",
            hosts.len(),
            rules.join("\", nor \"")
        ),
    }
}

/// What keeps the service's units off each host that cannot take one.
pub(super) fn obstacles(world: &World, shape: &Shape, placer: &Placer) -> Vec<ObstacleView> {
    world
        .hosts(shape.environment)
        .flat_map(|host| on_host(world, placer, host))
        .collect()
}

/// What keeps the service's units off one host.
pub(super) fn on_host(world: &World, placer: &Placer, host: Host<'_>) -> Vec<ObstacleView> {
    let Some(name) = world.host_name(host.id) else {
        return Vec::new();
    };
    let misfits = placer.misfits(world, host).into_iter();
    let obstacle = |why: muster_model::reason::Misfit| ObstacleView {
        host: name.clone(),
        what: why.to_string(),
        next_step: why.next_step(&name),
        why,
    };
    misfits.map(obstacle).collect()
}

/// A rollout that was held or went back.
fn turned_round(rollout: &Rollout) -> Option<MatterView> {
    let (from, to) = (rollout.from, rollout.to);
    let reason = rollout.reasons.first();
    let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    let (what, platform) = match rollout.state {
        RolloutState::Finished | RolloutState::Rolling => return None,
        RolloutState::Paused => (
            format!("the rollout to revision {to} stands still{because}"),
            "leaves the units that it has not come to as they are",
        ),
        RolloutState::RollingBack => (
            format!("the rollout to revision {to} goes back to {from}{because}"),
            "makes the units as they were, in batches",
        ),
        RolloutState::RolledBack => (
            format!("the rollout to revision {to} went back to {from}{because}"),
            "stays with what ran before until the files change",
        ),
    };
    let mend = "mend the files and deploy again".to_owned();
    Some(MatterView {
        what,
        hosts: Vec::new(),
        platform: platform.to_owned(),
        next_step: reason.and_then(Reason::next_step).or(Some(mend)),
        reason: reason.cloned(),
    })
}

/// Someone told its rollouts to wait, and none does yet.
fn held(world: &World, stack: &Stack, service: &Name, told: &[Reason]) -> Option<MatterView> {
    let held = world
        .service_wish(stack.id, service)
        .is_some_and(|wish| wish.paused);
    let reason = Reason::PausedByHand;
    (held && !told.contains(&reason)).then(|| MatterView {
        what: "somebody told its rollouts to wait".to_owned(),
        hosts: Vec::new(),
        platform: reason.platform_does(),
        next_step: reason.next_step(),
        reason: Some(reason),
    })
}

/// A global service whose rules no host meets: nothing is wanted, so nothing is missing, and yet it is surely not meant.
fn nowhere(world: &World, shape: &Shape, verdict: &ServiceAssigned) -> Option<MatterView> {
    let nowhere = shape.spec().kind == ServiceKind::Global && verdict.wanted == 0;
    nowhere.then(|| {
        let hosts = obstacles(world, shape, &Placer::new(world, shape));
        let refusals = Vec::new();
        let reason = Reason::NoHost { refusals };
        MatterView {
            what: "it is to run on every host that its rules allow, and they allow none".to_owned(),
            platform: reason.platform_does(),
            next_step: match hosts.is_empty() {
                true => reason.next_step(),
                false => {
                    Some("mend one of the hosts as written beside it, or the rules in the files".to_owned())
                }
            },
            hosts,
            reason: None,
        }
    })
}

/// Rules that should hold for units that run, and do not.
fn unmet(world: &World, shape: &Shape, members: &[Member]) -> Vec<MatterView> {
    let mut matters = Vec::new();
    for rule in &shape.spec().rules {
        let missed = |member: &&Member| {
            member.runs()
                && world.host(member.unit.host).is_some_and(|host| {
                    let holds = holds(world, shape, host, &rule.subject, Some(member.unit.id));
                    match rule.relation {
                        Relation::Should => !holds,
                        Relation::ShouldNot => holds,
                        Relation::Must | Relation::MustNot => false,
                    }
                })
        };
        let units: Vec<String> = members
            .iter()
            .filter(missed)
            .filter_map(|member| {
                let host = world.host_name(member.unit.host)?;
                Some(format!("{}-{} on {host}", shape.service, member.unit.number))
            })
            .collect();
        if !units.is_empty() {
            matters.push(MatterView {
                reason: None,
                what: format!("the rule \"{}\" does not hold for {}", words(rule), units.join(", ")),
                hosts: Vec::new(),
                platform: "leaves what runs where it is; a unit that is made anew is placed by the rule where it can be"
                    .to_owned(),
                next_step: Some("`muster service restart` has its units placed anew".to_owned()),
            });
        }
    }
    matters
}
