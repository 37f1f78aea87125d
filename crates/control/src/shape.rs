//! What a service is in one revision of its stack.

use std::sync::Arc;

use muster_model::desired::{ServiceSpec, StackSpec};
use muster_model::{EnvironmentId, Name, StackId};

use crate::world::{Assembled, ServiceFacts, World};

/// One service in one revision. Cheap to clone; holds on to the revision's spec.
#[derive(Clone)]
pub(crate) struct Shape {
    pub(crate) environment: EnvironmentId,
    pub(crate) stack: StackId,
    pub(crate) service: Name,
    pub(crate) revision: u64,
    spec: Arc<ServiceSpec>,
    assembled: Arc<Assembled>,
    facts: Arc<ServiceFacts>,
}

impl Shape {
    /// None if the revision is not kept or has no such service.
    pub(crate) fn of(world: &World, stack: StackId, revision: u64, service: &Name) -> Option<Self> {
        let assembled = world.assembled(stack, revision)?.clone();
        Some(Self {
            environment: world.stack(stack)?.environment,
            stack,
            service: service.clone(),
            revision,
            spec: assembled.spec.services.get(service)?.clone(),
            facts: assembled.facts(service)?.clone(),
            assembled,
        })
    }

    pub(crate) fn spec(&self) -> &ServiceSpec {
        &self.spec
    }

    pub(crate) fn facts(&self) -> &ServiceFacts {
        &self.facts
    }

    pub(crate) fn stack_spec(&self) -> &StackSpec {
        &self.assembled.spec
    }
}
