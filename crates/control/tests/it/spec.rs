//! Specs in few words.

use std::sync::Arc;

use muster_model::Name;
use muster_model::desired::{
    Condition, ContainerSpec, FailureAction, ImageRef, Mount, MountSource, PortSpec, Relation, RuleSubject,
    SchedulingRule, ServiceKind, ServiceSpec, StackSpec, UpdateOrder, UpdatePolicy, VolumeSpec,
};
use muster_model::net::Protocol;

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// A service that runs `image`, once.
pub fn service(image: &str) -> ServiceSpec {
    ServiceSpec {
        update: UpdatePolicy {
            monitor_ms: 1_000,
            ..UpdatePolicy::default()
        },
        ..ServiceSpec::new(ContainerSpec::new(ImageRef::parse(image).unwrap()))
    }
}

pub trait With: Sized {
    fn change(self, change: impl FnOnce(&mut ServiceSpec)) -> Self;

    fn scale(self, scale: u32) -> Self {
        self.change(|spec| spec.scale = Some(scale))
    }
    fn global(self) -> Self {
        self.change(|spec| spec.kind = ServiceKind::Global)
    }
    fn exclusive(self) -> Self {
        self.change(|spec| spec.exclusive = true)
    }
    fn port(self, host_port: impl Into<Option<u16>>) -> Self {
        let host_port = host_port.into();
        let port = PortSpec {
            container_port: 80,
            host_port,
            host_ip: None,
            protocol: Protocol::Tcp,
        };
        self.change(|spec| spec.unit.primary.ports.push(port))
    }
    fn volume(self, volume: &str) -> Self {
        let mount = Mount::new("/data", MountSource::Volume(name(volume)));
        self.change(|spec| spec.unit.primary.mounts.push(mount))
    }
    fn memory(self, bytes: u64) -> Self {
        self.change(|spec| spec.unit.primary.resources.memory_reservation = Some(bytes))
    }
    fn cpus(self, milli: u64) -> Self {
        self.change(|spec| spec.unit.primary.resources.milli_cpus_reservation = Some(milli))
    }
    fn after(self, service: &str, condition: Condition) -> Self {
        self.change(|spec| {
            spec.depends_on.insert(name(service), condition);
        })
    }
    fn rule(self, relation: Relation, subject: RuleSubject) -> Self {
        self.change(|spec| spec.rules.push(SchedulingRule { relation, subject }))
    }
    fn per_host(self, most: u32) -> Self {
        self.change(|spec| spec.per_host_max = Some(most))
    }
    fn spread(self, label: &str) -> Self {
        self.change(|spec| spec.spread.push(label.to_owned()))
    }
    fn batch(self, size: u32) -> Self {
        self.change(|spec| spec.update.batch_size = size)
    }
    fn interval(self, ms: u64) -> Self {
        self.change(|spec| spec.update.interval_ms = ms)
    }
    fn may_fail(self, permille: u16) -> Self {
        self.change(|spec| spec.update.max_failures_permille = permille)
    }
    fn back(self, change: impl FnOnce(&mut UpdatePolicy)) -> Self {
        self.change(|spec| change(spec.rollback.get_or_insert_default()))
    }
    fn start_first(self) -> Self {
        self.change(|spec| spec.update.order = UpdateOrder::StartFirst)
    }
    fn on_failure(self, action: FailureAction) -> Self {
        self.change(|spec| spec.update.on_failure = action)
    }
    fn env(self, key: &str, value: &str) -> Self {
        self.change(|spec| {
            spec.unit
                .primary
                .environment
                .insert(key.to_owned(), value.to_owned());
        })
    }
}

impl With for ServiceSpec {
    fn change(mut self, change: impl FnOnce(&mut ServiceSpec)) -> Self {
        change(&mut self);
        self
    }
}

/// A stack of these services.
pub fn stack<const N: usize>(services: [(&str, ServiceSpec); N]) -> StackSpec {
    let services = services
        .into_iter()
        .map(|(service, spec)| (name(service), Arc::new(spec)))
        .collect();
    StackSpec {
        services,
        ..StackSpec::default()
    }
}

/// The same with a volume that has to exist already.
pub fn with_external(mut spec: StackSpec, volume: &str, external: &str) -> StackSpec {
    let external = VolumeSpec {
        external: Some(name(external)),
        ..VolumeSpec::default()
    };
    spec.volumes.insert(name(volume), external);
    spec
}
