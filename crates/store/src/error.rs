//! What can go wrong, and what is certain then.

use muster_model::{RequestId, Revision};

use crate::entry::LeaseId;
use crate::key::Key;

/// The cause below an error, for the chain that is printed once.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the store did not do, or perhaps did not do, what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A precondition does not hold; nothing was written.
    #[error("`{key}` was changed by someone else in the meantime: read it again and decide anew")]
    Conflict {
        /// The first precondition's key that does not hold.
        key: Key,
        /// The revision that wrote the key last; `None` if it is absent.
        found: Option<Revision>,
    },
    /// The commit names a lease that has run out; nothing was written.
    #[error("{lease} has run out, and what was written under it is deleted: take a new lease")]
    LeaseGone {
        /// The lease.
        lease: LeaseId,
    },
    /// The commit is beyond the limits that hold in every store; nothing was written.
    #[error("a commit has at most {limit} {what}, this one has {found}: write it as several commits")]
    TooLarge {
        /// `operations` or `bytes`.
        what: &'static str,
        /// How many this commit has.
        found: usize,
        /// How many it may have.
        limit: usize,
    },
    /// The commit writes one key twice; nothing was written.
    #[error("the commit writes `{key}` twice: keep only the last of the two writes")]
    WrittenTwice {
        /// The key.
        key: Key,
    },
    /// It did not happen, and later it may work.
    #[error("the store cannot {operation} right now: {help}")]
    Unavailable {
        /// What was tried, as a verb.
        operation: &'static str,
        /// What a person can do about it.
        help: String,
        /// What was reported from below.
        #[source]
        source: Option<Cause>,
    },
    /// It may have happened. Ask [`crate::Store::committed`] before anything else.
    #[error(
        "the store cannot tell whether the commit happened: look it up by its request id before trying again"
    )]
    Unknown {
        /// The commit's request id.
        request: Option<RequestId>,
        /// What was reported from below.
        #[source]
        source: Cause,
    },
    /// The stored bytes are damaged.
    #[error("the store's data is damaged ({place}): stop the server and restore the data from a backup")]
    Corrupt {
        /// Where.
        place: String,
        /// What was reported from below.
        #[source]
        source: Option<Cause>,
    },
}

/// Whether to try the very same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It did not happen; later it may.
    Later,
    /// The same will fail again.
    Never,
    /// It may have happened: find out first.
    UnknownWhetherDone,
}

impl StoreError {
    /// Whether to try the very same again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unavailable { .. } => Retry::Later,
            Self::Unknown { .. } => Retry::UnknownWhetherDone,
            Self::Conflict { .. }
            | Self::LeaseGone { .. }
            | Self::TooLarge { .. }
            | Self::WrittenTwice { .. }
            | Self::Corrupt { .. } => Retry::Never,
        }
    }

    pub(crate) fn closed(operation: &'static str) -> Self {
        Self::Unavailable {
            operation,
            help: "it is being closed; the server is stopping".to_owned(),
            source: None,
        }
    }
}

/// Why a watch ends.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Some of what should come next is forgotten.
    #[error(
        "changes before revision {oldest} are compacted away: read everything again and watch from there"
    )]
    Compacted {
        /// The smallest revision after which a watch can still start.
        oldest: Revision,
    },
    /// The store was closed, or the watch has ended before.
    #[error("the store was closed: open it again, then watch from the last revision seen")]
    Closed,
    /// The changes could not be read; watch again after the last revision seen.
    #[error("the changes could not be read: watch again from the last revision seen")]
    Failed(#[source] StoreError),
}
