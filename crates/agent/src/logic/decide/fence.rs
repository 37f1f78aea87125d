use std::time::Duration;

use muster_model::Timestamp;
use muster_model::desired::UnitClass;

use super::{Step, UnitView};
use crate::engine::{Container, Verb};
use crate::logic::marks;
use crate::logic::{Action, Hold};

/// A container that did not end is ended again after this long.
const AGAIN: Duration = Duration::from_secs(1);

/// What the lease demands of an exclusive unit, whatever else is going on with it: its containers are asked to end,
/// each once; later they are ended until they have.
pub fn fence(view: &UnitView<'_>) -> Step {
    if view.unit.class != UnitClass::Exclusive || view.hold == Hold::Held {
        return Step::Rest;
    }
    let alive = view
        .containers
        .iter()
        .filter(|container| container.state.is_alive());
    if view.hold == Hold::Ending {
        return alive
            .filter(|container| !asked(view, container))
            .map(|c| ask(view, c))
            .next()
            .unwrap_or(Step::Rest);
    }
    let next = alive
        .map(|container| (again_at(view, container), container))
        .min_by_key(|(at, _)| *at);
    match next {
        None => Step::Rest,
        Some((Some(at), _)) if at > view.now => Step::Pause(at),
        Some((_, container)) => {
            marks::LEASE_OVER.reach();
            kill(container, "SIGKILL".to_owned())
        }
    }
}

fn asked(view: &UnitView<'_>, container: &Container) -> bool {
    view.memory
        .container(container.owner.sidekick.as_ref())
        .asked_to_end
}

fn again_at(view: &UnitView<'_>, container: &Container) -> Option<Timestamp> {
    let killed = view.memory.container(container.owner.sidekick.as_ref()).killed;
    killed.map(|at| at + AGAIN)
}

fn ask(view: &UnitView<'_>, container: &Container) -> Step {
    marks::LEASE_ENDING.reach();
    let part = view
        .unit
        .containers
        .iter()
        .find(|part| part.sidekick == container.owner.sidekick);
    let signal = part.and_then(|part| part.spec.stop_signal.clone());
    kill(container, signal.unwrap_or_else(|| "SIGTERM".to_owned()))
}

fn kill(container: &Container, signal: String) -> Step {
    Step::Act(Action::Engine(Verb::Kill {
        name: container.name.clone(),
        signal,
    }))
}
