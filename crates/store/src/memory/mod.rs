//! A store that keeps nothing beyond the process, for tests and simulation.
//!
//! [`Table`] is synchronous and takes the time as an argument; [`MemoryStore`] is the thin asynchronous shell around it.

mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream;
use muster_model::{RequestId, Revision, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

pub use table::Table;

use crate::Store;
use crate::commit::{Commit, Committed};
use crate::entry::{Incarnation, LeaseId, Snapshot};
use crate::error::{StoreError, WatchError};
use crate::key::Range;
use crate::watch::{Watch, WatchBatch};

/// A [`Table`] behind [`Store`]. Its clock is tokio's, so a test can pause it.
pub struct MemoryStore {
    shared: Arc<Shared>,
}

struct Shared {
    table: Mutex<Table>,
    started: Instant,
    /// The latest revision; wakes watchers.
    latest: watch::Sender<Revision>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        let (latest, _) = watch::channel(Revision(0));
        let shared = Shared {
            table: Mutex::new(Table::new(Incarnation(1))),
            started: Instant::now(),
            latest,
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Shared {
    /// Does `work` on the table as it is now, with leases that have run out ended, and wakes watchers.
    fn with<T>(&self, work: impl FnOnce(&mut Table, Timestamp) -> T) -> T {
        let mut table = self.lock();
        let now = Timestamp(0) + self.started.elapsed();
        table.expire(now);
        let answer = work(&mut table, now);
        let latest = table.revision();
        self.latest
            .send_if_modified(|seen| std::mem::replace(seen, latest) != latest);
        answer
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // A panic of another caller cannot leave the table half changed: it decides before it changes.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn incarnation(&self) -> Incarnation {
        self.shared.lock().incarnation()
    }

    fn read(&self, range: Range) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        Box::pin(async move { Ok(self.shared.with(|table, _| table.read(&range))) })
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        Box::pin(async move { self.shared.with(|table, _| table.commit(&commit)) })
    }

    fn committed(&self, request: RequestId) -> BoxFuture<'_, Result<Option<Revision>, StoreError>> {
        Box::pin(async move { Ok(self.shared.with(|table, _| table.committed(&request))) })
    }

    fn watch(&self, range: Range, after: Revision) -> Watch {
        let latest = self.shared.latest.subscribe();
        let watcher = Watcher {
            shared: Arc::downgrade(&self.shared),
            latest,
            range,
            after,
        };
        Watch::new(stream::unfold(Some(watcher), |watcher| async {
            let mut watcher = watcher?;
            let next = watcher.next().await;
            let rest = next.is_ok().then_some(watcher);
            Some((next, rest))
        }))
    }

    fn lease(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>> {
        Box::pin(async move { Ok(self.shared.with(|table, now| table.lease(ttl, now))) })
    }

    fn renew(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.shared.with(|table, now| table.renew(lease, now)) })
    }

    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.shared.with(|table, _| table.revoke(lease));
            Ok(())
        })
    }

    fn compact(&self, upto: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.shared.with(|table, _| table.compact(upto));
            Ok(())
        })
    }
}

/// One watch: where it is and what wakes it. It does not keep the store alive.
struct Watcher {
    shared: std::sync::Weak<Shared>,
    latest: watch::Receiver<Revision>,
    range: Range,
    after: Revision,
}

impl Watcher {
    async fn next(&mut self) -> Result<WatchBatch, WatchError> {
        loop {
            let shared = self.shared.upgrade().ok_or(WatchError::Closed)?;
            let (found, lease_ends) = shared.with(|table, now| {
                (
                    table.next_batch(&self.range, self.after),
                    table.wake_at().map(|at| at.since(now)),
                )
            });
            drop(shared);
            if let Some(batch) = found? {
                self.after = batch.revision;
                return Ok(batch);
            }
            self.wait(lease_ends).await?;
        }
    }

    /// Waits for a commit or for the end of a lease.
    async fn wait(&mut self, lease_ends: Option<Duration>) -> Result<(), WatchError> {
        let changed = self.latest.changed();
        match lease_ends {
            None => changed.await.map_err(|_| WatchError::Closed),
            Some(length) => match tokio::time::timeout(length, changed).await {
                Ok(changed) => changed.map_err(|_| WatchError::Closed),
                Err(_) => Ok(()),
            },
        }
    }
}
