//! What the writer shares with readers and watchers: only what is durable.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use muster_model::Revision;
use tokio::sync::watch;

use super::present::Present;
use crate::key::Range;
use crate::log::{Found, Log};
use crate::watch::WatchBatch;

/// Watchers that are further behind than this read from the file.
const LOG_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What is present, the latest batches, and whom to wake.
#[derive(Debug)]
pub(super) struct Feed {
    present: RwLock<Present>,
    log: Mutex<Log>,
    latest: watch::Sender<Revision>,
    /// Shared by those who fetch rows that were present, exclusive for who removes rows that no longer are.
    rows: RwLock<()>,
    commits: AtomicU64,
    transactions: AtomicU64,
}

/// What a store did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Commits that got a revision.
    pub commits: u64,
    /// Transactions, each with one fsync, that held them.
    pub transactions: u64,
}

impl Feed {
    pub(super) fn new(present: Present) -> Self {
        let revision = present.revision;
        Self {
            present: RwLock::new(present),
            log: Mutex::new(Log::after(revision)),
            latest: watch::channel(revision).0,
            rows: RwLock::default(),
            commits: AtomicU64::new(0),
            transactions: AtomicU64::new(0),
        }
    }

    /// What these durable batches change is present from now on.
    pub(super) fn apply(&self, batches: &[WatchBatch]) {
        if batches.is_empty() {
            return;
        }
        self.commits.fetch_add(batches.len() as u64, Ordering::Relaxed);
        self.transactions.fetch_add(1, Ordering::Relaxed);
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        batches.iter().for_each(|batch| present.apply(batch));
    }

    /// Tells watchers of batches that were applied.
    pub(super) fn publish(&self, batches: Vec<WatchBatch>) {
        let Some(latest) = batches.last().map(|batch| batch.revision) else {
            return;
        };
        let mut log = self.log();
        batches.into_iter().for_each(|batch| log.push(batch));
        log.shrink(LOG_BYTES_MAX);
        drop(log);
        self.latest.send_replace(latest);
    }

    pub(super) fn present(&self) -> RwLockReadGuard<'_, Present> {
        // Applying a batch to maps cannot stop half way.
        self.present.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// While this is held, the row of every key that is present now stays in the file.
    pub(super) fn keep_rows(&self) -> RwLockReadGuard<'_, ()> {
        self.rows.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to remove rows, unless someone needs them kept.
    pub(super) fn try_remove_rows(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        self.rows.try_write().ok()
    }

    /// Makes a compaction known.
    pub(super) fn forget(&self, upto: Revision) {
        self.log().forget(upto);
    }

    pub(super) fn find(&self, range: &Range, after: Revision) -> Found {
        self.log().find(range, after)
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Revision> {
        self.latest.subscribe()
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            commits: self.commits.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Pushing and dropping batches cannot stop half way.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
