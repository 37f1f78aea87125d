//! Services: what runs in how many copies, where, and how it changes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Balancer, ContainerSpec, HealthCheck, Outside, SchedulingRule, UpdatePolicy};
use crate::limits::STOP_GRACE_DEFAULT;
use crate::{Name, SpecHash, StackId};

/// What sort of service it is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// As many units as its scale says.
    #[default]
    Containers,
    /// One unit on every host that fits.
    Global,
    /// A name for what lies outside; no units.
    External,
    /// Another name for services; no units.
    Alias,
    /// Sends what comes in to other services; no units yet.
    LoadBalancer,
}

impl ServiceKind {
    /// Whether hosts run anything for it.
    pub const fn has_units(self) -> bool {
        matches!(self, Self::Containers | Self::Global)
    }
}

/// How freely its units may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnitClass {
    /// Moves freely.
    Stateless,
    /// Has a local volume: its data cannot follow, so it never moves by itself.
    Pinned,
    /// At most one alive; moved only when fenced.
    Exclusive,
}

/// One service of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// What sort.
    #[serde(default)]
    pub kind: ServiceKind,
    /// Units, if the files say. What was set by hand since then holds over it; where neither says it is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// How far the number of units may go by itself (`scale_policy`); acted on as far as its least is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_policy: Option<ScalePolicy>,
    /// It has no units until it is scaled by hand (`start_on_create: false`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
    /// At most one alive, everywhere and always (`io.muster.exclusive`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive: bool,
    /// What one copy runs.
    pub unit: UnitSpec,
    /// Services of the stack that must have come this far before units of this one are made.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub depends_on: BTreeMap<Name, Condition>,
    /// Where its units may and should run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<SchedulingRule>,
    /// At most this many of its units on one host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_host_max: Option<u32>,
    /// Labels of hosts over whose values its units are spread, the most important first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<String>,
    /// How units are replaced.
    #[serde(default)]
    pub update: UpdatePolicy,
    /// How they are replaced when it goes back; none means like any update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<UpdatePolicy>,
    /// Labels of the service itself (Compose's `deploy.labels`); containers have their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What its name stands for, if it has no units of its own. Not acted on yet, like all that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<Outside>,
    /// What it does as a balancer, or asks of balancers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balancer: Option<Balancer>,
    /// How other hosts check its containers, by name: the service's own is the primary's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub health_checks: BTreeMap<Name, HealthCheck>,
    /// What its containers are told of by the metadata service, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<Name, Metadata>,
    /// A unit's successor gets its address.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps_address: bool,
    /// How long balancers may take to let go of a unit that stops, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain_ms: Option<u64>,
}

/// What authors tell their programs, in whatever shape they like.
pub type Metadata = BTreeMap<String, serde_json::Value>;

/// How far the number of units may go by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalePolicy {
    /// Not fewer; what a service begins with where no scale is said.
    pub min: u32,
    /// Not more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// As many at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub increment: Option<u32>,
}

/// What one copy runs: a primary container and its sidekicks, always on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitSpec {
    /// The container that gives the unit its address and ports.
    pub primary: ContainerSpec,
    /// Containers beside it, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sidekicks: BTreeMap<Name, ContainerSpec>,
}

impl From<ContainerSpec> for UnitSpec {
    fn from(primary: ContainerSpec) -> Self {
        Self {
            primary,
            sidekicks: BTreeMap::new(),
        }
    }
}

impl UnitSpec {
    /// Units with equal hashes need not be replaced.
    pub fn hash(&self) -> SpecHash {
        SpecHash::of_json(self)
    }

    /// All containers, the primary first.
    pub fn containers(&self) -> impl Iterator<Item = (Option<&Name>, &ContainerSpec)> {
        std::iter::once((None, &self.primary))
            .chain(self.sidekicks.iter().map(|(name, spec)| (Some(name), spec)))
    }

    /// The longest any of its containers may take to stop.
    pub fn stop_grace(&self) -> Duration {
        self.containers()
            .map(|(_, c)| c.stop_grace())
            .max()
            .unwrap_or(STOP_GRACE_DEFAULT)
    }
}

impl ServiceSpec {
    /// A service that runs `unit` and says nothing else.
    pub fn new(unit: impl Into<UnitSpec>) -> Self {
        Self {
            kind: ServiceKind::default(),
            scale: None,
            scale_policy: None,
            waits: false,
            exclusive: false,
            unit: unit.into(),
            depends_on: BTreeMap::new(),
            rules: Vec::new(),
            per_host_max: None,
            spread: Vec::new(),
            update: UpdatePolicy::default(),
            rollback: None,
            labels: BTreeMap::new(),
            outside: None,
            balancer: None,
            health_checks: BTreeMap::new(),
            metadata: BTreeMap::new(),
            keeps_address: false,
            drain_ms: None,
        }
    }

    /// Units of a service that is not global, where nobody set a scale by hand.
    pub fn scale_of_files(&self) -> u32 {
        let least = || self.scale_policy.map_or(1, |policy| policy.min);
        match self.kind.has_units() && !self.waits {
            true => self.scale.unwrap_or_else(least),
            false => 0,
        }
    }

    /// How freely its units may move: exclusive if it says so, pinned if it mounts a named or anonymous volume or a
    /// host path that it can write to, else stateless.
    pub fn class(&self) -> UnitClass {
        if self.exclusive {
            UnitClass::Exclusive
        } else if self
            .unit
            .containers()
            .any(|(_, c)| c.mounts.iter().any(|m| m.source.pins()))
        {
            UnitClass::Pinned
        } else {
            UnitClass::Stateless
        }
    }
}

/// How far a service must have come before another that depends on it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its units run.
    #[default]
    Started,
    /// Its units are healthy.
    Healthy,
    /// Its units ended with exit code 0.
    CompletedSuccessfully,
}

/// What people set on a running service beside its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceWish {
    /// The stack.
    pub stack: StackId,
    /// The service.
    pub service: Name,
    /// Units wanted, whatever the files say. A revision whose files state a scale clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// Grows by one with every wish to restart all units, in batches.
    #[serde(default)]
    pub restarts: u64,
    /// A rollout of it waits.
    #[serde(default)]
    pub paused: bool,
}
