//! Ports on a host.

use muster_model::HostId;
use muster_model::desired::PortSpec;
use muster_model::limits::PORT_POOL;
use muster_model::net::PublishedPort;
use muster_model::reason::Misfit;

use crate::world::World;

/// Ports on `host` for what `specs` ask: fixed ones as they are, the others the lowest of the pool that nobody holds.
/// Or why not.
pub(crate) fn allot(world: &World, host: HostId, specs: &[PortSpec]) -> Result<Vec<PublishedPort>, Misfit> {
    let mut ports: Vec<PublishedPort> = Vec::with_capacity(specs.len());
    let (fixed, any): (Vec<&PortSpec>, Vec<&PortSpec>) =
        specs.iter().partition(|spec| spec.host_port.is_some());
    for spec in fixed {
        let port = published(spec, spec.host_port.unwrap_or_default());
        if let Some(by) = holder(world, host, &port) {
            return Err(Misfit::PortTaken {
                port: port.host_port,
                protocol: port.protocol,
                by,
            });
        }
        ports.push(port);
    }
    for spec in any {
        let free = PORT_POOL.map(|number| published(spec, number)).find(|port| {
            !ports.iter().any(|other| other.collides(port)) && holder(world, host, port).is_none()
        });
        ports.push(free.ok_or(Misfit::PortsExhausted)?);
    }
    Ok(ports)
}

/// Who holds on `host` what collides with `port`, as `stack/service`.
pub(crate) fn holder(world: &World, host: HostId, port: &PublishedPort) -> Option<String> {
    let holder = world
        .port_holders(host, port.protocol, port.host_port)
        .find(|unit| unit.ports.iter().any(|held| held.collides(port)))?;
    Some(world.service_title(holder.stack, &holder.service))
}

/// What `spec` asks for, at `host_port`.
pub(crate) fn published(spec: &PortSpec, host_port: u16) -> PublishedPort {
    PublishedPort {
        host_ip: spec.host_ip,
        host_port,
        container_port: spec.container_port,
        protocol: spec.protocol,
    }
}
