use std::collections::BTreeSet;
use std::time::Duration;

use muster_model::Generation;
use muster_model::desired::UnitClass;

use super::{Step, UnitView};
use crate::engine::Verb;
use crate::engine::labels::container_name;
use crate::logic::marks;
use crate::logic::memory::Fenced;
use crate::logic::{Action, Hold};

/// A container that did not end is ended again after this long.
const AGAIN: Duration = Duration::from_secs(1);

/// What the lease demands of an exclusive unit, whatever else is going on with it: its containers are asked to end,
/// each once; later they are ended until they have. One that may be there unseen, while the engine does not say what it
/// has, is ended by its name: that it is not there is then for the engine to say.
pub fn fence(view: &UnitView<'_>) -> Step {
    if view.unit.class != UnitClass::Exclusive || view.hold == Hold::Held {
        return Step::Rest;
    }
    let suspects = suspects(view).into_iter();
    if view.hold == Hold::Ending {
        return suspects
            .filter(|name| !fenced(view, name).asked)
            .map(|name| ask(view, name))
            .next()
            .unwrap_or(Step::Rest);
    }
    let next = suspects
        .map(|name| (fenced(view, &name).killed.map(|at| at + AGAIN), name))
        .min_by_key(|(at, _)| *at);
    match next {
        None => Step::Rest,
        Some((Some(at), _)) if at > view.now => Step::Pause(at),
        Some((_, name)) => {
            marks::LEASE_OVER.reach();
            kill(name, "SIGKILL".to_owned())
        }
    }
}

/// The containers that are, or may be, alive.
fn suspects(view: &UnitView<'_>) -> BTreeSet<String> {
    let seen = view.containers.iter();
    let alive = seen
        .clone()
        .filter(|container| container.state.is_alive())
        .map(|container| container.name.clone());
    let mut suspects: BTreeSet<String> = alive.collect();
    suspects.extend(view.starting.map(ToOwned::to_owned));
    if view.stale {
        let known = seen.map(|container| container.name.clone());
        let unseen = known.chain(names(view));
        suspects.extend(unseen.filter(|name| !fenced(view, name).dead));
    }
    suspects
}

/// What its containers are called: those of its generation, and those of the one before, which may not have ended yet.
fn names(view: &UnitView<'_>) -> impl Iterator<Item = String> {
    let Generation(current) = view.unit.generation;
    let generations = [current, current.saturating_sub(1)];
    let parts = view.unit.containers.iter();
    parts.flat_map(move |part| {
        generations
            .map(|generation| container_name(view.unit.unit, Generation(generation), part.sidekick.as_ref()))
    })
}

fn fenced(view: &UnitView<'_>, name: &str) -> Fenced {
    view.memory.fenced.get(name).copied().unwrap_or_default()
}

fn ask(view: &UnitView<'_>, name: String) -> Step {
    marks::LEASE_ENDING.reach();
    let seen = view.containers.iter().find(|container| container.name == name);
    let part = view.unit.containers.iter().find(|part| {
        seen.map_or_else(
            || name == container_name(view.unit.unit, view.unit.generation, part.sidekick.as_ref()),
            |container| part.sidekick == container.owner.sidekick,
        )
    });
    let signal = part.and_then(|part| part.spec.stop_signal.clone());
    kill(name, signal.unwrap_or_else(|| "SIGTERM".to_owned()))
}

fn kill(name: String, signal: String) -> Step {
    Step::Act(Action::Engine(Verb::Kill { name, signal }))
}
