//! Why a store cannot be opened, and SQLite's errors in our words.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::error::StoreError;

/// Why a store could not be opened. Whatever it is, the data is left as it was found.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory cannot be made or looked at.
    #[error("cannot use `{}` as data directory: make it a directory that this user may write to", directory.display())]
    Directory {
        /// The data directory.
        directory: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Locks and syncs cannot be relied on there.
    #[error("`{}` is on a network filesystem ({kind}), where data can be lost: choose a directory on a local disk", directory.display())]
    NetworkFilesystem {
        /// The data directory.
        directory: PathBuf,
        /// Which filesystem.
        kind: String,
    },
    /// Another process has it open.
    #[error("`{}` is in use by {}: stop that server or choose another data directory", directory.display(), holder(*.pid))]
    AlreadyOpen {
        /// The data directory.
        directory: PathBuf,
        /// The process that has it open, if it could be read.
        pid: Option<u32>,
    },
    /// The lock file cannot be made or locked.
    #[error("cannot lock the data directory with `{}`: let this user write to it and free some space there", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something else has the file's name.
    #[error("`{}` is not a file: move it away, then start again", path.display())]
    NotAFile {
        /// Where the database should be.
        path: PathBuf,
    },
    /// The file cannot be opened.
    #[error("cannot open the database `{}`: let this user read and write it", path.display())]
    Unreadable {
        /// The database.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is a database, but not one of ours.
    #[error("`{}` belongs to another program: move it away or choose another data directory", path.display())]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// A newer release wrote it.
    #[error("`{}` has schema version {found}, this release knows up to {known}: use the release that wrote it, or a newer one", path.display())]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// The file's version.
        found: i64,
        /// The newest version this release knows.
        known: i64,
    },
    /// The check found damage.
    #[error("the database `{}` is damaged and was left as it is ({findings}): move it away and restore the directory from a backup", path.display())]
    IntegrityFailed {
        /// The database.
        path: PathBuf,
        /// The first things the check found.
        findings: String,
        /// What SQLite said.
        #[source]
        source: Option<rusqlite::Error>,
    },
    /// SQLite could not do its part for another reason, such as a full disk.
    #[error("cannot {operation} the database `{}`: {}", path.display(), help(.source, path))]
    Database {
        /// What was tried, as a verb.
        operation: &'static str,
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// No random number for a new store's incarnation.
    #[error("the system gives no random numbers: check that /dev/urandom exists")]
    Random {
        /// What the system said.
        #[source]
        source: getrandom::Error,
    },
    /// No thread for the writer.
    #[error("cannot start a thread for the store: raise the limit of processes for this user")]
    Thread {
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl OpenError {
    /// Damage is told apart from trouble around the file.
    pub(super) fn of(operation: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        if is_damage(&source) {
            return Self::IntegrityFailed {
                path,
                findings: operation.to_owned() + " failed",
                source: Some(source),
            };
        }
        Self::Database {
            operation,
            path,
            source,
        }
    }
}

/// The same failure for each of the callers it concerns: nothing of what they asked happened.
pub(super) fn not_done(
    operation: &'static str,
    directory: &Path,
    source: &Arc<rusqlite::Error>,
) -> StoreError {
    let cause = Some(Arc::clone(source).into());
    if is_damage(source) {
        return StoreError::Corrupt {
            place: directory.display().to_string(),
            source: cause,
        };
    }
    StoreError::Unavailable {
        operation,
        help: help(source, directory),
        source: cause,
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows,
    };
    // Rows of ours that do not read as ours are damage too.
    let misread = matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | QueryReturnedNoRows
    );
    misread
        || matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        )
}

/// What a person can do.
fn help(error: &rusqlite::Error, place: &Path) -> String {
    let place = place.display();
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => format!("the disk that holds `{place}` is full, free some space there"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            format!("another program keeps the database in `{place}` locked, end that program")
        }
        Some(ErrorCode::ReadOnly) => format!("`{place}` cannot be written to, make it writable again"),
        Some(ErrorCode::SystemIoFailure) => {
            format!("the disk that holds `{place}` reports an error, check it and the system's log")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            format!("a file in `{place}` cannot be opened, let this user read and write it")
        }
        _ => format!("SQLite refused to work in `{place}`, the cause says why"),
    }
}
