//! Where the platform's documents are kept.
//!
//! One small interface, shaped like etcd's: keys are paths (`desired/stack/…`), values are bytes, and every commit
//! gets the next **revision**. Who wants to know the whole reads a [`Range`] once and then watches it from the
//! revision of that [`Snapshot`]; a watch misses nothing, repeats nothing, and says so when it no longer can.
//!
//! ```text
//!   Commit ── preconditions hold? ──► revision n+1 ──► durable ──► watchers ──► Committed { n+1 }
//! ```
//!
//! * [`SqliteStore`] keeps one server's documents in a file.
//! * [`MemoryStore`] keeps them nowhere, for tests; [`memory::Table`] is its synchronous heart, for simulation.
//! * [`conformance`] is the list of promises as tests; every store passes all of it.
//! * [`typed`] turns documents into keys and versioned JSON and back: the only place that looks into a value.
//!
//! What this room deliberately does not know: what the documents mean, who may write them, who leads. It holds no
//! opinion on when to retry; its errors only say what is certain: see [`StoreError::retry`].

mod commit;
pub mod conformance;
mod decide;
mod entry;
pub mod error;
mod key;
mod lease;
mod log;
pub mod memory;
pub mod sqlite;
pub mod typed;
mod watch;

use std::time::Duration;

use futures_util::future::BoxFuture;

pub use commit::{Commit, Committed, Precondition, Write};
pub use entry::{Entry, Incarnation, LeaseId, Snapshot};
pub use error::{Retry, StoreError, WatchError};
pub use key::{Key, KeyError, Range};
pub use memory::MemoryStore;
pub use muster_model::{RequestId, Revision};
pub use sqlite::SqliteStore;
pub use watch::{Event, Watch, WatchBatch};

/// Revisions, transactions, watch and leases; used as `Arc<dyn Store>`.
pub trait Store: Send + Sync + 'static {
    /// Chosen at random when the store was made and again when it is restored from a backup: revisions of different
    /// incarnations must not be compared.
    fn incarnation(&self) -> Incarnation;

    /// All entries of `range` as of one moment, in the order of their keys. Linearizable: it sees every commit that
    /// was acknowledged before the call.
    fn read(&self, range: Range) -> BoxFuture<'_, Result<Snapshot, StoreError>>;

    /// All of the commit or nothing. Acknowledged means durable. A future dropped before its answer leaves open
    /// whether the commit happened.
    ///
    /// A commit that changes nothing (no writes, or only deletes of what is absent) gets no revision of its own and
    /// answers with the latest.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>>;

    /// The revision under which a commit with this request id was done. `None`: it was not, nor will be; or it is so
    /// long ago that the store was compacted beyond it.
    fn committed(&self, request: RequestId) -> BoxFuture<'_, Result<Option<Revision>, StoreError>>;

    /// Every change in `range` of a revision greater than `after`, in order.
    fn watch(&self, range: Range, after: Revision) -> Watch;

    /// A new lease. Keys written under it are deleted, in one commit, when it was not renewed for `ttl`. A durable
    /// store gives every lease its whole `ttl` again when it is reopened.
    fn lease(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>>;

    /// Counts the lease's time from now on again; [`StoreError::LeaseGone`] if it has run out.
    fn renew(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Ends the lease at once and deletes its keys. Revoking one that is gone is no error.
    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Forgets how the store came to be as it is at `upto`: a watch can resume after `upto` or later. Request ids of
    /// commits up to there are forgotten too. Entries stay as they are.
    fn compact(&self, upto: Revision) -> BoxFuture<'_, Result<(), StoreError>>;
}
