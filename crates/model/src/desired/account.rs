//! Who may come in, and with what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AccountId, Digest, EnvironmentId, JoinTokenId, KeyId, Name, WallTime};

/// What a member may do in one environment. Later roles may do all that earlier ones may.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks, touches nothing.
    Readonly,
    /// Changes stacks, not hosts or infrastructure.
    Restricted,
    /// Changes all but the membership.
    Member,
    /// Changes all.
    Owner,
}

/// A person or a machine that may log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What is typed at login.
    pub name: Name,
    /// argon2id in PHC text form; none for accounts that have keys only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// May do everything in all environments.
    #[serde(default)]
    pub admin: bool,
    /// When it was made.
    pub created: WallTime,
}

/// A key for the API: `muster-key-…`, of which only the hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id; part of the key's text.
    pub id: KeyId,
    /// Whose rights it carries, as they are at each call.
    pub account: AccountId,
    /// What it is for.
    pub note: String,
    /// SHA-256 of the key's text.
    pub hash: Digest,
    /// When it was made.
    pub created: WallTime,
    /// After this it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<WallTime>,
}

/// A token with which hosts may join one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinToken {
    /// Its id; part of the token's text.
    pub id: JoinTokenId,
    /// Where the hosts will belong.
    pub environment: EnvironmentId,
    /// SHA-256 of the token's text.
    pub hash: Digest,
    /// After this it is refused.
    pub expires: WallTime,
    /// How many hosts may still use it.
    pub uses_left: u32,
    /// Labels that hosts get with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When it was made; older Musters did not write that down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<WallTime>,
}
