//! Reads of the world.

use std::net::Ipv4Addr;
use std::sync::Arc;

use imbl::OrdMap;
use muster_model::assigned::{
    HostAssigned, Leader, Presence, Rollout, ServiceAssigned, Unit, VolumeAssigned,
};
use muster_model::desired::{
    Account, ApiKey, BlobObject, ConfirmedDead, Environment, EpochCounter, HostWish, JoinToken, Part,
    Platform, RegistryCredential, ServiceSpec, ServiceWish, Stack, StackRevision, StackSpec, Timings,
    VolumeWish,
};
use muster_model::net::Protocol;
use muster_model::observed::{HostObserved, UnitStatus};
use muster_model::{
    AccountId, EnvironmentId, HostId, JoinTokenId, KeyId, Name, Revision, StackId, UnitId, VolumeId,
};

use super::spec::{Assembled, ServiceFacts};
use super::{HostEntry, Load, Versioned, World};

/// All that is known of one host.
#[derive(Debug, Clone, Copy)]
pub struct Host<'a> {
    /// Its id.
    pub id: HostId,
    /// What people want of it; none once it left the platform.
    pub wish: Option<&'a Versioned<HostWish>>,
    /// What control decided about it.
    pub assigned: Option<&'a Versioned<HostAssigned>>,
    /// What is known of it, and who talks to it.
    pub observed: Option<&'a Versioned<HostObserved>>,
    /// What its units take of it.
    pub load: Load,
}

impl Host<'_> {
    fn of<'a>((id, entry): (&HostId, &'a HostEntry)) -> Host<'a> {
        Host {
            id: *id,
            wish: entry.wish.as_ref(),
            assigned: entry.assigned.as_ref(),
            observed: entry.observed.as_ref(),
            load: entry.load,
        }
    }

    /// Whether control counts on it.
    pub fn presence(&self) -> Presence {
        self.assigned
            .map(|assigned| assigned.presence)
            .unwrap_or_default()
    }

    /// Whether it is registered in this environment.
    pub(crate) fn is_of(&self, environment: EnvironmentId) -> bool {
        self.wish.is_some_and(|wish| wish.environment == environment)
    }

    /// What somebody said who knows that it is dead, if nothing was heard of it since.
    pub fn confirmed_dead(&self) -> Option<&ConfirmedDead> {
        let said = self.wish?.confirmed_dead.as_ref()?;
        let session = &self.observed?.session;
        (session.silent && session.id == said.session).then_some(said)
    }

    /// Whether a server hears its agent.
    pub fn heard(&self) -> bool {
        self.observed.is_some_and(|observed| !observed.session.silent)
    }
}

/// Tables with one document per key: by key, and all of them.
macro_rules! tables {
    ($($(#[$doc:meta])* $one:ident, $all:ident in $table:ident: $key:ty => $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $one(&self, id: $key) -> Option<&Versioned<$type>> {
            self.docs.$table.get(&id)
        }

        /// All of them, in the order of their ids.
        pub fn $all(&self) -> impl Iterator<Item = &Versioned<$type>> {
            self.docs.$table.values()
        }
    )*};
}

/// Tables with one document per service.
macro_rules! service_tables {
    ($($(#[$doc:meta])* $one:ident in $table:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        pub fn $one(&self, stack: StackId, service: &Name) -> Option<&Versioned<$type>> {
            self.docs.$table.get(&(stack, service.clone()))
        }
    )*};
}

impl World {
    /// The store's revision that this world reflects.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The platform's own page.
    pub fn platform(&self) -> Option<&Versioned<Platform>> {
        self.docs.platform.as_ref()
    }

    /// The counter of epochs.
    pub fn epochs(&self) -> Option<&Versioned<EpochCounter>> {
        self.docs.epochs.as_ref()
    }

    /// Who decides; its revision is the fence.
    pub fn leader(&self) -> Option<&Versioned<Leader>> {
        self.docs.leader.as_ref()
    }

    tables! {
        /// An environment.
        environment, environments in environments: EnvironmentId => Environment;
        /// An account.
        account, accounts in accounts: AccountId => Account;
        /// An API key.
        key, keys in keys: KeyId => ApiKey;
        /// A join token.
        join_token, join_tokens in join_tokens: JoinTokenId => JoinToken;
        /// A stack's head.
        stack, all_stacks in stacks: StackId => Stack;
        /// A unit.
        unit, units in units: UnitId => Unit;
        /// What its agent last said of a unit.
        status, statuses in statuses: UnitId => UnitStatus;
        /// A volume on a host.
        volume, volumes in volumes: VolumeId => VolumeAssigned;
    }

    service_tables! {
        /// What people set on a service beside its files.
        service_wish in service_wishes: ServiceWish;
        /// The rollout of a service under way, or the last one.
        rollout in rollouts: Rollout;
        /// Control's verdict on a service.
        verdict in verdicts: ServiceAssigned;
    }

    /// The environment with this name.
    pub fn environment_by_name(&self, name: &Name) -> Option<&Versioned<Environment>> {
        self.environment(*self.index.environments.get(name)?)
    }

    /// The account with this name.
    pub fn account_by_name(&self, name: &Name) -> Option<&Versioned<Account>> {
        self.account(*self.index.accounts.get(name)?)
    }

    /// All that is known of a host; none if nothing is.
    pub fn host(&self, id: HostId) -> Option<Host<'_>> {
        self.docs.hosts.get_key_value(&id).map(Host::of)
    }

    /// The environment's host with this name.
    pub fn host_by_name(&self, environment: EnvironmentId, name: &Name) -> Option<Host<'_>> {
        self.host(*self.index.hosts.get(&(environment, name.clone()))?)
    }

    /// How many hosts the platform knows.
    pub fn hosts_known(&self) -> usize {
        self.docs.hosts.len()
    }

    /// How soon a host counts as suspect and as lost.
    pub fn timings(&self, host: HostId) -> Timings {
        let environment = self
            .host(host)
            .and_then(|host| host.wish)
            .map(|wish| wish.environment);
        let environment = environment.and_then(|id| self.environment(id));
        environment
            .map(|environment| environment.timings)
            .unwrap_or_default()
    }

    /// How many hosts the brake keeps from being lost.
    pub fn hosts_braked(&self) -> usize {
        self.index.braked
    }

    /// All hosts of which anything is known, those that left included.
    pub fn all_hosts(&self) -> impl Iterator<Item = Host<'_>> {
        self.docs.hosts.iter().map(Host::of)
    }

    /// The registered hosts of an environment, in the order of their ids.
    pub fn hosts(&self, environment: EnvironmentId) -> impl Iterator<Item = Host<'_>> {
        self.all_hosts().filter(move |host| host.is_of(environment))
    }

    /// The registered hosts of an environment, those with the fewest units first.
    pub(crate) fn hosts_by_load(&self, environment: EnvironmentId) -> impl Iterator<Item = Host<'_>> {
        self.index
            .host_loads
            .range((environment, 0, HostId::new(0, 0))..)
            .take_while(move |(of, ..)| *of == environment)
            .filter_map(|(.., host)| self.host(*host))
    }

    /// A host's name, for people; its id once it left.
    pub(crate) fn host_name(&self, id: HostId) -> Option<Name> {
        let name = self
            .host(id)
            .and_then(|host| host.wish)
            .map(|wish| wish.name.clone());
        name.or_else(|| Name::parse(&id.to_string()).ok())
    }

    /// The stacks of an environment, in the order of their names.
    pub fn stacks(&self, environment: EnvironmentId) -> impl Iterator<Item = &Versioned<Stack>> {
        named(&self.index.stacks, environment).filter_map(|(_, id)| self.stack(*id))
    }

    /// The environment's stack with this name.
    pub fn stack_by_name(&self, environment: EnvironmentId, name: &Name) -> Option<&Versioned<Stack>> {
        self.stack(*self.index.stacks.get(&(environment, name.clone()))?)
    }

    /// A stack's revisions that are kept, oldest first.
    pub fn revisions(&self, stack: StackId) -> impl DoubleEndedIterator<Item = &Versioned<StackRevision>> {
        self.docs
            .revisions
            .range((stack, 0)..=(stack, u64::MAX))
            .map(|(_, revision)| revision)
    }

    /// One revision of a stack.
    pub fn revision_doc(&self, stack: StackId, number: u64) -> Option<&Versioned<StackRevision>> {
        self.docs.revisions.get(&(stack, number))
    }

    /// The spec of a revision, put together if it stands in parts; none if it is not kept or a part is missing.
    pub fn spec(&self, stack: StackId, number: u64) -> Option<Arc<StackSpec>> {
        self.assembled(stack, number)
            .map(|assembled| assembled.spec.clone())
    }

    /// One service in a revision.
    pub fn service_spec(&self, stack: StackId, number: u64, service: &Name) -> Option<&Arc<ServiceSpec>> {
        self.assembled(stack, number)?.spec.services.get(service)
    }

    /// What is derived from one service in a revision.
    pub fn service_facts(&self, stack: StackId, number: u64, service: &Name) -> Option<&Arc<ServiceFacts>> {
        self.assembled(stack, number)?.facts(service)
    }

    /// Names of the services of a stack's wanted revision; none while the stack is being removed.
    pub fn services(&self, stack: StackId) -> impl Iterator<Item = Name> + use<> {
        let removed = self.stack(stack).is_none_or(|stack| stack.removed);
        let spec = self
            .head(stack)
            .filter(|_| !removed)
            .map(|head| head.spec.clone());
        let names: Vec<Name> = spec
            .iter()
            .flat_map(|spec| spec.services.keys().cloned())
            .collect();
        names.into_iter()
    }

    /// Names of services that have units, a rollout or a verdict, whether or not the stack still has them.
    pub fn services_left(&self, stack: StackId) -> impl Iterator<Item = Name> + use<> {
        let units = named(&self.index.service_units, stack).map(|((_, name), _)| name);
        let rollouts = named(&self.docs.rollouts, stack).map(|((_, name), _)| name);
        let verdicts = named(&self.docs.verdicts, stack).map(|((_, name), _)| name);
        let names: std::collections::BTreeSet<Name> =
            units.chain(rollouts).chain(verdicts).cloned().collect();
        names.into_iter()
    }

    /// The rollouts of a stack's services.
    pub(super) fn rollouts_of(&self, stack: StackId) -> impl Iterator<Item = &Versioned<Rollout>> {
        named(&self.docs.rollouts, stack).map(|(_, rollout)| rollout)
    }

    /// What people set on the services of a stack.
    pub fn service_wishes(&self, stack: StackId) -> impl Iterator<Item = &Versioned<ServiceWish>> {
        named(&self.docs.service_wishes, stack).map(|(_, wish)| wish)
    }

    /// The units of a service in the order of their numbers, those on their way out included.
    pub fn units_of<'a>(
        &'a self,
        stack: StackId,
        service: &Name,
    ) -> impl Iterator<Item = &'a Versioned<Unit>> + use<'a> {
        let ids = self.index.service_units.get(&(stack, service.clone()));
        ids.into_iter().flatten().filter_map(|(_, id)| self.unit(*id))
    }

    /// The units of a stack, by service and number.
    pub fn units_in(&self, stack: StackId) -> impl Iterator<Item = &Versioned<Unit>> {
        named(&self.index.service_units, stack)
            .flat_map(|(_, ids)| ids.iter())
            .filter_map(|(_, id)| self.unit(*id))
    }

    /// The units of a host, those on their way out included.
    pub fn units_on(&self, host: HostId) -> impl Iterator<Item = &Versioned<Unit>> {
        let ids = self.index.host_units.get(&host).into_iter().flatten();
        ids.filter_map(|id| self.unit(*id))
    }

    /// The volumes of an environment that lie on hosts.
    pub fn volumes_in(&self, environment: EnvironmentId) -> impl Iterator<Item = &Versioned<VolumeAssigned>> {
        self.volumes()
            .filter(move |volume| volume.environment == environment)
    }

    /// The volumes of a host.
    pub fn volumes_on(&self, host: HostId) -> impl Iterator<Item = &Versioned<VolumeAssigned>> {
        let all = (host, VolumeId::new(0, 0))..=(host, VolumeId::new(u32::MAX, u32::MAX));
        self.index
            .host_volumes
            .range(all)
            .filter_map(|(_, id)| self.volume(*id))
    }

    /// The volumes of a stack, by their names in it.
    pub fn volumes_of(&self, stack: StackId) -> impl Iterator<Item = &Versioned<VolumeAssigned>> {
        let environment = self.stack(stack).map(|stack| stack.environment);
        let place = environment
            .zip(least_name())
            .map(|(environment, name)| (environment, Some(stack), name));
        let all =
            place.map(|(of, stack, name)| self.index.volumes.range((of, stack, name, VolumeId::new(0, 0))..));
        let all = all
            .into_iter()
            .flatten()
            .take_while(move |(of, owner, _, _)| Some(*of) == environment && *owner == Some(stack));
        all.filter_map(|(_, _, _, id)| self.volume(*id))
    }

    /// Whether somebody asked for this volume to go: under its engine's name, or all of its stack's.
    pub fn is_to_go(&self, volume: &VolumeAssigned) -> bool {
        let name = Name::parse(&volume.engine_name).ok();
        let wish = name.and_then(|name| self.volume_wish(volume.environment, &name));
        let stack = volume.stack.and_then(|stack| self.stack(stack));
        wish.is_some_and(|wish| wish.removed) || stack.is_some_and(|stack| stack.removed && stack.volumes_go)
    }

    /// Where the volume of this name lies: a stack's own, or (`None`) one that was made by itself.
    pub fn volumes_named(
        &self,
        environment: EnvironmentId,
        stack: Option<StackId>,
        name: Name,
    ) -> impl Iterator<Item = &Versioned<VolumeAssigned>> {
        let at = |id| (environment, stack, name.clone(), id);
        let all = at(VolumeId::new(0, 0))..=at(VolumeId::new(u32::MAX, u32::MAX));
        self.index
            .volumes
            .range(all)
            .filter_map(|(_, _, _, id)| self.volume(*id))
    }

    /// The volumes that the environment's engines know by this name.
    pub fn volumes_by_engine_name<'a>(
        &'a self,
        environment: EnvironmentId,
        name: &str,
    ) -> impl Iterator<Item = &'a Versioned<VolumeAssigned>> + use<'a> {
        let at = |id| (environment, name.to_owned(), id);
        let all = at(VolumeId::new(0, 0))..=at(VolumeId::new(u32::MAX, u32::MAX));
        self.index
            .engine_names
            .range(all)
            .filter_map(|(_, _, id)| self.volume(*id))
    }

    /// The units that hold a port on a host, at whichever of its addresses.
    pub(crate) fn port_holders(
        &self,
        host: HostId,
        protocol: Protocol,
        port: u16,
    ) -> impl Iterator<Item = &Versioned<Unit>> {
        let at = |unit| (host, protocol, port, unit);
        let all = at(UnitId::new(0, 0))..=at(UnitId::new(u32::MAX, u32::MAX));
        self.index
            .ports
            .range(all)
            .filter_map(|(_, _, _, unit)| self.unit(*unit))
    }

    /// The unit that holds an address in the managed network.
    pub fn address_holder(&self, environment: EnvironmentId, address: Ipv4Addr) -> Option<UnitId> {
        self.index.addresses.get(&(environment, address)).copied()
    }

    /// The address of the youngest unit that was ever seen in the environment.
    pub(crate) fn last_address(&self, environment: EnvironmentId) -> Option<Ipv4Addr> {
        self.index
            .last_address
            .get(&environment)
            .map(|(_, address)| *address)
    }

    /// `shop/web`, for people.
    pub(crate) fn service_title(&self, stack: StackId, service: &Name) -> String {
        match self.stack(stack) {
            Some(stack) => format!("{}/{service}", stack.name),
            None => format!("{stack}/{service}"),
        }
    }

    /// A volume that was made by itself.
    pub fn volume_wish(&self, environment: EnvironmentId, name: &Name) -> Option<&Versioned<VolumeWish>> {
        self.docs.volume_wishes.get(&(environment, name.clone()))
    }

    /// The volumes of an environment that were made by themselves.
    pub fn volume_wishes(&self, environment: EnvironmentId) -> impl Iterator<Item = &Versioned<VolumeWish>> {
        named(&self.docs.volume_wishes, environment).map(|(_, wish)| wish)
    }

    /// A secret or config that was made by itself.
    pub fn blob(
        &self,
        environment: EnvironmentId,
        secret: bool,
        name: &Name,
    ) -> Option<&Versioned<BlobObject>> {
        self.docs.blobs.get(&(environment, secret, name.clone()))
    }

    /// The secrets and configs of an environment that were made by themselves.
    pub fn blobs(&self, environment: EnvironmentId) -> impl Iterator<Item = &Versioned<BlobObject>> {
        self.docs
            .blobs
            .values()
            .filter(move |blob| blob.environment == environment)
    }

    /// How to log in at a registry.
    pub fn registry(
        &self,
        environment: EnvironmentId,
        registry: &str,
    ) -> Option<&Versioned<RegistryCredential>> {
        self.docs.registries.get(&(environment, registry.to_owned()))
    }

    /// The registries of an environment.
    pub fn registries(
        &self,
        environment: EnvironmentId,
    ) -> impl Iterator<Item = &Versioned<RegistryCredential>> {
        self.docs
            .registries
            .range((environment, String::new())..)
            .take_while(move |((of, _), _)| *of == environment)
            .map(|(_, registry)| registry)
    }

    /// A piece of a large revision, by its whole key.
    pub fn part(&self, key: &str) -> Option<&Versioned<Part>> {
        self.docs.parts.get(key)
    }

    /// All pieces of large revisions, with their keys.
    pub fn parts(&self) -> impl Iterator<Item = (&str, &Versioned<Part>)> {
        self.docs.parts.iter().map(|(key, part)| (key.as_str(), part))
    }

    pub(crate) fn assembled(&self, stack: StackId, number: u64) -> Option<&Arc<Assembled>> {
        self.specs.get(&(stack, number))
    }

    /// The spec of the wanted revision.
    pub(crate) fn head(&self, stack: StackId) -> Option<&Arc<Assembled>> {
        self.assembled(stack, self.stack(stack)?.revision)
    }
}

/// The entries of one parent, in the order of their names.
fn named<P: Ord + Copy, T>(
    table: &OrdMap<(P, Name), T>,
    parent: P,
) -> impl Iterator<Item = (&(P, Name), &T)> {
    let range = least_name().map(|least| table.range((parent, least)..));
    range
        .into_iter()
        .flatten()
        .take_while(move |((of, _), _)| *of == parent)
}

/// No name sorts before it: names begin with a letter or digit.
fn least_name() -> Option<Name> {
    Name::parse("0").ok()
}
