//! Services: what runs in how many copies, where, and how it changes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ContainerSpec;
use crate::limits::STOP_GRACE_DEFAULT;
use crate::{Name, SpecHash, StackId};

/// What sort of service it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// As many units as its scale says.
    #[default]
    Containers,
    /// One unit on every host that fits.
    Global,
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
    /// How units are replaced.
    #[serde(default)]
    pub update: UpdatePolicy,
    /// Labels of the service itself (Compose's `deploy.labels`); containers have their own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
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

/// One rule on where units run, from `io.rancher.scheduler.*` labels or `deploy.placement`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SchedulingRule {
    /// How binding, and which way.
    pub relation: Relation,
    /// What the host must, should or must not have.
    pub subject: RuleSubject,
}

/// How binding a rule is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Only there.
    Must,
    /// Never there.
    MustNot,
    /// There if possible.
    Should,
    /// Elsewhere if possible.
    ShouldNot,
}

/// What a scheduling rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleSubject {
    /// A label of the host.
    HostLabel {
        /// Its key.
        key: String,
        /// Its value; none means that the key exists.
        value: Option<String>,
    },
    /// The host's name.
    HostName(String),
    /// A label of a container that runs there.
    ContainerLabel {
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
    /// A service that has a unit there: of the same stack unless a stack is named.
    Service {
        /// The stack's name.
        stack: Option<Name>,
        /// The service's name.
        service: Name,
    },
}

/// Which of the two is first when a unit is replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdateOrder {
    /// The old one stops, then the new one starts.
    #[default]
    StopFirst,
    /// The new one runs, then the old one stops.
    StartFirst,
}

/// What happens to a rollout when a new unit does not come up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureAction {
    /// It stops where it is, says why and waits for a person.
    #[default]
    Pause,
    /// It goes on regardless.
    Continue,
    /// It goes back to the revision it came from.
    Rollback,
}

/// How units are replaced when their spec changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct UpdatePolicy {
    /// Units replaced at a time; 0 means all at once.
    pub batch_size: u32,
    /// Pause between batches, milliseconds.
    pub interval_ms: u64,
    /// Which is first.
    pub order: UpdateOrder,
    /// What happens when a new unit does not come up.
    pub on_failure: FailureAction,
    /// A new unit counts once it ran (and was healthy, if it has a check) this long, milliseconds.
    pub monitor_ms: u64,
}

impl Default for UpdatePolicy {
    fn default() -> Self {
        Self {
            batch_size: 1,
            interval_ms: 0,
            order: UpdateOrder::StopFirst,
            on_failure: FailureAction::Pause,
            monitor_ms: 2_000,
        }
    }
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
