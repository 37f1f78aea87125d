use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_model::Timestamp;

use super::Step;
use crate::engine::{Container, Verb};
use crate::logic::lease::ASKING;
use crate::logic::marks;
use crate::logic::memory::Fenced;
use crate::logic::{Action, Hold};

/// A container that did not end is ended again after this long.
const AGAIN: Duration = Duration::from_secs(1);

/// A unit that the lease binds, as the lease sees it.
#[derive(Debug, Clone, Copy)]
pub struct BoundView<'a> {
    /// The moment.
    pub now: Timestamp,
    /// What the lease allows.
    pub hold: Hold,
    /// What its containers are called, with the signals that ask them to end.
    pub names: &'a BTreeMap<String, String>,
    /// Those that the engine showed, of every generation.
    pub containers: &'a [&'a Container],
    /// What the lease did to them.
    pub fenced: &'a BTreeMap<String, Fenced>,
    /// The container that the engine is starting at this moment.
    pub starting: Option<&'a str>,
    /// There may be others than those that were shown.
    pub unseen: bool,
}

/// What the lease demands of a unit that it binds, whatever else is going on with it: its containers are asked to end,
/// each once; later they are ended until they have. One that may be there unseen is ended by its name: that it is not
/// there is then for the engine to say.
pub fn fence(view: &BoundView<'_>) -> Step {
    if view.hold == Hold::Held {
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
fn suspects(view: &BoundView<'_>) -> BTreeSet<String> {
    let seen = view.containers.iter();
    let alive = seen
        .clone()
        .filter(|container| container.state.is_alive())
        .map(|container| container.name.clone());
    let mut suspects: BTreeSet<String> = alive.collect();
    suspects.extend(view.starting.map(ToOwned::to_owned));
    if view.unseen {
        let known = seen.map(|container| container.name.clone());
        let unseen = known.chain(view.names.keys().cloned());
        suspects.extend(unseen.filter(|name| !fenced(view, name).dead));
    }
    suspects
}

fn fenced(view: &BoundView<'_>, name: &str) -> Fenced {
    view.fenced.get(name).copied().unwrap_or_default()
}

fn ask(view: &BoundView<'_>, name: String) -> Step {
    marks::LEASE_ENDING.reach();
    let signal = view.names.get(&name).map_or(ASKING, String::as_str).to_owned();
    kill(name, signal)
}

fn kill(name: String, signal: String) -> Step {
    Step::Act(Action::Engine(Verb::Kill { name, signal }))
}
