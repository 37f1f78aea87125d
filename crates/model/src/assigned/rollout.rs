//! The move of one service from a spec to the next.

use serde::{Deserialize, Serialize};

use crate::{Name, Reason, SpecHash, StackId};

/// A rollout under way, or the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// The stack.
    pub stack: StackId,
    /// The service.
    pub service: Name,
    /// The stack's revision it came from; rolling back goes there.
    pub from: u64,
    /// The stack's revision it goes to.
    pub to: u64,
    /// The spec it goes to.
    pub spec: SpecHash,
    /// The restart wish it follows.
    #[serde(default)]
    pub restarts: u64,
    /// How it stands.
    pub state: RolloutState,
    /// Why it waits, was paused or went back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// How a rollout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RolloutState {
    /// Replacing, batch by batch.
    Rolling,
    /// Waits for a person: asked to, or because a new unit did not come up.
    Paused,
    /// Going back to where it came from.
    RollingBack,
    /// Back where it came from.
    RolledBack,
    /// All units are new.
    Finished,
}
