//! A change in words, with how the thing is by now.

use muster_control::World;
use muster_model::view::{EventKind, EventView, HostView, ObjectView, ServiceView, StackView, UnitView};
use muster_model::{Name, Revision, StackId};
use serde::Serialize;

use super::members::{Subject, What};
use crate::api::show;

pub(super) fn view(world: &World, revision: Revision, subject: Subject) -> EventView {
    let Subject { what, name, gone } = subject;
    let (kind, id) = (kind(&what), id(world, &what));
    let object = if gone { None } else { object(world, &what) };
    let message = match (&object, gone) {
        (_, true) => "gone".to_owned(),
        (Some(object), _) => message(world, &what, object),
        (None, _) => "set".to_owned(),
    };
    EventView {
        revision,
        kind,
        id,
        name,
        gone,
        message,
        object,
    }
}

const fn kind(what: &What) -> EventKind {
    match what {
        What::Environment(_) => EventKind::Environment,
        What::Host(_) => EventKind::Host,
        What::Stack(_) => EventKind::Stack,
        What::Service(..) => EventKind::Service,
        What::Rollout(..) => EventKind::Rollout,
        What::Unit(_) => EventKind::Unit,
        What::Volume(_) | What::VolumeWish(_) => EventKind::Volume,
        What::Secret(_) => EventKind::Secret,
        What::Config(_) => EventKind::Config,
        What::Registry(_) => EventKind::Registry,
    }
}

fn id(world: &World, what: &What) -> String {
    match what {
        What::Environment(id) => id.to_string(),
        What::Host(id) => id.to_string(),
        What::Stack(id) => id.to_string(),
        What::Service(stack, service) | What::Rollout(stack, service) => {
            service_title(world, *stack, service)
        }
        What::Unit(id) => id.to_string(),
        What::Volume(id) => world
            .volume(*id)
            .map_or_else(|| id.to_string(), |volume| volume.engine_name.clone()),
        What::VolumeWish(name) | What::Secret(name) | What::Config(name) => name.to_string(),
        What::Registry(registry) => registry.clone(),
    }
}

fn service_title(world: &World, stack: StackId, service: &Name) -> String {
    let stack = world
        .stack(stack)
        .map_or_else(|| stack.to_string(), |stack| stack.name.to_string());
    format!("{stack}/{service}")
}

fn object(world: &World, what: &What) -> Option<ObjectView> {
    match what {
        What::Host(id) => show::host(world, world.host(*id)?)
            .map(Box::new)
            .map(ObjectView::Host),
        What::Stack(id) => Some(ObjectView::Stack(Box::new(show::stack(world, world.stack(*id)?)))),
        What::Service(stack, service) | What::Rollout(stack, service) => {
            show::service(world, world.stack(*stack)?, service)
                .map(Box::new)
                .map(ObjectView::Service)
        }
        What::Unit(id) => show::unit(world, world.unit(*id)?)
            .map(Box::new)
            .map(ObjectView::Unit),
        _ => None,
    }
}

fn message(world: &World, what: &What, object: &ObjectView) -> String {
    match object {
        ObjectView::Host(host) => host_line(host),
        ObjectView::Stack(stack) => stack_line(stack),
        ObjectView::Service(service) => match what {
            What::Rollout(stack, name) => rollout_line(world, *stack, name),
            _ => service_line(service),
        },
        ObjectView::Unit(unit) => unit_line(unit),
    }
}

fn host_line(host: &HostView) -> String {
    let alarm = match (host.braked, &host.confirmed_dead) {
        (true, _) => ", silent with most others: nothing is moved",
        (_, Some(_)) => ", said to be dead",
        _ => "",
    };
    let (state, running, units) = (word(&host.state), host.running, host.units);
    format!("{state}{alarm}, {running} of {units} units running")
}

fn stack_line(stack: &StackView) -> String {
    format!(
        "revision {}, {}, {}/{} running",
        stack.revision,
        word(&stack.state),
        stack.running,
        stack.wanted
    )
}

fn service_line(service: &ServiceView) -> String {
    let why = service
        .why
        .first()
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    let (healthy, wanted) = (service.healthy, service.wanted);
    format!(
        "{}, {healthy}/{wanted} healthy on revision {}{why}",
        word(&service.state),
        service.revision
    )
}

fn rollout_line(world: &World, stack: StackId, service: &Name) -> String {
    let Some(rollout) = world.rollout(stack, service) else {
        return "rollout over".to_owned();
    };
    let why = rollout
        .reasons
        .first()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    format!(
        "rollout {} to {}, {}{why}",
        rollout.from,
        rollout.to,
        word(&rollout.state)
    )
}

fn unit_line(unit: &UnitView) -> String {
    let why = unit
        .message
        .as_ref()
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    let on_its_way = if unit.wish == muster_model::assigned::UnitWish::Remove {
        ", to be removed"
    } else {
        ""
    };
    format!("{} on {}{on_its_way}{why}", word(&unit.phase), unit.host)
}

/// A state as the API spells it.
fn word<T: Serialize>(state: &T) -> String {
    let value = serde_json::to_value(state).unwrap_or_default();
    value.as_str().unwrap_or_default().replace('_', " ")
}
