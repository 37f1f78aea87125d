//! Hosts, and how they join.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observed::HostFacts;
use crate::{EnvironmentId, HostId, JoinTokenId, Name, WallTime};

/// A machine with an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostView {
    /// Its id.
    pub id: HostId,
    /// Its name.
    pub name: Name,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// How it stands.
    pub state: HostState,
    /// Nothing new is placed here.
    pub cordoned: bool,
    /// Labels that scheduling rules speak of.
    pub labels: BTreeMap<String, String>,
    /// Units it has.
    pub units: u32,
    /// Units that run.
    pub running: u32,
    /// What its agent says of the machine; none until it was heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<HostFacts>,
    /// Since when the server hears it, or no longer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<WallTime>,
    /// When it joined.
    pub joined: WallTime,
}

/// How a host stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HostState {
    /// Joined, but not heard of yet.
    Registering,
    /// In touch.
    Active,
    /// In touch and cordoned.
    Inactive,
    /// Silent for a while: what runs there goes on, nothing new is placed.
    Suspect,
    /// Silent so long that its stateless units are placed elsewhere.
    Lost,
}

/// What to change about a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostPatch {
    /// Whether nothing new is placed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cordoned: Option<bool>,
    /// Labels to set, or with null to remove; others stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, Option<String>>>,
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

/// Asks for a join token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinTokenCreate {
    /// How many hosts may use it; none is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// It is refused after this many seconds; none is one hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
}

/// A new join token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinTokenCreated {
    /// Its id.
    pub id: JoinTokenId,
    /// Its text: give it to `muster agent`. Shown once, never again.
    pub token: String,
    /// After this it is refused.
    pub expires: WallTime,
}

/// What a host that wants to join sends.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// The join token's text.
    pub token: String,
    /// Its request for a certificate, PEM.
    pub csr_pem: String,
    /// What it calls itself.
    pub name: String,
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinReply {
    /// The id it has from now on.
    pub host: HostId,
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// The platform's CA, PEM.
    pub ca_pem: String,
}
