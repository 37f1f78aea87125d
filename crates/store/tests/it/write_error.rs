//! A disk that fails while a commit is written: nobody is told more than is certain.

use std::time::{Duration, Instant};

use muster_store::{Commit, RequestId, Retry, SqliteStore, Store, StoreError};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::{key, read_all, this_binary};

/// A limit on the size of files stands for the failing disk. It belongs to the process, and its signal must be ignored
/// from outside, so [`inside`] has a process of its own.
#[test]
fn a_commit_that_met_a_failing_disk_is_cleared_up() {
    let directory = tempfile::tempdir().unwrap();
    let ignoring = ["sh", "-c", r#"trap "" XFSZ; exec "$0" "$@""#];
    let done = this_binary("write_error::inside", &ignoring)
        .env("MUSTER_TEST_FAILING", directory.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by the test above"]
async fn inside() {
    let directory = std::path::PathBuf::from(std::env::var("MUSTER_TEST_FAILING").unwrap());
    let store = SqliteStore::open(&directory).unwrap();
    let request = |n: usize| RequestId::parse(&format!("r-{n}")).unwrap();
    let write = |n: usize| {
        store.commit(
            Commit::new()
                .put(key(&format!("k/{n}")), vec![b'x'; 100_000])
                .request(request(n)),
        )
    };
    for n in 0..10 {
        write(n).await.unwrap();
    }
    limit_files(Some(1_050_000));
    let mut written = 10;
    let error = loop {
        match write(written).await {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.retry(), Retry::UnknownWhetherDone, "{error:?}");
    assert!(
        matches!(&error, StoreError::Unknown { request: Some(id), .. } if *id == request(written)),
        "{error:?}"
    );
    let unsure = store.committed(request(written)).await.unwrap_err();
    assert_eq!(unsure.retry(), Retry::Later, "{unsure:?}");
    assert!(store.committed(request(0)).await.unwrap().is_some());

    limit_files(None);
    let deadline = Instant::now() + Duration::from_secs(30);
    let found = loop {
        match store.committed(request(written)).await {
            Ok(found) => break found,
            Err(error) => assert!(Instant::now() < deadline, "{error:?}"),
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(found, None);
    let revision = write(written).await.unwrap().revision;
    assert_eq!(revision.0, written as u64 + 1);
    let before = read_all(&store).await;
    drop(store);
    assert_eq!(read_all(&SqliteStore::open(&directory).unwrap()).await, before);
}

fn limit_files(bytes: Option<u64>) {
    let maximum = getrlimit(Resource::Fsize).maximum;
    setrlimit(
        Resource::Fsize,
        Rlimit {
            current: bytes.or(maximum),
            maximum,
        },
    )
    .unwrap();
}
