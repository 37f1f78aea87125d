//! What hosts and containers used, of late: a sample each ten seconds, for an hour.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Name, WallTime};

/// What a machine used in the ten seconds before a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HostSample {
    /// The moment.
    pub at: WallTime,
    /// Processor time, in thousandths of a core.
    pub milli_cpus: u32,
    /// Memory in use, without what the kernel would give back, bytes.
    pub memory: u64,
    /// Processes that run or wait for disks, over one minute, in hundredths.
    pub load_percent: u32,
    /// Space in use on the disk of the agent's data, bytes.
    pub disk: u64,
    /// Read from disks, bytes a second.
    pub read: u32,
    /// Written to disks, bytes a second.
    pub written: u32,
    /// Received over networks, loopback left out, bytes a second.
    pub received: u32,
    /// Sent over networks, loopback left out, bytes a second.
    pub sent: u32,
}

/// What a container used in the ten seconds before a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ContainerSample {
    /// The moment.
    pub at: WallTime,
    /// Processor time, in thousandths of a core.
    pub milli_cpus: u32,
    /// Memory in use, without the page cache, bytes.
    pub memory: u64,
    /// Received over its network, bytes a second. Containers that share a network show the same.
    pub received: u32,
    /// Sent over its network, bytes a second.
    pub sent: u32,
    /// Processes and threads.
    pub pids: u32,
}

/// A host's samples, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HostMetricsView {
    /// The host.
    pub host: Name,
    /// Its processors.
    pub cpus: u32,
    /// Its memory, bytes.
    pub memory: u64,
    /// The samples.
    pub samples: Vec<HostSample>,
}

/// The samples of a stack's or a service's containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MetricsView {
    /// The containers that run.
    pub containers: Vec<ContainerMetricsView>,
    /// Hosts that did not answer, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<String>,
}

/// A container's samples, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContainerMetricsView {
    /// The service.
    pub service: Name,
    /// The unit's place in it.
    pub number: u32,
    /// The sidekick; none is the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidekick: Option<Name>,
    /// The host.
    pub host: Name,
    /// The samples.
    pub samples: Vec<ContainerSample>,
}
