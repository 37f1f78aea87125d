//! Facts of a host and who talks to it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{HostId, ServerId, SessionId, VolumeId, WallTime};

/// What is known of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostObserved {
    /// The host.
    pub host: HostId,
    /// Who claimed the conversation with it. Its revision is what a move of an exclusive unit is judged on.
    pub session: SessionRecord,
    /// What the agent said of its machine.
    pub facts: HostFacts,
}

/// A claimed conversation between a server and an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Which.
    pub id: SessionId,
    /// The server that claimed it.
    pub server: ServerId,
    /// The epoch under which the server claimed it.
    pub epoch: u32,
    /// Whether the server hears the agent. Once it wrote that it does not, a new claim is needed.
    pub silent: bool,
    /// When it was claimed, or fell silent.
    pub since: WallTime,
    /// The longest lease that the agent may hold, milliseconds; none is as long as the leader's page says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_ms: Option<u64>,
}

/// What an agent says of its machine and engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct HostFacts {
    /// The machine's host name.
    pub hostname: String,
    /// Distribution, such as `Debian GNU/Linux 12`.
    pub os: String,
    /// Kernel release.
    pub kernel: String,
    /// Processor architecture in the engine's words, such as `amd64`.
    pub architecture: String,
    /// Processors.
    pub cpus: u32,
    /// Memory, bytes.
    pub memory: u64,
    /// The engine and its version, such as `Docker Engine 20.10.24`; empty while it cannot be reached.
    pub engine: String,
    /// The engine API version that was agreed on.
    pub engine_api: String,
    /// Why the engine cannot be used, if it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_error: Option<String>,
    /// Whether containers live on while the engine restarts.
    pub live_restore: bool,
    /// The agent's version.
    pub agent: String,
    /// Addresses of the machine.
    pub addresses: Vec<IpAddr>,
    /// Volumes that were to be removed and are no more.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub volumes_gone: BTreeSet<VolumeId>,
    /// Images that no registry is known to have given, by reference, with the first digits of their ids: such as were
    /// loaded or built here. The first [`LOCAL_IMAGES_MAX`](crate::limits::LOCAL_IMAGES_MAX) of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub local_images: BTreeMap<String, String>,
    /// Images that units here wait for, and that could not be pulled.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub missing_images: BTreeSet<String>,
    /// When the agent's certificate ends; it is renewed well before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_ends: Option<WallTime>,
    /// What a person should look at, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The address under which other hosts reach it: that of its way to the server, or the one it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Hash of its machine id, which no two machines should share; empty if it has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// What its agent finds not in order with the machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// Something about a machine that should be otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// What was checked, such as `clock`.
    pub check: String,
    /// Without mending this the host is of little use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failing: bool,
    /// What was found.
    pub found: String,
    /// What mends it.
    pub mend: String,
}
