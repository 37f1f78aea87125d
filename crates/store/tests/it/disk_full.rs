//! A full disk: commits did not happen and say so; with space they happen again.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use muster_store::{Commit, Retry, SqliteStore, Store, StoreError};

use crate::{key, read_all, this_binary};

/// Runs [`inside`] in a mount namespace of its own, so that its small filesystem is seen by nobody else and goes with it.
#[test]
fn a_full_disk_is_named_and_survived() {
    let directory = tempfile::tempdir().unwrap();
    let may_mount = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "--propagation",
        "private",
    ];
    let as_root = ["unshare", "--mount", "--propagation", "private"];
    let can = |wrapper: &[&str]| {
        Command::new(wrapper[0])
            .args(&wrapper[1..])
            .arg("true")
            .output()
            .is_ok_and(|done| done.status.success())
    };
    let Some(wrapper) = [&as_root[..], &may_mount[..]]
        .into_iter()
        .find(|wrapper| can(wrapper))
    else {
        eprintln!("skipped: this user may not mount a small filesystem");
        return;
    };
    let done = this_binary("disk_full::inside", wrapper)
        .env("MUSTER_TEST_MOUNT", directory.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above"]
async fn inside() {
    let mount = std::env::var("MUSTER_TEST_MOUNT").unwrap();
    let mount = Path::new(&mount);
    let done = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=8m", "small"])
        .arg(mount)
        .status()
        .unwrap();
    assert!(done.success());
    let ballast = mount.join("ballast");
    std::fs::write(&ballast, vec![0; 2 << 20]).unwrap();
    let data = mount.join("data");
    let store = Arc::new(SqliteStore::open(&data).unwrap());
    let lease = store.lease(std::time::Duration::from_secs(600)).await.unwrap();

    let mut written = Vec::new();
    let error = loop {
        let name = format!("k/{}", written.len());
        match store
            .commit(Commit::new().put(key(&name), vec![b'x'; 100_000]))
            .await
        {
            Ok(done) => written.push((key(&name), done.revision)),
            Err(error) => break error,
        }
    };
    assert!(written.len() > 5, "only {} commits", written.len());
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    assert_eq!(error.retry(), Retry::Later);
    let text = error.to_string();
    assert!(
        text.contains(data.to_str().unwrap()) && text.contains("full"),
        "{text}"
    );

    // Still full: everything acknowledged is there, nothing else is, and many at once are all told the same.
    assert_eq!(entries(&*store).await, written);
    let many: Vec<_> = (0..8)
        .map(|n| tokio::spawn(large(Arc::clone(&store), n)))
        .collect();
    for one in many {
        assert!(matches!(one.await.unwrap(), Err(StoreError::Unavailable { .. })));
    }
    assert_eq!(entries(&*store).await, written);
    store.renew(lease).await.unwrap();

    std::fs::remove_file(&ballast).unwrap();
    let done = store
        .commit(Commit::new().put(key("k/after"), "1"))
        .await
        .unwrap();
    assert_eq!(done.revision.0, written.last().unwrap().1.0 + 1);
    written.push((key("k/after"), done.revision));
    drop(store);
    let store = SqliteStore::open(&data).unwrap();
    assert_eq!(entries(&store).await, written);
}

async fn large(store: Arc<SqliteStore>, n: usize) -> Result<muster_store::Committed, StoreError> {
    store
        .commit(Commit::new().put(key(&format!("many/{n}")), vec![b'x'; 1_000_000]))
        .await
}

async fn entries(store: &dyn Store) -> Vec<(muster_store::Key, muster_store::Revision)> {
    let mut entries: Vec<_> = read_all(store)
        .await
        .entries
        .into_iter()
        .map(|e| (e.key, e.modified))
        .collect();
    entries.sort_by_key(|(_, revision)| *revision);
    entries
}
