//! Environments.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::desired::{Role, Timings};
use crate::net::Subnet;
use crate::{AccountId, EnvironmentId, Name, WallTime};

/// Asks for an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentCreate {
    /// Unique on the platform.
    pub name: Name,
    /// The range of its managed network; none is the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subnet: Option<Subnet>,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentView {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: Name,
    /// The range of its managed network.
    pub subnet: Subnet,
    /// What the asker may do in it.
    pub role: Role,
    /// Who else may do what.
    pub members: Vec<MemberView>,
    /// When it was made.
    pub created: WallTime,
    /// How soon silence counts, where that is not as usual.
    #[serde(default, skip_serializing_if = "Timings::is_usual")]
    pub timings: Timings,
    /// Hosts that fell silent together with most others: nothing of theirs is moved until they return or the brake is released.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub braked: Vec<Name>,
}

/// What to change about an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentPatch {
    /// How soon silence counts; what it does not name becomes as usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
}

/// A member of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MemberView {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    /// What it may do.
    pub role: Role,
}
