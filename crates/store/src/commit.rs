//! What a store is asked to do.

use std::collections::BTreeSet;

use bytes::Bytes;
use muster_model::limits::{COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX};
use muster_model::{RequestId, Revision};

use crate::entry::LeaseId;
use crate::error::StoreError;
use crate::key::Key;

/// What must be true of a key for a commit to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// The key does not exist.
    Absent(Key),
    /// The key was last written by this revision ([`crate::Entry::modified`]).
    At(Key, Revision),
    /// The key exists.
    Exists(Key),
}

/// One change. A commit writes a key at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Sets the key's value, and its lease: `None` frees it from the one it had.
    Put {
        /// The key.
        key: Key,
        /// Any bytes.
        value: Bytes,
        /// The lease with which the key will be deleted.
        lease: Option<LeaseId>,
    },
    /// Removes the key; nothing if it is absent.
    Delete {
        /// The key.
        key: Key,
    },
}

/// Writes that happen together if all preconditions hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// All must hold.
    pub preconditions: Vec<Precondition>,
    /// All happen, under one revision.
    pub writes: Vec<Write>,
    /// Makes it safe to send the commit again: a repeated id is answered like the first time, and writes nothing.
    pub request: Option<RequestId>,
}

/// The commit happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The commit's revision.
    pub revision: Revision,
    /// The request id was seen before; `revision` is that of the first time.
    pub already: bool,
}

impl Commit {
    /// A commit of nothing, to be added to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a precondition.
    #[must_use]
    pub fn expect(mut self, precondition: Precondition) -> Self {
        self.preconditions.push(precondition);
        self
    }

    /// Adds a write without a lease.
    #[must_use]
    pub fn put(mut self, key: Key, value: impl Into<Bytes>) -> Self {
        self.writes.push(Write::Put {
            key,
            value: value.into(),
            lease: None,
        });
        self
    }

    /// Adds a write of a key that goes with its lease.
    #[must_use]
    pub fn put_leased(mut self, key: Key, value: impl Into<Bytes>, lease: LeaseId) -> Self {
        self.writes.push(Write::Put {
            key,
            value: value.into(),
            lease: Some(lease),
        });
        self
    }

    /// Adds a removal.
    #[must_use]
    pub fn delete(mut self, key: Key) -> Self {
        self.writes.push(Write::Delete { key });
        self
    }

    /// Sets the request id.
    #[must_use]
    pub fn request(mut self, request: RequestId) -> Self {
        self.request = Some(request);
        self
    }

    /// Preconditions and writes together.
    pub fn operations(&self) -> usize {
        self.preconditions.len() + self.writes.len()
    }

    /// Keys and values together.
    pub fn bytes(&self) -> usize {
        let written = |write: &Write| match write {
            Write::Put { key, value, .. } => key.as_str().len() + value.len(),
            Write::Delete { key } => key.as_str().len(),
        };
        let named = self
            .preconditions
            .iter()
            .map(|one| one.key().as_str().len())
            .sum::<usize>();
        named + self.writes.iter().map(written).sum::<usize>()
    }

    /// Whether any store may take it. Every store asks this first.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let too_large = |what, found, limit| Err(StoreError::TooLarge { what, found, limit });
        if self.operations() > COMMIT_OPERATIONS_MAX {
            return too_large("operations", self.operations(), COMMIT_OPERATIONS_MAX);
        }
        if self.bytes() > COMMIT_BYTES_MAX {
            return too_large("bytes", self.bytes(), COMMIT_BYTES_MAX);
        }
        let mut written = BTreeSet::new();
        match self.writes.iter().find(|write| !written.insert(write.key())) {
            Some(twice) => Err(StoreError::WrittenTwice {
                key: twice.key().clone(),
            }),
            None => Ok(()),
        }
    }
}

impl Precondition {
    /// The key it is about.
    pub fn key(&self) -> &Key {
        match self {
            Self::Absent(key) | Self::At(key, _) | Self::Exists(key) => key,
        }
    }
}

impl Write {
    /// The key it changes.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }
}
