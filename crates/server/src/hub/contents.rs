//! Contents of secrets, configs and passwords, found in the world and opened for the host that needs them.

use std::collections::{BTreeMap, BTreeSet};

use muster_control::World;
use muster_model::desired::Blob;
use muster_model::link::DeliveredBlob;
use muster_model::{Digest, EnvironmentId, HostId, StackId};

use crate::shell::chain;
use crate::vault::Vault;

/// Opens what is needed. What is not found or does not open is left out: its units say what they miss.
pub(crate) fn open(
    vault: &Vault,
    world: &World,
    host: HostId,
    needed: &BTreeSet<Digest>,
) -> Vec<DeliveredBlob> {
    let Some(environment) = world
        .host(host)
        .and_then(|host| host.wish)
        .map(|wish| wish.environment)
    else {
        return Vec::new();
    };
    let found = find(world, environment, host, needed);
    let opened =
        found
            .into_iter()
            .filter_map(|(digest, blob)| match vault.reveal(environment, digest, &blob) {
                Ok(content) => Some(DeliveredBlob { digest, content }),
                Err(error) => {
                    tracing::error!(%host, error = chain(&error), "a content cannot be delivered");
                    None
                }
            });
    opened.collect()
}

fn find(
    world: &World,
    environment: EnvironmentId,
    host: HostId,
    needed: &BTreeSet<Digest>,
) -> BTreeMap<Digest, Blob> {
    let mut found = BTreeMap::new();
    for object in world
        .blobs(environment)
        .filter(|object| needed.contains(&object.digest))
    {
        found.insert(object.digest, object.content.clone());
    }
    for registry in world
        .registries(environment)
        .filter(|registry| needed.contains(&registry.digest))
    {
        found.insert(registry.digest, Blob::Sealed(registry.password.clone()));
    }
    let revisions: BTreeSet<(StackId, u64)> = world
        .units_on(host)
        .map(|unit| (unit.stack, unit.revision))
        .collect();
    for spec in revisions
        .into_iter()
        .filter_map(|(stack, number)| world.spec(stack, number))
    {
        let wanted = spec.blobs.iter().filter(|(digest, _)| needed.contains(digest));
        found.extend(wanted.map(|(digest, blob)| (*digest, blob.clone())));
    }
    found
}
