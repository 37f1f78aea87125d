//! Coming in: setup, login, keys.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desired::Role;
use crate::{AccountId, EnvironmentId, KeyId, Name, WallTime};

/// Makes the first administrator.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupRequest {
    /// The one-time token that the server printed at its first start.
    pub token: String,
    /// The administrator's name.
    pub name: Name,
    /// At least 8 characters.
    pub password: String,
}

/// Asks for a session.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// A session.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct LoginReply {
    /// Send it as `Authorization: Bearer …`. Shown once.
    pub token: String,
    /// Whose session it is.
    pub account: AccountView,
    /// After this it is refused.
    pub expires: WallTime,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountView {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// May do everything in all environments.
    pub admin: bool,
    /// When it was made.
    pub created: WallTime,
}

/// Asks for an account.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountCreate {
    /// Unique on the platform.
    pub name: Name,
    /// At least 8 characters.
    pub password: String,
    /// May do everything in all environments.
    #[serde(default)]
    pub admin: bool,
}

/// Gives an account a part in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPut {
    /// What it may do there.
    pub role: Role,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Me {
    /// The account.
    pub account: AccountView,
    /// Environments it may look at.
    pub environments: Vec<Membership>,
    /// The key or session that was used.
    pub key: KeyView,
}

/// What an account may do in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    /// The environment.
    pub environment: EnvironmentId,
    /// Its name.
    pub name: Name,
    /// The role there; an administrator is owner everywhere.
    pub role: Role,
}

/// Asks for a key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyCreate {
    /// What it is for.
    #[serde(default)]
    pub note: String,
    /// It is refused after this many seconds; none is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
}

/// A new key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyCreated {
    /// Its text: send it as `Authorization: Bearer …`. Shown once, never again.
    pub text: String,
    /// The key.
    pub key: KeyView,
}

/// A key or session, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyView {
    /// Its id.
    pub id: KeyId,
    /// What it is for.
    pub note: String,
    /// Whether it came from a login.
    pub session: bool,
    /// When it was made.
    pub created: WallTime,
    /// After this it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<WallTime>,
}
