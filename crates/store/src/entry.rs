//! What a store gives back.

use std::fmt;

use bytes::Bytes;
use muster_model::Revision;

use crate::key::Key;

/// A key with its value and its place in history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The bytes as written.
    pub value: Bytes,
    /// The commit since which the key exists without interruption.
    pub created: Revision,
    /// The commit that wrote this value.
    pub modified: Revision,
    /// The lease with which the key will be deleted.
    pub lease: Option<LeaseId>,
}

/// Entries as of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The latest revision at that moment: watch after this one.
    pub revision: Revision,
    /// In the order of their keys.
    pub entries: Vec<Entry>,
}

/// A lease of one store; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(pub u64);

/// Tells a store from every other one, and from itself before a restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Incarnation(pub u64);

impl fmt::Display for LeaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lease-{}", self.0)
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
