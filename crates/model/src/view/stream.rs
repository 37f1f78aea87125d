//! Lines of long answers: logs, statistics, image loads. One JSON object per line (`application/x-ndjson`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Name, UnitId};

/// One line that a container wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLine {
    /// The unit.
    pub unit: UnitId,
    /// The service.
    pub service: Name,
    /// The unit's place in it.
    pub number: u32,
    /// Where it was written to.
    pub stream: LogStream,
    /// When, RFC 3339 with nanoseconds, by the host's clock; none where the engine does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The text without its line break; bytes that are no UTF-8 are replaced.
    pub line: String,
}

/// Where a line was written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Not the container's: why its log could not be read.
    Problem,
}

/// One sample of what a unit uses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct StatsView {
    /// Processor time since the sample before, in thousandths of a core.
    pub milli_cpus: u64,
    /// Memory in use, without the page cache, bytes.
    pub memory: u64,
    /// Memory it may use, bytes; 0 is without end.
    pub memory_limit: u64,
    /// Received over the network since its start, bytes.
    pub received: u64,
    /// Sent over the network since its start, bytes.
    pub sent: u64,
    /// Read from disks since its start, bytes.
    pub read: u64,
    /// Written to disks since its start, bytes.
    pub written: u64,
    /// Processes.
    pub pids: u64,
}

/// An image that a host's engine has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ImageView {
    /// The engine's id of it, `sha256:…`.
    pub id: String,
    /// Its names.
    pub tags: Vec<String>,
    /// Bytes.
    pub size: u64,
    /// When it was made, seconds since 1970.
    pub created: i64,
}

/// One line of an image load. The last one is `loaded` or `error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImageLoadLine {
    /// Bytes taken in so far.
    Received(u64),
    /// The images that were loaded.
    Loaded(Vec<String>),
    /// Why it failed.
    Error(String),
}
