//! The tables and how they came to be.
//!
//! | table | holds |
//! |---|---|
//! | `history` | every change, appended. `id` is revision × 1,000,000 + place in the commit; no `value` is a deletion |
//! | `current` | a view of `history` for people: the latest row of every present key |
//! | `requests` | the revision of every request id |
//! | `leases` | every lease that may still be held |
//! | `meta` | `incarnation`; `compacted`: history is whole after this revision; `settled`: see `writer.rs` |

use std::path::Path;

use muster_model::Revision;
use rusqlite::{Connection, TransactionBehavior};

use super::error::OpenError;

/// "Mstr": tells our files from other programs'.
pub(super) const APPLICATION_ID: i64 = 0x4d73_7472;

/// Changes of one revision at most; a lease with more keys than this does not occur.
pub(super) const PLACES: i64 = 1_000_000;

/// Step n makes version n+1 from version n; version 0 is an empty file. Steps are never changed, only added.
const STEPS: &[&str] = &[
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE history (
         id       INTEGER PRIMARY KEY,
         revision INTEGER AS (id / 1000000) VIRTUAL,
         key      TEXT NOT NULL,
         previous INTEGER NOT NULL,
         created  INTEGER NOT NULL,
         value    ANY
     ) STRICT;
     CREATE TABLE requests (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
     INSERT INTO meta VALUES ('incarnation', 0), ('compacted', 0), ('settled', 0);",
    "CREATE TABLE leases (id INTEGER PRIMARY KEY AUTOINCREMENT, ttl_ms INTEGER NOT NULL) STRICT;
     ALTER TABLE history ADD COLUMN lease INTEGER;
     CREATE VIEW current AS SELECT key, max(id) AS id, revision, created, lease, value FROM history GROUP BY key
         HAVING value IS NOT NULL;
     CREATE INDEX requests_by_revision ON requests (revision);",
];

/// The newest version this release knows.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Makes the tables, or brings older ones to [`VERSION`]; all or nothing. `incarnation` is for a new store.
pub(super) fn bring_up(db: &mut Connection, path: &Path, incarnation: i64) -> Result<(), OpenError> {
    let found = version(db, path)?;
    if found == VERSION {
        return Ok(());
    }
    let failed = |source| OpenError::of("bring up to date", path, source);
    let transaction = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    if found == 0 {
        let set = "UPDATE meta SET value = ?1 WHERE name = 'incarnation'";
        transaction.execute(set, [incarnation]).map_err(failed)?;
        transaction
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(failed)?;
    }
    transaction
        .pragma_update(None, "user_version", VERSION)
        .map_err(failed)?;
    transaction.commit().map_err(failed)?;
    if found > 0 {
        tracing::info!(path = %path.display(), from = found, to = VERSION, "brought the database up to date");
    }
    Ok(())
}

/// The file's version, if it is ours and not newer than this release. 0 is an empty file.
pub(super) fn version(db: &Connection, path: &Path) -> Result<i64, OpenError> {
    let number = |pragma| {
        let read = db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        read.map_err(|source| OpenError::of("read", path, source))
    };
    let found = number("user_version")?;
    let tables = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
        row.get::<_, i64>(0)
    });
    let is_new = found == 0 && tables.map_err(|source| OpenError::of("read", path, source))? == 0;
    if !is_new && number("application_id")? != APPLICATION_ID {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
        });
    }
    if found > VERSION {
        return Err(OpenError::NewerSchema {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    Ok(found)
}

/// A number of `meta`.
pub(super) fn meta(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
}

/// The `history` row of change number `place` of `revision`.
pub(super) fn row_id(revision: Revision, place: usize) -> i64 {
    let revision = i64::try_from(revision.0).unwrap_or(i64::MAX);
    revision
        .saturating_mul(PLACES)
        .saturating_add(i64::try_from(place).unwrap_or(i64::MAX))
}

/// The revision of a `history` row.
pub(super) fn revision_of(row_id: i64) -> Revision {
    Revision(u64::try_from(row_id / PLACES).unwrap_or(0))
}
