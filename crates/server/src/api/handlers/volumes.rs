//! Named volumes: made by themselves, or by stacks.

use muster_control::World;
use muster_model::desired::VolumeWish;
use muster_model::view::{VolumeCreate, VolumeView};
use muster_model::{EnvironmentId, Name, VolumeId};

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;
use crate::desired;

/// One volume: on a host, or a wish that nothing mounted yet.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Lying(VolumeId),
    Wished(EnvironmentId, Name),
}

/// The environment's volumes, by the engine's names for them.
pub(crate) const LIST: Listing<Item, VolumeView> = Listing {
    select: |call, world| {
        let environment = call.env()?;
        let lying = world
            .volumes_in(environment)
            .filter(|volume| !volume.removed)
            .map(|volume| {
                let key = format!(
                    "{}/{:010}-{:010}",
                    volume.engine_name, volume.id.epoch, volume.id.counter
                );
                (key, Item::Lying(volume.id))
            });
        let nowhere = |name: &Name| {
            world
                .volumes_by_engine_name(environment, name.as_str())
                .all(|volume| volume.removed)
        };
        let wished = world
            .volume_wishes(environment)
            .filter(|wish| nowhere(&wish.name));
        let wished = wished.map(|wish| {
            (
                wish.name.to_string(),
                Item::Wished(environment, wish.name.clone()),
            )
        });
        Ok(lying.chain(wished).collect())
    },
    show: |_, world, item| match item {
        Item::Lying(id) => lying(world, *id),
        Item::Wished(environment, name) => Some(wished(world.volume_wish(*environment, name)?)),
    },
    id: |view| view.name.clone(),
};

fn lying(world: &World, id: VolumeId) -> Option<VolumeView> {
    let volume = world.volume(id)?;
    Some(VolumeView {
        name: volume.engine_name.clone(),
        stack: volume
            .stack
            .and_then(|stack| world.stack(stack))
            .map(|stack| stack.name.clone()),
        id: Some(volume.id),
        host: show::host_name(world, volume.host),
        driver: volume.spec.driver.clone().unwrap_or_else(|| "local".to_owned()),
        options: volume.spec.options.clone(),
        removing: world.is_to_go(volume),
    })
}

fn wished(wish: &VolumeWish) -> VolumeView {
    VolumeView {
        name: wish.name.to_string(),
        stack: None,
        id: None,
        host: None,
        driver: wish.driver.clone(),
        options: wish.options.clone(),
        removing: wish.removed,
    }
}

pub(crate) async fn create(call: Call, asked: VolumeCreate) -> Result<Answer<VolumeView>, ApiError> {
    let environment = call.env()?;
    let new = VolumeWish {
        environment,
        name: asked.name.clone(),
        driver: asked.driver.unwrap_or_else(|| "local".to_owned()),
        options: asked.options,
        removed: false,
        created: call.app.now(),
    };
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::add_volume(world, &author, new.clone())?))
        .await?;
    let made = done
        .world
        .volume_wish(environment, &asked.name)
        .ok_or(ApiError::RequestReused)?;
    Ok(Answer::of(wished(made)).modified(made.modified))
}

pub(crate) async fn remove(call: Call) -> Result<Answer<()>, ApiError> {
    let (author, environment, named) = (call.author()?, call.env()?, call.path.get("name"));
    let name = Name::parse(named).map_err(|_| ApiError::not_found("volume", named))?;
    call.commit(|world| Ok(desired::drop_volume(world, &author, environment, &name)?))
        .await?;
    Ok(Answer::of(()))
}
