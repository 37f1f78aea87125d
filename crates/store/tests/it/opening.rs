//! What a store says when it cannot be opened, and what it makes of older files.

use std::error::Error;
use std::fs;
use std::path::Path;

use muster_store::sqlite::OpenError;
use muster_store::{Commit, Incarnation, Range, RequestId, Revision, SqliteStore, Store, WatchError};
use rusqlite::Connection;

use crate::{key, read_all};

fn refused(directory: &Path) -> OpenError {
    SqliteStore::open(directory).err().unwrap()
}

#[test]
fn a_missing_directory_is_made_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("new/data");
    drop(SqliteStore::open(&directory).unwrap());
    for (path, mode) in [(directory.clone(), 0o700), (directory.join("muster.db"), 0o600)] {
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            mode,
            "{path:?}"
        );
    }
}

#[test]
fn the_second_of_two_servers_is_told_who_is_first() {
    let directory = tempfile::tempdir().unwrap();
    let first = SqliteStore::open(directory.path()).unwrap();
    let error = refused(directory.path());
    let own = std::process::id();
    assert!(
        matches!(error, OpenError::AlreadyOpen { pid: Some(pid), .. } if pid == own),
        "{error:?}"
    );
    assert!(error.to_string().contains(&format!("process {own}")));
    drop(first);
    SqliteStore::open(directory.path()).unwrap();
}

#[test]
fn what_is_no_directory_or_no_file_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    for directory in [file.clone(), file.join("below")] {
        let error = refused(&directory);
        assert!(matches!(error, OpenError::Directory { .. }), "{error:?}");
        assert!(error.to_string().contains("file") && error.source().is_some());
    }
    fs::create_dir(parent.path().join("muster.db")).unwrap();
    let error = refused(parent.path());
    assert!(matches!(error, OpenError::NotAFile { .. }), "{error:?}");
    assert!(error.to_string().contains("muster.db"));
}

#[test]
fn a_file_that_may_not_be_opened_is_named() {
    let directory = tempfile::tempdir().unwrap();
    // A link to itself stands for lack of permission, which the superuser never lacks.
    std::os::unix::fs::symlink("muster.db", directory.path().join("muster.db")).unwrap();
    let error = refused(directory.path());
    assert!(matches!(error, OpenError::Unreadable { .. }), "{error:?}");

    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("muster.lock", directory.path().join("muster.lock")).unwrap();
    let error = refused(directory.path());
    assert!(matches!(error, OpenError::Lock { .. }), "{error:?}");
}

#[test]
fn another_programs_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("muster.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    let error = refused(directory.path());
    assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn newer_data_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(SqliteStore::open(directory.path()).unwrap());
    let path = directory.path().join("muster.db");
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let before = fs::read(&path).unwrap();
    let error = refused(directory.path());
    assert!(
        matches!(
            error,
            OpenError::NewerSchema {
                found: 99,
                known: 2,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(error.to_string().contains("newer"));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn the_first_schema_is_brought_up_to_date() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("muster.db");
    Connection::open(&path)
        .unwrap()
        .execute_batch(include_str!("../fixtures/v1.sql"))
        .unwrap();
    for reopened in 0..2 {
        let store = SqliteStore::open(directory.path()).unwrap();
        assert_eq!(store.incarnation(), Incarnation(77));
        let all = read_all(&store).await;
        let told: Vec<_> = all
            .entries
            .iter()
            .map(|e| (e.key.as_str(), &e.value[..], e.created.0, e.modified.0))
            .collect();
        assert_eq!(
            told[..2],
            [
                ("desired/a", &br#"{"v":1}"#[..], 1, 1),
                ("desired/b", b"second", 2, 3)
            ]
        );
        assert_eq!(all.revision, Revision(4 + reopened * 2));
        assert_eq!(
            store.committed(RequestId::parse("r-3").unwrap()).await.unwrap(),
            Some(Revision(3))
        );
        let next = store.watch(Range::All, Revision(1)).next().await.unwrap();
        assert_eq!((next.revision, next.events.len()), (Revision(2), 2));
        let forgotten = store.watch(Range::All, Revision(0)).next().await;
        assert!(
            matches!(forgotten, Err(WatchError::Compacted { oldest: Revision(1) })),
            "{forgotten:?}"
        );

        // What the second schema added works.
        let lease = store.lease(std::time::Duration::from_secs(600)).await.unwrap();
        store
            .commit(Commit::new().put_leased(key("leased"), "1", lease))
            .await
            .unwrap();
        store.revoke(lease).await.unwrap();
    }
}

#[tokio::test]
async fn people_can_read_the_file_while_it_is_in_use() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    let commit = Commit::new()
        .put(key("a"), r#"{"v":1,"doc":{"name":"web"}}"#)
        .put(key("b"), "x");
    store.commit(commit).await.unwrap();
    store.commit(Commit::new().delete(key("b"))).await.unwrap();
    let theirs = Connection::open(directory.path().join("muster.db")).unwrap();
    let name = "SELECT group_concat(key || '=' || json_extract(value, '$.doc.name')) FROM current";
    assert_eq!(
        theirs.query_row(name, [], |row| row.get::<_, String>(0)).unwrap(),
        "a=web"
    );
    let deleted = "SELECT key FROM history WHERE revision = 2 AND value IS NULL";
    assert_eq!(
        theirs
            .query_row(deleted, [], |row| row.get::<_, String>(0))
            .unwrap(),
        "b"
    );
}

#[tokio::test]
async fn a_lock_held_by_someone_else_is_named_and_passes() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    let theirs = Connection::open(directory.path().join("muster.db")).unwrap();
    theirs.execute_batch("BEGIN IMMEDIATE").unwrap();
    let put = || store.commit(Commit::new().put(key("a"), "1"));
    let error = put().await.unwrap_err();
    assert_eq!(error.retry(), muster_store::Retry::Later);
    assert!(error.to_string().contains("another program"), "{error}");
    theirs.execute_batch("COMMIT").unwrap();
    assert_eq!(put().await.unwrap().revision, Revision(1));
}

#[tokio::test]
async fn compaction_gives_space_back_to_later_writes() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path()).unwrap();
    let mut last = Revision(0);
    for n in 0..1200 {
        last = store
            .commit(Commit::new().put(key(&format!("k/{}", n % 2)), n.to_string()))
            .await
            .unwrap()
            .revision;
    }
    store.compact(last).await.unwrap();
    let theirs = Connection::open(directory.path().join("muster.db")).unwrap();
    let rows = || {
        theirs
            .query_row("SELECT count(*) FROM history", [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while rows() > 2 {
        assert!(std::time::Instant::now() < deadline, "{} rows left", rows());
        tokio::task::yield_now().await;
    }
    assert_eq!(read_all(&store).await.entries.len(), 2);
}
