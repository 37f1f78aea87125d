//! The tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Role, Timings};
use crate::net::Subnet;
use crate::{AccountId, EnvironmentId, HostId, Name, NetworkId, SessionId, WallTime};

/// An environment: members with roles, hosts, stacks, networks. Nothing crosses it unasked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Unique on the platform.
    pub name: Name,
    /// Its default network, called `managed`.
    pub network: NetworkId,
    /// The range of the managed network.
    pub subnet: Subnet,
    /// Who may do what in it.
    #[serde(default)]
    pub members: BTreeMap<AccountId, Role>,
    /// When it was made.
    pub created: WallTime,
    /// Silent hosts, by the sessions that fell silent, that are to be given up although most hosts fell silent with them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub released: BTreeMap<HostId, SessionId>,
    /// How soon its hosts count as lost, and how long their leases are.
    #[serde(default, skip_serializing_if = "Timings::is_usual")]
    pub timings: Timings,
}

impl Environment {
    /// A new one, without members.
    pub const fn new(
        id: EnvironmentId,
        name: Name,
        network: NetworkId,
        subnet: Subnet,
        created: WallTime,
    ) -> Self {
        Self {
            id,
            name,
            network,
            subnet,
            members: BTreeMap::new(),
            created,
            released: BTreeMap::new(),
            timings: Timings {
                suspect_after_ms: None,
                lost_after_ms: None,
                lease_ms: None,
            },
        }
    }
}
