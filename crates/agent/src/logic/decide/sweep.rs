use super::{Step, remove};
use crate::engine::Container;
use crate::logic::marks;

/// What next for containers of ours whose unit is not in the table: they go, sidekicks first.
pub fn sweep(containers: &[&Container]) -> Step {
    last(containers).map_or(Step::Rest, |container| {
        marks::STRAY_SWEPT.reach();
        remove(container, None)
    })
}

/// Sidekicks live in the primary's network, so they are the first to go.
pub(super) fn last<'a>(containers: &[&'a Container]) -> Option<&'a Container> {
    containers
        .iter()
        .copied()
        .max_by_key(|container| (container.owner.sidekick.is_some(), &container.name))
}
