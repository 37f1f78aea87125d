//! From the files that were sent to a spec that can be proposed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use muster_control::World;
use muster_files::{BlobDraft, DraftStack, External, Project};
use muster_model::desired::{Blob, StackSpec};
use muster_model::limits::{BLOB_BYTES_MAX, SOURCE_BYTES_MAX};
use muster_model::view::StackFiles;
use muster_model::{Diagnostic, Digest, EnvironmentId, Name, Refusal, StackId};
use muster_trust::OsRandom;

use crate::api::call::Call;
use crate::api::error::ApiError;
use crate::auth::Permission;
use crate::desired::{Base, Deploy};

/// Files of one deploy: enough for any project, few enough to go through.
const FILES_MAX: usize = 2_000;

/// What the files say, before it is known what the environment has.
pub(super) struct Read {
    name: Name,
    new_id: StackId,
    draft: DraftStack,
    diagnostics: Vec<Diagnostic>,
}

/// Reads the files; any error in them ends it with all that is to be said about them. Nothing is ever opened: what the files
/// name must have come with them.
pub(super) async fn read(call: &Call, name: Name, files: StackFiles) -> Result<Read, ApiError> {
    let project = project(name.clone(), files)?;
    // A large file takes a while to read: not on a thread that others wait for.
    let reading = tokio::task::spawn_blocking(move || muster_files::read(&project)).await;
    let reading = reading.map_err(|error| ApiError::Internal {
        what: format!("reading the files: {error}"),
    })?;
    if muster_model::diagnostic::has_errors(&reading.diagnostics) {
        return Err(ApiError::Files(reading.diagnostics));
    }
    let Some(draft) = reading.stack else {
        return Err(ApiError::Files(reading.diagnostics));
    };
    Ok(Read {
        name,
        new_id: call.app.draw(StackId::new),
        draft,
        diagnostics: reading.diagnostics,
    })
}

fn project(name: Name, files: StackFiles) -> Result<Project, ApiError> {
    if files.sources.is_empty() {
        return Err(ApiError::field(
            "sources",
            "send at least one compose file".to_owned(),
        ));
    }
    if files.sources.len() + files.support.len() > FILES_MAX {
        return Err(ApiError::field(
            "support",
            format!("at most {FILES_MAX} files are taken"),
        ));
    }
    let mut sources = Vec::new();
    for file in files.sources {
        sources.push(muster_files::SourceFile {
            bytes: bounded(&file.path, file.content.into_bytes())?,
            path: file.path,
        });
    }
    let mut support = BTreeMap::new();
    for file in files.support {
        let bytes = file.content.bytes();
        let bytes =
            bytes.ok_or_else(|| ApiError::field(&file.path, "its content is not base64".to_owned()))?;
        support.insert(file.path.clone(), bounded(&file.path, bytes)?);
    }
    Ok(Project {
        name: Some(name),
        directory: files.project_directory,
        sources,
        support,
        env_files: files.env_files,
        variables: files.variables,
        profiles: BTreeSet::from_iter(files.profiles),
    })
}

fn bounded(path: &str, bytes: Vec<u8>) -> Result<Vec<u8>, ApiError> {
    if bytes.len() > SOURCE_BYTES_MAX {
        let why = format!(
            "the file has {} bytes; at most {SOURCE_BYTES_MAX} are taken",
            bytes.len()
        );
        return Err(ApiError::field(path, why));
    }
    Ok(bytes)
}

/// The deploy in a world: contents sealed, external ones found.
pub(super) fn draft(
    call: &Call,
    world: &World,
    read: &Read,
    base: Base,
) -> Result<(Deploy, Vec<Diagnostic>), ApiError> {
    let environment = call.env()?;
    let mut externals = BTreeMap::new();
    let find = |external: &External| find(world, environment, external, &mut externals);
    let mut spec: StackSpec = read
        .draft
        .clone()
        .seal(|draft| seal(call, environment, &draft), find)?;
    // With their contents in it, a revision means the same for ever, whatever becomes of the objects it names.
    spec.blobs.append(&mut externals);
    let deploy = Deploy {
        environment,
        name: read.name.clone(),
        new_id: read.new_id,
        spec: Arc::new(spec),
        base,
        host_access: call.may(Permission::HostAccess),
    };
    Ok((deploy, read.diagnostics.clone()))
}

fn seal(call: &Call, environment: EnvironmentId, draft: &BlobDraft) -> Result<(Digest, Blob), ApiError> {
    // Looked at only to be measured and to be stored.
    let bytes = draft.bytes.reveal();
    if bytes.len() > BLOB_BYTES_MAX {
        let kind = if draft.secret { "secret" } else { "config" };
        let allowed = format!("at most {BLOB_BYTES_MAX} bytes");
        return Err(Refusal::OutOfBounds {
            what: format!("{kind} `{}`", draft.name),
            given: format!("{} bytes", bytes.len()),
            allowed,
        }
        .into());
    }
    if !draft.secret {
        let digest = call.app.vault.digest(environment, &draft.bytes);
        return Ok((digest, Blob::Plain(BASE64_STANDARD.encode(bytes))));
    }
    let (digest, sealed) = call
        .app
        .vault
        .seal(environment, &draft.bytes, &mut OsRandom)
        .map_err(ApiError::Trust)?;
    Ok((digest, Blob::Sealed(sealed)))
}

fn find(
    world: &World,
    environment: EnvironmentId,
    external: &External,
    found: &mut BTreeMap<Digest, Blob>,
) -> Result<Digest, ApiError> {
    let kind = if external.secret { "secret" } else { "config" };
    let missing = || Refusal::Missing {
        service: external.service.clone(),
        kind: kind.to_owned(),
        name: external.name.clone(),
    };
    let blob = world
        .blob(environment, external.secret, &external.name)
        .ok_or_else(missing)?;
    found.insert(blob.digest, blob.content.clone());
    Ok(blob.digest)
}
