//! Where a named volume's data lies.

use serde::{Deserialize, Serialize};

use crate::desired::VolumeSpec;
use crate::{EnvironmentId, HostId, Name, StackId, VolumeId};

/// A named volume on a host. Units that mount it stay there: data cannot follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeAssigned {
    /// Its id.
    pub id: VolumeId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The stack it was made for; none if it was made by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<StackId>,
    /// Its name in the stack, or in the environment.
    pub name: Name,
    /// The engine's name for it, such as `shop_data`.
    pub engine_name: String,
    /// Where it lies.
    pub host: HostId,
    /// How it is made.
    pub spec: VolumeSpec,
    /// Someone asked for it to go, with its data, and nothing mounts it any more.
    #[serde(default)]
    pub removed: bool,
}
