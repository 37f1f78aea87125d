//! When a container that ended is started again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Whether a container that ended is started again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestartPolicy {
    /// Whatever its exit code. What a file that says nothing gets: services are kept running.
    #[default]
    Always,
    /// Whatever its exit code, at most this often.
    AtMost(u32),
    /// Only after a failure, at most this often if a number is given.
    OnFailure(Option<u32>),
    /// Never: it runs once.
    No,
}

/// How soon a container is started again, and when its starts are counted anew (`deploy.restart_policy`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RestartPace {
    /// Not sooner than this after it ended, milliseconds; the platform's own pauses hold all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<u64>,
    /// A run that lasts as long went well: the starts that a policy limits are counted from there, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_ms: Option<u64>,
}

impl RestartPace {
    /// Whether nothing is said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The least pause.
    pub fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(0))
    }

    /// Whether a run of this length is the end of what came before.
    pub fn went_well(&self, ran: Duration) -> bool {
        self.window_ms
            .is_some_and(|window| ran >= Duration::from_millis(window))
    }
}
