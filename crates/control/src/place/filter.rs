//! Whether a host can take a unit at all.

use muster_model::assigned::{Presence, UnitWish};
use muster_model::desired::{Relation, RuleSubject, SchedulingRule, ServiceKind};
use muster_model::reason::Misfit;
use muster_model::{HostId, Name};

use crate::allot::ports;
use crate::marks;
use crate::reconcile::volumes;
use crate::shape::Shape;
use crate::world::{Host, World};

/// Whether `host` can take a unit of `shape`, or why not.
pub(super) fn fits(world: &World, shape: &Shape, host: Host<'_>) -> Result<(), Misfit> {
    wanted_on(world, shape, host)?;
    engine(host)?;
    room(shape, host)?;
    if shape.spec().kind != ServiceKind::Global {
        volume(world, shape, host)?;
    }
    // Ports that the platform picks are as good as always free, so the choice is left until the host is chosen.
    let fixed = shape
        .facts()
        .ports
        .iter()
        .filter_map(|spec| Some(ports::published(spec, spec.host_port?)));
    for port in fixed {
        if let Some(by) = ports::holder(world, host.id, &port) {
            marks::PORT_TAKEN.reach();
            return Err(Misfit::PortTaken {
                port: port.host_port,
                protocol: port.protocol,
                by,
            });
        }
    }
    Ok(())
}

/// Whether units of `shape` belong on `host` at all: what a global service counts.
pub(crate) fn wanted_on(world: &World, shape: &Shape, host: Host<'_>) -> Result<(), Misfit> {
    if host.presence() != Presence::Active {
        return Err(Misfit::NotActive);
    }
    if host.wish.is_none_or(|wish| wish.cordoned) {
        return Err(Misfit::Cordoned);
    }
    for rule in &shape.spec().rules {
        let binds = match rule.relation {
            Relation::Must => !holds(world, shape, host, &rule.subject),
            Relation::MustNot => holds(world, shape, host, &rule.subject),
            Relation::Should | Relation::ShouldNot => false,
        };
        if binds {
            return Err(Misfit::Rule { rule: words(rule) });
        }
    }
    Ok(())
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

fn room(shape: &Shape, host: Host<'_>) -> Result<(), Misfit> {
    let (wanted, taken) = (shape.facts().reservation, host.load.reserved);
    let Some(facts) = host.observed.map(|observed| &observed.facts) else {
        return Ok(());
    };
    let free = facts.memory.saturating_sub(taken.memory);
    if wanted.memory > 0 && wanted.memory > free {
        return Err(Misfit::Memory {
            wanted: wanted.memory,
            free,
        });
    }
    let free = (u64::from(facts.cpus) * 1000).saturating_sub(taken.milli_cpus);
    if wanted.milli_cpus > 0 && wanted.milli_cpus > free {
        return Err(Misfit::Cpu {
            wanted: wanted.milli_cpus,
            free,
        });
    }
    Ok(())
}

/// Data cannot follow: where a volume lies, its units go.
fn volume(world: &World, shape: &Shape, host: Host<'_>) -> Result<(), Misfit> {
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
            return Err(Misfit::VolumeElsewhere {
                volume: name.clone(),
                host,
            });
        }
    }
    Ok(())
}

/// Whether what a rule speaks of is so on a host.
pub(super) fn holds(world: &World, shape: &Shape, host: Host<'_>, subject: &RuleSubject) -> bool {
    match subject {
        RuleSubject::HostLabel { key, value } => host
            .wish
            .and_then(|wish| wish.labels.get(key))
            .is_some_and(|found| value.as_ref().is_none_or(|value| value == found)),
        RuleSubject::HostName(name) => host.wish.is_some_and(|wish| wish.name.as_str() == name),
        RuleSubject::HostId(id) => host.id == *id,
        // Agents run on nothing else.
        RuleSubject::System(system) => system == "linux",
        RuleSubject::Architecture(wanted) => host
            .observed
            .is_some_and(|observed| observed.facts.architecture == *wanted),
        RuleSubject::ContainerLabel { key, value } => has_container(world, host.id, key, value),
        RuleSubject::Service { stack, service } => {
            has_service(world, shape, host.id, stack.as_ref(), service)
        }
    }
}

fn has_container(world: &World, host: HostId, key: &str, value: &str) -> bool {
    let mut running = world.units_on(host).filter(|unit| unit.wish == UnitWish::Run);
    running.any(|unit| {
        let facts = world.service_facts(unit.stack, unit.revision, &unit.service);
        let mut containers = facts.iter().flat_map(|facts| &facts.containers);
        containers.any(|container| container.spec.labels.get(key).is_some_and(|found| found == value))
    })
}

fn has_service(world: &World, shape: &Shape, host: HostId, stack: Option<&Name>, service: &Name) -> bool {
    let stack = match stack {
        Some(name) => world.stack_by_name(shape.environment, name).map(|stack| stack.id),
        None => Some(shape.stack),
    };
    let mut running = world.units_on(host).filter(|unit| unit.wish == UnitWish::Run);
    running.any(|unit| Some(unit.stack) == stack && unit.service == *service)
}

/// A rule in words.
pub(super) fn words(rule: &SchedulingRule) -> String {
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
