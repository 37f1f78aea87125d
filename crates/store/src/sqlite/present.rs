//! What is present, kept in memory: of every key what is needed to judge a commit and to find its value in the file.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::time::Duration;

use muster_model::{Revision, Timestamp};
use rusqlite::{Connection, Row};

use super::schema;
use crate::decide::Meta;
use crate::entry::LeaseId;
use crate::key::{Key, Range};
use crate::lease::Leases;
use crate::watch::{Event, WatchBatch};

/// The latest revision and every present key.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) revision: Revision,
    keys: BTreeMap<Key, Place>,
}

/// A present key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) meta: Meta,
    /// Its row in `history`.
    pub(super) row: i64,
}

impl Present {
    /// Folds the whole history. Opening reads the whole file anyway, to check it.
    pub(super) fn load(db: &Connection) -> rusqlite::Result<Self> {
        let mut keys = BTreeMap::new();
        let mut ask = db.prepare("SELECT id, key, created, lease, value IS NULL FROM history ORDER BY id")?;
        let mut rows = ask.query([])?;
        while let Some(row) = rows.next()? {
            if row.get(4)? {
                keys.remove(&key(row, 1)?);
            } else {
                keys.insert(key(row, 1)?, place(row)?);
            }
        }
        Ok(Self {
            revision: latest(db)?,
            keys,
        })
    }

    pub(super) fn get(&self, key: &Key) -> Option<Place> {
        self.keys.get(key).copied()
    }

    /// The rows of a range, in the order of their keys.
    pub(super) fn rows(&self, range: &Range) -> Vec<i64> {
        let (from, to) = range.bounds();
        let bounds = (Bound::Included(from.as_str()), Bound::Excluded(to.as_str()));
        self.keys
            .range::<str, _>(bounds)
            .map(|(_, place)| place.row)
            .collect()
    }

    /// The keys that go with `lease`, in order.
    pub(super) fn under(&self, lease: LeaseId) -> Vec<Key> {
        let leased = self
            .keys
            .iter()
            .filter(|(_, place)| place.meta.lease == Some(lease));
        leased.map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn apply(&mut self, batch: &WatchBatch) {
        self.revision = batch.revision;
        for (number, event) in batch.events.iter().enumerate() {
            match event {
                Event::Put(entry) => {
                    let row = schema::row_id(batch.revision, number);
                    self.keys.insert(
                        entry.key.clone(),
                        Place {
                            meta: Meta::of(entry),
                            row,
                        },
                    )
                }
                Event::Delete { key } => self.keys.remove(key),
            };
        }
    }
}

fn place(row: &Row<'_>) -> rusqlite::Result<Place> {
    let id = row.get(0)?;
    let meta = Meta {
        modified: schema::revision_of(id),
        created: revision(row, 2)?,
        lease: lease(row, 3)?,
    };
    Ok(Place { meta, row: id })
}

/// The latest revision. History may have been swept empty, so the mark of compaction counts too.
fn latest(db: &Connection) -> rusqlite::Result<Revision> {
    let last: Option<i64> = db.query_row("SELECT max(id) FROM history", [], |row| row.get(0))?;
    let compacted = compacted(db)?;
    Ok(last.map_or(compacted, |last| schema::revision_of(last).max(compacted)))
}

/// The revision up to which history may be incomplete.
pub(super) fn compacted(db: &Connection) -> rusqlite::Result<Revision> {
    let number = schema::meta(db, "compacted")?;
    u64::try_from(number)
        .map(Revision)
        .map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, number))
}

/// Every lease, with its whole time from now on.
pub(super) fn load_leases(db: &Connection) -> rusqlite::Result<Leases> {
    let mut leases = Leases::default();
    let mut ask = db.prepare("SELECT id, ttl_ms FROM leases")?;
    let mut rows = ask.query([])?;
    while let Some(row) = rows.next()? {
        let ttl = Duration::from_millis(row.get(1)?);
        leases.hold(LeaseId(row.get(0)?), ttl, now());
    }
    Ok(leases)
}

/// The time on `CLOCK_BOOTTIME`.
pub(super) fn now() -> Timestamp {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let millis = time
        .tv_sec
        .saturating_mul(1000)
        .saturating_add(time.tv_nsec / 1_000_000);
    Timestamp(u64::try_from(millis).unwrap_or(0))
}

/// Column `at` as a key.
pub(super) fn key(row: &Row<'_>, at: usize) -> rusqlite::Result<Key> {
    let text = row.get_ref(at)?.as_str()?;
    Key::parse(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, error.into())
    })
}

/// Column `at` as a revision.
pub(super) fn revision(row: &Row<'_>, at: usize) -> rusqlite::Result<Revision> {
    row.get(at).map(Revision)
}

/// Column `at` as a lease.
pub(super) fn lease(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<LeaseId>> {
    Ok(row.get::<_, Option<u64>>(at)?.map(LeaseId))
}
