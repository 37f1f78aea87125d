//! Secrets, configs and credentials of registries. A secret's value goes in and never comes out.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use muster_control::{Versioned, World};
use muster_model::desired::{Blob, BlobObject, RegistryCredential};
use muster_model::limits::BLOB_BYTES_MAX;
use muster_model::secret::SecretBytes;
use muster_model::view::{ConfigPut, ConfigView, RegistryPut, RegistryView, SecretPut, SecretView};
use muster_model::{Name, Refusal};
use muster_trust::OsRandom;

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;
use crate::desired;

/// The environment's secrets, by name, without their values.
pub(crate) const SECRETS: Listing<Name, SecretView> = Listing {
    select: |call, world| names(call, world, true),
    show: |call, world, name| {
        world
            .blob(call.env().ok()?, true, name)
            .map(|blob| show::secret(blob))
    },
    id: |view| view.name.to_string(),
};

/// The environment's configs, by name, without their values.
pub(crate) const CONFIGS: Listing<Name, ConfigView> = Listing {
    select: |call, world| names(call, world, false),
    show: |call, world, name| {
        world
            .blob(call.env().ok()?, false, name)
            .map(|blob| show::config(blob, None))
    },
    id: |view| view.name.to_string(),
};

/// The environment's registries, by name, without their passwords.
pub(crate) const REGISTRIES: Listing<String, RegistryView> = Listing {
    select: |call, world| {
        let all = world.registries(call.env()?);
        Ok(all
            .map(|registry| (registry.registry.clone(), registry.registry.clone()))
            .collect())
    },
    show: |call, world, name| {
        world
            .registry(call.env().ok()?, name)
            .map(|registry| show::registry(registry))
    },
    id: |view| view.registry.clone(),
};

fn names(call: &Call, world: &World, secret: bool) -> Result<Vec<(String, Name)>, ApiError> {
    let own = world.blobs(call.env()?).filter(|blob| blob.secret == secret);
    Ok(own
        .map(|blob| (blob.name.to_string(), blob.name.clone()))
        .collect())
}

pub(crate) fn read_secret(call: &Call) -> Result<Answer<SecretView>, ApiError> {
    let blob = stored(call, &call.world, true)?;
    Ok(Answer::of(show::secret(blob)).modified(blob.modified))
}

pub(crate) fn read_config(call: &Call) -> Result<Answer<ConfigView>, ApiError> {
    let blob = stored(call, &call.world, false)?;
    let content = match &blob.content {
        Blob::Plain(text) => Some(text.clone()),
        Blob::Sealed(_) => None,
    };
    Ok(Answer::of(show::config(blob, content)).modified(blob.modified))
}

fn stored<'w>(call: &Call, world: &'w World, secret: bool) -> Result<&'w Versioned<BlobObject>, ApiError> {
    let (environment, named) = (call.env()?, call.path.get("name"));
    let name = Name::parse(named).ok();
    let blob = name.and_then(|name| world.blob(environment, secret, &name));
    blob.ok_or_else(|| ApiError::not_found(if secret { "secret" } else { "config" }, named))
}

pub(crate) async fn put_secret(call: Call, asked: SecretPut) -> Result<Answer<SecretView>, ApiError> {
    let (digest, sealed) = call
        .app
        .vault
        .seal(call.env()?, bounded(&asked.content)?, &mut OsRandom)
        .map_err(ApiError::Trust)?;
    let world = put(&call, true, digest, Blob::Sealed(sealed)).await?;
    let blob = stored(&call, &world, true)?;
    Ok(Answer::of(show::secret(blob)).modified(blob.modified))
}

pub(crate) async fn put_config(call: Call, asked: ConfigPut) -> Result<Answer<ConfigView>, ApiError> {
    let content = bounded(&asked.content)?;
    let digest = call.app.vault.digest(call.env()?, content);
    // A config is no secret: whoever may look at the environment may read it.
    let text = BASE64_STANDARD.encode(content.reveal());
    let world = put(&call, false, digest, Blob::Plain(text.clone())).await?;
    let blob = stored(&call, &world, false)?;
    Ok(Answer::of(show::config(blob, Some(text))).modified(blob.modified))
}

async fn put(
    call: &Call,
    secret: bool,
    digest: muster_model::Digest,
    content: Blob,
) -> Result<World, ApiError> {
    let name = call.new_name("name")?;
    let new = BlobObject {
        environment: call.env()?,
        name,
        secret,
        digest,
        content,
        updated: call.app.now(),
    };
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::put_blob(world, &author, new.clone(), call.if_match)?))
        .await?;
    Ok(done.world)
}

fn bounded(content: &SecretBytes) -> Result<&SecretBytes, ApiError> {
    // Looked at only to be measured.
    let bytes = content.reveal().len();
    if bytes <= BLOB_BYTES_MAX {
        return Ok(content);
    }
    let allowed = format!("at most {BLOB_BYTES_MAX} bytes");
    Err(Refusal::OutOfBounds {
        what: "`content`".to_owned(),
        given: format!("{bytes} bytes"),
        allowed,
    }
    .into())
}

pub(crate) async fn delete_secret(call: Call) -> Result<Answer<()>, ApiError> {
    delete(&call, true).await
}

pub(crate) async fn delete_config(call: Call) -> Result<Answer<()>, ApiError> {
    delete(&call, false).await
}

async fn delete(call: &Call, secret: bool) -> Result<Answer<()>, ApiError> {
    let name = match stored(call, &call.world, secret) {
        Ok(blob) => blob.name.clone(),
        Err(error) => return call.gone(error).await,
    };
    let (author, environment) = (call.author()?, call.env()?);
    call.commit(|world| Ok(desired::drop_blob(world, &author, environment, secret, &name)?))
        .await?;
    Ok(Answer::of(()))
}

pub(crate) fn read_registry(call: &Call) -> Result<Answer<RegistryView>, ApiError> {
    let registry = credential(call, &call.world)?;
    Ok(Answer::of(show::registry(registry)).modified(registry.modified))
}

fn credential<'w>(call: &Call, world: &'w World) -> Result<&'w Versioned<RegistryCredential>, ApiError> {
    let (environment, named) = (call.env()?, call.path.get("registry"));
    world
        .registry(environment, named)
        .ok_or_else(|| ApiError::not_found("registry", named))
}

pub(crate) async fn put_registry(call: Call, asked: RegistryPut) -> Result<Answer<RegistryView>, ApiError> {
    let environment = call.env()?;
    let password = asked.password.into_secret();
    let (digest, password) = call
        .app
        .vault
        .seal(environment, bounded(&password)?, &mut OsRandom)
        .map_err(ApiError::Trust)?;
    let new = RegistryCredential {
        environment,
        registry: call.path.get("registry").to_owned(),
        username: asked.username,
        password,
        digest,
    };
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::put_registry(world, &author, new.clone())?))
        .await?;
    let registry = credential(&call, &done.world)?;
    Ok(Answer::of(show::registry(registry)).modified(registry.modified))
}

pub(crate) async fn delete_registry(call: Call) -> Result<Answer<()>, ApiError> {
    let (author, environment) = (call.author()?, call.env()?);
    let named = call.path.get("registry").to_owned();
    call.commit(|world| Ok(desired::drop_registry(world, &author, environment, &named)?))
        .await?;
    Ok(Answer::of(()))
}
