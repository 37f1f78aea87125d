//! What handlers of the API would commit for what users ask.

use std::collections::BTreeMap;

use muster_control::Versioned;
use muster_control::World as Seen;
use muster_model::desired::{RegistryCredential, Stack, VolumeWish};
use muster_model::secret::Sealed;
use muster_model::{Digest, Name, StackId};
use muster_server::desired::{
    Author, Base, Denial, Deploy, HostChange, Proposal, ServiceChange, add_volume, change_host,
    change_service, deploy, drop_registry, drop_volume, put_registry, release_brake, removal,
    restart_service, rollback,
};
use muster_store::Commit;

use super::people::ENVIRONMENT;
use crate::wish::{Edit, ROOM};

/// Where the images of all files come from.
const REGISTRY: &str = "docker.io";

/// What the API would commit.
pub(super) fn propose(world: &Seen, author: &Author, new_id: StackId, edit: &Edit) -> Result<Commit, Denial> {
    let base = Base::default();
    let find = |name: &Name| -> Result<&Versioned<Stack>, Denial> {
        let gone = || muster_model::Refusal::NotFound {
            kind: "stack".to_owned(),
            name: name.to_string(),
        };
        Ok(world.stack_by_name(ENVIRONMENT, name).ok_or_else(gone)?)
    };
    match edit {
        Edit::Deploy { stack, spec } => {
            let (name, spec) = (stack.clone(), spec.clone());
            let asked = Deploy {
                environment: ENVIRONMENT,
                name,
                new_id,
                spec,
                base,
                host_access: true,
            };
            deploy(world, author, &asked).map(whole)
        }
        Edit::Scale {
            stack,
            service,
            units,
        } => {
            let change = ServiceChange {
                scale: Some(*units),
                ..ServiceChange::default()
            };
            change_service(world, author, find(stack)?, service, change).map(whole)
        }
        Edit::Rollback { stack, to } => {
            rollback(world, author, find(stack)?, Some(*to), base, true).map(whole)
        }
        Edit::Restart { stack, service } => restart_service(world, author, find(stack)?, service).map(whole),
        Edit::Remove { stack } => removal(world, author, find(stack)?, true, base).map(whole),
        Edit::Pause {
            stack,
            service,
            paused,
        } => {
            let change = ServiceChange {
                paused: Some(*paused),
                ..ServiceChange::default()
            };
            change_service(world, author, find(stack)?, service, change).map(whole)
        }
        Edit::Cordon { host, cordoned } => {
            let change = HostChange {
                cordoned: Some(*cordoned),
                ..HostChange::default()
            };
            host_becomes(world, author, host, &change)
        }
        Edit::Evacuate { host } => {
            let change = HostChange {
                evacuating: Some(true),
                ..HostChange::default()
            };
            host_becomes(world, author, host, &change)
        }
        Edit::Dead { host } => {
            let change = HostChange {
                confirmed_dead: Some(host.to_string()),
                ..HostChange::default()
            };
            host_becomes(world, author, host, &change)
        }
        Edit::ReleaseBrake => {
            let gone = || muster_model::Refusal::NotFound {
                kind: "environment".to_owned(),
                name: ENVIRONMENT.to_string(),
            };
            let environment = world.environment(ENVIRONMENT).ok_or_else(gone)?;
            release_brake(world, author, environment).map(whole)
        }
        Edit::Label { host, room } => {
            let change = HostChange {
                labels: [(ROOM.to_owned(), room.clone())].into(),
                ..HostChange::default()
            };
            host_becomes(world, author, host, &change)
        }
        Edit::Volume { name, made: true } => add_volume(world, author, volume(author, name)).map(whole),
        Edit::Volume { name, .. } => drop_volume(world, author, ENVIRONMENT, name).map(whole),
        Edit::Login {
            username: Some(username),
        } => put_registry(world, author, credential(username)).map(whole),
        Edit::Login { .. } => drop_registry(world, author, ENVIRONMENT, REGISTRY).map(whole),
    }
}

fn host_becomes(world: &Seen, author: &Author, host: &Name, change: &HostChange) -> Result<Commit, Denial> {
    let gone = || muster_model::Refusal::NotFound {
        kind: "host".to_owned(),
        name: host.to_string(),
    };
    let old = world.host_by_name(ENVIRONMENT, host).and_then(|host| host.wish);
    change_host(world, author, old.ok_or_else(gone)?, change).map(whole)
}

fn volume(author: &Author, name: &Name) -> VolumeWish {
    VolumeWish {
        environment: ENVIRONMENT,
        name: name.clone(),
        driver: "local".to_owned(),
        options: BTreeMap::new(),
        removed: false,
        created: author.now,
    }
}

/// No engine asks what it says: registries here let everybody pull.
fn credential(username: &str) -> RegistryCredential {
    RegistryCredential {
        environment: ENVIRONMENT,
        registry: REGISTRY.to_owned(),
        username: username.to_owned(),
        password: Sealed(String::new()),
        digest: Digest::of(username.as_bytes()),
    }
}

/// The stacks here are small: nothing has to be written before.
fn whole<T>(proposal: Proposal<T>) -> Commit {
    proposal.commit
}
