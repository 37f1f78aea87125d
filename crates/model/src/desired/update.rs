//! How units are replaced when what they run changes.

use serde::{Deserialize, Serialize};

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
    /// Of a thousand units, as many new ones may fail before the rollout is one that failed.
    #[serde(skip_serializing_if = "is_zero")]
    pub max_failures_permille: u16,
}

impl Default for UpdatePolicy {
    fn default() -> Self {
        Self {
            batch_size: 1,
            interval_ms: 0,
            order: UpdateOrder::StopFirst,
            on_failure: FailureAction::Pause,
            monitor_ms: 2_000,
            max_failures_permille: 0,
        }
    }
}

const fn is_zero(number: &u16) -> bool {
    *number == 0
}
