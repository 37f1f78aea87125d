//! Leases: what was written under one goes with it, not before its time.

use std::time::{Duration, Instant};

use super::{Factory, commit, key, keys, next, put, read};
use crate::{Commit, Event, Range, Retry, StoreError};

/// The shortest that every store can keep.
const TTL: Duration = Duration::from_secs(1);

/// All keys of a lease go in one commit, and not before its time; others stay.
pub async fn a_lease_takes_its_keys_with_it(factory: &dyn Factory) {
    let store = factory.create().await;
    put(&*store, "stays", "1").await;
    let asked = Instant::now();
    let lease = store.lease(TTL).await.unwrap();
    commit(&*store, Commit::new().put_leased(key("l/b"), "1", lease)).await;
    let base = commit(&*store, Commit::new().put_leased(key("l/a"), "1", lease)).await;
    assert_eq!(
        read(&*store, Range::One(key("l/a"))).await.entries[0].lease,
        Some(lease)
    );

    let batch = next(&mut store.watch(Range::All, base)).await;
    assert!(asked.elapsed() >= TTL, "ended after {:?}", asked.elapsed());
    let mut gone: Vec<_> = batch.events.iter().map(|event| event.key().to_string()).collect();
    gone.sort();
    assert_eq!(gone, ["l/a", "l/b"]);
    assert!(
        batch
            .events
            .iter()
            .all(|event| matches!(event, Event::Delete { .. }))
    );
    assert_eq!(keys(&*store, Range::All).await, ["stays"]);
    let error = store.renew(lease).await.unwrap_err();
    assert!(
        matches!(error, StoreError::LeaseGone { lease: gone } if gone == lease),
        "{error:?}"
    );
    assert_eq!(error.retry(), Retry::Never);
}

/// Renewing in time keeps a lease beyond its first end.
pub async fn a_renewed_lease_stays(factory: &dyn Factory) {
    let store = factory.create().await;
    let lease = store.lease(TTL).await.unwrap();
    let base = commit(&*store, Commit::new().put_leased(key("a"), "1", lease)).await;
    let mut watch = store.watch(Range::All, base);
    let begun = Instant::now();
    let mut renewed = begun;
    while begun.elapsed() < TTL * 2 {
        store.renew(lease).await.unwrap();
        renewed = Instant::now();
        let quiet = tokio::time::timeout(TTL / 5, watch.next()).await;
        assert!(quiet.is_err(), "deleted although renewed: {quiet:?}");
    }
    next(&mut watch).await;
    assert!(
        renewed.elapsed() >= TTL - Duration::from_millis(50),
        "ended after {:?}",
        renewed.elapsed()
    );
}

/// Revoking takes the keys at once; the lease can no longer be used, and revoking it again is no error.
pub async fn a_revoked_lease_is_gone(factory: &dyn Factory) {
    let store = factory.create().await;
    let lease = store.lease(Duration::from_secs(600)).await.unwrap();
    commit(
        &*store,
        Commit::new().put_leased(key("a"), "1", lease).put(key("b"), "1"),
    )
    .await;
    store.revoke(lease).await.unwrap();
    assert_eq!(keys(&*store, Range::All).await, ["b"]);
    store.revoke(lease).await.unwrap();
    let late = store
        .commit(Commit::new().put(key("c"), "1").put_leased(key("a"), "2", lease))
        .await;
    assert!(matches!(late, Err(StoreError::LeaseGone { .. })), "{late:?}");
    assert!(matches!(
        store.renew(lease).await,
        Err(StoreError::LeaseGone { .. })
    ));
    assert_eq!(keys(&*store, Range::All).await, ["b"]);
}

/// A later write decides which lease a key has, if any.
pub async fn a_key_can_leave_its_lease(factory: &dyn Factory) {
    let store = factory.create().await;
    let first = store.lease(Duration::from_secs(600)).await.unwrap();
    let second = store.lease(Duration::from_secs(600)).await.unwrap();
    let all = ["freed", "kept", "moved"]
        .iter()
        .fold(Commit::new(), |all, text| all.put_leased(key(text), "1", first));
    commit(&*store, all).await;
    commit(
        &*store,
        Commit::new()
            .put(key("freed"), "2")
            .put_leased(key("moved"), "2", second),
    )
    .await;
    store.revoke(first).await.unwrap();
    assert_eq!(keys(&*store, Range::All).await, ["freed", "moved"]);
    store.revoke(second).await.unwrap();
    assert_eq!(keys(&*store, Range::All).await, ["freed"]);
}

/// An id means one lease for ever, so that a late renewal cannot prolong a stranger's; not even after reopening.
pub async fn leases_are_never_given_twice(factory: &dyn Factory) {
    let store = factory.create().await;
    let first = store.lease(TTL).await.unwrap();
    store.revoke(first).await.unwrap();
    let second = store.lease(TTL).await.unwrap();
    assert_ne!(first, second);
    store.revoke(second).await.unwrap();
    if let Some(store) = factory.reopen(store).await {
        let third = store.lease(TTL).await.unwrap();
        assert!(third != first && third != second);
    }
}
