//! Hosts, and how they join.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::observed::HostFacts;
use crate::{EnvironmentId, HostId, JoinTokenId, Name, Reason, WallTime};

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
    /// How its evacuation goes, while it is being evacuated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evacuation: Option<EvacuationView>,
    /// It would be lost, but most hosts fell silent with it, so nothing of theirs is moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub braked: bool,
    /// How often it was lost of late.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub losses: u32,
    /// Who says that it is dead, until it is heard again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_dead: Option<DeathView>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Somebody says that a silent host is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeathView {
    /// Who, if the account still exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Name>,
    /// When.
    pub at: WallTime,
}

/// How the evacuation of a host goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvacuationView {
    /// When it was asked for.
    pub since: WallTime,
    /// When it was to be done, if anybody said so; it goes on after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<WallTime>,
    /// Units that are still there.
    pub units: Vec<LeavingView>,
}

/// A unit that is still on a host that is being evacuated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeavingView {
    /// Its name, such as `shop/web-2`.
    pub unit: String,
    /// Why it stays; none if it is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The same in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl EvacuationView {
    /// Units that are on their way.
    pub fn moving(&self) -> impl Iterator<Item = &LeavingView> {
        self.units.iter().filter(|unit| unit.reason.is_none())
    }

    /// Units that stay although they might be wanted elsewhere. What every host has of its own is none of them, nor what has
    /// run to its end.
    pub fn held_up(&self) -> impl Iterator<Item = &LeavingView> {
        let at_home =
            |reason: &Reason| matches!(reason, Reason::BelongsToHost { .. } | Reason::HasEnded { .. });
        let units = self.units.iter();
        units.filter(move |unit| unit.reason.as_ref().is_some_and(|reason| !at_home(reason)))
    }
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
    /// In touch, and what may move is leaving it.
    Evacuating,
    /// Silent for a while: what runs there goes on, nothing new is placed.
    Suspect,
    /// Silent so long that its stateless units are placed elsewhere.
    Lost,
}

/// What to change about a host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HostPatch {
    /// Whether nothing new is placed on it. False also ends its evacuation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cordoned: Option<bool>,
    /// Whether what may move is to leave it. True also cordons it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evacuating: Option<bool>,
    /// In how many seconds its evacuation should be done; only with `evacuating`. It goes on after that, and nothing is ended
    /// by force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_seconds: Option<u64>,
    /// Labels to set, or with null to remove; others stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<BTreeMap<String, Option<String>>>,
    /// Its new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// The host's name again: whoever asks knows that the machine is dead. What may run only once and addresses are given to
    /// others at once. Only while the host is suspect or lost; once it is heard again that is void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_dead: Option<String>,
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
    /// Labels that hosts get with it, above those that they bring.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A join token, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinTokenView {
    /// Its id.
    pub id: JoinTokenId,
    /// How many hosts may still use it.
    pub uses_left: u32,
    /// After this it is refused.
    pub expires: WallTime,
    /// Labels that hosts get with it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// When it was made; not known of the oldest ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<WallTime>,
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
    /// The environment that it lets hosts into.
    pub environment: Name,
    /// Where the server says that it is reached, the best first; empty if it was not told.
    #[serde(default)]
    pub urls: Vec<String>,
    /// SHA-256 of the servers' public key, as `curl --pinnedpubkey` takes it.
    #[serde(default)]
    pub pin: String,
}

/// What a host that wants to join sends.
///
/// A newer agent may say more than this server knows: that is passed over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinRequest {
    /// The join token's text.
    pub token: String,
    /// Its request for a certificate, PEM.
    pub csr_pem: String,
    /// What it calls itself.
    pub name: String,
    /// The environment that it was told to join; refused if the token is for another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Labels that it brings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Hash of its machine id; empty if it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub machine: String,
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
    /// Its name from now on: another one than it calls itself if that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// What people should know, such as another host with the same machine id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}
