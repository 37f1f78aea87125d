//! The one thread that writes.
//!
//! *When a transaction fails* before its end, nothing of it happened: it is rolled back, and every caller of the group
//! is told so. When the COMMIT itself fails with an I/O error, its frames may be whole in the log on disk although
//! SQLite ignores them, and a crash could bring them back; so callers are told that it is unknown, and nobody is told
//! "it did not happen" until a further transaction has overwritten those frames: the store is *unsettled* until then.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use muster_model::{RequestId, Revision};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::error::not_done;
use super::feed::Feed;
use super::group::Group;
use super::present::{compacted, now};
use super::read;
use super::sweep::{self, Sweep};
use super::teller::Teller;
use crate::commit::{Commit, Committed};
use crate::entry::LeaseId;
use crate::error::StoreError;
use crate::lease::Leases;
use crate::watch::WatchBatch;

/// Commits in one transaction, and their bytes: what one fsync is worth, and what may have to be written again.
const GROUP_COMMITS_MAX: usize = 256;
const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Pause before what nobody waits for is tried again: ending a lease, sweeping, settling.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Leases count suspended time too, timers do not: look at the clock this often.
const LEASE_LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where an answer goes.
pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// What callers ask of the writer.
pub(super) enum Ask {
    Commit(Commit, Answer<Committed>),
    Committed(RequestId, Answer<Option<Revision>>),
    Lease(Duration, Answer<LeaseId>),
    Renew(LeaseId, Answer<()>),
    Revoke(LeaseId, Answer<()>),
    Compact(Revision, Answer<()>),
}

pub(super) struct Writer {
    db: Connection,
    directory: PathBuf,
    leases: Leases,
    feed: Arc<Feed>,
    teller: Teller,
    /// Durable, but watchers have not heard of it.
    untold: Vec<WatchBatch>,
    sweep: Option<Sweep>,
    /// The file cannot have more in it than it shows.
    is_settled: bool,
    /// Something of the writer's own failed: wait before the next attempt.
    is_pausing: bool,
}

/// Why a transaction failed.
enum Failure {
    NotDone(Arc<rusqlite::Error>),
    Unknown(Arc<rusqlite::Error>),
}

impl Writer {
    pub(super) fn new(
        db: Connection,
        directory: &Path,
        leases: Leases,
        feed: Arc<Feed>,
    ) -> std::io::Result<Self> {
        // A sweep may have been cut short.
        let sweep = compacted(&db).ok().filter(|upto| upto.0 > 0).map(Sweep::new);
        let directory = directory.to_owned();
        Ok(Self {
            db,
            directory,
            leases,
            feed,
            teller: Teller::spawn()?,
            untold: Vec::new(),
            sweep,
            is_settled: true,
            is_pausing: false,
        })
    }

    /// Runs it on a thread of its own until every sender of `asks` is gone.
    pub(super) fn spawn(self, asks: mpsc::Receiver<Ask>) -> std::io::Result<std::thread::JoinHandle<()>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()?;
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || self.run(&runtime, asks))
    }

    fn run(mut self, runtime: &tokio::runtime::Runtime, mut asks: mpsc::Receiver<Ask>) {
        let mut waiting = Vec::new();
        while runtime.block_on(self.wait(&mut asks, &mut waiting)) {
            self.is_pausing = false;
            self.settle();
            self.end_leases();
            self.answer(&mut waiting);
            self.sweep();
        }
    }

    /// Waits for asks or for work of its own; false when there will be no more asks.
    async fn wait(&self, asks: &mut mpsc::Receiver<Ask>, waiting: &mut Vec<Ask>) -> bool {
        let received = asks.recv_many(waiting, GROUP_COMMITS_MAX);
        match self.wake_in() {
            None => received.await > 0,
            Some(pause) => timeout(pause, received).await.map_or(true, |count| count > 0),
        }
    }

    fn wake_in(&self) -> Option<Duration> {
        let lease_ends = self
            .leases
            .wake_at()
            .map(|at| at.since(now()).min(LEASE_LOOK_EVERY));
        let own_work = (self.sweep.is_some() || !self.is_settled).then_some(Duration::ZERO);
        let soonest = [lease_ends, own_work].into_iter().flatten().min();
        if self.is_pausing {
            soonest.map(|_| RETRY_AFTER)
        } else {
            soonest
        }
    }

    /// Answers in order; commits beside one another share a transaction.
    fn answer(&mut self, waiting: &mut Vec<Ask>) {
        let mut group = Vec::new();
        let mut bytes = 0;
        for ask in waiting.drain(..) {
            match ask {
                Ask::Commit(commit, answer) => {
                    bytes += commit.bytes();
                    group.push((commit, answer));
                    if bytes < GROUP_BYTES_MAX {
                        continue;
                    }
                    self.commit(std::mem::take(&mut group));
                }
                other => {
                    self.commit(std::mem::take(&mut group));
                    self.answer_other(other);
                }
            }
            bytes = 0;
        }
        self.commit(group);
    }

    fn commit(&mut self, group: Vec<(Commit, Answer<Committed>)>) {
        if group.is_empty() {
            return;
        }
        let leases = std::mem::take(&mut self.leases);
        let done = self.transact(|work| {
            group
                .iter()
                .map(|(commit, _)| work.add(commit, &leases))
                .collect::<rusqlite::Result<Vec<_>>>()
        });
        self.leases = leases;
        let answers = done.unwrap_or_else(|failure| {
            let explain = |request: &Option<_>| Err(self.explain("commit", &failure, request.clone()));
            group.iter().map(|(commit, _)| explain(&commit.request)).collect()
        });
        self.tell(move || {
            for ((_, caller), answer) in group.into_iter().zip(answers) {
                // A caller that has gone away needs no answer.
                let _ = caller.send(answer);
            }
        });
    }

    fn answer_other(&mut self, ask: Ask) {
        match ask {
            Ask::Commit(commit, caller) => self.commit(vec![(commit, caller)]),
            Ask::Committed(request, caller) => {
                let answer = self.committed(&request);
                self.send(caller, answer);
            }
            Ask::Lease(ttl, caller) => {
                let answer = self.lease(ttl);
                self.send(caller, answer);
            }
            Ask::Renew(lease, caller) => {
                let is_held = self.leases.renew(lease, now());
                self.send(
                    caller,
                    if is_held {
                        Ok(())
                    } else {
                        Err(StoreError::LeaseGone { lease })
                    },
                );
            }
            Ask::Revoke(lease, caller) => {
                let answer = self.end_lease(lease);
                self.send(caller, answer);
            }
            Ask::Compact(upto, caller) => {
                let answer = self.compact(upto);
                self.send(caller, answer);
            }
        }
    }

    /// Answers one caller, after all that was to be told before.
    fn send<T: Send + 'static>(&mut self, caller: Answer<T>, answer: Result<T, StoreError>) {
        // As above: a caller that has gone away needs no answer.
        self.tell(move || drop(caller.send(answer)));
    }

    fn committed(&self, request: &RequestId) -> Result<Option<Revision>, StoreError> {
        let operation = "look up a request";
        let found = read::request(&self.db, request);
        match found.map_err(|source| not_done(operation, &self.directory, &Arc::new(source)))? {
            None if !self.is_settled => {
                let help =
                    "it is not yet sure whether the last commits reached the disk, ask again".to_owned();
                Err(StoreError::Unavailable {
                    operation,
                    help,
                    source: None,
                })
            }
            found => Ok(found),
        }
    }

    fn lease(&mut self, ttl: Duration) -> Result<LeaseId, StoreError> {
        let millis = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        let given = self.transact(|work| {
            work.db
                .prepare_cached("INSERT INTO leases (ttl_ms) VALUES (?1)")?
                .insert([millis])
        });
        let id = given.map_err(|failure| self.explain("give a lease", &failure, None))?;
        let lease = LeaseId(id.cast_unsigned());
        self.leases.hold(lease, ttl, now());
        Ok(lease)
    }

    fn end_lease(&mut self, lease: LeaseId) -> Result<(), StoreError> {
        if !self.leases.is_held(lease) {
            return Ok(());
        }
        let ended = self.transact(|work| work.end_lease(lease));
        ended.map_err(|failure| self.explain("end a lease", &failure, None))?;
        self.leases.end(lease);
        Ok(())
    }

    fn end_leases(&mut self) {
        while let Some(lease) = self.leases.due(now()) {
            if let Err(error) = self.end_lease(lease) {
                return self.pause("end a lease that has run out", &error);
            }
            self.tell(|| ());
        }
    }

    fn compact(&mut self, upto: Revision) -> Result<(), StoreError> {
        let upto = upto.min(self.feed.present().revision);
        let marked = self.transact(|work| sweep::mark(work.db, upto));
        if marked.map_err(|failure| self.explain("compact", &failure, None))? {
            let feed = Arc::clone(&self.feed);
            self.tell(move || feed.forget(upto));
            self.sweep = Some(Sweep::new(upto));
        }
        Ok(())
    }

    fn sweep(&mut self) {
        let Some(sweep) = self.sweep else { return };
        let feed = Arc::clone(&self.feed);
        let Some(_right) = feed.try_remove_rows() else {
            self.is_pausing = true;
            return;
        };
        match self.transact(|work| sweep.slice(work.db, work.present)) {
            Ok(rest) => self.sweep = rest,
            Err(failure) => {
                let error = self.explain("remove old history", &failure, None);
                self.pause("remove old history", &error);
            }
        }
    }

    /// Overwrites what a failed COMMIT may have left in the log.
    fn settle(&mut self) {
        if self.is_settled {
            return;
        }
        let set = "UPDATE meta SET value = value + 1 WHERE name = 'settled'";
        match self.transact(|work| work.db.execute(set, []).map(drop)) {
            Ok(()) => self.is_settled = true,
            Err(failure) => {
                let error = self.explain("settle", &failure, None);
                self.pause("settle", &error);
            }
        }
    }

    /// Runs `work` in one transaction and makes it durable.
    fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Group<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        match self.try_transact(work) {
            Ok((answer, mut batches)) => {
                self.feed.apply(&batches);
                self.untold.append(&mut batches);
                Ok(answer)
            }
            Err(failure) => {
                if !self.db.is_autocommit() {
                    // If this fails too, the next BEGIN says so.
                    let _ = self.db.execute_batch("ROLLBACK");
                }
                if matches!(failure, Failure::Unknown(_)) {
                    self.is_settled = false;
                }
                Err(failure)
            }
        }
    }

    fn try_transact<T>(
        &self,
        work: impl FnOnce(&mut Group<'_>) -> rusqlite::Result<T>,
    ) -> Result<(T, Vec<WatchBatch>), Failure> {
        let not_done = |error| Failure::NotDone(Arc::new(error));
        run(&self.db, "BEGIN IMMEDIATE").map_err(not_done)?;
        let present = self.feed.present();
        let mut group = Group::new(&self.db, &present);
        let answer = work(&mut group).map_err(not_done)?;
        let batches = group.into_batches();
        drop(present);
        run(&self.db, "COMMIT").map_err(|error| match error.sqlite_error_code() {
            // The frame that ends a transaction is written last; where there was no room for it, there is no end.
            Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => Failure::NotDone(Arc::new(error)),
            _ => Failure::Unknown(Arc::new(error)),
        })?;
        Ok((answer, batches))
    }

    /// Tells watchers of what has happened since the last time, then does `answer`.
    fn tell(&mut self, answer: impl FnOnce() + Send + 'static) {
        let (feed, batches) = (Arc::clone(&self.feed), std::mem::take(&mut self.untold));
        self.teller.tell(move || {
            feed.publish(batches);
            answer();
        });
    }

    fn explain(&self, operation: &'static str, failure: &Failure, request: Option<RequestId>) -> StoreError {
        match failure {
            Failure::NotDone(source) => not_done(operation, &self.directory, source),
            Failure::Unknown(source) => StoreError::Unknown {
                request,
                source: Arc::clone(source).into(),
            },
        }
    }

    fn pause(&mut self, operation: &str, error: &StoreError) {
        self.is_pausing = true;
        tracing::warn!(%error, "could not {operation}; trying again");
    }
}

fn run(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(drop)
}
