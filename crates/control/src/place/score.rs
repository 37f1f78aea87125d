//! Which of the hosts that fit is best.

use muster_model::desired::Relation;
use muster_model::limits::LOSSES_DAMPED;

use crate::place::filter;
use crate::shape::Shape;
use crate::world::{Host, World};

/// Smaller is better: hosts that do not come and go first, then wishes of the files, then few units of the service in the
/// host's zone (unless the host has far more of them than others), then few units of the service (a host that dies takes
/// few with it), then that its image is there, then few units at all.
/// Ties go to the smaller host id, so that one world has one answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Score {
    flaps: bool,
    wishes_unmet: u32,
    overfull: bool,
    crowd: Vec<u32>,
    units_of_service: u32,
    /// Its image would have to be copied from another host.
    image_away: bool,
    units: u32,
}

impl Score {
    pub(super) fn of(
        world: &World,
        shape: &Shape,
        host: Host<'_>,
        crowd: Vec<u32>,
        units_of_service: u32,
        image_away: bool,
    ) -> Self {
        let unmet = shape.spec().rules.iter().filter(|rule| match rule.relation {
            Relation::Should => !filter::holds(world, shape, host, &rule.subject, None),
            Relation::ShouldNot => filter::holds(world, shape, host, &rule.subject, None),
            Relation::Must | Relation::MustNot => false,
        });
        let losses = host.assigned.map_or(0, |assigned| assigned.losses);
        Self {
            flaps: losses >= LOSSES_DAMPED,
            wishes_unmet: u32::try_from(unmet.count()).unwrap_or(u32::MAX),
            overfull: false,
            crowd,
            units_of_service,
            image_away,
            units: host.load.units,
        }
    }

    /// The same, where some host that fits has `least` units of the service: more than twice what the others come to with
    /// one more each is too much for the sake of a zone.
    pub(super) fn beside(self, least: u32) -> Self {
        Self {
            overfull: self.units_of_service >= least.saturating_add(1).saturating_mul(2),
            ..self
        }
    }

    pub(super) fn units_of_service(&self) -> u32 {
        self.units_of_service
    }

    pub(super) fn wishes_unmet(&self) -> u32 {
        self.wishes_unmet
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
