//! What a durable store still knows after its server was started again.

use std::time::{Duration, Instant};

use super::{Factory, batches, commit, key, keys, next, put, read};
use crate::{Commit, Committed, Range, RequestId, Revision, WatchError};

/// Entries, revisions, request ids, incarnation and compaction are what they were.
pub async fn everything_is_there_after_reopening(factory: &dyn Factory) {
    let store = factory.create().await;
    let request = RequestId::parse("r-1").unwrap();
    let first = put(&*store, "a", "1").await;
    let asked = Commit::new()
        .put(key("b"), "2")
        .delete(key("a"))
        .request(request.clone());
    let second = commit(&*store, asked.clone()).await;
    store.compact(first).await.unwrap();
    let before = (store.incarnation(), read(&*store, Range::All).await);
    let Some(store) = factory.reopen(store).await else {
        return;
    };
    assert_eq!((store.incarnation(), read(&*store, Range::All).await), before);
    assert_eq!(store.committed(request).await.unwrap(), Some(second));
    assert_eq!(
        store.commit(asked).await.unwrap(),
        Committed {
            revision: second,
            already: true
        }
    );
    let forgotten = store.watch(Range::All, Revision(0)).next().await;
    assert!(
        matches!(forgotten, Err(WatchError::Compacted { .. })),
        "{forgotten:?}"
    );

    // Compacted to the end, with nothing left: revisions go on all the same.
    let last = commit(&*store, Commit::new().delete(key("b"))).await;
    store.compact(last).await.unwrap();
    let store = factory.reopen(store).await.unwrap();
    assert_eq!(read(&*store, Range::All).await.revision, last);
    assert!(put(&*store, "c", "3").await > last);
}

/// A watch from a revision of before has what happened before and after.
pub async fn a_watch_resumes_across_reopening(factory: &dyn Factory) {
    let store = factory.create().await;
    let mut revisions = Vec::new();
    for n in 0..5 {
        revisions.push(put(&*store, "a", &n.to_string()).await);
    }
    let before = batches(&mut store.watch(Range::All, Revision(0)), revisions[4]).await;
    let Some(store) = factory.reopen(store).await else {
        return;
    };
    let mut watch = store.watch(Range::All, revisions[1]);
    revisions.push(put(&*store, "a", "after").await);
    let seen = batches(&mut watch, revisions[5]).await;
    assert_eq!(seen[..3], before[2..]);
    assert_eq!(seen.len(), 4);
}

/// A lease has its whole time again, and then takes its keys with it.
pub async fn leases_survive_reopening(factory: &dyn Factory) {
    const TTL: Duration = Duration::from_secs(1);
    let store = factory.create().await;
    let lease = store.lease(TTL).await.unwrap();
    let base = commit(
        &*store,
        Commit::new()
            .put_leased(key("leased"), "1", lease)
            .put(key("stays"), "1"),
    )
    .await;
    let closed = Instant::now();
    let Some(store) = factory.reopen(store).await else {
        return;
    };
    assert_eq!(keys(&*store, Range::All).await, ["leased", "stays"]);
    store.renew(lease).await.unwrap();
    next(&mut store.watch(Range::All, base)).await;
    assert!(closed.elapsed() >= TTL, "ended after {:?}", closed.elapsed());
    assert_eq!(keys(&*store, Range::All).await, ["stays"]);
}
