//! Environments.

use muster_control::{Versioned, World};
use muster_model::desired::{Environment, Role};
use muster_model::limits::MANAGED_SUBNET;
use muster_model::view::{EnvironmentCreate, EnvironmentPatch, EnvironmentView};
use muster_model::{EnvironmentId, NetworkId};

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;
use crate::auth::role_in;
use crate::desired;

/// Those that the asker has a part in.
pub(crate) const LIST: Listing<EnvironmentId, EnvironmentView> = Listing {
    select: |call, world| {
        let principal = call.principal()?;
        let own = world
            .environments()
            .filter(|environment| role_in(principal, environment).is_some());
        Ok(own
            .map(|environment| (environment.name.to_string(), environment.id))
            .collect())
    },
    show: |call, world, id| {
        let environment = world.environment(*id)?;
        let role = role_in(call.principal().ok()?, environment)?;
        Some(show::environment(world, environment, role))
    },
    id: |view| view.id.to_string(),
};

pub(crate) fn read(call: &Call) -> Result<Answer<EnvironmentView>, ApiError> {
    shown(call, &call.world)
}

pub(super) fn shown(call: &Call, world: &World) -> Result<Answer<EnvironmentView>, ApiError> {
    let environment = world.environment(call.env()?);
    let environment = environment.ok_or_else(|| ApiError::not_found("environment", call.path.get("env")))?;
    let role = call.place.as_ref().map_or(Role::Readonly, |place| place.role);
    Ok(Answer::of(show::environment(world, environment, role)).modified(environment.modified))
}

pub(crate) async fn create(
    call: Call,
    asked: EnvironmentCreate,
) -> Result<Answer<EnvironmentView>, ApiError> {
    let usual = || {
        MANAGED_SUBNET.parse().map_err(|_| ApiError::Internal {
            what: "the usual subnet is none".to_owned(),
        })
    };
    let new = Environment::new(
        call.app.draw(EnvironmentId::new),
        asked.name.clone(),
        call.app.draw(NetworkId::new),
        asked.subnet.map_or_else(usual, Ok)?,
        call.app.now(),
    );
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::add_environment(world, &author, new.clone())?))
        .await?;
    let made = done
        .world
        .environment_by_name(&asked.name)
        .ok_or(ApiError::RequestReused)?;
    Ok(Answer::of(show::environment(&done.world, made, Role::Owner)).modified(made.modified))
}

/// Only where nothing is left in it.
pub(crate) async fn remove(call: Call) -> Result<Answer<()>, ApiError> {
    let author = call.author()?;
    let propose = |world: &World| Ok(desired::drop_environment(world, &author, own(&call, world)?)?);
    call.commit(propose).await?;
    Ok(Answer::of(()))
}

pub(crate) async fn change(call: Call, asked: EnvironmentPatch) -> Result<Answer<EnvironmentView>, ApiError> {
    let author = call.author()?;
    let Some(timings) = asked.timings else {
        return shown(&call, &call.world);
    };
    let done = call
        .commit(|world| {
            let old = own(&call, world)?;
            Ok(desired::change_timings(&author, old, timings, call.if_match)?)
        })
        .await?;
    shown(&call, &done.world)
}

/// An operator says that hosts are to be given up although most fell silent together.
pub(crate) async fn release_brake(call: Call) -> Result<Answer<EnvironmentView>, ApiError> {
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::release_brake(world, &author, own(&call, world)?)?))
        .await?;
    shown(&call, &done.world)
}

fn own<'w>(call: &Call, world: &'w World) -> Result<&'w Versioned<Environment>, ApiError> {
    let environment = world.environment(call.env()?);
    environment.ok_or_else(|| ApiError::not_found("environment", call.path.get("env")))
}
