//! Services.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assigned::{RolloutState, ServiceState};
use crate::desired::{Condition, PortSpec, ServiceKind, UnitClass};
use crate::{Name, Reason, StackId};

/// A service of a stack's wanted revision, or one whose units are not gone yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ServiceView {
    /// The stack's id.
    pub stack_id: StackId,
    /// The stack.
    pub stack: Name,
    /// Its name.
    pub name: Name,
    /// What sort.
    pub kind: ServiceKind,
    /// How freely its units may move.
    pub class: UnitClass,
    /// The image of its primary container.
    pub image: String,
    /// The images of its sidekicks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sidekicks: BTreeMap<Name, String>,
    /// Ports it publishes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortSpec>,
    /// What must come before it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub depends_on: BTreeMap<Name, Condition>,
    /// Units wanted.
    pub wanted: u32,
    /// Units that run.
    pub running: u32,
    /// Units that run and are healthy, as far as they can be asked.
    pub healthy: u32,
    /// The stack's revision that is wanted.
    pub revision: u64,
    /// How it stands.
    pub state: ServiceState,
    /// What it waits for, or why it cannot be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The same for people, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// The last rollout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<RolloutView>,
    /// Its scale was set by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_by_hand: Option<u32>,
    /// Someone told its rollouts to wait.
    pub paused: bool,
}

/// The move of a service from one spec to the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RolloutView {
    /// The stack's revision it came from.
    pub from: u64,
    /// The stack's revision it goes to.
    pub to: u64,
    /// How it stands.
    pub state: RolloutState,
    /// Why it waits, was paused or went back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// What to change on a running service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServicePatch {
    /// Units wanted. A later deploy whose files state a scale wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// Whether its rollouts wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
}
