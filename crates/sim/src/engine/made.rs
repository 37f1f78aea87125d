//! What the ledger is told of a container.

use muster_agent::engine::CreateContainer;
use muster_model::desired::MountSource;

use crate::ledger::Made;

/// What the ledger is told of a container: all of it is what the engine was asked for.
pub(super) fn made(create: &CreateContainer) -> Made {
    let (unit, is_primary) = (&create.unit, create.sidekick().is_none());
    let attached = unit
        .network
        .as_ref()
        .filter(|_| is_primary && create.spec.on_managed_network());
    Made {
        name: create.name(),
        unit: create.owner.unit,
        generation: create.owner.generation,
        sidekick: create.sidekick().cloned(),
        stack: unit.stack.clone(),
        service: unit.service.clone(),
        number: unit.number,
        runs: create.spec.clone(),
        address: attached.map(|network| network.address),
        ports: if is_primary {
            unit.ports.clone()
        } else {
            Vec::new()
        },
        volumes: volumes(create),
    }
}

fn volumes(create: &CreateContainer) -> Vec<String> {
    let named = create.spec.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::Volume(name) => create.unit.volumes.get(name).cloned(),
        _ => None,
    });
    named.collect()
}
