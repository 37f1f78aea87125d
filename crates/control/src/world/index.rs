//! Ways into the documents other than their keys. Each is kept in step by [`super::World::apply`].

use std::net::Ipv4Addr;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_model::assigned::{Unit, VolumeAssigned};
use muster_model::net::Protocol;
use muster_model::{AccountId, EnvironmentId, HostId, Name, StackId, UnitId, VolumeId};

use super::holdings::Holdings;
use super::spec::Reservation;
use super::zones::Zones;

#[derive(Debug, Clone, Default)]
pub(super) struct Indexes {
    pub(super) environments: OrdMap<Name, EnvironmentId>,
    pub(super) accounts: OrdMap<Name, AccountId>,
    pub(super) hosts: OrdMap<(EnvironmentId, Name), HostId>,
    /// Registered hosts by the number of units on them.
    pub(super) host_loads: OrdSet<(EnvironmentId, u32, HostId)>,
    pub(super) zones: Zones,
    pub(super) holdings: Holdings,
    pub(super) stacks: OrdMap<(EnvironmentId, Name), StackId>,
    /// How many hosts the brake keeps from being lost.
    pub(super) braked: usize,
    /// Units of a service in the order of their numbers.
    pub(super) service_units: OrdMap<(StackId, Name), OrdSet<(u32, UnitId)>>,
    /// A set for each host: one for all would have a round copy the more of it the more units there are.
    pub(super) host_units: OrdMap<HostId, OrdSet<UnitId>>,
    pub(super) ports: OrdSet<(HostId, Protocol, u16, UnitId)>,
    pub(super) addresses: OrdMap<(EnvironmentId, Ipv4Addr), UnitId>,
    /// The youngest unit with an address that was ever seen in each environment: the next address lies after it.
    pub(super) last_address: OrdMap<EnvironmentId, (UnitId, Ipv4Addr)>,
    /// What units set aside, where it is not nothing.
    pub(super) reservations: OrdMap<UnitId, Reservation>,
    pub(super) volumes: OrdSet<(EnvironmentId, Option<StackId>, Name, VolumeId)>,
    pub(super) engine_names: OrdSet<(EnvironmentId, String, VolumeId)>,
    pub(super) host_volumes: OrdSet<(HostId, VolumeId)>,
    /// Services whose verdict says that they lack a place or a volume.
    pub(super) unplaced: OrdSet<(StackId, Name)>,
    /// Services with a unit on every host, or that go back to one when their rollout does.
    pub(super) globals: OrdMap<(EnvironmentId, StackId), Arc<Vec<Name>>>,
}

impl Indexes {
    pub(super) fn add_unit(&mut self, unit: &Unit) {
        self.service_units
            .entry((unit.stack, unit.service.clone()))
            .or_default()
            .insert((unit.number, unit.id));
        self.host_units.entry(unit.host).or_default().insert(unit.id);
        for port in &unit.ports {
            self.ports
                .insert((unit.host, port.protocol, port.host_port, unit.id));
        }
        if let Some(address) = unit.address {
            self.addresses.insert((unit.environment, address), unit.id);
            let last = self.last_address.get(&unit.environment);
            if last.is_none_or(|(id, _)| *id < unit.id) {
                self.last_address.insert(unit.environment, (unit.id, address));
            }
        }
    }

    pub(super) fn drop_unit(&mut self, unit: &Unit) {
        let service = (unit.stack, unit.service.clone());
        take(&mut self.service_units, &service, &(unit.number, unit.id));
        take(&mut self.host_units, &unit.host, &unit.id);
        for port in &unit.ports {
            self.ports
                .remove(&(unit.host, port.protocol, port.host_port, unit.id));
        }
        if let Some(address) = unit.address {
            self.addresses.remove(&(unit.environment, address));
        }
    }

    pub(super) fn add_volume(&mut self, volume: &VolumeAssigned) {
        self.volumes.insert(volume_place(volume));
        self.engine_names
            .insert((volume.environment, volume.engine_name.clone(), volume.id));
        self.host_volumes.insert((volume.host, volume.id));
    }

    pub(super) fn drop_volume(&mut self, volume: &VolumeAssigned) {
        self.volumes.remove(&volume_place(volume));
        self.engine_names
            .remove(&(volume.environment, volume.engine_name.clone(), volume.id));
        self.host_volumes.remove(&(volume.host, volume.id));
    }
}

/// Takes an entry out of a set; a set of which nothing is left goes.
fn take<K: Ord + Clone, V: Ord + Clone>(sets: &mut OrdMap<K, OrdSet<V>>, of: &K, entry: &V) {
    if let Some(set) = sets.get_mut(of) {
        set.remove(entry);
        if set.is_empty() {
            sets.remove(of);
        }
    }
}

fn volume_place(volume: &VolumeAssigned) -> (EnvironmentId, Option<StackId>, Name, VolumeId) {
    (volume.environment, volume.stack, volume.name.clone(), volume.id)
}
