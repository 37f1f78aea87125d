//! Tables to wish for.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_agent::engine::labels::container_name;
use muster_model::assigned::{NetworkAssigned, UnitWish};
use muster_model::desired::{ContainerSpec, ImageRef, Mount, MountSource, UnitClass, VolumeSpec};
use muster_model::link::{
    ContainerAssignment, NetworkAttachment, Table, TableDelta, UnitAssignment, VolumeAssignment,
};
use muster_model::net::{Protocol, PublishedPort};
use muster_model::{Digest, Generation, HostId, NetworkId, Revision, UnitId, VolumeId};

pub const PLATFORM: &str = "platform-1";

pub fn host() -> HostId {
    HostId::new(1, 1)
}

pub fn id(n: u32) -> UnitId {
    UnitId::new(1, n)
}

/// The name of unit `n`'s primary in its first generation.
pub fn name(n: u32) -> String {
    container_name(id(n), Generation(1), None)
}

pub fn spec(image: &str) -> ContainerSpec {
    ContainerSpec::new(ImageRef::parse(image).unwrap())
}

/// Unit `n` of `shop/web`, with an address in the managed network.
pub fn unit(n: u32) -> UnitAssignment {
    UnitAssignment {
        unit: id(n),
        generation: Generation(1),
        wish: UnitWish::Run,
        environment: "default".parse().unwrap(),
        stack: "shop".parse().unwrap(),
        service: "web".parse().unwrap(),
        number: n,
        class: UnitClass::Stateless,
        spec: Digest::of(b"spec"),
        network: Some(NetworkAttachment {
            network: NetworkId::new(1, 1),
            name: "managed".to_owned(),
            address: format!("10.42.1.{n}").parse().unwrap(),
        }),
        ports: vec![],
        volumes: BTreeMap::new(),
        containers: vec![ContainerAssignment {
            sidekick: None,
            spec: Arc::new(spec("app")),
        }],
    }
}

pub fn with_spec(mut unit: UnitAssignment, change: impl FnOnce(&mut ContainerSpec)) -> UnitAssignment {
    let mut spec = (*unit.containers[0].spec).clone();
    change(&mut spec);
    unit.containers[0].spec = Arc::new(spec);
    unit
}

pub fn with_sidekick(mut unit: UnitAssignment, name: &str) -> UnitAssignment {
    let sidekick = Some(name.parse().unwrap());
    unit.containers.push(ContainerAssignment {
        sidekick,
        spec: Arc::new(spec("log")),
    });
    unit
}

pub fn with_port(mut unit: UnitAssignment, host_port: u16) -> UnitAssignment {
    unit.ports.push(PublishedPort {
        host_ip: None,
        host_port,
        container_port: 80,
        protocol: Protocol::Tcp,
    });
    unit
}

pub fn with_volume(unit: UnitAssignment, volume: &VolumeAssignment) -> UnitAssignment {
    let mut unit = with_spec(unit, |spec| {
        let source = MountSource::Volume("data".parse().unwrap());
        spec.mounts.push(Mount::new("/data", source));
    });
    unit.volumes
        .insert("data".parse().unwrap(), volume.engine_name.clone());
    unit
}

pub fn volume(n: u32) -> VolumeAssignment {
    VolumeAssignment {
        volume: VolumeId::new(1, n),
        engine_name: format!("shop_data{n}"),
        spec: VolumeSpec::default(),
        removed: false,
    }
}

pub fn network() -> NetworkAssigned {
    NetworkAssigned {
        network: NetworkId::new(1, 1),
        name: "managed".to_owned(),
        subnet: "10.42.0.0/16".parse().unwrap(),
        gateway: "10.42.0.1".parse().unwrap(),
        engine_range: "10.42.240.0/24".parse().unwrap(),
        mtu: 1450,
    }
}

pub fn table(revision: u64, units: impl IntoIterator<Item = UnitAssignment>) -> Table {
    Table {
        revision: Revision(revision),
        networks: vec![network()],
        units: units
            .into_iter()
            .map(|unit| (unit.unit, Arc::new(unit)))
            .collect(),
        ..Table::default()
    }
}

/// The whole table, as a server sends it to one that has none.
pub fn whole(table: &Table) -> TableDelta {
    TableDelta {
        base: None,
        revision: table.revision,
        hash: table.hash(),
        networks: table.networks.clone(),
        units: table.units.values().cloned().collect(),
        volumes: table.volumes.values().cloned().collect(),
        credentials: table.credentials.clone(),
        ..TableDelta::default()
    }
}

/// What turns the one table into the other.
pub fn difference(from: &Table, to: &Table) -> TableDelta {
    let changed = to
        .units
        .values()
        .filter(|unit| from.units.get(&unit.unit) != Some(unit));
    let gone = from.units.keys().filter(|id| !to.units.contains_key(id));
    let volumes = to
        .volumes
        .values()
        .filter(|volume| from.volumes.get(&volume.volume) != Some(volume));
    let volumes_gone = from.volumes.keys().filter(|id| !to.volumes.contains_key(id));
    TableDelta {
        base: Some(from.revision),
        units: changed.cloned().collect(),
        units_gone: gone.copied().collect(),
        volumes: volumes.cloned().collect(),
        volumes_gone: volumes_gone.copied().collect(),
        ..whole(to)
    }
}
