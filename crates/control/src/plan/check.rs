//! Whether an edit makes sense in this world, before anything is planned.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::assigned::UnitWish;
use muster_model::desired::{ServiceKind, ServiceSpec, StackSpec};
use muster_model::limits::{SCALE_MAX, SERVICES_MAX};
use muster_model::net::PublishedPort;
use muster_model::{EnvironmentId, HostId, Name, Refusal, StackId};

use super::Edit;
use crate::allot::ports::published;
use crate::world::World;

pub(super) fn check(world: &World, edit: &Edit) -> Result<(), Refusal> {
    match edit {
        Edit::Deploy {
            environment,
            name,
            spec,
        } => deploy(world, *environment, name, spec),
        Edit::Remove { stack, .. } => known(world, *stack),
        Edit::Rollback { stack, to } => {
            known(world, *stack)?;
            there(
                to.is_none_or(|to| world.revision_doc(*stack, to).is_some()),
                "revision",
                &to.unwrap_or(0),
            )
        }
        Edit::Scale {
            stack,
            service,
            scale,
        } => scalable(world, *stack, service, *scale),
        Edit::Restart { stack, service } | Edit::Pause { stack, service, .. } => {
            service_spec(world, *stack, service).map(|_| ())
        }
    }
}

fn there(is: bool, kind: &str, name: &impl ToString) -> Result<(), Refusal> {
    if is {
        Ok(())
    } else {
        Err(Refusal::NotFound {
            kind: kind.to_owned(),
            name: name.to_string(),
        })
    }
}

fn known(world: &World, stack: StackId) -> Result<(), Refusal> {
    let head = world.stack(stack);
    there(head.is_some(), "stack", &stack)?;
    match head.filter(|head| head.removed) {
        Some(head) => Err(Refusal::BeingRemoved {
            kind: "stack".to_owned(),
            name: head.name.to_string(),
        }),
        None => Ok(()),
    }
}

fn service_spec<'a>(world: &'a World, stack: StackId, service: &Name) -> Result<&'a ServiceSpec, Refusal> {
    known(world, stack)?;
    let revision = world.stack(stack).map_or(0, |stack| stack.revision);
    let spec = world.service_spec(stack, revision, service);
    spec.map(|spec| &**spec).ok_or_else(|| Refusal::NotFound {
        kind: "service".to_owned(),
        name: world.service_title(stack, service),
    })
}

fn scalable(world: &World, stack: StackId, service: &Name, scale: u32) -> Result<(), Refusal> {
    let spec = service_spec(world, stack, service)?;
    match spec.kind {
        ServiceKind::Global => Err(out_of_bounds(
            service,
            scale,
            "left to its hosts: a global service has one unit on each",
        )),
        kind if !kind.has_units() => Err(out_of_bounds(
            service,
            scale,
            "left alone: nothing runs for a service of this kind",
        )),
        _ => scale_fits(service, spec, scale),
    }
}

fn scale_fits(service: &Name, spec: &ServiceSpec, scale: u32) -> Result<(), Refusal> {
    if spec.exclusive && scale > 1 {
        return Err(out_of_bounds(
            service,
            scale,
            "0 or 1, since the service is exclusive",
        ));
    }
    if scale > SCALE_MAX {
        return Err(out_of_bounds(service, scale, &format!("at most {SCALE_MAX}")));
    }
    Ok(())
}

fn out_of_bounds(service: &Name, given: u32, allowed: &str) -> Refusal {
    Refusal::OutOfBounds {
        what: format!("the scale of {service}"),
        given: given.to_string(),
        allowed: allowed.to_owned(),
    }
}

fn deploy(world: &World, environment: EnvironmentId, name: &Name, spec: &StackSpec) -> Result<(), Refusal> {
    there(
        world.environment(environment).is_some(),
        "environment",
        &environment,
    )?;
    let stack = world.stack_by_name(environment, name).map(|stack| stack.id);
    stack.map_or(Ok(()), |stack| known(world, stack))?;
    if spec.services.len() > SERVICES_MAX {
        return Err(Refusal::OutOfBounds {
            what: format!("the number of services of {name}"),
            given: spec.services.len().to_string(),
            allowed: format!("at most {SERVICES_MAX}"),
        });
    }
    for (service, spec) in &spec.services {
        scale_fits(service, spec, spec.scale_of_files())?;
    }
    externals(world, environment, spec)?;
    Ports::of(world, environment, stack).claim_all(name, spec)
}

/// Whatever the files expect to exist has to.
fn externals(world: &World, environment: EnvironmentId, spec: &StackSpec) -> Result<(), Refusal> {
    for (service, one) in &spec.services {
        let containers = || one.unit.containers().map(|(_, container)| container);
        let sources = containers()
            .flat_map(|container| &container.mounts)
            .map(|mount| &mount.source);
        let named = sources.filter_map(|source| match source {
            muster_model::desired::MountSource::Volume(name) => spec.volumes.get(name)?.external.as_ref(),
            _ => None,
        });
        for name in named {
            if world
                .volume_wish(environment, name)
                .is_none_or(|wish| wish.removed)
            {
                return Err(missing(service, "volume", name));
            }
        }
        for file in containers().flat_map(|container| &container.files) {
            let sent = spec.blobs.contains_key(&file.digest);
            if !sent && !world.blobs(environment).any(|blob| blob.digest == file.digest) {
                return Err(missing(
                    service,
                    if file.secret { "secret" } else { "config" },
                    &file.name,
                ));
            }
        }
    }
    Ok(())
}

fn missing(service: &Name, kind: &str, name: &Name) -> Refusal {
    Refusal::Missing {
        service: service.clone(),
        kind: kind.to_owned(),
        name: name.clone(),
    }
}

/// Which hosts could give which fixed port to the stack.
struct Ports<'a> {
    world: &'a World,
    stack: Option<StackId>,
    hosts: Vec<HostId>,
    /// Ports that services of the stack claimed so far, and on how many hosts at least.
    claims: Vec<(PublishedPort, String)>,
}

impl<'a> Ports<'a> {
    fn of(world: &'a World, environment: EnvironmentId, stack: Option<StackId>) -> Self {
        Self {
            world,
            stack,
            hosts: world.hosts(environment).map(|host| host.id).collect(),
            claims: Vec::new(),
        }
    }

    /// Each service that asks for a fixed port must be able to get it on one host at least, besides those who have it and
    /// the stack's other services. Without hosts there is nothing to say yet.
    fn claim_all(mut self, stack: &Name, spec: &StackSpec) -> Result<(), Refusal> {
        for (service, one) in &spec.services {
            let wanted = one.scale_of_files() > 0;
            let ports = one.unit.containers().flat_map(|(_, container)| &container.ports);
            let fixed: BTreeSet<PublishedPort> = ports
                .filter_map(|port| Some(published(port, port.host_port?)))
                .collect();
            for port in fixed.into_iter().filter(|_| wanted && !self.hosts.is_empty()) {
                self.claim(service, port)?;
                self.claims.push((port, format!("{stack}/{service}")));
            }
        }
        Ok(())
    }

    fn claim(&self, service: &Name, port: PublishedPort) -> Result<(), Refusal> {
        let mut holders: BTreeMap<HostId, String> = BTreeMap::new();
        for host in &self.hosts {
            holders.extend(self.stranger(*host, &port).map(|by| (*host, by)));
        }
        let own = self.claims.iter().filter(|(claimed, _)| claimed.collides(&port));
        let free = self.hosts.len() - holders.len();
        let by = own
            .clone()
            .map(|(_, by)| by.clone())
            .next()
            .or_else(|| holders.into_values().next());
        match by.filter(|_| own.count() >= free) {
            Some(by) => Err(Refusal::PortConflict {
                service: service.clone(),
                port: port.host_port,
                by,
            }),
            None => Ok(()),
        }
    }

    /// Who of other stacks holds the port on a host, to stay.
    fn stranger(&self, host: HostId, port: &PublishedPort) -> Option<String> {
        let mut holders = self.world.port_holders(host, port.protocol, port.host_port);
        let holder = holders.find(|unit| {
            let stays = Some(unit.stack) != self.stack && unit.wish == UnitWish::Run;
            stays && unit.ports.iter().any(|held| held.collides(port))
        })?;
        Some(self.world.service_title(holder.stack, &holder.service))
    }
}
