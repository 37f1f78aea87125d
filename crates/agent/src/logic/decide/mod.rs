//! What is to be done next: functions from what is wished and what is seen to one action.
//!
//! One action, then look again. So there is no half-finished flow to remember, and the agent may be killed between any
//! two actions: what it sees when it comes back is enough.

mod fence;
mod needs;
mod shared;
mod sweep;
#[cfg(test)]
mod tests;
mod unit;

use std::time::Duration;

use muster_model::Timestamp;
use muster_model::desired::ImageRef;
use muster_model::observed::Phase;
use muster_model::{NetworkId, VolumeId};

pub use fence::{BoundView, fence};
pub use shared::{image, make_network, network, settle_volume, volume};
pub use sweep::sweep;
pub use unit::{UnitView, unit};

use super::{Action, Weight};
use crate::engine::{Container, Verb};

/// The next step of a lane.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Do this.
    Act(Action),
    /// Something that units share must be there first.
    Need(Need),
    /// Nothing before this moment, unless something happens.
    Pause(Timestamp),
    /// Nothing, until something happens.
    Rest,
}

/// Something that units share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// A network.
    Network(NetworkId),
    /// A volume.
    Volume(VolumeId),
    /// An image.
    Image {
        /// Which.
        image: ImageRef,
        /// The variant of it, if one is asked for.
        platform: Option<String>,
        /// From its registry, even if it is here.
        fresh: bool,
    },
}

/// The next step of a unit and how far that means it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What next.
    pub step: Step,
    /// How far it is.
    pub phase: Phase,
    /// What holds it up.
    pub message: Option<String>,
}

impl Decision {
    fn new(phase: Phase, step: Step) -> Self {
        Self {
            step,
            phase,
            message: None,
        }
    }

    fn because(self, message: impl Into<Option<String>>) -> Self {
        Self {
            message: message.into(),
            ..self
        }
    }
}

impl Action {
    /// How it counts against the bounds.
    pub fn weight(&self) -> Weight {
        match self {
            Self::Engine(Verb::Pull { .. } | Verb::Stop { .. }) => Weight::Wait,
            Self::Engine(Verb::Kill { .. }) => Weight::Urgent,
            Self::Engine(_) | Self::PlaceFiles { .. } => Weight::Work,
        }
    }
}

/// Ends a container and then removes it.
fn remove(container: &Container, grace: Option<Duration>) -> Step {
    let name = container.name.clone();
    Step::Act(Action::Engine(if container.state.is_alive() {
        Verb::Stop { name, grace }
    } else {
        Verb::Remove { name }
    }))
}
