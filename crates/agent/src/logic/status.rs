//! A unit in its agent's words.

use muster_model::link::ContainerAssignment;
use muster_model::observed::{ContainerStatus, Health, UnitStatus};

use super::decide::{Decision, UnitView};
use crate::engine::{Container, ContainerState};

/// How the unit is, given the decision on what is next.
pub fn status(view: &UnitView<'_>, decision: &Decision) -> UnitStatus {
    let parts = || view.unit.containers.iter().map(|part| (part, find(view, part)));
    let running = |state: ContainerState| match state {
        ContainerState::Running { health, since } => Some((health, since)),
        _ => None,
    };
    let states = || parts().filter_map(|(_, container)| running(container?.state));
    UnitStatus {
        unit: view.unit.unit,
        host: view.host,
        generation: view.unit.generation,
        phase: decision.phase,
        health: states()
            .map(|(health, _)| health)
            .max_by_key(|health| badness(*health))
            .unwrap_or_default(),
        restarts: view.memory.restarts,
        running_since: states().filter_map(|(_, since)| since).max(),
        message: decision.message.clone(),
        containers: parts()
            .map(|(part, container)| container_status(view, part, container))
            .collect(),
    }
}

fn find<'a>(view: &UnitView<'a>, part: &ContainerAssignment) -> Option<&'a Container> {
    let fits = |container: &&&Container| {
        container.owner.sidekick == part.sidekick && container.owner.generation == view.unit.generation
    };
    view.containers.iter().find(fits).copied()
}

fn container_status(
    view: &UnitView<'_>,
    part: &ContainerAssignment,
    container: Option<&Container>,
) -> ContainerStatus {
    let memory = view.memory.container(part.sidekick.as_ref());
    let state = container.map(|container| container.state);
    let exit_code = match state {
        Some(ContainerState::Exited { code, .. }) => code,
        Some(alive) if alive.is_alive() => None,
        _ => memory.last_exit.flatten(),
    };
    let out_of_memory = matches!(
        state,
        Some(ContainerState::Exited {
            out_of_memory: true,
            ..
        })
    );
    ContainerStatus {
        sidekick: part.sidekick.clone(),
        engine_id: container.map(|container| container.id.clone()),
        running: state.is_some_and(ContainerState::is_alive),
        exit_code,
        out_of_memory,
    }
}

const fn badness(health: Health) -> u8 {
    match health {
        Health::None => 0,
        Health::Healthy => 1,
        Health::Starting => 2,
        Health::Unhealthy => 3,
    }
}
