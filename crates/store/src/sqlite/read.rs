//! Reading from the file, beside the writer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use muster_model::{RequestId, Revision};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};

use super::error::not_done;
use super::feed::Feed;
use super::open::{connect, database};
use super::present::{compacted, key, lease, revision};
use super::schema;
use crate::entry::{Entry, Snapshot};
use crate::error::StoreError;
use crate::key::Range;
use crate::watch::{Event, WatchBatch};

/// Connections kept for the next reader.
const IDLE_MAX: usize = 2;

/// How much of the history a watcher takes at once.
const PAGE_BATCHES_MAX: usize = 500;
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Connections that only read, each used by one reader at a time.
#[derive(Debug)]
pub(super) struct Readers {
    directory: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            idle: Mutex::default(),
        }
    }

    /// Runs `work` on a thread that may block, in one read transaction.
    pub(super) fn with<T, W>(
        self: &Arc<Self>,
        operation: &'static str,
        work: W,
    ) -> impl Future<Output = Result<T, StoreError>> + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let readers = Arc::clone(self);
        let work = move || {
            let failed = |source| not_done(operation, &readers.directory, &Arc::new(source));
            readers.run(work).map_err(failed)
        };
        async move {
            tokio::task::spawn_blocking(work)
                .await
                .unwrap_or_else(|_| Err(StoreError::closed(operation)))
        }
    }

    fn run<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut db = match idle {
            Some(db) => db,
            None => connect(&database(&self.directory), OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let transaction = db.transaction()?;
        let answer = work(&transaction)?;
        transaction.finish()?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_MAX {
            idle.push(db);
        }
        Ok(answer)
    }
}

/// All entries of `range`, as of the latest revision that anyone was told of.
pub(super) fn snapshot(db: &Connection, feed: &Feed, range: &Range) -> rusqlite::Result<Snapshot> {
    let _kept = feed.keep_rows();
    let present = feed.present();
    let (revision, rows) = (present.revision, present.rows(range));
    drop(present);
    let mut ask = db.prepare_cached("SELECT id, key, created, lease, value FROM history WHERE id = ?1")?;
    let entries = rows
        .into_iter()
        .map(|row| ask.query_row([row], entry))
        .collect::<Result<_, _>>()?;
    Ok(Snapshot { revision, entries })
}

/// The revision of a request id.
pub(super) fn request(db: &Connection, request: &RequestId) -> rusqlite::Result<Option<Revision>> {
    let mut ask = db.prepare_cached("SELECT revision FROM requests WHERE id = ?1")?;
    ask.query_row([request.as_str()], |row| revision(row, 0))
        .optional()
}

/// A part of the history for a watcher.
pub(super) enum Page {
    /// Whole batches, and how far they reach; not filtered by any range.
    Batches(Vec<WatchBatch>),
    /// What it asked for is gone; it can begin after this.
    Compacted(Revision),
}

/// What comes after `after`, whole revisions only. An empty page: nothing does.
pub(super) fn page(db: &Connection, after: Revision) -> rusqlite::Result<Page> {
    let compacted = compacted(db)?;
    if after < compacted {
        return Ok(Page::Compacted(compacted));
    }
    let mut ask =
        db.prepare_cached("SELECT id, key, created, lease, value FROM history WHERE id >= ?1 ORDER BY id")?;
    let mut rows = ask.query([schema::row_id(crate::decide::next(after), 0)])?;
    let mut batches: Vec<WatchBatch> = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let revision = schema::revision_of(row.get(0)?);
        let event = event(row)?;
        bytes += row.get_ref(4)?.as_bytes_or_null()?.map_or(0, <[u8]>::len);
        let is_full = batches.len() >= PAGE_BATCHES_MAX || bytes > PAGE_BYTES_MAX;
        match batches.last_mut() {
            Some(batch) if batch.revision == revision => batch.events.push(event),
            Some(_) if is_full => break,
            _ => batches.push(WatchBatch {
                revision,
                events: vec![event],
            }),
        }
    }
    Ok(Page::Batches(batches))
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    match row.get_ref(4)?.as_bytes_or_null()? {
        Some(_) => Ok(Event::Put(entry(row)?)),
        None => Ok(Event::Delete { key: key(row, 1)? }),
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        modified: schema::revision_of(row.get(0)?),
        key: key(row, 1)?,
        created: revision(row, 2)?,
        lease: lease(row, 3)?,
        value: Bytes::copy_from_slice(row.get_ref(4)?.as_bytes()?),
    })
}
