//! Volumes: where their data lies, how they come to be, and when they may go.

use muster_model::assigned::{Unit, VolumeAssigned};
use muster_model::desired::{VolumeSpec, VolumeWish};
use muster_model::document::Document;
use muster_model::limits::NAME_BYTES_MAX;
use muster_model::{EnvironmentId, HostId, Name, StackId, VolumeId};

use crate::desk::Desk;
use crate::marks;
use crate::shape::Shape;
use crate::world::{Subject, Versioned, World};

/// Marks a volume for removal once it is to go and nothing mounts it any more. The document stays until its host says
/// that the volume is gone.
pub(crate) fn reconcile(desk: &mut Desk<'_>, subject: &Subject) {
    let Subject::Volume(id) = subject else { return };
    let Some(volume) = desk.world.volume(*id).cloned() else {
        return;
    };
    if !volume.removed && desk.world.is_to_go(&volume) && !in_use(&desk.world, &volume) {
        marks::VOLUME_REMOVED.reach();
        desk.put(VolumeAssigned {
            removed: true,
            ..(*volume.doc).clone()
        });
    }
}

fn in_use(world: &World, volume: &VolumeAssigned) -> bool {
    world.units_on(volume.host).any(|unit| {
        let facts = world.service_facts(unit.stack, unit.revision, &unit.service);
        let mut names = facts.iter().flat_map(|facts| &facts.volumes);
        names.any(|name| mounted(world, unit, name).is_some_and(|mounted| mounted.id == volume.id))
    })
}

/// The volume that `unit` mounts under `name` on its host.
pub(crate) fn mounted<'a>(
    world: &'a World,
    unit: &Unit,
    name: &Name,
) -> Option<&'a Versioned<VolumeAssigned>> {
    let shape = Shape::of(world, unit.stack, unit.revision, &unit.service)?;
    let mut volumes = named(world, &shape, name);
    volumes.find(|volume| volume.host == unit.host)
}

/// The volumes that units of `shape` may mount under `name`, one per host.
pub(crate) fn named<'a>(
    world: &'a World,
    shape: &Shape,
    name: &Name,
) -> impl Iterator<Item = &'a Versioned<VolumeAssigned>> + use<'a> {
    let (stack, name) = place(shape, name);
    let left = stack.map(|stack| left_behind(world, shape.environment, stack, &name));
    let own = world
        .volumes_named(shape.environment, stack, name)
        .filter(|volume| !volume.removed);
    own.chain(left.into_iter().flatten())
}

/// What a removed stack of the same name left behind under `name`: its data is the new stack's.
fn left_behind<'a>(
    world: &'a World,
    environment: EnvironmentId,
    stack: StackId,
    name: &Name,
) -> impl Iterator<Item = &'a Versioned<VolumeAssigned>> + use<'a> {
    let name = name.clone();
    world
        .volumes_by_engine_name(environment, &engine_name(world, stack, &name))
        .filter(move |volume| {
            let owner_gone = volume.stack.is_some_and(|owner| world.stack(owner).is_none());
            owner_gone && volume.name == name && !volume.removed
        })
}

fn engine_name(world: &World, stack: StackId, name: &Name) -> String {
    world
        .stack(stack)
        .map_or_else(|| format!("{stack}_{name}"), |doc| format!("{}_{name}", doc.name))
}

/// The first volume that `shape` mounts and that has to be made by hand first.
pub(crate) fn missing(world: &World, shape: &Shape) -> Option<Name> {
    let external = |name: &Name| shape.stack_spec().volumes.get(name)?.external.clone();
    let there = |name: &Name| wish_of(world, shape, name).is_some();
    shape
        .facts()
        .volumes
        .iter()
        .filter_map(external)
        .find(|name| !there(name))
}

/// Sees to it that the volumes that a unit of `shape` mounts are on `host`. Says whether one was made, which ties the
/// units still to come to the host.
pub(crate) fn ensure(desk: &mut Desk<'_>, shape: &Shape, host: HostId) -> bool {
    let mut made = false;
    for name in &shape.facts().volumes {
        let there = named(&desk.world, shape, name)
            .find(|volume| volume.host == host)
            .cloned();
        match (there, place(shape, name)) {
            (Some(left), (Some(stack), _)) if left.stack != Some(stack) => {
                expect_stack(desk, stack);
                desk.put(VolumeAssigned {
                    stack: Some(stack),
                    ..(*left.doc).clone()
                });
            }
            (Some(_), _) => {}
            (None, (None, external)) => {
                let volume = by_itself(desk, shape, external, host);
                desk.put(volume);
                made = true;
            }
            (None, (Some(stack), name)) => {
                expect_stack(desk, stack);
                let volume = of_stack(desk, shape, stack, name, host);
                desk.put(volume);
                made = true;
            }
        }
    }
    made
}

/// Once its stack is to go with its volumes and all of them are marked, the stack's head goes: one that is made later would
/// be left over.
fn expect_stack(desk: &mut Desk<'_>, stack: StackId) {
    let Some(head) = desk.world.stack(stack).cloned() else {
        return;
    };
    desk.keep_together(2);
    desk.expect(head.key(), Some(head.modified));
}

/// Whose a volume is and what it is called there: the stack's own, or one of the environment.
fn place(shape: &Shape, name: &Name) -> (Option<StackId>, Name) {
    let external = shape
        .stack_spec()
        .volumes
        .get(name)
        .and_then(|spec| spec.external.clone());
    external.map_or_else(|| (Some(shape.stack), name.clone()), |external| (None, external))
}

fn wish_of<'a>(world: &'a World, shape: &Shape, name: &Name) -> Option<&'a VolumeWish> {
    world
        .volume_wish(shape.environment, name)
        .map(|wish| &*wish.doc)
        .filter(|wish| !wish.removed)
}

/// A volume that was made by itself, on one more host. If one of the name was to go there, it stays instead.
fn by_itself(desk: &mut Desk<'_>, shape: &Shape, name: Name, host: HostId) -> VolumeAssigned {
    let wish = wish_of(&desk.world, shape, &name);
    let spec = wish.map(|wish| VolumeSpec {
        driver: Some(wish.driver.clone()),
        options: wish.options.clone(),
        ..VolumeSpec::default()
    });
    let leaving = desk
        .world
        .volumes_named(shape.environment, None, name.clone())
        .find(|volume| volume.host == host);
    let id = leaving.map(|volume| volume.id);
    VolumeAssigned {
        id: id.unwrap_or_else(|| draw(desk)),
        environment: shape.environment,
        stack: None,
        engine_name: name.to_string(),
        name,
        host,
        spec: spec.unwrap_or_default(),
        removed: false,
    }
}

/// A stack's own volume. `a_b` of `c` and `a` of `b_c` make one engine's name: the second gets its id added.
fn of_stack(desk: &mut Desk<'_>, shape: &Shape, stack: StackId, name: Name, host: HostId) -> VolumeAssigned {
    let id = draw(desk);
    let engine_name = engine_name(&desk.world, stack, &name);
    let mut same = desk.world.volumes_by_engine_name(shape.environment, &engine_name);
    let taken = same.any(|volume| volume.stack != Some(stack) || volume.removed);
    VolumeAssigned {
        id,
        environment: shape.environment,
        stack: Some(stack),
        spec: shape.stack_spec().volumes.get(&name).cloned().unwrap_or_default(),
        name,
        engine_name: fitting(engine_name, id, taken),
        host,
        removed: false,
    }
}

fn draw(desk: &mut Desk<'_>) -> VolumeId {
    let (epoch, counter) = desk.cx.ids.draw();
    VolumeId::new(epoch, counter)
}

/// An engine's name is a [`Name`] too, so that a wish can speak of it: one that is too long, or taken, ends in the
/// volume's id.
fn fitting(engine_name: String, id: VolumeId, taken: bool) -> String {
    if engine_name.len() <= NAME_BYTES_MAX && !taken {
        return engine_name;
    }
    let id = id.to_string();
    let kept: String = engine_name.chars().take(NAME_BYTES_MAX - id.len() - 1).collect();
    format!("{kept}_{id}")
}
