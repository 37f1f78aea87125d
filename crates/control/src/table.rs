//! What a host is to run, compiled from the world: whole tables, and each part by itself for differences.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::assigned::{NetworkAssigned, Unit, UnitWish};
use muster_model::desired::UnitClass;
use muster_model::link::{NetworkAttachment, PullCredential, Table, UnitAssignment, VolumeAssignment};
use muster_model::{HostId, Name, UnitId, VolumeId};

use crate::reconcile::volumes;
use crate::world::World;

/// All that a host is to run, at the world's revision.
pub fn table_of(world: &World, host: HostId) -> Table {
    let unit = |unit: &Unit| Some((unit.id, Arc::new(assignment(world, unit.id)?)));
    Table {
        revision: world.revision(),
        networks: networks(world, host),
        units: world.units_on(host).filter_map(|doc| unit(doc)).collect(),
        volumes: world
            .volumes_on(host)
            .filter_map(|doc| Some((doc.id, volume_assignment(world, doc.id)?)))
            .collect(),
        credentials: credentials(world, host),
    }
}

/// The networks that a host's engine must have.
pub fn networks(world: &World, host: HostId) -> Vec<NetworkAssigned> {
    let assigned = world.host(host).and_then(|host| host.assigned);
    assigned
        .map(|assigned| assigned.networks.clone())
        .unwrap_or_default()
}

/// The registries that a host logs in at.
pub fn credentials(world: &World, host: HostId) -> Vec<PullCredential> {
    let Some(wish) = world.host(host).and_then(|host| host.wish) else {
        return Vec::new();
    };
    let credential = |registry: &muster_model::desired::RegistryCredential| PullCredential {
        registry: registry.registry.clone(),
        username: registry.username.clone(),
        digest: registry.digest,
    };
    world
        .registries(wish.environment)
        .map(|registry| credential(registry))
        .collect()
}

/// A volume, as its host is to have or lose it.
pub fn volume_assignment(world: &World, id: VolumeId) -> Option<VolumeAssignment> {
    let volume = world.volume(id)?;
    Some(VolumeAssignment {
        volume: id,
        engine_name: volume.engine_name.clone(),
        spec: volume.spec.clone(),
        removed: volume.removed,
    })
}

/// A unit, as its host is to run it. None if there is no such unit, or it is to run what is not known here (yet).
pub fn assignment(world: &World, id: UnitId) -> Option<UnitAssignment> {
    let unit = world.unit(id)?;
    let facts = world.service_facts(unit.stack, unit.revision, &unit.service);
    if facts.is_none() && unit.wish == UnitWish::Run {
        return None;
    }
    Some(UnitAssignment {
        unit: id,
        generation: unit.generation,
        wish: unit.wish,
        environment: name(
            world.environment(unit.environment).map(|doc| &doc.name),
            &unit.environment,
        )?,
        stack: name(world.stack(unit.stack).map(|doc| &doc.name), &unit.stack)?,
        service: unit.service.clone(),
        number: unit.number,
        class: facts.map_or(UnitClass::Stateless, |facts| facts.class),
        spec: unit.spec,
        network: attachment(world, unit),
        ports: unit.ports.clone(),
        volumes: facts
            .map(|facts| engine_names(world, unit, &facts.volumes))
            .unwrap_or_default(),
        containers: facts.map(|facts| facts.containers.clone()).unwrap_or_default(),
    })
}

/// The name of what a unit belongs to; the id once that is gone.
fn name(name: Option<&Name>, id: &impl ToString) -> Option<Name> {
    name.cloned().or_else(|| Name::parse(&id.to_string()).ok())
}

fn attachment(world: &World, unit: &Unit) -> Option<NetworkAttachment> {
    let network = world.host(unit.host)?.assigned?.networks.first()?;
    Some(NetworkAttachment {
        network: network.network,
        name: network.name.clone(),
        address: unit.address?,
    })
}

fn engine_names(world: &World, unit: &Unit, names: &[Name]) -> BTreeMap<Name, String> {
    let on_host = |name: &Name| {
        let volume = volumes::mounted(world, unit, name)?;
        Some((name.clone(), volume.engine_name.clone()))
    };
    names.iter().filter_map(on_host).collect()
}
