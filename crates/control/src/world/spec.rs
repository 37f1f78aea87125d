//! Specs of revisions: put together from their parts, and what is derived from them once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use muster_model::desired::{
    ContainerSpec, MountSource, PortSpec, RevisionBody, ServiceKind, ServiceSpec, StackSpec, UnitClass,
};
use muster_model::link::ContainerAssignment;
use muster_model::{Digest, Name, SpecHash};

/// A revision's spec with what is derived from it.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) spec: Arc<StackSpec>,
    derived: OnceLock<Derived>,
}

#[derive(Debug)]
struct Derived {
    services: BTreeMap<Name, Arc<ServiceFacts>>,
    dependents: BTreeMap<Name, Vec<Name>>,
    globals: Arc<Vec<Name>>,
}

/// What placement, rollouts and tables need of a service's spec, worked out once per revision.
#[derive(Debug, Clone)]
pub struct ServiceFacts {
    /// The hash of what a unit runs.
    pub hash: SpecHash,
    /// How freely its units may move.
    pub class: UnitClass,
    /// What one unit sets aside on its host.
    pub reservation: Reservation,
    /// Ports that its containers publish.
    pub ports: Vec<PortSpec>,
    /// Named volumes that its containers mount, each once.
    pub volumes: Vec<Name>,
    /// Whether it has an address in the managed network.
    pub on_managed_network: bool,
    /// Its containers, ready to be sent to hosts.
    pub containers: Vec<ContainerAssignment>,
}

/// Resources that a unit sets aside on its host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reservation {
    /// Bytes of memory.
    pub memory: u64,
    /// Thousandths of a core.
    pub milli_cpus: u64,
}

impl Reservation {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            memory: self.memory.saturating_add(other.memory),
            milli_cpus: self.milli_cpus.saturating_add(other.milli_cpus),
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            memory: self.memory.saturating_sub(other.memory),
            milli_cpus: self.milli_cpus.saturating_sub(other.milli_cpus),
        }
    }
}

impl Assembled {
    /// Puts a body together; none while a part is missing or is not what its hash says.
    pub(super) fn of(body: &RevisionBody, part: impl Fn(&str) -> Option<Arc<str>>) -> Option<Self> {
        let spec = match body {
            RevisionBody::Inline(spec) => spec.clone(),
            RevisionBody::Parts(parts) => Arc::new(join(parts, part)?),
        };
        Some(Self {
            spec,
            derived: OnceLock::new(),
        })
    }

    pub(crate) fn facts(&self, service: &Name) -> Option<&Arc<ServiceFacts>> {
        self.derived().services.get(service)
    }

    /// Services that must wait for `service`.
    pub(crate) fn dependents(&self, service: &Name) -> &[Name] {
        self.derived().dependents.get(service).map_or(&[], Vec::as_slice)
    }

    pub(super) fn globals(&self) -> Arc<Vec<Name>> {
        self.derived().globals.clone()
    }

    fn derived(&self) -> &Derived {
        self.derived.get_or_init(|| derive(&self.spec))
    }
}

fn join(parts: &[(String, Digest)], part: impl Fn(&str) -> Option<Arc<str>>) -> Option<StackSpec> {
    let mut text = String::new();
    for (key, digest) in parts {
        let piece = part(key)?;
        if Digest::of(piece.as_bytes()) != *digest {
            return None;
        }
        text.push_str(&piece);
    }
    serde_json::from_str(&text).ok()
}

fn derive(spec: &StackSpec) -> Derived {
    let mut dependents: BTreeMap<Name, Vec<Name>> = BTreeMap::new();
    for (name, service) in &spec.services {
        for dependency in service.depends_on.keys() {
            dependents
                .entry(dependency.clone())
                .or_default()
                .push(name.clone());
        }
    }
    let global = |(name, service): (&Name, &Arc<ServiceSpec>)| {
        (service.kind == ServiceKind::Global).then(|| name.clone())
    };
    Derived {
        services: spec
            .services
            .iter()
            .map(|(name, service)| (name.clone(), Arc::new(facts(service))))
            .collect(),
        dependents,
        globals: Arc::new(spec.services.iter().filter_map(global).collect()),
    }
}

fn facts(service: &ServiceSpec) -> ServiceFacts {
    let containers = || service.unit.containers().map(|(_, container)| container);
    let volumes: BTreeSet<Name> = containers().flat_map(named_volumes).collect();
    ServiceFacts {
        hash: service.unit.hash(),
        class: service.class(),
        reservation: containers()
            .map(reservation)
            .fold(Reservation::default(), Reservation::plus),
        ports: containers()
            .flat_map(|container| container.ports.iter().cloned())
            .collect(),
        volumes: volumes.into_iter().collect(),
        on_managed_network: service.unit.primary.on_managed_network(),
        containers: service
            .unit
            .containers()
            .map(|(sidekick, spec)| ContainerAssignment {
                sidekick: sidekick.cloned(),
                spec: Arc::new(spec.clone()),
            })
            .collect(),
    }
}

fn named_volumes(container: &ContainerSpec) -> impl Iterator<Item = Name> + '_ {
    container.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::Volume(name) => Some(name.clone()),
        _ => None,
    })
}

fn reservation(container: &ContainerSpec) -> Reservation {
    Reservation {
        memory: container.resources.memory_reservation.unwrap_or(0),
        milli_cpus: container.resources.milli_cpus_reservation.unwrap_or(0),
    }
}
