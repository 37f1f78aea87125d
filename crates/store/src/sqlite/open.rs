//! From a directory to a store that can be trusted, or a reason why not.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::OpenError;
use super::lock::{DirectoryLock, make_directory};
use super::present::{Present, load_leases};
use super::{place, schema};
use crate::entry::Incarnation;
use crate::lease::Leases;

/// How long SQLite waits for another program's lock, such as that of someone with `sqlite3`.
const BUSY_WAIT: Duration = Duration::from_secs(2);

/// The log is put into the main file after so many pages (16 MiB): fewer and larger syncs than SQLite's 1000.
const CHECKPOINT_PAGES: i64 = 4096;

/// The log is cut back to this after a burst.
const LOG_BYTES_KEPT: i64 = 64 * 1024 * 1024;

/// Findings of the check that are worth showing.
const FINDINGS_MAX: usize = 5;

pub(super) struct Opened {
    pub(super) connection: Connection,
    pub(super) incarnation: Incarnation,
    pub(super) present: Present,
    pub(super) leases: Leases,
    pub(super) lock: DirectoryLock,
}

/// Locks `directory`, checks the database in it, brings it up to date and reads what is present.
pub(super) fn open(directory: &Path) -> Result<Opened, OpenError> {
    make_directory(directory)?;
    place::check(directory)?;
    let lock = DirectoryLock::take(directory)?;
    let path = database(directory);
    touch(&path)?;
    let mut db = connect(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .map_err(|source| OpenError::of("open", &path, source))?;
    // Until it is known to be sound, even its closing must not write to it.
    keep_as_is(&db, true).map_err(|source| OpenError::of("open", &path, source))?;
    schema::version(&db, &path)?;
    check(&db, &path)?;
    keep_as_is(&db, false).map_err(|source| OpenError::of("open", &path, source))?;
    prepare(&db).map_err(|source| OpenError::of("prepare", &path, source))?;
    schema::bring_up(&mut db, &path, random()?)?;
    let failed = |source| OpenError::of("read", &path, source);
    let incarnation = schema::meta(&db, "incarnation").map_err(failed)?;
    let present = Present::load(&db).map_err(failed)?;
    let leases = load_leases(&db).map_err(failed)?;
    Ok(Opened {
        connection: db,
        incarnation: Incarnation(incarnation.cast_unsigned()),
        present,
        leases,
        lock,
    })
}

/// Where the database is.
pub(super) fn database(directory: &Path) -> PathBuf {
    directory.join("muster.db")
}

/// A connection; `access` is read-only or read-write.
pub(super) fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_WAIT)?;
    db.set_prepared_statement_cache_capacity(32);
    Ok(db)
}

/// Makes the file, readable by nobody else, unless it is there; so that SQLite's own errors about it stay rare.
fn touch(path: &Path) -> Result<(), OpenError> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(OpenError::NotAFile {
            path: path.to_owned(),
        });
    }
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path);
    opened.map(drop).map_err(|source| OpenError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

fn keep_as_is(db: &Connection, keep: bool) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep)
        .map(drop)
}

/// Reads the whole file and compares its parts.
fn check(db: &Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source| OpenError::of("check", path, source);
    let mut findings = quick_check(db).map_err(failed)?;
    findings.retain(|finding| finding != "ok");
    let page_bytes = db
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(failed)?;
    if is_cut_short(path, page_bytes) {
        findings.push("the file ends within a page".to_owned());
    }
    if findings.is_empty() {
        return Ok(());
    }
    Err(OpenError::IntegrityFailed {
        path: path.to_owned(),
        findings: findings.join("; "),
        source: None,
    })
}

fn quick_check(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut ask = db.prepare(&format!("PRAGMA quick_check({FINDINGS_MAX})"))?;
    ask.query_map([], |row| row.get(0))?.collect()
}

/// SQLite reads what is missing from the last page as zeroes. Only while a log waits to be put into the file may that be
/// right, because a crash can interrupt the putting.
fn is_cut_short(path: &Path, page_bytes: u64) -> bool {
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    let log = path.with_extension("db-wal");
    length(&log) == 0 && length(path).checked_rem(page_bytes).is_some_and(|rest| rest != 0)
}

fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    db.pragma_update(None, "journal_size_limit", LOG_BYTES_KEPT)
}

fn random() -> Result<i64, OpenError> {
    getrandom::u64()
        .map(u64::cast_signed)
        .map_err(|source| OpenError::Random { source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_synced_before_it_is_acknowledged() {
        let directory = tempfile::tempdir().unwrap();
        let opened = open(directory.path()).unwrap();
        let db = opened.connection;
        let journal: String = db
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        let synchronous: i64 = db
            .pragma_query_value(None, "synchronous", |row| row.get(0))
            .unwrap();
        // 2 is FULL: the log is synced at every commit.
        assert_eq!((journal.as_str(), synchronous), ("wal", 2));
    }
}
