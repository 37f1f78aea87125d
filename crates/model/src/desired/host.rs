//! What people want of a host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AccountId, EnvironmentId, HostId, Name, SessionId, WallTime};

/// A host as it was registered, and what people wish for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostWish {
    /// Its id.
    pub id: HostId,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// Unique in the environment; the machine's host name unless said otherwise.
    pub name: Name,
    /// Labels that scheduling rules speak of.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Nothing new is placed here; what runs goes on.
    #[serde(default)]
    pub cordoned: bool,
    /// When it joined.
    pub joined: WallTime,
    /// Everything that may move is to leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evacuation: Option<Evacuation>,
    /// Someone says that it is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_dead: Option<ConfirmedDead>,
}

impl HostWish {
    /// A host that joins, of which nothing is wished yet.
    pub const fn new(id: HostId, environment: EnvironmentId, name: Name, joined: WallTime) -> Self {
        Self {
            id,
            environment,
            name,
            labels: BTreeMap::new(),
            cordoned: false,
            joined,
            evacuation: None,
            confirmed_dead: None,
        }
    }
}

/// Everything that may move leaves the host: replacements first where there may be two, clean stops where there may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evacuation {
    /// When it was asked for.
    pub since: WallTime,
    /// When whoever asked wants it to be done. It goes on after that; nothing is ended by force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<WallTime>,
}

/// Someone who knows says that a silent host's machine is dead. It is about that silence only: a host that is heard again
/// is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmedDead {
    /// The session that fell silent.
    pub session: SessionId,
    /// Who said so.
    pub by: AccountId,
    /// When.
    pub at: WallTime,
}
