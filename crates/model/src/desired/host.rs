//! What people want of a host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{EnvironmentId, HostId, Name, WallTime};

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
}
