//! What one host is to run, with when each part last changed, so that differences can be sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::marks;
use muster_control::{TablePart, World, table};
use muster_model::assigned::NetworkAssigned;
use muster_model::link::{Have, PullCredential, TableDelta, UnitAssignment, VolumeAssignment};
use muster_model::{Digest, HostId, Revision, UnitId, VolumeId};

/// Removals remembered; who was away for more gets everything.
const GONE_MAX: usize = 1_000;

/// A host's table. Its hash is kept up to date part by part, so a change costs what changes.
#[derive(Debug)]
pub(super) struct Outbox {
    networks: Vec<NetworkAssigned>,
    credentials: Vec<PullCredential>,
    credentials_changed: Revision,
    units: BTreeMap<UnitId, Kept<Arc<UnitAssignment>>>,
    volumes: BTreeMap<VolumeId, Kept<VolumeAssignment>>,
    /// The hash of networks and credentials, and that of units and volumes.
    rest: Digest,
    items: Digest,
    /// When each item last changed or went, by revision.
    log: BTreeSet<(Revision, Item)>,
    last: BTreeMap<Item, Revision>,
    gone: usize,
    /// The log says all that happened after this.
    floor: Revision,
    changed: Revision,
}

#[derive(Debug)]
struct Kept<T> {
    value: T,
    digest: Digest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Unit(UnitId),
    Volume(VolumeId),
}

impl Outbox {
    /// The table as it is now; what was before is not known.
    pub(super) fn new(world: &World, host: HostId) -> Self {
        let now = world.revision();
        let mut new = Self {
            networks: Vec::new(),
            credentials: Vec::new(),
            credentials_changed: now,
            units: BTreeMap::new(),
            volumes: BTreeMap::new(),
            rest: Digest::default(),
            items: Digest::default(),
            log: BTreeSet::new(),
            last: BTreeMap::new(),
            gone: 0,
            floor: now,
            changed: now,
        };
        new.set_rest(world, host);
        new.refresh(world, host);
        new
    }

    /// When it last changed.
    pub(super) fn changed(&self) -> Revision {
        self.changed
    }

    /// [`muster_model::link::Table::hash`] of the table.
    pub(super) fn hash(&self) -> Digest {
        self.rest.xor(self.items)
    }

    /// Compiles one part again.
    pub(super) fn touch(&mut self, world: &World, part: TablePart) {
        match part {
            TablePart::Networks(host) | TablePart::Credentials(host) => self.set_rest(world, host),
            TablePart::Unit(host, id) => self.set_unit(world, host, id),
            TablePart::Volume(host, id) => self.set_volume(world, host, id),
        }
    }

    /// Compiles everything again.
    pub(super) fn refresh(&mut self, world: &World, host: HostId) {
        self.set_rest(world, host);
        let units: BTreeSet<UnitId> = world
            .units_on(host)
            .map(|unit| unit.id)
            .chain(self.units.keys().copied())
            .collect();
        units.into_iter().for_each(|id| self.set_unit(world, host, id));
        let volumes = world
            .volumes_on(host)
            .map(|volume| volume.id)
            .chain(self.volumes.keys().copied());
        let volumes: BTreeSet<VolumeId> = volumes.collect();
        volumes
            .into_iter()
            .for_each(|id| self.set_volume(world, host, id));
    }

    /// Everything, as of `now`.
    pub(super) fn whole(&self, now: Revision) -> TableDelta {
        TableDelta {
            units: self.units.values().map(|kept| kept.value.clone()).collect(),
            volumes: self.volumes.values().map(|kept| kept.value.clone()).collect(),
            ..self.frame(None, now)
        }
    }

    /// What changed after `base`; everything if that is not known any more.
    pub(super) fn since(&self, base: Revision, now: Revision) -> TableDelta {
        if base < self.floor || base > now {
            return self.whole(now);
        }
        let mut delta = self.frame(Some(base), now);
        let after = Revision(base.0.saturating_add(1));
        for (_, item) in self.log.range((after, Item::Unit(UnitId::new(0, 0)))..) {
            match item {
                Item::Unit(id) => match self.units.get(id) {
                    Some(kept) => delta.units.push(kept.value.clone()),
                    None => delta.units_gone.push(*id),
                },
                Item::Volume(id) => match self.volumes.get(id) {
                    Some(kept) => delta.volumes.push(kept.value.clone()),
                    None => delta.volumes_gone.push(*id),
                },
            }
        }
        delta
    }

    /// What an agent needs that has this: nothing if it is the same, else the difference, else everything.
    pub(super) fn resume(&self, have: Option<&Have>, incarnation: &str, now: Revision) -> TableDelta {
        match have.filter(|have| have.incarnation == incarnation) {
            Some(have) if have.hash == self.hash() => {
                marks::RESUMED_SAME.reach();
                self.frame(Some(have.revision), now.max(have.revision))
            }
            Some(have) => {
                marks::RESUMED_DIFFERENCE.reach();
                self.since(have.revision, now)
            }
            None => {
                marks::RESUMED_WHOLE.reach();
                self.whole(now)
            }
        }
    }

    /// Contents that a difference needs: those of its units, and the passwords if they changed.
    pub(super) fn blobs_needed(&self, delta: &TableDelta) -> BTreeSet<Digest> {
        let files = delta.units.iter().flat_map(|unit| unit.blobs_needed());
        let news = delta.base.is_none_or(|base| self.credentials_changed > base);
        let passwords = delta
            .credentials
            .iter()
            .filter(|_| news)
            .map(|credential| credential.digest);
        files.chain(passwords).collect()
    }

    /// A difference without units and volumes.
    fn frame(&self, base: Option<Revision>, now: Revision) -> TableDelta {
        TableDelta {
            base,
            revision: now,
            hash: self.hash(),
            networks: self.networks.clone(),
            credentials: self.credentials.clone(),
            ..TableDelta::default()
        }
    }

    fn set_rest(&mut self, world: &World, host: HostId) {
        let (networks, credentials) = (table::networks(world, host), table::credentials(world, host));
        if credentials != self.credentials {
            self.credentials_changed = world.revision();
        }
        if networks != self.networks || credentials != self.credentials || self.rest == Digest::default() {
            self.changed = world.revision();
            self.rest = Digest::of_json(&(&networks, &credentials));
            (self.networks, self.credentials) = (networks, credentials);
        }
    }

    fn set_unit(&mut self, world: &World, host: HostId, id: UnitId) {
        let here = world.unit(id).is_some_and(|unit| unit.host == host);
        let value = here.then(|| table::assignment(world, id)).flatten();
        if self.units.get(&id).map(|kept| &*kept.value) == value.as_ref() {
            return;
        }
        let new = value.map(|value| Kept {
            digest: Digest::of_json(&value),
            value: Arc::new(value),
        });
        let (is_there, added) = (new.is_some(), new.as_ref().map(|kept| kept.digest));
        let old = match new {
            Some(kept) => self.units.insert(id, kept),
            None => self.units.remove(&id),
        };
        self.note(
            world.revision(),
            Item::Unit(id),
            is_there,
            [old.map(|kept| kept.digest), added],
        );
    }

    fn set_volume(&mut self, world: &World, host: HostId, id: VolumeId) {
        let here = world.volume(id).is_some_and(|volume| volume.host == host);
        let value = here.then(|| table::volume_assignment(world, id)).flatten();
        if self.volumes.get(&id).map(|kept| &kept.value) == value.as_ref() {
            return;
        }
        let new = value.map(|value| Kept {
            digest: Digest::of_json(&value),
            value,
        });
        let (is_there, added) = (new.is_some(), new.as_ref().map(|kept| kept.digest));
        let old = match new {
            Some(kept) => self.volumes.insert(id, kept),
            None => self.volumes.remove(&id),
        };
        self.note(
            world.revision(),
            Item::Volume(id),
            is_there,
            [old.map(|kept| kept.digest), added],
        );
    }

    /// Writes a change down, and corrects the hash by what went and what came.
    fn note(&mut self, at: Revision, item: Item, is_there: bool, digests: [Option<Digest>; 2]) {
        self.items = digests.into_iter().flatten().fold(self.items, Digest::xor);
        self.changed = at;
        if let Some(before) = self.last.insert(item, at) {
            self.log.remove(&(before, item));
        }
        self.log.insert((at, item));
        if !is_there {
            self.gone += 1;
            self.forget_oldest_gone();
        }
    }

    /// Keeps the log of what went bounded: it grows with the life of a host, not with its size.
    fn forget_oldest_gone(&mut self) {
        if self.gone <= 2 * GONE_MAX {
            return;
        }
        let is_gone = |(_, item): &&(Revision, Item)| match item {
            Item::Unit(id) => !self.units.contains_key(id),
            Item::Volume(id) => !self.volumes.contains_key(id),
        };
        let gone: Vec<(Revision, Item)> = self.log.iter().filter(is_gone).copied().collect();
        let surplus = gone.len().saturating_sub(GONE_MAX);
        for entry in &gone[..surplus] {
            self.log.remove(entry);
            self.last.remove(&entry.1);
            self.floor = self.floor.max(entry.0);
        }
        self.gone = gone.len() - surplus;
    }
}
