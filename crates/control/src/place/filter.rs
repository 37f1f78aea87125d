//! Whether a host can take a unit at all.

use std::ops::ControlFlow;

use muster_model::assigned::{Presence, Unit, UnitWish};
use muster_model::desired::{Relation, RuleSubject, SchedulingRule, ServiceKind};
use muster_model::reason::Misfit;
use muster_model::{Name, UnitId};

use crate::allot::ports;
use crate::marks;
use crate::reconcile::volumes;
use crate::shape::Shape;
use crate::world::{Host, World};

/// The label of a host that keeps off all containers but those with one of some labels.
const REQUIRE_ANY: &str = "io.rancher.scheduler.require_any";

/// Whether `host` can take a unit of `shape`, or the first reason why not.
pub(super) fn fits(world: &World, shape: &Shape, host: Host<'_>) -> Result<(), Misfit> {
    first(|tell| each(world, shape, host, tell))
}

/// Every reason why `host` cannot take a unit of `shape`.
pub(super) fn misfits(world: &World, shape: &Shape, host: Host<'_>) -> Vec<Misfit> {
    let mut all = Vec::new();
    let _ = each(world, shape, host, &mut |misfit| {
        all.push(misfit);
        ControlFlow::Continue(())
    });
    all
}

/// Whether units of `shape` belong on `host` at all: what a global service counts.
pub(crate) fn wanted_on(world: &World, shape: &Shape, host: Host<'_>) -> Result<(), Misfit> {
    first(|tell| belongs(world, shape, host, tell))
}

/// What is told each misfit, and says whether that is enough.
type Tell<'t> = &'t mut dyn FnMut(Misfit) -> ControlFlow<Misfit>;

fn first(look: impl FnOnce(Tell<'_>) -> ControlFlow<Misfit>) -> Result<(), Misfit> {
    match look(&mut ControlFlow::Break) {
        ControlFlow::Break(misfit) => Err(misfit),
        ControlFlow::Continue(()) => Ok(()),
    }
}

fn each(world: &World, shape: &Shape, host: Host<'_>, tell: Tell<'_>) -> ControlFlow<Misfit> {
    belongs(world, shape, host, tell)?;
    engine(host).map_or_else(&mut *tell, ControlFlow::Continue)?;
    room(shape, host, tell)?;
    if shape.spec().kind != ServiceKind::Global {
        volumes_here(world, shape, host, tell)?;
    }
    ports_free(world, shape, host, tell)
}

fn belongs(world: &World, shape: &Shape, host: Host<'_>, tell: Tell<'_>) -> ControlFlow<Misfit> {
    if host.presence() != Presence::Active {
        tell(Misfit::NotActive)?;
    }
    if host.wish.is_none_or(|wish| wish.cordoned) {
        tell(Misfit::Cordoned)?;
    }
    for rule in &shape.spec().rules {
        if forbids(world, shape, host, rule) {
            tell(Misfit::Rule {
                rule: words(rule),
                found: found(host, rule),
            })?;
        }
    }
    if let Some(asked) = asks_for(shape, host) {
        tell(Misfit::Rule {
            rule: format!("it takes only containers that have one of the labels {asked}"),
            found: None,
        })?;
    }
    ControlFlow::Continue(())
}

/// The labels of which a host asks for one, if no container of the unit has any.
fn asks_for<'h>(shape: &Shape, host: Host<'h>) -> Option<&'h str> {
    let (_, asked) = label(host, REQUIRE_ANY)?;
    let containers = shape.facts().containers.iter();
    let mut wanted = asked.split(',').map(str::trim).filter(|item| !item.is_empty());
    let has = |item: &str| {
        let (key, value) = match item.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (item, None),
        };
        containers.clone().any(|container| {
            let mut labels = container.spec.labels.iter();
            labels.any(|(name, found)| {
                name.eq_ignore_ascii_case(key) && value.is_none_or(|value| value.eq_ignore_ascii_case(found))
            })
        })
    };
    (!wanted.any(has)).then_some(asked.as_str())
}

/// Whether a rule that binds keeps units off a host.
pub(crate) fn forbids(world: &World, shape: &Shape, host: Host<'_>, rule: &SchedulingRule) -> bool {
    let of_containers = matches!(
        rule.subject,
        RuleSubject::ContainerLabel { .. } | RuleSubject::Service { .. }
    );
    // A global service is on every host that its rules on hosts allow, whatever else runs there.
    if of_containers && shape.spec().kind == ServiceKind::Global {
        return false;
    }
    match rule.relation {
        Relation::Must => !holds(world, shape, host, &rule.subject, None),
        Relation::MustNot => holds(world, shape, host, &rule.subject, None),
        Relation::Should | Relation::ShouldNot => false,
    }
}

/// Ports that the platform picks are as good as always free, so the choice is left until the host is chosen.
fn ports_free(world: &World, shape: &Shape, host: Host<'_>, tell: Tell<'_>) -> ControlFlow<Misfit> {
    let fixed = shape
        .facts()
        .ports
        .iter()
        .filter_map(|spec| Some(ports::published(spec, spec.host_port?)));
    for port in fixed {
        if let Some(by) = ports::holder(world, host.id, &port) {
            marks::PORT_TAKEN.reach();
            tell(Misfit::PortTaken {
                port: port.host_port,
                protocol: port.protocol,
                by,
            })?;
        }
    }
    ControlFlow::Continue(())
}

fn engine(host: Host<'_>) -> Result<(), Misfit> {
    let facts = host.observed.map(|observed| &observed.facts);
    match facts {
        Some(facts) if facts.engine_error.is_none() && !facts.engine.is_empty() => Ok(()),
        _ => {
            let message = facts.and_then(|facts| facts.engine_error.clone());
            Err(Misfit::EngineDown {
                message: message.unwrap_or_else(|| "not reached yet".to_owned()),
            })
        }
    }
}

fn room(shape: &Shape, host: Host<'_>, tell: Tell<'_>) -> ControlFlow<Misfit> {
    let (wanted, taken) = (shape.facts().reservation, host.load.reserved);
    let Some(facts) = host.observed.map(|observed| &observed.facts) else {
        return ControlFlow::Continue(());
    };
    let free = facts.memory.saturating_sub(taken.memory);
    if wanted.memory > 0 && wanted.memory > free {
        tell(Misfit::Memory {
            wanted: wanted.memory,
            free,
        })?;
    }
    let free = (u64::from(facts.cpus) * 1000).saturating_sub(taken.milli_cpus);
    if wanted.milli_cpus > 0 && wanted.milli_cpus > free {
        tell(Misfit::Cpu {
            wanted: wanted.milli_cpus,
            free,
        })?;
    }
    ControlFlow::Continue(())
}

/// Data cannot follow: where a volume lies, its units go.
fn volumes_here(world: &World, shape: &Shape, host: Host<'_>, tell: Tell<'_>) -> ControlFlow<Misfit> {
    for name in &shape.facts().volumes {
        let mut elsewhere = None;
        for volume in volumes::named(world, shape, name) {
            if volume.host == host.id {
                elsewhere = None;
                break;
            }
            elsewhere = elsewhere.or(Some(volume.host));
        }
        if let Some(host) = elsewhere.and_then(|host| world.host_name(host)) {
            marks::VOLUME_ELSEWHERE.reach();
            tell(Misfit::VolumeElsewhere {
                volume: name.clone(),
                host,
            })?;
        }
    }
    ControlFlow::Continue(())
}

/// Whether what a rule speaks of is so on a host, a unit that is `except`ed left out of account.
pub(crate) fn holds(
    world: &World,
    shape: &Shape,
    host: Host<'_>,
    subject: &RuleSubject,
    except: Option<UnitId>,
) -> bool {
    let mut running = world
        .units_on(host.id)
        .filter(|unit| unit.wish == UnitWish::Run && Some(unit.id) != except);
    match subject {
        RuleSubject::HostLabel { key, value } => label(host, key).is_some_and(|(_, found)| {
            value
                .as_ref()
                .is_none_or(|value| value.eq_ignore_ascii_case(found))
        }),
        RuleSubject::HostName(name) => host
            .wish
            .is_some_and(|wish| wish.name.as_str().eq_ignore_ascii_case(name)),
        RuleSubject::HostId(id) => host.id == *id,
        // Agents run on nothing else.
        RuleSubject::System(system) => system == "linux",
        RuleSubject::Architecture(wanted) => host
            .observed
            .is_some_and(|observed| observed.facts.architecture == *wanted),
        RuleSubject::ContainerLabel { key, value } => {
            running.any(|unit| has_container(world, unit, key, value))
        }
        RuleSubject::Service { stack, service } => {
            let stack = match stack {
                Some(name) => world.stack_by_name(shape.environment, name).map(|stack| stack.id),
                None => Some(shape.stack),
            };
            running.any(|unit| Some(unit.stack) == stack && unit.service == *service)
        }
    }
}

/// A host's label, its key written large or small.
pub(crate) fn label<'h>(host: Host<'h>, key: &str) -> Option<(&'h String, &'h String)> {
    let labels = &host.wish?.labels;
    labels
        .get_key_value(key)
        .or_else(|| labels.iter().find(|(found, _)| found.eq_ignore_ascii_case(key)))
}

/// Whether a container of the unit has a label: of its own, or one that the platform gives every container.
fn has_container(world: &World, unit: &Unit, key: &str, value: &str) -> bool {
    let same = |found: &str| found.eq_ignore_ascii_case(value);
    let stack = || world.stack(unit.stack).map(|stack| stack.name.clone());
    let Some(facts) = world.service_facts(unit.stack, unit.revision, &unit.service) else {
        return false;
    };
    match key {
        "io.rancher.stack.name" | "io.rancher.project.name" => {
            stack().is_some_and(|name| same(name.as_str()))
        }
        "io.rancher.stack_service.name" | "io.rancher.project_service.name" => {
            let title = world.service_title(unit.stack, &unit.service);
            let title = |sidekick: Option<&Name>| match sidekick {
                Some(sidekick) => format!("{title}/{sidekick}"),
                None => title.clone(),
            };
            facts
                .containers
                .iter()
                .any(|container| same(&title(container.sidekick.as_ref())))
        }
        _ => facts.containers.iter().any(|container| {
            let mut labels = container.spec.labels.iter();
            labels.any(|(name, found)| name.eq_ignore_ascii_case(key) && same(found))
        }),
    }
}

/// What a host has of what a rule speaks of.
fn found(host: Host<'_>, rule: &SchedulingRule) -> Option<String> {
    match &rule.subject {
        RuleSubject::HostLabel { key, .. } if rule.relation == Relation::Must => {
            let (key, value) = label(host, key)?;
            Some(format!("{key}={value}"))
        }
        RuleSubject::Architecture(_) => host
            .observed
            .map(|observed| format!("{} processors", observed.facts.architecture)),
        _ => None,
    }
}

/// A rule in words.
pub(crate) fn words(rule: &SchedulingRule) -> String {
    let subject = match &rule.subject {
        RuleSubject::HostLabel {
            key,
            value: Some(value),
        } => format!("label {key}={value}"),
        RuleSubject::HostLabel { key, value: None } => format!("label {key}"),
        RuleSubject::HostName(name) => format!("the name {name}"),
        RuleSubject::HostId(id) => format!("the id {id}"),
        RuleSubject::System(system) => format!("the system {system}"),
        RuleSubject::Architecture(architecture) => format!("{architecture} processors"),
        RuleSubject::ContainerLabel { key, value } => format!("a container with label {key}={value}"),
        RuleSubject::Service {
            stack: Some(stack),
            service,
        } => format!("a unit of {stack}/{service}"),
        RuleSubject::Service { stack: None, service } => format!("a unit of {service}"),
    };
    let verb = match rule.relation {
        Relation::Must => "must have",
        Relation::MustNot => "must not have",
        Relation::Should => "should have",
        Relation::ShouldNot => "should not have",
    };
    format!("{verb} {subject}")
}
