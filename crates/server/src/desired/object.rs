//! Things that live by themselves: volumes, secrets, configs, registries.

use std::collections::BTreeSet;

use muster_control::{Versioned, World};
use muster_model::desired::{BlobObject, Environment, RegistryCredential, VolumeWish};
use muster_model::{EnvironmentId, Name, Refusal};
use muster_store::Commit;

use super::{
    Author, Denial, Proposal, being_removed, exists, not_found, out_of_bounds, proposal, remove, replace,
    still_at, unchanged,
};

/// The longest host name (RFC 1035) with a port.
const REGISTRY_BYTES_MAX: usize = 253 + 6;

/// A volume is made, for stacks to name as external.
pub fn add_volume(world: &World, author: &Author, new: VolumeWish) -> Result<Proposal<VolumeWish>, Denial> {
    if let Some(old) = world.volume_wish(new.environment, &new.name) {
        let refusal = if old.removed {
            being_removed("volume", &new.name)
        } else {
            exists("volume", &new.name)
        };
        return Err(refusal.into());
    }
    if lying(world, new.environment, &new.name) {
        return Err(exists("volume", &new.name).into());
    }
    let environment = known(world, new.environment)?;
    let commit = unchanged(Commit::new().create(&new)?, environment)?;
    Ok(proposal(author, commit, new))
}

/// A volume goes, with its data: one made by itself, or one that a stack left behind. None may mount it.
pub fn drop_volume(
    world: &World,
    author: &Author,
    environment: EnvironmentId,
    name: &Name,
) -> Result<Proposal<()>, Denial> {
    let wish = world.volume_wish(environment, name);
    let lies = lying(world, environment, name);
    if wish.is_none() && !lies {
        return Err(not_found("volume", name.as_str()).into());
    }
    let by = mounting(world, environment, name);
    if !by.is_empty() {
        return Err(Refusal::InUse {
            kind: "volume".to_owned(),
            name: name.to_string(),
            by,
        }
        .into());
    }
    let gone = VolumeWish {
        environment,
        name: name.clone(),
        driver: wish.map_or_else(|| "local".to_owned(), |wish| wish.driver.clone()),
        options: wish.map(|wish| wish.options.clone()).unwrap_or_default(),
        removed: true,
        created: wish.map_or(author.now, |wish| wish.created),
    };
    let commit = match (wish, lies) {
        // Nothing was ever put there, so nothing has to be taken away.
        (Some(wish), false) => remove(Commit::new(), wish)?,
        (Some(wish), true) => replace(Commit::new(), wish, &gone)?,
        (None, _) => Commit::new().create(&gone)?,
    };
    Ok(proposal(author, commit, ()))
}

/// Whether a volume that is to stay lies somewhere under this engine's name.
fn lying(world: &World, environment: EnvironmentId, name: &Name) -> bool {
    world
        .volumes_by_engine_name(environment, name.as_str())
        .any(|volume| !volume.removed)
}

/// Stacks whose wanted revision has the volume that engines know by this name.
fn mounting(world: &World, environment: EnvironmentId, name: &Name) -> Vec<String> {
    let mut stacks = BTreeSet::new();
    for stack in world.stacks(environment).filter(|stack| !stack.removed) {
        let Some(spec) = world.spec(stack.id, stack.revision) else {
            continue;
        };
        let named = spec
            .volumes
            .values()
            .any(|volume| volume.external.as_ref() == Some(name));
        let mut lying = world.volumes_by_engine_name(environment, name.as_str());
        if named || lying.any(|own| own.stack == Some(stack.id) && spec.volumes.contains_key(&own.name)) {
            stacks.insert(stack.name.to_string());
        }
    }
    stacks.into_iter().collect()
}

/// A secret or config is set.
pub fn put_blob(
    world: &World,
    author: &Author,
    new: BlobObject,
    base: Option<u64>,
) -> Result<Proposal<BlobObject>, Denial> {
    let old = world.blob(new.environment, new.secret, &new.name);
    still_at(
        kind(new.secret),
        new.name.as_str(),
        base,
        old.map_or(0, |old| old.modified.0),
    )?;
    let commit = match old {
        Some(old) => replace(Commit::new(), old, &new)?,
        None => unchanged(Commit::new().create(&new)?, known(world, new.environment)?)?,
    };
    Ok(proposal(author, commit, new))
}

/// A secret or config goes. Stacks that name it keep the content that they were deployed with.
pub fn drop_blob(
    world: &World,
    author: &Author,
    environment: EnvironmentId,
    secret: bool,
    name: &Name,
) -> Result<Proposal<()>, Denial> {
    let old = world
        .blob(environment, secret, name)
        .ok_or_else(|| not_found(kind(secret), name.as_str()))?;
    Ok(proposal(author, remove(Commit::new(), old)?, ()))
}

/// Credentials for a registry are set.
pub fn put_registry(
    world: &World,
    author: &Author,
    new: RegistryCredential,
) -> Result<Proposal<RegistryCredential>, Denial> {
    check_registry(&new.registry)?;
    if new.username.is_empty() || new.username.len() > 256 || new.username.chars().any(char::is_control) {
        return Err(out_of_bounds(
            "`username`",
            "empty, too long or of control characters",
            "1 to 256 bytes of text",
        )
        .into());
    }
    let commit = match world.registry(new.environment, &new.registry) {
        Some(old) => replace(Commit::new(), old, &new)?,
        None => unchanged(Commit::new().create(&new)?, known(world, new.environment)?)?,
    };
    Ok(proposal(author, commit, new))
}

/// Credentials for a registry go.
pub fn drop_registry(
    world: &World,
    author: &Author,
    environment: EnvironmentId,
    registry: &str,
) -> Result<Proposal<()>, Denial> {
    let old = world
        .registry(environment, registry)
        .ok_or_else(|| not_found("registry", registry))?;
    Ok(proposal(author, remove(Commit::new(), old)?, ()))
}

fn check_registry(text: &str) -> Result<(), Refusal> {
    let fits =
        |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    let starts = text
        .bytes()
        .next()
        .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'[');
    if starts && text.len() <= REGISTRY_BYTES_MAX && text.bytes().all(fits) {
        return Ok(());
    }
    let shown: String = text.chars().take(80).filter(|c| !c.is_control()).collect();
    Err(out_of_bounds(
        "the registry",
        format!("`{shown}`"),
        "a host name with or without a port, such as `registry.example.com:5000`",
    ))
}

const fn kind(secret: bool) -> &'static str {
    if secret { "secret" } else { "config" }
}

fn known(world: &World, environment: EnvironmentId) -> Result<&Versioned<Environment>, Refusal> {
    world
        .environment(environment)
        .ok_or_else(|| not_found("environment", &environment.to_string()))
}
