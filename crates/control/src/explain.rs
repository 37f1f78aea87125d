//! Why a service is as it is.

use muster_model::{Name, Reason, StackId};

use crate::place::Placer;
use crate::shape::Shape;
use crate::world::World;

/// Why a service is as it is: its verdict's reasons, with every host's refusal where the verdict keeps only some.
pub fn why(world: &World, stack: StackId, service: &Name) -> Vec<Reason> {
    let Some(verdict) = world.verdict(stack, service) else {
        return Vec::new();
    };
    let full = |reason: &Reason| match (reason, Shape::of(world, stack, verdict.revision, service)) {
        (Reason::NoHost { .. }, Some(shape)) => Reason::NoHost {
            refusals: Placer::new(world, &shape).refusals(world),
        },
        _ => reason.clone(),
    };
    verdict.reasons.iter().map(full).collect()
}
