//! Damaged files: found when the store is opened, named, and left as they are.

use std::fs;
use std::path::{Path, PathBuf};

use muster_store::sqlite::OpenError;
use muster_store::{Commit, SqliteStore, Store};
use tempfile::TempDir;

use crate::key;

/// A closed store with some hundred pages.
async fn filled() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    for n in 0..200 {
        store
            .commit(Commit::new().put(key(&format!("k/{n}")), vec![b'x'; 2000]))
            .await
            .unwrap();
    }
    drop(store);
    let path = directory.path().join("muster.db");
    (directory, path)
}

/// Opening is refused as damage, tells what to do, and writes nothing.
fn assert_refused(directory: &Path, database: &Path, what: &str) {
    let before = fs::read(database).unwrap();
    let error = SqliteStore::open(directory)
        .err()
        .unwrap_or_else(|| panic!("{what} was not noticed"));
    assert!(
        matches!(error, OpenError::IntegrityFailed { .. }),
        "{what}: {error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains("muster.db") && text.contains("backup"),
        "{what}: {text}"
    );
    assert_eq!(
        fs::read(database).unwrap(),
        before,
        "{what}: the damaged file was changed"
    );
}

#[tokio::test]
async fn flipped_bytes_in_the_structure_of_any_page_are_found() {
    const PAGE: usize = 4096;
    let (directory, path) = filled().await;
    let sound = fs::read(&path).unwrap();
    assert_eq!(sound.len() % PAGE, 0);
    for page in 1..sound.len() / PAGE {
        // The head of a page says of which kind it is and where its cells are.
        let mut damaged = sound.clone();
        for byte in &mut damaged[page * PAGE..page * PAGE + 8] {
            *byte ^= 0xff;
        }
        fs::write(&path, &damaged).unwrap();
        assert_refused(directory.path(), &path, &format!("page {page}"));
    }
    fs::write(&path, &sound).unwrap();
    SqliteStore::open(directory.path()).unwrap();
}

#[tokio::test]
async fn a_damaged_file_with_a_log_beside_it_is_left_as_it_is() {
    let (directory, path) = filled().await;
    let store = SqliteStore::open(directory.path()).unwrap();
    store
        .commit(Commit::new().put(key("k/1"), "in the log"))
        .await
        .unwrap();
    let crashed = tempfile::tempdir().unwrap();
    let (copy, log) = (
        crashed.path().join("muster.db"),
        crashed.path().join("muster.db-wal"),
    );
    fs::copy(path.with_extension("db-wal"), &log).unwrap();
    let mut damaged = fs::read(&path).unwrap();
    damaged[50 * 4096] ^= 0xff;
    fs::write(&copy, &damaged).unwrap();
    let before = fs::read(&log).unwrap();
    assert!(!before.is_empty());
    assert_refused(crashed.path(), &copy, "page 50");
    assert_eq!(fs::read(&log).unwrap(), before, "the log was changed");
}

#[tokio::test]
async fn a_truncated_file_is_found() {
    let (directory, path) = filled().await;
    let sound = fs::read(&path).unwrap();
    for length in [100, 4096, sound.len() / 2, sound.len() - 4096, sound.len() - 1] {
        fs::write(&path, &sound[..length]).unwrap();
        assert_refused(directory.path(), &path, &format!("truncated to {length}"));
    }
}

#[tokio::test]
async fn what_is_no_database_is_found() {
    let (directory, path) = filled().await;
    fs::write(&path, "dear diary, ".repeat(1000)).unwrap();
    assert_refused(directory.path(), &path, "prose");
}

#[tokio::test]
async fn rows_that_are_not_ours_are_found() {
    let (directory, path) = filled().await;
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE history SET key = 'no key' WHERE revision = 5", [])
        .unwrap();
    drop(db);
    let error = SqliteStore::open(directory.path()).err().unwrap();
    assert!(matches!(error, OpenError::IntegrityFailed { .. }), "{error:?}");
}
