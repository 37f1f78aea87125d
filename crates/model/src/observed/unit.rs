//! How a unit is, in its agent's words.

use serde::{Deserialize, Serialize};

use crate::{Generation, HostId, Name, UnitId, WallTime};

/// What an agent says of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitStatus {
    /// The unit.
    pub unit: UnitId,
    /// The host that says so.
    pub host: HostId,
    /// The generation it speaks of.
    pub generation: Generation,
    /// How far it is.
    pub phase: Phase,
    /// Health by the engine's check of all its containers that have one.
    #[serde(default)]
    pub health: Health,
    /// How often its containers ended and were started again since this generation began.
    #[serde(default)]
    pub restarts: u32,
    /// When it last began to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_since: Option<WallTime>,
    /// What holds it up: the failed operation and what to do, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Each container, the primary first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerStatus>,
}

impl UnitStatus {
    /// Runs, and is healthy as far as it can be asked.
    pub fn is_up(&self) -> bool {
        self.phase == Phase::Running && matches!(self.health, Health::None | Health::Healthy)
    }

    /// Ended for good, as it was meant to, with exit code 0.
    pub fn completed(&self) -> bool {
        self.phase == Phase::Finished && self.containers.iter().all(|c| c.exit_code.unwrap_or(0) == 0)
    }
}

/// How far a unit is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its agent knows of it and has not begun.
    Waiting,
    /// Its images are on their way.
    Pulling,
    /// Its containers are being made.
    Creating,
    /// Its containers are being started.
    Starting,
    /// All its containers run.
    Running,
    /// A container ended or could not be made; it is tried again after a pause.
    Backoff,
    /// It ended and is not to be started again.
    Finished,
    /// It is being stopped.
    Stopping,
    /// Nothing of it is left on the host.
    Gone,
}

/// Health as the engine sees it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// There is no check.
    #[default]
    None,
    /// The check has not decided yet.
    Starting,
    /// The check passes.
    Healthy,
    /// The check fails.
    Unhealthy,
}

/// How one container is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ContainerStatus {
    /// The sidekick's name; none is the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidekick: Option<Name>,
    /// The engine's id of it; none while it is not made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine_id: Option<String>,
    /// Whether it runs.
    pub running: bool,
    /// How it last ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// The kernel ended it for want of memory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub out_of_memory: bool,
}
