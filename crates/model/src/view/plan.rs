//! What would be done, before it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Diagnostic, Digest, Name, Reason};

/// What an edit would do, unit by unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanView {
    /// Give it with the deploy: then this is done, or nothing. The forecasts of hosts do not count in it.
    pub hash: Digest,
    /// The stack's revision that it starts from, 0 for none.
    pub stack_revision: u64,
    /// Remarks on the files, none of them an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// Per unit, by service and number.
    pub changes: Vec<PlanChange>,
    /// How many of which.
    pub summary: PlanSummary,
    /// Named volumes that would be made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new_volumes: Vec<String>,
    /// Volumes that would go with their data, by the engine's name for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed_volumes: Vec<String>,
    /// What to mind, and what will not work as things are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<PlanNote>,
}

/// Something to mind about one service of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanNote {
    /// The service.
    pub service: Name,
    /// What.
    pub reason: Reason,
}

/// What would become of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanChange {
    /// The service.
    pub service: Name,
    /// The unit's place in it.
    pub number: u32,
    /// What would be done.
    pub action: PlanAction,
    /// Why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// The host it is on, or would be on if it were done now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast_host: Option<Name>,
    /// The image it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The image it would run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What is done to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanAction {
    /// Made new.
    Create,
    /// Replaced by one with another spec.
    Replace,
    /// Stopped and removed.
    Remove,
    /// Left as it is.
    Keep,
}

/// How many units of which action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanSummary {
    /// Made new.
    pub create: u32,
    /// Replaced.
    pub replace: u32,
    /// Removed.
    pub remove: u32,
    /// Left as they are.
    pub keep: u32,
}

impl PlanSummary {
    /// Counts `changes`.
    pub fn of(changes: &[PlanChange]) -> Self {
        let mut counts = Self::default();
        for change in changes {
            *match change.action {
                PlanAction::Create => &mut counts.create,
                PlanAction::Replace => &mut counts.replace,
                PlanAction::Remove => &mut counts.remove,
                PlanAction::Keep => &mut counts.keep,
            } += 1;
        }
        counts
    }

    /// Whether nothing would be done.
    pub const fn is_empty(&self) -> bool {
        self.create == 0 && self.replace == 0 && self.remove == 0
    }
}
