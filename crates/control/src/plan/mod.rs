//! What an edit would change, before it is made.

mod changes;
mod check;
mod draft;

use std::sync::Arc;

use muster_model::desired::StackSpec;
use muster_model::{Digest, EnvironmentId, Name, Reason, Refusal, SpecHash, StackId};
use serde::{Deserialize, Serialize};

use crate::world::World;

/// Something a person wants changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A stack becomes what its files say; it is made if it does not exist.
    Deploy {
        /// Where.
        environment: EnvironmentId,
        /// The stack's name.
        name: Name,
        /// What its files say.
        spec: Arc<StackSpec>,
    },
    /// A stack goes, its volumes with their data too if that is asked for.
    Remove {
        /// Which.
        stack: StackId,
        /// Its volumes too.
        volumes: bool,
    },
    /// A stack becomes what an earlier revision said; none is the one before.
    Rollback {
        /// Which.
        stack: StackId,
        /// The revision to repeat.
        to: Option<u64>,
    },
    /// A service gets another number of units.
    Scale {
        /// The stack.
        stack: StackId,
        /// The service.
        service: Name,
        /// Units wanted.
        scale: u32,
    },
    /// All units of a service are made anew, in batches.
    Restart {
        /// The stack.
        stack: StackId,
        /// The service.
        service: Name,
    },
    /// The rollout of a service waits, or goes on.
    Pause {
        /// The stack.
        stack: StackId,
        /// The service.
        service: Name,
        /// Whether it waits.
        paused: bool,
    },
}

/// What an edit would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Hash over the changes, the forecast of hosts left out: who confirms a plan names it.
    pub hash: Digest,
    /// The stack, if it exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackId>,
    /// The stack's revision that the plan was made on; none if there is no stack yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_revision: Option<u64>,
    /// The revision that a rollback repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_to: Option<u64>,
    /// Unit by unit, by service and number.
    pub changes: Vec<PlannedChange>,
    /// Engine names of the volumes that go with their data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes_removed: Vec<String>,
    /// What will not work as things are, and what to mind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<PlanWarning>,
}

/// Something to mind about one service of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlanWarning {
    /// The service.
    pub service: Name,
    /// What.
    pub reason: Reason,
}

/// What becomes of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PlannedChange {
    /// The service.
    pub service: Name,
    /// The unit's place in it.
    pub number: u32,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What it runs now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<SpecHash>,
    /// What it will run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<SpecHash>,
    /// Where it runs, or would be placed now; a forecast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Name>,
}

/// What is done with a unit.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// Another takes its place.
    Replace,
    /// Its containers are made anew with the same spec.
    Restart,
    /// It goes.
    Remove,
    /// It is left as it is.
    Keep,
}

impl Plan {
    fn digest(&self) -> Digest {
        let change = |change: &PlannedChange| {
            let PlannedChange {
                service,
                number,
                action,
                reasons,
                from,
                to,
                host: _,
            } = change;
            Digest::of_json(&(service, number, action, reasons, from, to))
        };
        let changes: Vec<Digest> = self.changes.iter().map(change).collect();
        Digest::of_json(&(changes, &self.volumes_removed, self.rollback_to))
    }

    /// Whether every unit stays as it is.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::Keep) && self.volumes_removed.is_empty()
    }
}

/// What `edit` would change in `world`, or why it is refused. Costs what it would change, not what exists.
pub fn plan(world: &World, edit: &Edit) -> Result<Plan, Refusal> {
    check::check(world, edit)?;
    let draft = draft::draft(world, edit)?;
    let (changes, warnings) = changes::changes(world, &draft);
    let volumes_removed = match edit {
        Edit::Remove { stack, volumes: true } => world
            .volumes_of(*stack)
            .map(|volume| volume.engine_name.clone())
            .collect(),
        _ => Vec::new(),
    };
    let known = world.stack(draft.stack);
    let mut plan = Plan {
        hash: Digest::default(),
        stack: known.map(|stack| stack.id),
        stack_revision: known.map(|stack| stack.revision),
        rollback_to: draft.rollback_to,
        changes,
        volumes_removed,
        warnings,
    };
    plan.hash = plan.digest();
    Ok(plan)
}
