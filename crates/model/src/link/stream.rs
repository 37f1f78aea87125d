//! What a server asks over a stream of the second socket.
//!
//! A stream begins with one [`StreamRequest`]; then both sides send [`StreamFrame`]s until one closes.

use serde::{Deserialize, Serialize};

use crate::{Name, UnitId};

/// What a stream is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamRequest {
    /// A container's output.
    Logs(LogsRequest),
    /// A program in a container.
    Exec(ExecRequest),
    /// One sample of a unit's resource use as JSON, or one a second.
    Stats {
        /// Which container.
        target: StreamTarget,
        /// Go on.
        follow: bool,
    },
    /// A tar of images follows as `Input` frames; the engine's answers come back as `Output`.
    ImageLoad,
    /// The engine's images, as JSON in `Output`.
    ImageList,
}

/// Which container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTarget {
    /// The unit.
    pub unit: UnitId,
    /// The sidekick; none is the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidekick: Option<Name>,
}

/// A container's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsRequest {
    /// Which container.
    pub target: StreamTarget,
    /// Go on as more is written.
    pub follow: bool,
    /// Lines from the end; none is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<u64>,
    /// Not before this, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// A program in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecRequest {
    /// Which container.
    pub target: StreamTarget,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// With a terminal of this many columns and rows; none is without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<(u16, u16)>,
    /// With standard input.
    pub stdin: bool,
    /// As this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// In this directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// With these variables, `KEY=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
}

/// One frame of a stream after its request. The bytes of `Input`, `Output` and `Error` are opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamFrame {
    /// To the program's standard input, or a piece of a tar. Empty is its end.
    Input(Vec<u8>),
    /// From standard output.
    Output(Vec<u8>),
    /// From standard error.
    Error(Vec<u8>),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The program ended, with this exit code; last frame.
    Exit(i64),
    /// It could not be done; why, and what to do. Last frame.
    Failed(String),
}
