//! Services: lists, scale, pause, restart.

use muster_control::{Versioned, World};
use muster_model::desired::Stack;
use muster_model::view::{ServicePatch, ServiceView, WhyNotView, WhyView};
use muster_model::{Name, StackId};

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;
use crate::api::write::Done;
use crate::desired::{self, ServiceChange};

/// The environment's services, by stack and name: those wanted, and those that have units left.
pub(crate) const LIST: Listing<(StackId, Name), ServiceView> = Listing {
    select: |call, world| {
        let stacks: Vec<&Versioned<Stack>> = match call.query.get("stack") {
            Some(stack) => vec![call.stack_named(stack)?],
            None => world.stacks(call.env()?).collect(),
        };
        Ok(stacks
            .into_iter()
            .flat_map(|stack| services_of(world, stack))
            .collect())
    },
    show: |_, world, (stack, name)| show::service(world, world.stack(*stack)?, name),
    id: |view| format!("{}/{}", view.stack, view.name),
};

fn services_of(world: &World, stack: &Stack) -> Vec<(String, (StackId, Name))> {
    let mut names: Vec<Name> = world.services(stack.id).collect();
    names.extend(
        world
            .services_left(stack.id)
            .filter(|name| world.units_of(stack.id, name).next().is_some()),
    );
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| (format!("{}/{name}", stack.name), (stack.id, name)))
        .collect()
}

pub(crate) fn read(call: &Call) -> Result<Answer<ServiceView>, ApiError> {
    let (stack, name) = call.service()?;
    show(&call.world, stack.id, &name)
}

/// Why the service is as it is.
pub(crate) fn why(call: &Call) -> Result<Answer<WhyView>, ApiError> {
    let (stack, name) = call.service()?;
    let view = muster_control::why(&call.world, stack.id, &name);
    Ok(Answer::of(view.ok_or_else(|| missing(stack, &name))?))
}

/// Whether a host would take a unit of the service.
pub(crate) fn why_not(call: &Call) -> Result<Answer<WhyNotView>, ApiError> {
    let (stack, name) = call.service()?;
    let host = call.host()?.id;
    let view = muster_control::why_not(&call.world, stack.id, &name, host);
    Ok(Answer::of(view.ok_or_else(|| missing(stack, &name))?))
}

fn missing(stack: &Stack, name: &Name) -> ApiError {
    ApiError::not_found("service", &format!("{}/{name}", stack.name))
}

/// Its `ETag` is the revision of what people set on it, 0 if nothing is.
fn show(world: &World, stack: StackId, name: &Name) -> Result<Answer<ServiceView>, ApiError> {
    let view = world
        .stack(stack)
        .and_then(|stack| show::service(world, stack, name));
    let view = view.ok_or_else(|| ApiError::not_found("service", name.as_str()))?;
    Ok(Answer::of(view).at(set_at(world, stack, name)))
}

fn set_at(world: &World, stack: StackId, name: &Name) -> u64 {
    world.service_wish(stack, name).map_or(0, |wish| wish.modified.0)
}

pub(crate) async fn change(call: Call, asked: ServicePatch) -> Result<Answer<ServiceView>, ApiError> {
    let change = ServiceChange {
        scale: asked.scale,
        paused: asked.paused,
    };
    edit(&call, |world, author, stack, name| {
        desired::change_service(world, author, stack, name, change)
    })
    .await
}

pub(crate) async fn restart(call: Call) -> Result<Answer<ServiceView>, ApiError> {
    edit(&call, desired::restart_service).await
}

async fn edit(
    call: &Call,
    propose: impl Fn(
        &World,
        &desired::Author,
        &Versioned<Stack>,
        &Name,
    ) -> Result<desired::Proposal<()>, desired::Denial>,
) -> Result<Answer<ServiceView>, ApiError> {
    let author = call.author()?;
    let (stack, name) = call.service()?;
    let (id, stack_name) = (stack.id, stack.name.clone());
    let done: Done<()> = call
        .commit(|world| {
            let stack = world
                .stack(id)
                .ok_or_else(|| ApiError::not_found("stack", stack_name.as_str()))?;
            let actual = set_at(world, id, &name);
            if let Some(expected) = call.if_match.filter(|expected| *expected != actual) {
                let (kind, name) = ("service".to_owned(), format!("{stack_name}/{name}"));
                return Err(muster_model::Refusal::Moved {
                    kind,
                    name,
                    expected,
                    actual,
                }
                .into());
            }
            Ok(propose(world, &author, stack, &name)?)
        })
        .await?;
    show(&done.world, id, &name)
}
