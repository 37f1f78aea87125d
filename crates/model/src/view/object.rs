//! Things that stacks refer to and that live by themselves: volumes, secrets, configs, registry credentials.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::secret::SecretBytes;
use crate::{Name, VolumeId, WallTime};

/// Asks for a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeCreate {
    /// Unique in the environment; also the engine's name for it.
    pub name: Name,
    /// The engine's volume driver; none is `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The driver's options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// A named volume: made by itself, or by a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VolumeView {
    /// The engine's name for it, unique in the environment: `shop_data`, or what it was made as.
    pub name: String,
    /// The stack it was made for; none if it was made by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<Name>,
    /// Its id, once it lies somewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<VolumeId>,
    /// The host its data lies on; none while nothing mounts it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Name>,
    /// The engine's volume driver.
    pub driver: String,
    /// The driver's options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// It is to go, with its data.
    pub removing: bool,
}

/// Sets a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretPut {
    /// Its value, base64. It is sealed before it is stored and never shown again.
    pub content: SecretBytes,
}

/// A secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecretView {
    /// Its name.
    pub name: Name,
    /// When it was last set.
    pub updated: WallTime,
}

/// Sets a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigPut {
    /// Its value, base64.
    pub content: SecretBytes,
}

/// A config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigView {
    /// Its name.
    pub name: Name,
    /// Its value, base64. Lists leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// When it was last set.
    pub updated: WallTime,
}

/// Sets the credentials for a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistryPut {
    /// Who.
    pub username: String,
    /// With what. It is sealed before it is stored and never shown again.
    pub password: RegistryPassword,
}

/// A password as people type it; prints as `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RegistryPassword(String);

impl RegistryPassword {
    /// Takes the text in.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Its bytes, to be sealed.
    pub fn into_secret(self) -> SecretBytes {
        SecretBytes::new(self.0.into_bytes())
    }
}

impl std::fmt::Debug for RegistryPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Credentials for a registry, without the password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RegistryView {
    /// Host and port of the registry; `docker.io` for the default one.
    pub registry: String,
    /// Who.
    pub username: String,
}
