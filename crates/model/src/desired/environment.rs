//! The tenant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Role;
use crate::net::Subnet;
use crate::{AccountId, EnvironmentId, Name, NetworkId, WallTime};

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
}
