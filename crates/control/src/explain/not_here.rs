//! Whether a host would take a unit of a service now, and if not, why not.

use muster_model::desired::{ServiceKind, UnitClass};
use muster_model::reason::Misfit;
use muster_model::view::{ObstacleView, WhyNotView};
use muster_model::{HostId, Name, StackId};

use super::matters;
use crate::place::{Placer, Spot};
use crate::reconcile::volumes;
use crate::shape::Shape;
use crate::world::{Host, World};

/// Whether a unit of a service would be placed on a host now; none if there is no such service or host.
pub fn why_not(world: &World, stack: StackId, service: &Name, host: HostId) -> Option<WhyNotView> {
    let doc = world.stack(stack)?;
    let shape = Shape::of(world, stack, doc.revision, service)?;
    let host = world.host(host).filter(|host| host.is_of(shape.environment))?;
    let name = world.host_name(host.id)?;
    let placer = Placer::new(world, &shape);
    let here = placer.here(host);
    let mut obstacles = matters::on_host(world, &placer, host);
    if shape.spec().kind == ServiceKind::Global && here > 0 {
        obstacles.push(has_its_own(&name));
    }
    let next = placer.place(world, None).ok();
    let next_host = next.as_ref().and_then(|spot| world.host_name(spot.host));
    Some(WhyNotView {
        summary: summary(world, &shape, host, &name, &obstacles, next.as_ref()),
        stack: doc.name.clone(),
        service: service.clone(),
        fits: obstacles.is_empty(),
        obstacles,
        units_here: here,
        next: next_host,
        next_because: next.map(|spot| spot.because),
        host: name,
    })
}

fn has_its_own(host: &Name) -> ObstacleView {
    ObstacleView {
        host: host.clone(),
        why: Misfit::HasMost { most: 1 },
        what: "has its unit already; a global service has one on each host".to_owned(),
        next_step: "nothing is needed".to_owned(),
    }
}

fn summary(
    world: &World,
    shape: &Shape,
    host: Host<'_>,
    name: &Name,
    obstacles: &[ObstacleView],
    next: Option<&Spot>,
) -> String {
    let title = world.service_title(shape.stack, &shape.service);
    if !obstacles.is_empty() {
        return format!("No: {name} cannot take a unit of {title} now.");
    }
    if let Some(why) = needs_none(world, shape) {
        return format!("{name} could take a unit of {title}, but none is made: {why}.");
    }
    match next {
        Some(spot) if spot.host == host.id => {
            format!("Yes: if {title} needs another unit, it is placed on {name}.")
        }
        Some(spot) => {
            let best = world
                .host_name(spot.host)
                .map_or_else(String::new, |best| best.to_string());
            format!("{name} could take a unit of {title}, but {best} would be chosen before it.")
        }
        None => format!("{name} could take a unit of {title}."),
    }
}

/// Why no unit is made wherever it would go.
fn needs_none(world: &World, shape: &Shape) -> Option<String> {
    if !shape.spec().kind.has_units() {
        return Some("it is a service that hosts run nothing for".to_owned());
    }
    if let Some(volume) = volumes::missing(world, shape) {
        return Some(format!(
            "there is no volume {volume}; make it with `muster volume create {volume}`"
        ));
    }
    let runs = world.units_of(shape.stack, &shape.service).next().is_some();
    let once = shape.facts().class == UnitClass::Exclusive && runs;
    once.then(|| "it may run only once, and has its unit".to_owned())
}
