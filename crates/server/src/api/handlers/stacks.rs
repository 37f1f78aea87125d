//! Stacks: lists, plans, deploys, rollbacks, removal.

use muster_control::{Edit, Versioned, World};
use muster_model::StackId;
use muster_model::desired::Stack;
use muster_model::view::{
    Deployed, PlanView, RollbackPlan, RollbackRequest, StackDeploy, StackFiles, StackRevisionView, StackView,
};

use super::changes::{self, Change};
use super::deploy;
use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;
use crate::auth::Permission;
use crate::desired::{self, Base, Denial, Deploy};

/// The environment's stacks, by name.
pub(crate) const LIST: Listing<StackId, StackView> = Listing {
    select: |call, world| {
        Ok(world
            .stacks(call.env()?)
            .map(|stack| (stack.name.to_string(), stack.id))
            .collect())
    },
    show: |_, world, id| world.stack(*id).map(|stack| show::stack(world, stack)),
    id: |view| view.id.to_string(),
};

/// A stack's revisions that are kept, oldest first.
pub(crate) const REVISIONS: Listing<u64, StackRevisionView> = Listing {
    select: |call, world| {
        let stack = call.stack()?.id;
        Ok(world
            .revisions(stack)
            .map(|revision| (format!("{:020}", revision.number), revision.number))
            .collect())
    },
    show: |call, world, number| {
        let stack = world.stack(call.stack().ok()?.id)?;
        Some(show::revision(
            world,
            stack,
            world.revision_doc(stack.id, *number)?,
        ))
    },
    id: |view| view.number.to_string(),
};

pub(crate) fn read(call: &Call) -> Result<Answer<StackView>, ApiError> {
    let stack = call.stack()?;
    Ok(Answer::of(show::stack(&call.world, stack)).at(stack.revision))
}

pub(crate) fn read_revision(call: &Call) -> Result<Answer<StackRevisionView>, ApiError> {
    let stack = call.stack()?;
    let revision = call.revision(stack)?;
    Ok(Answer::of(show::revision(&call.world, stack, revision)).at(revision.number))
}

/// What a deploy of these files would do.
pub(crate) async fn plan_deploy(call: Call, files: StackFiles) -> Result<Answer<PlanView>, ApiError> {
    let read = deploy::read(&call, call.new_name("stack")?, files).await?;
    let (deploy, diagnostics) = deploy::draft(&call, &call.world, &read, Base::default())?;
    // All that a deploy checks, so that a plan that is shown can be carried out.
    let proposal = desired::deploy(&call.world, &call.author()?, &deploy)?;
    let change = Change::of(&proposal.value.plan, Some(&deploy.spec));
    Ok(Answer::of(changes::view(
        &call.world,
        call.env()?,
        &change,
        diagnostics,
    )))
}

/// A stack becomes what its files say.
pub(crate) async fn deploy(call: Call, asked: StackDeploy) -> Result<Answer<Deployed>, ApiError> {
    let name = call.new_name("stack")?;
    let base = Base {
        plan: asked.plan,
        revision: call.if_match.or(asked.base_revision),
    };
    let read = deploy::read(&call, name.clone(), asked.files).await?;
    let (author, environment) = (call.author()?, call.env()?);
    let propose = |world: &World| {
        let (deploy, diagnostics) = deploy::draft(&call, world, &read, base)?;
        let proposal = desired::deploy(world, &author, &deploy);
        let spec = Some(&*deploy.spec);
        let proposal = proposal
            .map_err(|denial| changes::denied(world, environment, denial, spec, diagnostics.clone()))?;
        let plan = changes::view(
            world,
            environment,
            &Change::of(&proposal.value.plan, spec),
            diagnostics,
        );
        Ok(changes::with_plan(proposal, plan))
    };
    let done = call.commit(propose).await?;
    let stack = done.world.stack_by_name(environment, &name).cloned();
    let replan = |world: &World| {
        let (deploy, diagnostics) = deploy::draft(&call, world, &read, Base::default())?;
        let plan = muster_control::plan(world, &edit(&deploy))?;
        Ok(changes::view(
            world,
            environment,
            &Change::of(&plan, Some(&deploy.spec)),
            diagnostics,
        ))
    };
    changes::deployed(done, stack, replan)
}

fn edit(deploy: &Deploy) -> Edit {
    let Deploy {
        environment,
        name,
        spec,
        ..
    } = deploy;
    Edit::Deploy {
        environment: *environment,
        name: name.clone(),
        spec: spec.clone(),
    }
}

/// What going back would do.
pub(crate) async fn plan_rollback(call: Call, asked: RollbackPlan) -> Result<Answer<PlanView>, ApiError> {
    let stack = call.stack()?;
    let plan = muster_control::plan(
        &call.world,
        &Edit::Rollback {
            stack: stack.id,
            to: asked.revision,
        },
    )?;
    Ok(Answer::of(rollback_view(&call.world, stack, &plan)))
}

fn rollback_view(world: &World, stack: &Stack, plan: &muster_control::Plan) -> PlanView {
    let spec = plan.rollback_to.and_then(|to| world.spec(stack.id, to));
    changes::view(
        world,
        stack.environment,
        &Change::of(plan, spec.as_deref()),
        Vec::new(),
    )
}

/// A stack becomes what an earlier revision said.
pub(crate) async fn rollback(call: Call, asked: RollbackRequest) -> Result<Answer<Deployed>, ApiError> {
    let base = Base {
        plan: asked.plan,
        revision: call.if_match.or(asked.base_revision),
    };
    let (author, host_access, id) = (call.author()?, call.may(Permission::HostAccess), call.stack()?.id);
    let propose = |world: &World| {
        let stack = still_there(&call, world, id)?;
        let proposal = desired::rollback(world, &author, stack, asked.revision, base, host_access);
        let proposal = proposal.map_err(|denial| shown(denial, |plan| rollback_view(world, stack, plan)))?;
        let plan = rollback_view(world, stack, &proposal.value.plan);
        Ok(changes::with_plan(proposal, plan))
    };
    let done = call.commit(propose).await?;
    let stack = done.world.stack(id).cloned();
    let replan = |world: &World| {
        let stack = still_there(&call, world, id)?;
        let to = Some(stack.revision);
        let plan = muster_control::plan(world, &Edit::Rollback { stack: id, to })?;
        Ok(rollback_view(world, stack, &plan))
    };
    changes::deployed(done, stack, replan)
}

/// What removing a stack would do.
pub(crate) async fn plan_removal(call: Call) -> Result<Answer<PlanView>, ApiError> {
    let edit = Edit::Remove {
        stack: call.stack()?.id,
        volumes: call.query.flag("volumes")?,
    };
    let plan = muster_control::plan(&call.world, &edit)?;
    Ok(Answer::of(changes::view(
        &call.world,
        call.env()?,
        &Change::of(&plan, None),
        Vec::new(),
    )))
}

/// A stack goes.
pub(crate) async fn remove(call: Call) -> Result<Answer<Deployed>, ApiError> {
    let volumes = call.query.flag("volumes")?;
    let base = Base {
        plan: call.query.read("plan")?,
        revision: call.if_match,
    };
    let (author, environment, id) = (call.author()?, call.env()?, call.stack()?.id);
    let view = |world: &World, plan: &muster_control::Plan| {
        changes::view(world, environment, &Change::of(plan, None), Vec::new())
    };
    let propose = |world: &World| {
        let stack = still_there(&call, world, id)?;
        let proposal = desired::removal(world, &author, stack, volumes, base);
        let proposal = proposal.map_err(|denial| shown(denial, |plan| view(world, plan)))?;
        let plan = view(world, &proposal.value.plan);
        Ok(changes::with_plan(proposal, plan))
    };
    let before = call.world.stack(id).cloned();
    let done = call.commit(propose).await?;
    // It may be gone before the answer: then it is shown as it was.
    let stack = done.world.stack(id).cloned().or(before);
    let replan = |world: &World| {
        Ok(view(
            world,
            &muster_control::plan(world, &Edit::Remove { stack: id, volumes })?,
        ))
    };
    changes::deployed(done, stack, replan)
}

fn still_there<'w>(call: &Call, world: &'w World, id: StackId) -> Result<&'w Versioned<Stack>, ApiError> {
    world
        .stack(id)
        .ok_or_else(|| ApiError::not_found("stack", call.path.get("stack")))
}

/// A denial with the plan as it is now.
fn shown(denial: Denial, view: impl FnOnce(&muster_control::Plan) -> PlanView) -> ApiError {
    match denial {
        Denial::PlanChanged { refusal, plan } => ApiError::PlanChanged {
            refusal,
            plan: Box::new(view(&plan)),
        },
        Denial::Refused(refusal) => ApiError::Refused(refusal),
    }
}
