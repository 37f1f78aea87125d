//! What a container sees beside its image: volumes, host paths, memory, secrets and configs.

use std::collections::BTreeMap;

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
    /// What of the host lies mounted below a bind mount; none is all of it, in the engine's own way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Below>,
    /// The labels that SELinux goes by are set anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relabel: Option<Relabel>,
    /// The part of a volume that is shown, instead of the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subpath: Option<String>,
    /// Labels of a volume that is made with the container.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Mount {
    /// Shows `source` at `target`, with nothing more said about it.
    pub fn new(target: impl Into<String>, source: MountSource) -> Self {
        Self {
            target: target.into(),
            source,
            read_only: false,
            no_copy: false,
            propagation: None,
            below: None,
            relabel: None,
            subpath: None,
            labels: BTreeMap::new(),
        }
    }
}

/// How a bind mount shows what is mounted below its path on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Below {
    /// Not at all.
    Hidden,
    /// It can be written to, though the mount itself is read-only.
    Writable,
    /// It cannot be written to either, or the container does not start.
    ReadOnly,
}

/// For whom SELinux lets what is mounted be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relabel {
    /// All containers.
    Shared,
    /// This container.
    Private,
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
        /// Further options, in the kernel's words.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
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
