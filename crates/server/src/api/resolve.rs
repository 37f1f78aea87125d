//! From what stands in a path to the thing meant: a name or an id, exact, and only within the asker's environment.

use std::str::FromStr;

use muster_control::{Host, Versioned, World};
use muster_model::assigned::Unit;
use muster_model::desired::{Environment, Stack, StackRevision};
use muster_model::{EnvironmentId, Name, UnitId};

use super::call::Call;
use super::error::ApiError;

/// An environment by id or name, whoever asks.
pub(super) fn environment(world: &World, named: &str) -> Option<Versioned<Environment>> {
    let by_id = named.parse().ok().and_then(|id| world.environment(id));
    let found = by_id.or_else(|| world.environment_by_name(&Name::parse(named).ok()?));
    found.cloned()
}

impl Call {
    /// The id of the path's environment.
    pub(crate) fn env(&self) -> Result<EnvironmentId, ApiError> {
        self.environment().map(|environment| environment.id)
    }

    /// The path's stack.
    pub(crate) fn stack(&self) -> Result<&Versioned<Stack>, ApiError> {
        self.stack_named(self.path.get("stack"))
    }

    /// A stack of the environment.
    pub(crate) fn stack_named(&self, named: &str) -> Result<&Versioned<Stack>, ApiError> {
        let environment = self.env()?;
        let by_id = named.parse().ok().and_then(|id| self.world.stack(id));
        let by_id = by_id.filter(|stack| stack.environment == environment);
        let by_name = || self.world.stack_by_name(environment, &Name::parse(named).ok()?);
        by_id
            .or_else(by_name)
            .ok_or_else(|| ApiError::not_found("stack", named))
    }

    /// The path's stack and its service: of the wanted revision, or one that has units left.
    pub(crate) fn service(&self) -> Result<(&Versioned<Stack>, Name), ApiError> {
        let (stack, named) = (self.stack()?, self.path.get("service"));
        let missing = || ApiError::not_found("service", &format!("{}/{named}", stack.name));
        let name = Name::parse(named).map_err(|_| missing())?;
        let wanted = self.world.service_spec(stack.id, stack.revision, &name).is_some();
        if wanted || self.world.units_of(stack.id, &name).next().is_some() {
            Ok((stack, name))
        } else {
            Err(missing())
        }
    }

    /// The path's revision of a stack.
    pub(crate) fn revision(&self, stack: &Stack) -> Result<&Versioned<StackRevision>, ApiError> {
        let named = self.path.get("n");
        let number = named
            .parse()
            .ok()
            .and_then(|number| self.world.revision_doc(stack.id, number));
        number.ok_or_else(|| ApiError::not_found("revision", &format!("{} {named}", stack.name)))
    }

    /// The path's unit, by id or as `stack/service-2` (percent-encoded).
    pub(crate) fn unit(&self) -> Result<&Versioned<Unit>, ApiError> {
        let (environment, named) = (self.env()?, self.path.get("unit"));
        let by_id = named.parse::<UnitId>().ok().and_then(|id| self.world.unit(id));
        let by_id = by_id.filter(|unit| unit.environment == environment);
        by_id
            .or_else(|| self.unit_titled(named))
            .ok_or_else(|| ApiError::not_found("unit", named))
    }

    /// `shop/web-2`: the youngest unit that has the number, for two have it while one replaces the other.
    fn unit_titled(&self, title: &str) -> Option<&Versioned<Unit>> {
        let (stack, rest) = title.split_once('/')?;
        let (service, number) = rest.rsplit_once('-')?;
        let (stack, service) = (self.stack_named(stack).ok()?, Name::parse(service).ok()?);
        let number: u32 = number.parse().ok()?;
        self.world
            .units_of(stack.id, &service)
            .filter(|unit| unit.number == number)
            .max_by_key(|unit| unit.id)
    }

    /// The path's host.
    pub(crate) fn host(&self) -> Result<Host<'_>, ApiError> {
        self.host_named(self.path.get("host"))
    }

    /// A host of the environment.
    pub(crate) fn host_named(&self, named: &str) -> Result<Host<'_>, ApiError> {
        let environment = self.env()?;
        let by_id = named.parse().ok().and_then(|id| self.world.host(id));
        let by_id = by_id.filter(|host| host.wish.is_some_and(|wish| wish.environment == environment));
        let by_name = || self.world.host_by_name(environment, &Name::parse(named).ok()?);
        by_id
            .or_else(by_name)
            .ok_or_else(|| ApiError::not_found("host", named))
    }

    /// A name that is to be given to something new: the path's parameter, checked.
    pub(crate) fn new_name(&self, parameter: &str) -> Result<Name, ApiError> {
        let text = self.path.get(parameter);
        Name::from_str(text).map_err(|error| ApiError::field(parameter, error.to_string()))
    }
}
