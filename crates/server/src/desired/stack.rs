//! Stacks: deploy, rollback, removal.

use std::sync::Arc;

use muster_control::{Edit, Plan, Versioned, World, plan};
use muster_model::desired::{RevisionBody, ServiceWish, Stack, StackRevision, StackSpec};
use muster_model::limits::COMMIT_OPERATIONS_MAX;
use muster_model::{Digest, EnvironmentId, Name, Refusal, StackId};
use muster_store::{Commit, KeyError};

use super::parts::body_of;
use super::{Author, Denial, Proposal, alone_in, not_found, proposal, replace, still_at};
use crate::auth::Permission;
use crate::desired::host_rights;

/// What the head of a new revision takes of its commit, beside wishes that it clears.
const HEAD_OPERATIONS: usize = 8;

/// Asks that a stack becomes what its files say.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// Where.
    pub environment: EnvironmentId,
    /// The stack's name.
    pub name: Name,
    /// Its id, if it is new.
    pub new_id: StackId,
    /// What its files say, contents sealed.
    pub spec: Arc<StackSpec>,
    /// What the asker saw.
    pub base: Base,
    /// Whether the asker may give containers rights over their hosts.
    pub host_access: bool,
}

/// What an asker saw before they decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Base {
    /// The hash of the plan.
    pub plan: Option<Digest>,
    /// The stack's revision, 0 if there was none.
    pub revision: Option<u64>,
}

/// A new revision of a stack, or its removal, with what it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// The stack.
    pub stack: StackId,
    /// Its revision.
    pub revision: u64,
    /// What will be done.
    pub plan: Plan,
}

/// A stack becomes what its files say.
pub fn deploy(world: &World, author: &Author, deploy: &Deploy) -> Result<Proposal<Accepted>, Denial> {
    let Deploy {
        environment,
        name,
        spec,
        base,
        ..
    } = deploy;
    let old = world.stack_by_name(*environment, name);
    let number = old.map_or(0, |old| old.revision);
    still_at("stack", name.as_str(), base.revision, number)?;
    check_rights(spec, deploy.host_access)?;
    let (body, before) = body_of(author, spec)?;
    let edit = Edit::Deploy {
        environment: *environment,
        name: name.clone(),
        spec: spec.clone(),
    };
    let plan = confirmed(world, &edit, *base)?;
    let stack = next_head(author, deploy, old);
    let commit = match old {
        Some(old) => replace(Commit::new(), old, &stack)?,
        None => first_head(world, &stack)?,
    };
    let commit = commit.create(&revision(author, &stack, body, None))?;
    let commit = clear_scales(world, commit, &stack, spec)?;
    let accepted = Accepted {
        stack: stack.id,
        revision: stack.revision,
        plan,
    };
    Ok(Proposal {
        before,
        ..proposal(author, commit, accepted)
    })
}

fn next_head(author: &Author, deploy: &Deploy, old: Option<&Versioned<Stack>>) -> Stack {
    Stack {
        id: old.map_or(deploy.new_id, |old| old.id),
        environment: deploy.environment,
        name: deploy.name.clone(),
        revision: old.map_or(1, |old| old.revision + 1),
        removed: false,
        volumes_go: false,
        created: old.map_or(author.now, |old| old.created),
        request: author.request.clone(),
    }
}

/// The head of a new stack, the only one of its name.
fn first_head(world: &World, stack: &Stack) -> Result<Commit, Denial> {
    let parent = world.environment(stack.environment);
    let parent = parent.ok_or_else(|| not_found("environment", &stack.environment.to_string()))?;
    Ok(alone_in(Commit::new().create(stack)?, parent)?)
}

/// A stack becomes what an earlier revision said; none is the one before.
pub fn rollback(
    world: &World,
    author: &Author,
    old: &Versioned<Stack>,
    to: Option<u64>,
    base: Base,
    host_access: bool,
) -> Result<Proposal<Accepted>, Denial> {
    still_at("stack", old.name.as_str(), base.revision, old.revision)?;
    let plan = confirmed(world, &Edit::Rollback { stack: old.id, to }, base)?;
    let none_earlier = || Refusal::NoEarlierRevision {
        stack: old.name.clone(),
    };
    let to = plan.rollback_to.or(to).ok_or_else(none_earlier)?;
    let source = world.revision_doc(old.id, to).ok_or_else(none_earlier)?;
    let spec = world.spec(old.id, to).ok_or_else(none_earlier)?;
    check_rights(&spec, host_access)?;
    let stack = Stack {
        revision: old.revision + 1,
        request: author.request.clone(),
        ..(*old.doc).clone()
    };
    let revision = revision(author, &stack, source.body.clone(), Some(to));
    // The parts that its body names stay as long as this revision is there to be repeated.
    let commit = super::unchanged(replace(Commit::new(), old, &stack)?, source)?;
    let commit = clear_scales(world, commit.create(&revision)?, &stack, &spec)?;
    Ok(proposal(
        author,
        commit,
        Accepted {
            stack: stack.id,
            revision: stack.revision,
            plan,
        },
    ))
}

/// A stack goes; with `volumes`, its own go too, with their data: those that this server has not heard of yet as well.
pub fn removal(
    world: &World,
    author: &Author,
    old: &Versioned<Stack>,
    volumes: bool,
    base: Base,
) -> Result<Proposal<Accepted>, Denial> {
    still_at("stack", old.name.as_str(), base.revision, old.revision)?;
    let plan = confirmed(
        world,
        &Edit::Remove {
            stack: old.id,
            volumes,
        },
        base,
    )?;
    let stack = Stack {
        removed: true,
        volumes_go: volumes,
        request: author.request.clone(),
        ..(*old.doc).clone()
    };
    Ok(proposal(
        author,
        replace(Commit::new(), old, &stack)?,
        Accepted {
            stack: stack.id,
            revision: stack.revision,
            plan,
        },
    ))
}

/// The plan as it is now, if it is the one that was shown. Making it also checks that the edit makes sense at all.
fn confirmed(world: &World, edit: &Edit, base: Base) -> Result<Plan, Denial> {
    let plan = plan(world, edit)?;
    match base.plan {
        Some(expected) if expected != plan.hash => {
            let refusal = Refusal::PlanChanged {
                expected,
                actual: plan.hash,
            };
            Err(Denial::PlanChanged {
                refusal,
                plan: Box::new(plan),
            })
        }
        _ => Ok(plan),
    }
}

fn revision(author: &Author, stack: &Stack, body: RevisionBody, rollback_of: Option<u64>) -> StackRevision {
    StackRevision {
        stack: stack.id,
        number: stack.revision,
        by: author.account,
        at: author.now,
        rollback_of,
        body,
    }
}

/// A revision whose files state a scale clears what was set by hand. What does not fit into the commit, beyond some forty
/// services scaled by hand in one stack, stays as it was set.
fn clear_scales(
    world: &World,
    mut commit: Commit,
    stack: &Stack,
    spec: &StackSpec,
) -> Result<Commit, KeyError> {
    let states = |wish: &&Versioned<ServiceWish>| {
        wish.scale.is_some()
            && spec
                .services
                .get(&wish.service)
                .is_some_and(|service| service.scale.is_some())
    };
    let room = (COMMIT_OPERATIONS_MAX - HEAD_OPERATIONS) / 2;
    for wish in world.service_wishes(stack.id).filter(states).take(room) {
        commit = replace(
            commit,
            wish,
            &ServiceWish {
                scale: None,
                ..(*wish.doc).clone()
            },
        )?;
    }
    Ok(commit)
}

/// Rights over hosts are a permission.
fn check_rights(spec: &StackSpec, host_access: bool) -> Result<(), Refusal> {
    let asked = if host_access {
        Vec::new()
    } else {
        host_rights(spec)
    };
    if asked.is_empty() {
        return Ok(());
    }
    let permission = format!("{} ({})", Permission::HostAccess, asked.join("; "));
    Err(Refusal::Forbidden { permission })
}
