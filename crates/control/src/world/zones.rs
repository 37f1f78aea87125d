//! Hosts by the zone that their label names, kept for environments that have a host with one.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_model::{EnvironmentId, HostId};

use super::{Host, HostEntry, World};

/// The label of a host that says in which zone it stands.
pub(crate) const ZONE: &str = "zone";
/// Over more zones than this nothing is spread: spreading over hosts does nearly the same then.
const ZONES_MAX: usize = 32;

/// A zone's name; hosts without the label are in one together.
pub(crate) type Zone = Option<Arc<str>>;

/// The registered hosts of each environment, by zone and number of units.
#[derive(Debug, Clone, Default)]
pub(super) struct Zones {
    /// How many hosts have the label, where some have.
    labelled: OrdMap<EnvironmentId, u32>,
    hosts: OrdMap<EnvironmentId, OrdSet<(Zone, u32, HostId)>>,
}

/// Where a host stands in its environment.
pub(super) type Standing = (EnvironmentId, Zone, u32, HostId);

impl HostEntry {
    pub(super) fn standing(&self, id: HostId) -> Option<Standing> {
        let wish = self.wish.as_ref()?;
        let zone = wish.labels.get(ZONE).map(|zone| Arc::from(zone.as_str()));
        Some((wish.environment, zone, self.load.units, id))
    }
}

impl World {
    /// The zones of an environment; none if no host has the label, or too many differ.
    pub(crate) fn zones(&self, environment: EnvironmentId) -> Vec<Zone> {
        let mut zones = Vec::new();
        let Some(hosts) = self.index.zones.hosts.get(&environment) else {
            return zones;
        };
        let mut next = hosts.get_min().cloned();
        while let Some((zone, ..)) = next {
            if zones.len() == ZONES_MAX {
                return Vec::new();
            }
            let last = (zone.clone(), u32::MAX, HostId::new(u32::MAX, u32::MAX));
            next = hosts.get_next(&last).filter(|(next, ..)| *next != zone).cloned();
            zones.push(zone);
        }
        zones
    }

    /// The registered hosts of a zone, those with the fewest units first.
    pub(crate) fn hosts_of_zone<'w>(
        &'w self,
        environment: EnvironmentId,
        zone: &Zone,
    ) -> impl Iterator<Item = Host<'w>> + use<'w> {
        let from = (zone.clone(), 0, HostId::new(0, 0));
        let to = (zone.clone(), u32::MAX, HostId::new(u32::MAX, u32::MAX));
        let hosts = self.index.zones.hosts.get(&environment);
        let hosts = hosts.map(|hosts| hosts.range(from..=to));
        hosts.into_iter().flatten().filter_map(|(.., id)| self.host(*id))
    }

    /// A host stands elsewhere than before. To be told after its entry changed.
    pub(super) fn moved(&mut self, before: Option<Standing>, after: Option<Standing>) {
        if before == after {
            return;
        }
        if let Some((environment, zone, units, id)) = before {
            if let Some(hosts) = self.index.zones.hosts.get_mut(&environment) {
                hosts.remove(&(zone.clone(), units, id));
            }
            self.count_label(environment, &zone, false);
        }
        if let Some((environment, zone, units, id)) = after {
            self.count_label(environment, &zone, true);
            if let Some(hosts) = self.index.zones.hosts.get_mut(&environment) {
                hosts.insert((zone, units, id));
            }
        }
    }

    /// One host more, or less, has the label. With the first all hosts are taken in, with the last all are let go.
    fn count_label(&mut self, environment: EnvironmentId, zone: &Zone, more: bool) {
        if zone.is_none() {
            return;
        }
        let zones = &mut self.index.zones;
        let count = zones.labelled.get(&environment).copied().unwrap_or_default();
        let count = if more {
            count.saturating_add(1)
        } else {
            count.saturating_sub(1)
        };
        if count == 0 {
            zones.labelled.remove(&environment);
            zones.hosts.remove(&environment);
            return;
        }
        zones.labelled.insert(environment, count);
        if !zones.hosts.contains_key(&environment) {
            let of_environment = |(id, entry): (&HostId, &HostEntry)| {
                let (of, zone, units, id) = entry.standing(*id)?;
                (of == environment).then_some((zone, units, id))
            };
            let all = self.docs.hosts.iter().filter_map(of_environment).collect();
            zones.hosts.insert(environment, all);
        }
    }
}
