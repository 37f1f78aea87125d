//! Plans, shown; and the answer to what was accepted with one.

use muster_control::{Action, Plan, PlannedChange, Versioned, World};
use muster_model::desired::{Stack, StackSpec};
use muster_model::view::{Deployed, PlanAction, PlanChange, PlanNote, PlanSummary, PlanView};
use muster_model::{Diagnostic, EnvironmentId, Name, SpecHash, StackId};

use crate::api::call::Answer;
use crate::api::error::ApiError;
use crate::api::show;
use crate::api::write::Done;
use crate::desired::{Accepted, Denial, Proposal};

/// A plan, with the spec that it leads to.
pub(super) struct Change<'a> {
    plan: &'a Plan,
    spec: Option<&'a StackSpec>,
}

impl<'a> Change<'a> {
    pub(super) const fn of(plan: &'a Plan, spec: Option<&'a StackSpec>) -> Self {
        Self { plan, spec }
    }
}

pub(super) fn view(
    world: &World,
    environment: EnvironmentId,
    change: &Change<'_>,
    diagnostics: Vec<Diagnostic>,
) -> PlanView {
    let plan = change.plan;
    let changes: Vec<PlanChange> = plan
        .changes
        .iter()
        .map(|one| show_change(world, change, one))
        .collect();
    let notes = plan.warnings.iter().map(|warning| PlanNote {
        service: warning.service.clone(),
        reason: warning.reason.clone(),
    });
    PlanView {
        hash: plan.hash,
        stack_revision: plan.stack_revision.unwrap_or_default(),
        diagnostics,
        summary: PlanSummary::of(&changes),
        changes,
        new_volumes: new_volumes(world, environment, change),
        removed_volumes: plan.volumes_removed.clone(),
        notes: notes.collect(),
    }
}

fn show_change(world: &World, change: &Change<'_>, one: &PlannedChange) -> PlanChange {
    let new = change.spec.and_then(|spec| spec.services.get(&one.service));
    PlanChange {
        service: one.service.clone(),
        number: one.number,
        action: match one.action {
            Action::Create => PlanAction::Create,
            // The same to whoever looks: its containers are made anew.
            Action::Replace | Action::Restart => PlanAction::Replace,
            Action::Remove => PlanAction::Remove,
            Action::Keep => PlanAction::Keep,
        },
        reasons: one.reasons.clone(),
        forecast_host: one.host.clone(),
        from: one
            .from
            .and_then(|hash| running_image(world, change.plan.stack?, one, hash)),
        to: one
            .to
            .and(new)
            .map(|service| service.unit.primary.image.to_string()),
    }
}

/// The image of the unit that the change is about.
fn running_image(world: &World, stack: StackId, one: &PlannedChange, hash: SpecHash) -> Option<String> {
    let unit = world
        .units_of(stack, &one.service)
        .find(|unit| unit.number == one.number && unit.spec == hash)?;
    let spec = world.service_spec(stack, unit.revision, &one.service)?;
    Some(spec.unit.primary.image.to_string())
}

/// Volumes of the spec that lie nowhere yet.
fn new_volumes(world: &World, environment: EnvironmentId, change: &Change<'_>) -> Vec<String> {
    let volumes = change
        .spec
        .iter()
        .flat_map(|spec| &spec.volumes)
        .filter(|(_, volume)| volume.external.is_none());
    let lies = |name: &Name| {
        let lying = |stack| {
            world
                .volumes_named(environment, Some(stack), name.clone())
                .next()
                .is_some()
        };
        change.plan.stack.is_some_and(lying)
    };
    volumes
        .filter(|(name, _)| !lies(name))
        .map(|(name, _)| name.to_string())
        .collect()
}

/// A denial of a deploy, with the plan as it is now.
pub(super) fn denied(
    world: &World,
    environment: EnvironmentId,
    denial: Denial,
    spec: Option<&StackSpec>,
    diagnostics: Vec<Diagnostic>,
) -> ApiError {
    match denial {
        Denial::PlanChanged { refusal, plan } => {
            let plan = Box::new(view(world, environment, &Change::of(&plan, spec), diagnostics));
            ApiError::PlanChanged { refusal, plan }
        }
        Denial::Refused(refusal) => ApiError::Refused(refusal),
    }
}

/// The proposal, with its plan as it is shown.
pub(super) fn with_plan(proposal: Proposal<Accepted>, plan: PlanView) -> Proposal<(Accepted, PlanView)> {
    let Proposal {
        before,
        commit,
        value,
    } = proposal;
    Proposal {
        before,
        commit,
        value: (value, plan),
    }
}

/// The answer. When the same request comes again it is the same revision, with the plan of what is still to be done.
pub(super) fn deployed(
    done: Done<(Accepted, PlanView)>,
    stack: Option<Versioned<Stack>>,
    replan: impl FnOnce(&World) -> Result<PlanView, ApiError>,
) -> Result<Answer<Deployed>, ApiError> {
    let stack = stack.ok_or(ApiError::RequestReused)?;
    let (revision, plan) = match done.made {
        Some((accepted, plan)) => (accepted.revision, plan),
        None => (
            revision_made(&done, &stack).ok_or(ApiError::RequestReused)?,
            replan(&done.world)?,
        ),
    };
    let view = show::stack(&done.world, &stack);
    Ok(Answer::of(Deployed {
        stack: view,
        revision,
        plan,
        since: done.revision,
    })
    .at(revision))
}

/// The revision of the stack that the commit made, or that it removed.
fn revision_made<T>(done: &Done<T>, stack: &Versioned<Stack>) -> Option<u64> {
    let mut revisions = done.world.revisions(stack.id).rev();
    let made = revisions
        .find(|revision| revision.modified == done.revision)
        .map(|revision| revision.number);
    made.or((stack.removed && stack.modified == done.revision).then_some(stack.revision))
}
