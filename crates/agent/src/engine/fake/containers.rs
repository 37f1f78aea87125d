use std::net::Ipv4Addr;

use muster_model::desired::MountSource;
use muster_model::observed::Health;

use super::{Deed, FakeEngine, Made};
use crate::engine::{Answer, ContainerChange, ContainerState, CreateContainer, Failure};

impl FakeEngine {
    pub(super) fn create(&mut self, create: &CreateContainer) -> Result<Answer, Failure> {
        let name = create.name();
        if let Some(made) = self.containers.get(&name) {
            let (ours, id) = (made.owner.as_ref() == Some(&create.owner), made.id.clone());
            return if ours {
                Ok(Answer::Created { id })
            } else {
                Err(Failure::NameTaken { name })
            };
        }
        let has_check = self.has_check(create)?;
        let lives_with = create
            .primary()
            .map(|primary| self.find(&primary).map(|made| made.id.clone()));
        let made = Made {
            id: self.next_id(),
            owner: Some(create.owner.clone()),
            state: ContainerState::Created,
            ports: if owns_network(create) {
                create.unit.ports.clone()
            } else {
                Vec::new()
            },
            address: self.address(create)?,
            lives_with: lives_with.transpose()?,
            has_check,
            volumes: volumes(create),
        };
        self.volumes.extend(made.volumes.iter().cloned());
        let id = made.id.clone();
        self.containers.insert(name.clone(), made);
        self.note(&name, Deed::Created);
        Ok(Answer::Created { id })
    }

    fn has_check(&self, create: &CreateContainer) -> Result<bool, Failure> {
        let image = &create.spec.image;
        let facts = self.images.get(&image.tagged());
        let facts = facts.ok_or_else(|| Failure::NoSuchImage {
            image: image.to_string(),
        })?;
        Ok(create.spec.is_checked(facts.has_check))
    }

    /// The network, by its id, and the address in it.
    fn address(&self, create: &CreateContainer) -> Result<Option<(u64, Ipv4Addr)>, Failure> {
        let Some(wanted) = create.unit.network.as_ref().filter(|_| owns_network(create)) else {
            return Ok(None);
        };
        let network = self.networks.get(&wanted.name);
        let (id, _) = network.ok_or_else(|| Failure::NoSuchNetwork { name: create.name() })?;
        Ok(Some((*id, wanted.address)))
    }

    pub(super) fn start(&mut self, name: &str) -> Result<Answer, Failure> {
        let made = self.find(name)?.clone();
        if let ContainerState::Running { since, .. } = made.state {
            return Ok(Answer::Started {
                at: since.unwrap_or(self.now),
            });
        }
        self.check_room(name, &made)?;
        self.check_network(name, &made)?;
        let health = if made.has_check {
            Health::Starting
        } else {
            Health::None
        };
        let since = Some(self.now);
        if let Some(made) = self.containers.get_mut(name) {
            made.state = ContainerState::Running { health, since };
        }
        self.tell(name, ContainerChange::Started);
        self.note(name, Deed::Started);
        Ok(Answer::Started { at: self.now })
    }

    /// Ports and addresses are taken while a container runs.
    fn check_room(&self, name: &str, made: &Made) -> Result<(), Failure> {
        let alive = self
            .containers
            .iter()
            .filter(|(other, has)| *other != name && has.state.is_alive());
        for (other, has) in alive {
            let mut ports = made.ports.iter();
            if let Some(port) = ports.find(|port| has.ports.iter().any(|theirs| theirs.collides(port))) {
                let port = format!("port {}", port.host_port);
                return Err(Failure::PortTaken {
                    port,
                    detail: format!("by {other}"),
                });
            }
            if made.address.is_some() && made.address == has.address {
                return Err(Failure::AddressTaken {
                    name: name.to_owned(),
                    detail: format!("by {other}"),
                });
            }
        }
        Ok(())
    }

    /// A container is bound to the very network and primary it was made for: others of the same name do not do.
    fn check_network(&self, name: &str, made: &Made) -> Result<(), Failure> {
        let stands = |id: u64| self.networks.values().any(|(other, _)| *other == id);
        if made.address.is_some_and(|(id, _)| !stands(id)) {
            return Err(Failure::NoSuchNetwork {
                name: name.to_owned(),
            });
        }
        let Some(primary) = &made.lives_with else {
            return Ok(());
        };
        match self.containers.values().find(|other| other.id == *primary) {
            None => Err(Failure::NoSuchContainer {
                name: name.to_owned(),
            }),
            Some(primary) if primary.state.is_alive() => Ok(()),
            Some(_) => Err(Failure::Refused {
                verb: format!("start {name}"),
                detail: "cannot join network of a non running container".to_owned(),
            }),
        }
    }
}

fn owns_network(create: &CreateContainer) -> bool {
    create.primary().is_none() && create.spec.on_managed_network()
}

fn volumes(create: &CreateContainer) -> Vec<String> {
    let named = create.spec.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::Volume(name) => create.unit.volumes.get(name).cloned(),
        _ => None,
    });
    named.collect()
}
