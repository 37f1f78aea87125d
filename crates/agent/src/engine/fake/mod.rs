//! A little engine in memory: synchronous, deterministic, without a clock.
//!
//! It does what a verb says or refuses as a real engine would: names, ports and addresses are taken once, a sidekick
//! needs its primary, an image must be there. Everything that happens is an event and a line in the [`ledger`], by which
//! a simulation judges from outside what really ran. [`Served`] puts it behind the [`Engine`](super::Engine) trait.
//!
//! [`ledger`]: FakeEngine::ledger

mod containers;
mod served;
mod verbs;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use muster_model::assigned::NetworkAssigned;
use muster_model::net::PublishedPort;
use muster_model::observed::Health;
use muster_model::{HostId, WallTime};

use super::{Container, ContainerChange, ContainerState, EngineEvent, ImageFacts, Owner};
pub use served::Served;

/// The engine.
#[derive(Debug, Clone, Default)]
pub struct FakeEngine {
    /// Its clock; whoever drives it sets it.
    pub now: WallTime,
    containers: BTreeMap<String, Made>,
    networks: BTreeMap<String, (u64, NetworkAssigned)>,
    volumes: BTreeSet<String>,
    images: BTreeMap<String, ImageFacts>,
    registry: BTreeMap<String, ImageFacts>,
    offers_all: bool,
    ids: u64,
    events: Vec<EngineEvent>,
    ledger: Vec<Line>,
}

/// A container it made, ours or a stranger's.
#[derive(Debug, Clone)]
struct Made {
    id: String,
    owner: Option<Owner>,
    state: ContainerState,
    ports: Vec<PublishedPort>,
    /// The network, by its id, and the address in it.
    address: Option<(u64, Ipv4Addr)>,
    /// The container whose network it lives in, by its id.
    lives_with: Option<String>,
    has_check: bool,
    volumes: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When, by the engine's clock.
    pub at: WallTime,
    /// The container's name.
    pub name: String,
    /// What.
    pub deed: Deed,
}

/// What happened to a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It was made.
    Created,
    /// It began to run.
    Started,
    /// It ended.
    Ended(i64),
    /// It was removed.
    Removed,
}

impl FakeEngine {
    /// An engine that has nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// An engine whose registry has whatever is asked for.
    pub fn with_every_image() -> Self {
        Self {
            offers_all: true,
            ..Self::default()
        }
    }

    /// Brings an image in, as `docker load` would.
    pub fn load_image(&mut self, tagged: &str, has_check: bool) {
        self.images.insert(
            tagged.to_owned(),
            ImageFacts {
                id: format!("sha256:{tagged}"),
                has_check,
            },
        );
        self.events.push(EngineEvent::Images);
    }

    /// Puts an image where it can be pulled from.
    pub fn publish_image(&mut self, tagged: &str) {
        self.registry.insert(
            tagged.to_owned(),
            ImageFacts {
                id: format!("sha256:{tagged}"),
                has_check: false,
            },
        );
    }

    /// A container that somebody else made, running, on these ports.
    pub fn add_stranger(&mut self, name: &str, ports: Vec<PublishedPort>) {
        let made = Made {
            id: self.next_id(),
            owner: None,
            state: ContainerState::Running {
                health: Health::None,
                since: Some(self.now),
            },
            ports,
            address: None,
            lives_with: None,
            has_check: false,
            volumes: Vec::new(),
        };
        self.containers.insert(name.to_owned(), made);
    }

    /// All containers that carry our labels with this host.
    pub fn list(&self, host: HostId) -> Vec<Container> {
        let ours = self.containers.iter().filter_map(|(name, made)| {
            let owner = made.owner.clone().filter(|owner| owner.host == host)?;
            Some(Container {
                id: made.id.clone(),
                name: name.clone(),
                owner,
                state: made.state,
            })
        });
        ours.collect()
    }

    /// The names of all containers that run, strangers' too.
    pub fn running(&self) -> Vec<&str> {
        let alive = self.containers.iter().filter(|(_, made)| made.state.is_alive());
        alive.map(|(name, _)| name.as_str()).collect()
    }

    /// The names of all containers, strangers' too.
    pub fn names(&self) -> Vec<&str> {
        self.containers.keys().map(String::as_str).collect()
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<EngineEvent> {
        std::mem::take(&mut self.events)
    }

    /// All that ever happened.
    pub fn ledger(&self) -> &[Line] {
        &self.ledger
    }

    /// A container ends by itself. False if it does not run.
    pub fn end(&mut self, name: &str, code: i64) -> bool {
        let Some(made) = self.containers.get_mut(name).filter(|made| made.state.is_alive()) else {
            return false;
        };
        made.state = ContainerState::Exited {
            code: Some(code),
            out_of_memory: false,
        };
        self.tell(name, ContainerChange::Ended { code: Some(code) });
        self.note(name, Deed::Ended(code));
        true
    }

    /// A container's check decides.
    pub fn set_health(&mut self, name: &str, decided: Health) {
        if let Some(made) = self.containers.get_mut(name)
            && let ContainerState::Running { health, .. } = &mut made.state
        {
            *health = decided;
            self.tell(name, ContainerChange::Health(decided));
        }
    }

    /// Somebody removes a container by force, as `docker rm -f` does.
    pub fn remove_by_hand(&mut self, name: &str) {
        self.end(name, 137);
        self.remove(name);
    }

    /// Somebody removes a network that no running container uses, as `docker network prune` does.
    pub fn remove_network(&mut self, name: &str) {
        self.networks.remove(name);
    }

    /// The machine ends and begins again: nothing runs, nothing was told.
    pub fn reboot(&mut self) {
        let alive: Vec<_> = self.running().into_iter().map(str::to_owned).collect();
        for name in &alive {
            self.end(name, 255);
        }
        self.events.clear();
    }

    fn remove(&mut self, name: &str) {
        self.tell(name, ContainerChange::Removed);
        self.containers.remove(name);
        self.note(name, Deed::Removed);
    }

    fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("{:012x}", self.ids)
    }

    fn note(&mut self, name: &str, deed: Deed) {
        self.ledger.push(Line {
            at: self.now,
            name: name.to_owned(),
            deed,
        });
    }

    fn tell(&mut self, name: &str, change: ContainerChange) {
        if let Some(made) = self.containers.get(name).filter(|made| made.owner.is_some()) {
            let (name, id) = (name.to_owned(), made.id.clone());
            self.events.push(EngineEvent::Container {
                name,
                id,
                change,
                at: self.now,
            });
        }
    }
}
