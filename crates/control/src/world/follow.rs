//! What follows from a change of one document: indexes are kept in step, and those it touches are named.

use std::sync::Arc;

use imbl::OrdMap;
use muster_model::assigned::{HostAssigned, Presence, Rollout, ServiceAssigned, Unit, VolumeAssigned};
use muster_model::desired::{
    Account, Environment, HostWish, Part, RegistryCredential, ServiceWish, Stack, StackRevision, VolumeWish,
};
use muster_model::observed::{HostObserved, UnitStatus};
use muster_model::{AccountId, EnvironmentId, HostId, Name, Reason, StackId, UnitId, VolumeId};

use super::spec::{Assembled, Reservation};
use super::touched::{Subject, TablePart, Touched};
use super::{HostEntry, Table, Versioned, World};

type New<T> = Option<Versioned<T>>;

impl World {
    pub(super) fn set_environment(
        &mut self,
        id: EnvironmentId,
        new: New<Environment>,
        touched: &mut Touched,
    ) {
        if let Some(old) = self.docs.environments.get(&id) {
            self.index.environments.remove(&old.name);
        }
        if let Some(new) = &new {
            self.index.environments.insert(new.name.clone(), id);
        }
        set(&mut self.docs.environments, id, new);
        for host in self.hosts(id) {
            touched.subjects.push(Subject::Host(host.id));
        }
    }

    pub(super) fn set_account(&mut self, id: AccountId, new: New<Account>) {
        if let Some(old) = self.docs.accounts.get(&id) {
            self.index.accounts.remove(&old.name);
        }
        if let Some(new) = &new {
            self.index.accounts.insert(new.name.clone(), id);
        }
        set(&mut self.docs.accounts, id, new);
    }

    pub(super) fn set_host_wish(&mut self, id: HostId, new: New<HostWish>, touched: &mut Touched) {
        let old = self.change_host(id, |entry| std::mem::replace(&mut entry.wish, new.clone()));
        if let Some(old) = &old {
            self.index.hosts.remove(&(old.environment, old.name.clone()));
        }
        if let Some(new) = &new {
            self.index.hosts.insert((new.environment, new.name.clone()), id);
        }
        self.touch_host(id, old.map(|old| old.environment), touched);
    }

    pub(super) fn set_host_assigned(&mut self, id: HostId, new: New<HostAssigned>, touched: &mut Touched) {
        let networks = |doc: &New<HostAssigned>| doc.as_ref().map(|doc| doc.networks.clone());
        let entry = self.host_entry(id);
        let (before, after) = (networks(&entry.assigned), networks(&new));
        let braked = |doc: &New<HostAssigned>| usize::from(doc.as_ref().is_some_and(|doc| doc.braked));
        self.index.braked = (self.index.braked + braked(&new)).saturating_sub(braked(&entry.assigned));
        self.change_host(id, |entry| entry.assigned = new);
        if before != after {
            touched.tables.push(TablePart::Networks(id));
            // A unit's place in a network names the network as its host has it.
            touched
                .tables
                .extend(self.units_on(id).map(|unit| TablePart::Unit(id, unit.id)));
        }
        self.touch_host(id, None, touched);
    }

    pub(super) fn set_host_observed(&mut self, id: HostId, new: New<HostObserved>, touched: &mut Touched) {
        self.change_host(id, |entry| entry.observed = new);
        self.touch_host(id, None, touched);
    }

    /// The host, the services with units on it, those that may want to be there. `former` is the environment that it
    /// belonged to, if that is changing.
    fn touch_host(&self, id: HostId, former: Option<EnvironmentId>, touched: &mut Touched) {
        touched.subjects.push(Subject::Host(id));
        for unit in self.units_on(id) {
            self.touch_service(unit.stack, &unit.service, touched);
        }
        let wish = self.host_entry(id).wish;
        if let Some(environment) = wish.map(|wish| wish.environment).or(former) {
            self.touch_unplaced(environment, touched);
            self.touch_globals(environment, touched);
            // Whether a silent host is taken for lost depends on how many are silent.
            let suspect = self
                .hosts(environment)
                .filter(|host| host.presence() == Presence::Suspect);
            touched
                .subjects
                .extend(suspect.map(|host| Subject::Host(host.id)));
        }
    }

    fn touch_globals(&self, environment: EnvironmentId, touched: &mut Touched) {
        let from = self.index.globals.range((environment, StackId::new(0, 0))..);
        for ((_, stack), services) in from.take_while(|((of, _), _)| *of == environment) {
            services
                .iter()
                .for_each(|service| self.touch_service(*stack, service, touched));
        }
    }

    /// The service, and those that wait until it has come far enough.
    fn touch_service(&self, stack: StackId, service: &Name, touched: &mut Touched) {
        touched.service(stack, service);
        let dependents = self.head(stack).map_or(&[][..], |spec| spec.dependents(service));
        dependents
            .iter()
            .for_each(|dependent| touched.service(stack, dependent));
    }

    fn touch_unplaced(&self, environment: EnvironmentId, touched: &mut Touched) {
        for (stack, service) in &self.index.unplaced {
            if self
                .docs
                .stacks
                .get(stack)
                .is_some_and(|doc| doc.environment == environment)
            {
                touched.service(*stack, service);
            }
        }
    }

    pub(super) fn set_stack(&mut self, id: StackId, new: New<Stack>, touched: &mut Touched) {
        self.touch_stack(id, touched);
        if let Some(old) = self.docs.stacks.get(&id) {
            self.index.stacks.remove(&(old.environment, old.name.clone()));
            self.index.globals.remove(&(old.environment, id));
        }
        if let Some(new) = &new {
            self.index.stacks.insert((new.environment, new.name.clone()), id);
        }
        set(&mut self.docs.stacks, id, new);
        self.index_globals(id);
        self.touch_stack(id, touched);
        let volumes = self.volumes_of(id).map(|volume| Subject::Volume(volume.id));
        touched.subjects.extend(volumes);
    }

    pub(super) fn set_revision(
        &mut self,
        id: (StackId, u64),
        new: New<StackRevision>,
        touched: &mut Touched,
    ) {
        self.specs.remove(&id);
        self.unassembled.remove(&id);
        let there = new.is_some();
        set(&mut self.docs.revisions, id, new);
        if there {
            self.assemble(id, touched);
        }
    }

    pub(super) fn set_part(&mut self, key: String, new: New<Part>, touched: &mut Touched) {
        let there = new.is_some();
        set(&mut self.docs.parts, key, new);
        if there {
            for id in self.unassembled.clone() {
                self.assemble(id, touched);
            }
        }
    }

    /// Puts a revision's spec together, if all of it is here, and lets those know who waited for it.
    fn assemble(&mut self, id: (StackId, u64), touched: &mut Touched) {
        let Some(revision) = self.docs.revisions.get(&id) else {
            return;
        };
        let part = |key: &str| self.docs.parts.get(key).map(|part| Arc::from(part.text.as_str()));
        let Some(assembled) = Assembled::of(&revision.body, part) else {
            self.unassembled.insert(id);
            return;
        };
        self.unassembled.remove(&id);
        self.specs.insert(id, Arc::new(assembled));
        for unit in self
            .units_in(id.0)
            .filter(|unit| unit.revision == id.1)
            .cloned()
            .collect::<Vec<_>>()
        {
            self.reserve(&unit);
            touched.tables.push(TablePart::Unit(unit.host, unit.id));
        }
        self.index_globals(id.0);
        if self.stack(id.0).is_some_and(|stack| stack.revision == id.1) {
            self.touch_stack(id.0, touched);
        }
    }

    fn index_globals(&mut self, id: StackId) {
        let Some(stack) = self.docs.stacks.get(&id).filter(|stack| !stack.removed) else {
            return;
        };
        let place = (stack.environment, id);
        let globals = self.globals(id, stack.revision);
        match globals.is_empty() {
            false => self.index.globals.insert(place, globals),
            true => self.index.globals.remove(&place),
        };
    }

    /// Services with a unit on every host, or that had one before their rollout: it may go back.
    fn globals(&self, stack: StackId, revision: u64) -> Arc<Vec<Name>> {
        let of = |revision: u64| self.specs.get(&(stack, revision)).map(|spec| spec.globals());
        let now = of(revision).unwrap_or_default();
        let before = self.rollouts_of(stack).filter_map(|rollout| {
            let name = &rollout.service;
            let was = of(rollout.from).is_some_and(|globals| globals.contains(name));
            (was && !now.contains(name)).then(|| name.clone())
        });
        let before: Vec<Name> = before.collect();
        if before.is_empty() {
            return now;
        }
        Arc::new(now.iter().cloned().chain(before).collect())
    }

    /// All services that the stack has or had.
    fn touch_stack(&self, id: StackId, touched: &mut Touched) {
        for service in self.services(id).chain(self.services_left(id)) {
            touched.service(id, &service);
        }
    }

    pub(super) fn set_service_wish(
        &mut self,
        id: (StackId, Name),
        new: New<ServiceWish>,
        touched: &mut Touched,
    ) {
        self.touch_service(id.0, &id.1, touched);
        set(&mut self.docs.service_wishes, id, new);
    }

    pub(super) fn set_volume_wish(
        &mut self,
        id: (EnvironmentId, Name),
        new: New<VolumeWish>,
        touched: &mut Touched,
    ) {
        for volume in self.volumes_by_engine_name(id.0, id.1.as_str()) {
            touched.subjects.push(Subject::Volume(volume.id));
        }
        self.touch_unplaced(id.0, touched);
        set(&mut self.docs.volume_wishes, id, new);
    }

    pub(super) fn set_registry(
        &mut self,
        id: (EnvironmentId, String),
        new: New<RegistryCredential>,
        touched: &mut Touched,
    ) {
        touched
            .tables
            .extend(self.hosts(id.0).map(|host| TablePart::Credentials(host.id)));
        set(&mut self.docs.registries, id, new);
    }

    pub(super) fn set_unit(&mut self, id: UnitId, new: New<Unit>, touched: &mut Touched) {
        if let Some(old) = self.docs.units.get(&id).cloned() {
            self.index.drop_unit(&old);
            self.release(&old);
            self.touch_service(old.stack, &old.service, touched);
            touched.tables.push(TablePart::Unit(old.host, id));
            if new.is_none() {
                self.touch_room(&old, touched);
            }
        }
        if let Some(new) = &new {
            self.index.add_unit(new);
            self.change_host(new.host, |entry| entry.load.units += 1);
            self.reserve(new);
            self.touch_service(new.stack, &new.service, touched);
            touched.tables.push(TablePart::Unit(new.host, id));
        }
        set(&mut self.docs.units, id, new);
    }

    /// Those who waited for what a unit held: ports and room, its host, its volumes.
    fn touch_room(&self, gone: &Unit, touched: &mut Touched) {
        self.touch_unplaced(gone.environment, touched);
        touched.subjects.push(Subject::Host(gone.host));
        for volume in self.volumes_on(gone.host) {
            touched.subjects.push(Subject::Volume(volume.id));
        }
    }

    fn reserve(&mut self, unit: &Unit) {
        let facts = self
            .specs
            .get(&(unit.stack, unit.revision))
            .and_then(|spec| spec.facts(&unit.service));
        let reservation = facts.map(|facts| facts.reservation).unwrap_or_default();
        if reservation != Reservation::default() {
            self.index.reservations.insert(unit.id, reservation);
            self.change_host(unit.host, |entry| {
                entry.load.reserved = entry.load.reserved.plus(reservation)
            });
        }
    }

    fn release(&mut self, unit: &Unit) {
        let reservation = self.index.reservations.remove(&unit.id).unwrap_or_default();
        self.change_host(unit.host, |entry| {
            entry.load.units = entry.load.units.saturating_sub(1);
            entry.load.reserved = entry.load.reserved.minus(reservation);
        });
    }

    pub(super) fn set_status(&mut self, id: UnitId, new: New<UnitStatus>, touched: &mut Touched) {
        if let Some(unit) = self.unit(id) {
            self.touch_service(unit.stack, &unit.service, touched);
        }
        set(&mut self.docs.statuses, id, new);
    }

    pub(super) fn set_rollout(&mut self, id: (StackId, Name), new: New<Rollout>, touched: &mut Touched) {
        self.touch_service(id.0, &id.1, touched);
        let stack = id.0;
        set(&mut self.docs.rollouts, id, new);
        self.index_globals(stack);
    }

    pub(super) fn set_verdict(&mut self, id: (StackId, Name), new: New<ServiceAssigned>) {
        let lacks = |reason: &Reason| {
            matches!(
                reason,
                Reason::NoHost { .. } | Reason::VolumeMissing { .. } | Reason::CannotLeave { .. }
            )
        };
        if new
            .as_ref()
            .is_some_and(|verdict| verdict.reasons.iter().any(lacks))
        {
            self.index.unplaced.insert(id.clone());
        } else {
            self.index.unplaced.remove(&id);
        }
        set(&mut self.docs.verdicts, id, new);
    }

    pub(super) fn set_volume(&mut self, id: VolumeId, new: New<VolumeAssigned>, touched: &mut Touched) {
        if let Some(old) = self.docs.volumes.get(&id) {
            self.index.drop_volume(old);
            touched.tables.push(TablePart::Volume(old.host, id));
        }
        if let Some(new) = &new {
            self.index.add_volume(new);
            touched.tables.push(TablePart::Volume(new.host, id));
            touched.subjects.push(Subject::Volume(id));
        }
        set(&mut self.docs.volumes, id, new);
    }

    fn host_entry(&self, id: HostId) -> HostEntry {
        self.docs.hosts.get(&id).cloned().unwrap_or_default()
    }

    /// Changes what is known of a host; an entry of which nothing is left goes.
    fn change_host<R>(&mut self, id: HostId, change: impl FnOnce(&mut HostEntry) -> R) -> R {
        let mut entry = self.host_entry(id);
        let before = entry.place_by_load(id);
        let stood = entry.standing(id);
        let had = entry.clone();
        let result = change(&mut entry);
        let after = entry.place_by_load(id);
        let stands = entry.standing(id);
        self.holds(id, &had, &entry);
        if before != after {
            before.map(|place| self.index.host_loads.remove(&place));
            after.map(|place| self.index.host_loads.insert(place));
        }
        if entry == HostEntry::default() {
            self.docs.hosts.remove(&id);
        } else {
            self.docs.hosts.insert(id, entry);
        }
        self.moved(stood, stands);
        result
    }
}

/// Sets or removes an entry.
pub(super) fn set<K: Ord + Clone, T>(table: &mut Table<K, T>, key: K, new: New<T>) {
    match new {
        Some(new) => table.insert(key, new),
        None => OrdMap::remove(table, &key),
    };
}
