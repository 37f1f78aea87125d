//! Which of the hosts that fit is best.

use muster_model::desired::Relation;
use muster_model::limits::LOSSES_DAMPED;

use crate::place::filter;
use crate::shape::Shape;
use crate::world::{Host, World};

/// Smaller is better: hosts that do not come and go first, then wishes of the files first, then few units of the service in the host's zone, then few units of the service (a host that dies takes few with it),
/// then few units at all. Ties go to the smaller host id, so that one world has one answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score {
    flaps: bool,
    wishes_unmet: u32,
    crowd: Vec<u32>,
    units_of_service: u32,
    units: u32,
}

impl Score {
    pub(super) fn of(
        world: &World,
        shape: &Shape,
        host: Host<'_>,
        crowd: Vec<u32>,
        units_of_service: u32,
    ) -> Self {
        let unmet = shape.spec().rules.iter().filter(|rule| match rule.relation {
            Relation::Should => !filter::holds(world, shape, host, &rule.subject),
            Relation::ShouldNot => filter::holds(world, shape, host, &rule.subject),
            Relation::Must | Relation::MustNot => false,
        });
        let losses = host.assigned.map_or(0, |assigned| assigned.losses);
        Self {
            flaps: losses >= LOSSES_DAMPED,
            wishes_unmet: u32::try_from(unmet.count()).unwrap_or(u32::MAX),
            crowd,
            units_of_service,
            units: host.load.units,
        }
    }

    /// Whether the host is all that the files would rather have.
    pub(super) fn meets_all_wishes(&self) -> bool {
        self.wishes_unmet == 0 && !self.flaps
    }

    /// What spoke for the host.
    pub(super) fn words(&self) -> String {
        let unmet = match self.wishes_unmet {
            0 => String::new(),
            unmet => format!(", though {unmet} of the rules that should hold do not"),
        };
        let flaps = match self.flaps {
            true => ", though it was lost several times of late",
            false => "",
        };
        let crowd = match self.crowd.first() {
            Some(units) => format!("{units} where its label puts it, "),
            None => String::new(),
        };
        format!(
            "fewest units there ({crowd}{} of this service, {} in all){unmet}{flaps}",
            self.units_of_service, self.units
        )
    }
}
