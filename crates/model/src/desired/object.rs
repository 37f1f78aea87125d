//! Things that stacks refer to and that live by themselves: volumes, secrets, configs, registry credentials.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::secret::Sealed;
use crate::{Digest, EnvironmentId, Name, WallTime};

/// The content of a secret or config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blob {
    /// Readable: a config's bytes, base64.
    Plain(String),
    /// Sealed: a secret's.
    Sealed(Sealed),
}

/// A secret or config by itself, made through the API; stacks name it as `external`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobObject {
    /// Where it is visible.
    pub environment: EnvironmentId,
    /// Unique among the environment's secrets, or its configs.
    pub name: Name,
    /// Whether it is a secret; else it is a config.
    pub secret: bool,
    /// Keyed hash of the content: tells that it changed, not what it is.
    pub digest: Digest,
    /// The content.
    pub content: Blob,
    /// When it was last set.
    pub updated: WallTime,
}

/// A volume that was made by itself, for stacks to name as `external`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeWish {
    /// Where it is visible.
    pub environment: EnvironmentId,
    /// Unique in the environment; also the engine's name for it.
    pub name: Name,
    /// The engine's volume driver.
    pub driver: String,
    /// The driver's options.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// Someone asked for it to go, with its data.
    #[serde(default)]
    pub removed: bool,
    /// When it was made.
    pub created: WallTime,
}

/// How to log in at an image registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryCredential {
    /// Where it is used.
    pub environment: EnvironmentId,
    /// Host and port of the registry, such as `registry.example.com:5000`; `docker.io` for the default one.
    pub registry: String,
    /// Who.
    pub username: String,
    /// With what.
    pub password: Sealed,
    /// Keyed hash of the password.
    pub digest: Digest,
}
