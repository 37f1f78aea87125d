//! Units: lists and one.

use muster_control::{Versioned, World};
use muster_model::UnitId;
use muster_model::assigned::Unit;
use muster_model::view::UnitView;

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;

/// The environment's units, by stack, service and number.
pub(crate) const LIST: Listing<UnitId, UnitView> = Listing {
    select: |call, world| {
        let (service, host) = (call.query.get("service"), call.query.get("host"));
        let host = host
            .map(|host| call.host_named(host).map(|host| host.id))
            .transpose()?;
        let belongs = |unit: &&Versioned<Unit>| {
            service.is_none_or(|service| unit.service.as_str() == service)
                && host.is_none_or(|host| unit.host == host)
        };
        let units = within(call, world)?;
        Ok(units
            .into_iter()
            .filter(belongs)
            .map(|unit| (sort_key(world, unit), unit.id))
            .collect())
    },
    show: |_, world, id| show::unit(world, world.unit(*id)?),
    id: |view| view.id.to_string(),
};

/// Units of the stack that is asked for, or of all of the environment's.
fn within<'w>(call: &Call, world: &'w World) -> Result<Vec<&'w Versioned<Unit>>, ApiError> {
    let Some(stack) = call.query.get("stack") else {
        let environment = call.env()?;
        return Ok(world
            .stacks(environment)
            .flat_map(|stack| world.units_in(stack.id))
            .collect());
    };
    let stack = call.stack_named(stack)?.id;
    Ok(world.units_in(stack).collect())
}

/// Numbers are padded, so that 2 stands before 10; the id tells apart two that share a number.
fn sort_key(world: &World, unit: &Unit) -> String {
    let stack = world.stack(unit.stack).map_or("", |stack| stack.name.as_str());
    format!(
        "{stack}/{}/{:05}/{:010}-{:010}",
        unit.service, unit.number, unit.id.epoch, unit.id.counter
    )
}

pub(crate) fn read(call: &Call) -> Result<Answer<UnitView>, ApiError> {
    let unit = call.unit()?;
    let view = show::unit(&call.world, unit);
    let view = view.ok_or_else(|| ApiError::not_found("unit", call.path.get("unit")))?;
    Ok(Answer::of(view).modified(unit.modified))
}
