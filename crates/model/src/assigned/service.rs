//! What control thinks of a service, stored so that "why" is a read.

use serde::{Deserialize, Serialize};

use crate::{Name, Reason, StackId};

/// Control's verdict on one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAssigned {
    /// The stack.
    pub stack: StackId,
    /// The service.
    pub service: Name,
    /// The stack's revision that was judged.
    pub revision: u64,
    /// Units wanted.
    pub wanted: u32,
    /// How it stands.
    pub state: ServiceState,
    /// What it waits for, or why it cannot be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// How a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ServiceState {
    /// On its way.
    Converging,
    /// As wished: every unit runs and is healthy.
    Steady,
    /// Its units have all run to their end, as they were meant to.
    Completed,
    /// Cannot go on by itself; the reasons say why.
    Blocked,
}
