//! What people set on running services: scale, pause, restart.

use muster_control::{Edit, Versioned, World, plan};
use muster_model::Name;
use muster_model::desired::{ServiceWish, Stack};
use muster_store::{Commit, KeyError};

use super::{Author, Denial, Proposal, alone_in, proposal, replace};

/// What to change on a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServiceChange {
    /// Units wanted.
    pub scale: Option<u32>,
    /// Whether its rollouts wait.
    pub paused: Option<bool>,
}

/// A service gets another scale, or its rollouts wait or go on.
pub fn change_service(
    world: &World,
    author: &Author,
    stack: &Versioned<Stack>,
    service: &Name,
    change: ServiceChange,
) -> Result<Proposal<()>, Denial> {
    let old = set(world, stack, service);
    let paused = change.paused.unwrap_or(old.paused);
    // Plans are made for their refusals: what they check is checked nowhere else.
    plan(
        world,
        &Edit::Pause {
            stack: stack.id,
            service: service.clone(),
            paused,
        },
    )?;
    if let Some(scale) = change.scale {
        plan(
            world,
            &Edit::Scale {
                stack: stack.id,
                service: service.clone(),
                scale,
            },
        )?;
    }
    let new = ServiceWish {
        scale: change.scale.or(old.scale),
        paused,
        ..old
    };
    Ok(proposal(author, written(world, stack, &new)?, ()))
}

/// All units of a service are made anew, in batches.
pub fn restart_service(
    world: &World,
    author: &Author,
    stack: &Versioned<Stack>,
    service: &Name,
) -> Result<Proposal<()>, Denial> {
    plan(
        world,
        &Edit::Restart {
            stack: stack.id,
            service: service.clone(),
        },
    )?;
    let old = set(world, stack, service);
    let new = ServiceWish {
        restarts: old.restarts.saturating_add(1),
        ..old
    };
    Ok(proposal(author, written(world, stack, &new)?, ()))
}

/// What is set on a service; defaults if nothing is.
fn set(world: &World, stack: &Stack, service: &Name) -> ServiceWish {
    let none = || ServiceWish {
        stack: stack.id,
        service: service.clone(),
        scale: None,
        restarts: 0,
        paused: false,
    };
    world
        .service_wish(stack.id, service)
        .map_or_else(none, |wish| (*wish.doc).clone())
}

/// Writes the wish, on the stack's revision that it was judged on. A deploy under way, which may clear a scale that it does
/// not see yet, must look again: so the stack is written too.
fn written(world: &World, stack: &Versioned<Stack>, new: &ServiceWish) -> Result<Commit, KeyError> {
    let commit = alone_in(Commit::new(), stack)?;
    match world.service_wish(stack.id, &new.service) {
        Some(old) => replace(commit, old, new),
        None => commit.create(new),
    }
}
