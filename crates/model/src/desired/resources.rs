//! What a container may use of its host.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a container may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Resources {
    /// Memory at most, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Memory set aside when placing, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reservation: Option<u64>,
    /// Memory and swap at most, bytes; -1 is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_swap: Option<i64>,
    /// Processor time at most, thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milli_cpus: Option<u64>,
    /// Processor time set aside when placing, thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milli_cpus_reservation: Option<u64>,
    /// Weight against others when processors are short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_shares: Option<u64>,
    /// Processors it may run on, such as `0-2,4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpuset: Option<String>,
    /// Processes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<i64>,
    /// Size of /dev/shm, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<u64>,
    /// Preference of the kernel's out-of-memory killer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i32>,
    /// The kernel's out-of-memory killer leaves it alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub oom_kill_disable: bool,
    /// How readily its memory is swapped, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swappiness: Option<u8>,
    /// A round of real-time scheduling, microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realtime_period_us: Option<u64>,
    /// What its real-time tasks may use of a round, microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub realtime_runtime_us: Option<u64>,
    /// Of the host's disks.
    #[serde(skip_serializing_if = "DiskLimits::is_empty")]
    pub disks: DiskLimits,
}

impl Resources {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a container may use of the host's disks, by the path of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct DiskLimits {
    /// Weight against others, 10 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// The same for one device.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub weights: BTreeMap<String, u16>,
    /// Bytes read a second at most.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub read_bps: BTreeMap<String, u64>,
    /// Bytes written a second at most.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub write_bps: BTreeMap<String, u64>,
    /// Reads a second at most.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub read_iops: BTreeMap<String, u64>,
    /// Writes a second at most.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub write_iops: BTreeMap<String, u64>,
}

impl DiskLimits {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Devices that a driver of the engine chooses or is told to give.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct DeviceRequest {
    /// The driver; none is whichever has what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// How many; -1 is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Which ones, instead of how many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// What they must be able to do, all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Options of the driver.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// A limit of a process, soft and hard; -1 is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Ulimit {
    /// What is enforced.
    pub soft: i64,
    /// How far the process may raise it.
    pub hard: i64,
}
