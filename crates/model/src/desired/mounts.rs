//! What a container sees beside its image: volumes, host paths, memory, secrets and configs.

use serde::{Deserialize, Serialize};

use crate::{Digest, Name};

/// Something of the host or the platform that the container sees at `target`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Absolute path in the container.
    pub target: String,
    /// What is mounted.
    pub source: MountSource,
    /// It cannot be written to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// A new volume is not filled with what the image has at `target`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_copy: bool,
    /// Propagation of a bind mount, in the engine's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagation: Option<String>,
}

/// What a mount shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountSource {
    /// A named volume of the stack.
    Volume(Name),
    /// A volume of the unit's own, which goes with it.
    Anonymous,
    /// An absolute path of the host.
    Bind {
        /// The path.
        path: String,
        /// Make the directory if it is not there.
        create: bool,
    },
    /// Memory.
    Tmpfs {
        /// Bytes at most.
        size: Option<u64>,
        /// Permission bits.
        mode: Option<u32>,
    },
}

impl MountSource {
    /// Whether data stays behind when the unit moves. Host paths do not count: the same path means another
    /// machine's file elsewhere, which is what whoever wrote a host path asked for.
    pub const fn pins(&self) -> bool {
        matches!(self, Self::Volume(_))
    }
}

/// A secret or config shown as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMount {
    /// Its name in the files, for people.
    pub name: Name,
    /// Whether it is a secret; else it is a config.
    pub secret: bool,
    /// Absolute path in the container.
    pub target: String,
    /// Keyed digest of the content, which stands in the revision's blobs or in an object of the environment.
    pub digest: Digest,
    /// Owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Permission bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}
