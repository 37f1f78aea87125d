//! Whose a changed document is. What is deleted leaves only its key behind, so the ids of one environment are kept.

use std::collections::BTreeMap;
use std::str::FromStr;

use muster_control::World;
use muster_model::assigned::{HostAssigned, Rollout, ServiceAssigned, Unit, VolumeAssigned};
use muster_model::desired::{
    BlobObject, Environment, HostWish, RegistryCredential, ServiceWish, Stack, VolumeWish,
};
use muster_model::document::Document as _;
use muster_model::observed::{HostObserved, UnitStatus};
use muster_model::{EnvironmentId, HostId, Name, StackId, UnitId, VolumeId};
use muster_store::{Entry, Event};

use crate::api::show;

/// The ids of an environment's things, and what they are called.
#[derive(Debug)]
pub(super) struct Members {
    environment: EnvironmentId,
    stacks: BTreeMap<StackId, String>,
    units: BTreeMap<UnitId, String>,
    hosts: BTreeMap<HostId, String>,
    volumes: BTreeMap<VolumeId, String>,
}

/// What a change is about, and whether the thing is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) what: What,
    /// For people.
    pub(super) name: String,
    pub(super) gone: bool,
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    Environment(EnvironmentId),
    Host(HostId),
    Stack(StackId),
    Service(StackId, Name),
    Rollout(StackId, Name),
    Unit(UnitId),
    Volume(VolumeId),
    VolumeWish(Name),
    Secret(Name),
    Config(Name),
    Registry(String),
}

/// Whose a change is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    Ours(Subject),
    /// Another environment's, or nobody's.
    Others,
    /// Something was deleted that was never seen.
    Unknown,
}

impl Members {
    pub(super) fn of(world: &World, environment: EnvironmentId) -> Self {
        let units = world
            .stacks(environment)
            .flat_map(|stack| world.units_in(stack.id));
        let hosts = world
            .hosts(environment)
            .filter_map(|host| Some((host.id, host.wish?.name.to_string())));
        Self {
            environment,
            stacks: world
                .stacks(environment)
                .map(|stack| (stack.id, stack.name.to_string()))
                .collect(),
            units: units
                .map(|unit| (unit.id, show::unit_title(world, unit)))
                .collect(),
            hosts: hosts.collect(),
            volumes: world
                .volumes_in(environment)
                .map(|volume| (volume.id, volume.engine_name.clone()))
                .collect(),
        }
    }

    pub(super) const fn environment(&self) -> EnvironmentId {
        self.environment
    }

    pub(super) fn has_unit(&self, unit: UnitId) -> bool {
        self.units.contains_key(&unit)
    }

    /// Whose the change is; remembers what is new, forgets what is gone.
    pub(super) fn change(&mut self, event: &Event) -> Change {
        let key = event.key().as_str();
        let Some((prefix, rest)) = split(key) else {
            return Change::Others;
        };
        let entry = match event {
            Event::Put(entry) => Some(entry),
            Event::Delete { .. } => None,
        };
        self.judge(prefix, rest, entry).unwrap_or(Change::Others)
    }

    fn judge(&mut self, prefix: &str, rest: &str, entry: Option<&Entry>) -> Option<Change> {
        let (ours, gone) = (self.environment, entry.is_none());
        match prefix {
            Environment::PREFIX => {
                let own = rest.parse() == Ok(ours);
                own.then(|| Change::ours(What::Environment(ours), rest.to_owned(), gone))
            }
            Stack::PREFIX => known(&mut self.stacks, rest, entry, What::Stack, |entry| {
                let stack: Stack = entry.document().ok()?;
                (stack.environment == ours).then(|| stack.name.to_string())
            }),
            Unit::PREFIX => {
                let stacks = &self.stacks;
                known(&mut self.units, rest, entry, What::Unit, |entry| {
                    let unit: Unit = entry.document().ok()?;
                    let stack = stacks.get(&unit.stack).filter(|_| unit.environment == ours)?;
                    Some(format!("{stack}/{}-{}", unit.service, unit.number))
                })
            }
            HostWish::PREFIX => known(&mut self.hosts, rest, entry, What::Host, |entry| {
                let host: HostWish = entry.document().ok()?;
                (host.environment == ours).then(|| host.name.to_string())
            }),
            VolumeAssigned::PREFIX => known(&mut self.volumes, rest, entry, What::Volume, |entry| {
                let volume: VolumeAssigned = entry.document().ok()?;
                (volume.environment == ours).then_some(volume.engine_name)
            }),
            // What hangs on a unit or host is not gone with it: the thing itself says so.
            UnitStatus::PREFIX => {
                let id = rest.parse().ok()?;
                let name = self.units.get(&id).filter(|_| !gone)?;
                Some(Change::ours(What::Unit(id), name.clone(), false))
            }
            HostAssigned::PREFIX | HostObserved::PREFIX => {
                let id = rest.parse().ok()?;
                let name = self.hosts.get(&id).filter(|_| !gone)?;
                Some(Change::ours(What::Host(id), name.clone(), false))
            }
            ServiceWish::PREFIX | ServiceAssigned::PREFIX | Rollout::PREFIX => {
                self.of_service(prefix, rest, gone)
            }
            VolumeWish::PREFIX | RegistryCredential::PREFIX | BlobObject::PREFIX => {
                self.object(prefix, rest, gone)
            }
            _ => None,
        }
    }

    fn of_service(&self, prefix: &str, rest: &str, gone: bool) -> Option<Change> {
        let (stack, service) = rest.split_once('/')?;
        let (stack, service): (StackId, Name) = (stack.parse().ok()?, service.parse().ok()?);
        let name = format!("{}/{service}", self.stacks.get(&stack)?);
        let what = if prefix == Rollout::PREFIX {
            What::Rollout(stack, service)
        } else {
            What::Service(stack, service)
        };
        // A service is gone with its verdict; without a wish it is only as its files say.
        Some(Change::ours(what, name, gone && prefix != ServiceWish::PREFIX))
    }

    /// Objects whose keys begin with their environment's id.
    fn object(&self, prefix: &str, rest: &str, gone: bool) -> Option<Change> {
        let (environment, rest) = rest.split_once('/')?;
        if environment.parse() != Ok(self.environment) {
            return None;
        }
        let what = match (prefix, rest.split_once('/')) {
            (VolumeWish::PREFIX, _) => What::VolumeWish(rest.parse().ok()?),
            (RegistryCredential::PREFIX, _) => What::Registry(rest.to_owned()),
            (_, Some(("secret", name))) => What::Secret(name.parse().ok()?),
            (_, Some((_, name))) => What::Config(name.parse().ok()?),
            (_, None) => return None,
        };
        let name = rest.rsplit('/').next().unwrap_or(rest).to_owned();
        Some(Change::ours(what, name, gone))
    }
}

impl Change {
    const fn ours(what: What, name: String, gone: bool) -> Self {
        Self::Ours(Subject { what, name, gone })
    }
}

/// A document that names its environment: known by its id, else by its text, of which `read` takes the name if it is ours.
fn known<I: FromStr + Ord + Copy>(
    own: &mut BTreeMap<I, String>,
    rest: &str,
    entry: Option<&Entry>,
    what: fn(I) -> What,
    read: impl Fn(&Entry) -> Option<String>,
) -> Option<Change> {
    let id = rest.parse().ok()?;
    let Some(entry) = entry else {
        return Some(
            own.remove(&id)
                .map_or(Change::Unknown, |name| Change::ours(what(id), name, true)),
        );
    };
    // A unit's name never changes and units change often; what people may rename is read again.
    let name = match own.get(&id) {
        Some(name) if matches!(what(id), What::Unit(_)) => name.clone(),
        _ => read(entry)?,
    };
    own.insert(id, name.clone());
    Some(Change::ours(what(id), name, false))
}

/// `desired/host/` and `host-1-2`.
fn split(key: &str) -> Option<(&str, &str)> {
    let folder = key.find('/')? + 1;
    let end = folder + key.get(folder..)?.find('/')? + 1;
    Some(key.split_at(end))
}
