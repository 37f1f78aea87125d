//! One server's documents in one SQLite file.
//!
//! ```text
//!   many callers ──asks──► writer thread ──one transaction for all that wait──► fsync ──► teller ──► watchers, answers
//!   read, a watch that is far behind ──► connections of their own (WAL: they never wait for the writer)
//! ```
//!
//! *Writing.* One thread owns the writing connection. It takes every commit that waits, judges each against what is
//! present (revisions and leases of all keys are kept in memory, values are not), appends all that may happen to one
//! table in one transaction with `synchronous=FULL`, and only then tells watchers and callers. So each commit has its
//! own revision and its own answer, and one fsync serves them all.
//!
//! *Reading* comes from the file, not from a copy in memory: servers answer from a mirror of their own, so the store is
//! read at start and by watchers that were away; a second copy of every value would cost more than it saves.
//!
//! *The file* is readable with `sqlite3`: `history` has every change, `current` shows what is present. See `schema.rs`.
//! Values that are text are stored as text.

mod error;
mod feed;
mod group;
mod lock;
mod open;
mod place;
mod present;
mod read;
mod schema;
mod sweep;
mod teller;
mod watch;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use muster_model::{RequestId, Revision};
use tokio::sync::{mpsc, oneshot};

pub use error::OpenError;
pub use feed::Stats;

use crate::Store;
use crate::commit::{Commit, Committed};
use crate::entry::{Incarnation, LeaseId, Snapshot};
use crate::error::StoreError;
use crate::key::Range;
use crate::watch::Watch;
use feed::Feed;
use lock::DirectoryLock;
use read::Readers;
use writer::{Answer, Ask, Writer};

/// Callers beyond this wait before their ask is queued.
const ASKS_WAITING_MAX: usize = 1024;

/// A store in a directory of its own, which no other process can open at the same time.
pub struct SqliteStore {
    incarnation: Incarnation,
    /// `None` only while it is dropped.
    asks: Option<mpsc::Sender<Ask>>,
    readers: Arc<Readers>,
    feed: Arc<Feed>,
    writer: Option<std::thread::JoinHandle<()>>,
    _lock: DirectoryLock,
}

impl SqliteStore {
    /// Opens the store in `directory`, which is made if it is missing, and checks the whole file first. Blocks.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let opened = open::open(directory)?;
        let feed = Arc::new(Feed::new(opened.present));
        let (asks, queue) = mpsc::channel(ASKS_WAITING_MAX);
        let writer = Writer::new(opened.connection, directory, opened.leases, Arc::clone(&feed))
            .and_then(|writer| writer.spawn(queue))
            .map_err(|source| OpenError::Thread { source })?;
        tracing::info!(directory = %directory.display(), incarnation = %opened.incarnation, revision = %feed.present().revision, "opened the store");
        Ok(Self {
            incarnation: opened.incarnation,
            asks: Some(asks),
            readers: Arc::new(Readers::new(directory)),
            feed,
            writer: Some(writer),
            _lock: opened.lock,
        })
    }

    /// What was done since it was opened.
    pub fn stats(&self) -> Stats {
        self.feed.stats()
    }

    /// Hands an ask to the writer and waits for the answer.
    async fn ask<T>(
        &self,
        operation: &'static str,
        lost: impl FnOnce(oneshot::error::RecvError) -> StoreError,
        ask: impl FnOnce(Answer<T>) -> Ask,
    ) -> Result<T, StoreError> {
        let asks = self.asks.as_ref().ok_or_else(|| StoreError::closed(operation))?;
        let (answer, answered) = oneshot::channel();
        asks.send(ask(answer))
            .await
            .map_err(|_| StoreError::closed(operation))?;
        answered.await.map_err(lost)?
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer ended by a panic");
        }
    }
}

impl Store for SqliteStore {
    fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    fn read(&self, range: Range) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        {
            let feed = Arc::clone(&self.feed);
            Box::pin(
                self.readers
                    .with("read", move |db| read::snapshot(db, &feed, &range)),
            )
        }
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        Box::pin(async move {
            commit.check()?;
            let request = commit.request.clone();
            let lost = |source: oneshot::error::RecvError| StoreError::Unknown {
                request,
                source: source.into(),
            };
            self.ask("commit", lost, |answer| Ask::Commit(commit, answer))
                .await
        })
    }

    fn committed(&self, request: RequestId) -> BoxFuture<'_, Result<Option<Revision>, StoreError>> {
        // Asked in line with commits, so that none with this id can still be on its way.
        let lost = |_| StoreError::closed("look up a request");
        Box::pin(self.ask("look up a request", lost, move |answer| {
            Ask::Committed(request, answer)
        }))
    }

    fn watch(&self, range: Range, after: Revision) -> Watch {
        watch::watch(&self.feed, &self.readers, range, after)
    }

    fn lease(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>> {
        let lost = |_| StoreError::closed("give a lease");
        Box::pin(self.ask("give a lease", lost, move |answer| Ask::Lease(ttl, answer)))
    }

    fn renew(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        let lost = |_| StoreError::closed("renew a lease");
        Box::pin(self.ask("renew a lease", lost, move |answer| Ask::Renew(lease, answer)))
    }

    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        let lost = |source: oneshot::error::RecvError| StoreError::Unknown {
            request: None,
            source: source.into(),
        };
        Box::pin(self.ask("revoke a lease", lost, move |answer| Ask::Revoke(lease, answer)))
    }

    fn compact(&self, upto: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        let lost = |source: oneshot::error::RecvError| StoreError::Unknown {
            request: None,
            source: source.into(),
        };
        Box::pin(self.ask("compact", lost, move |answer| Ask::Compact(upto, answer)))
    }
}
