//! Stacks and their revisions.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Blob, ServiceSpec};
use crate::{AccountId, Digest, EnvironmentId, Name, RequestId, StackId, WallTime};

/// The head of a stack: which of its revisions is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stack {
    /// Its id.
    pub id: StackId,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// Unique in the environment.
    pub name: Name,
    /// The wanted revision, from 1.
    pub revision: u64,
    /// Someone asked for it to go: its units are stopped and removed, then its documents.
    #[serde(default)]
    pub removed: bool,
    /// Its own volumes go too, with their data; said with its removal.
    #[serde(default)]
    pub volumes_go: bool,
    /// When it was first deployed.
    pub created: WallTime,
    /// The request that set this head.
    pub request: RequestId,
}

/// One accepted version of a stack's files. Never changed once written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackRevision {
    /// Whose.
    pub stack: StackId,
    /// Which, from 1.
    pub number: u64,
    /// On whose behalf.
    pub by: AccountId,
    /// When it was accepted.
    pub at: WallTime,
    /// The revision it repeats, if it is a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<u64>,
    /// What is wanted.
    pub body: RevisionBody,
}

/// Where a revision's spec stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevisionBody {
    /// In the revision itself.
    Inline(Arc<StackSpec>),
    /// In parts written before: their keys and hashes, in order. Together they are the spec's JSON.
    Parts(Vec<(String, Digest)>),
}

/// A piece of a revision too large for one commit; read by nobody until a head names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The request that wrote it.
    pub request: RequestId,
    /// Its place, from 0.
    pub number: u32,
    /// When it was written; parts no head names are removed an hour later.
    pub at: WallTime,
    /// A piece of JSON text.
    pub text: String,
}

/// What a stack is to be: the meaning of its files after merging and interpolation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackSpec {
    /// By name.
    pub services: BTreeMap<Name, Arc<ServiceSpec>>,
    /// Named volumes that the services mount.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<Name, VolumeSpec>,
    /// Contents of secrets and configs that came with the files, by their keyed digest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub blobs: BTreeMap<Digest, Blob>,
}

/// A named volume of a stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct VolumeSpec {
    /// The engine's volume driver; none means `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The driver's options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Labels on the engine's volume.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// It must exist already, under this name in the environment, and outlives the stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<Name>,
}
