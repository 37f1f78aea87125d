//! Request ids: sending again does once.

use std::sync::Arc;

use super::{Factory, commit, key, put, read};
use crate::{Commit, Committed, Precondition, Range, RequestId, StoreError};

fn id(text: &str) -> RequestId {
    RequestId::parse(text).unwrap()
}

/// The second time is answered like the first and writes nothing, even if it could no longer happen.
pub async fn a_repeated_request_happens_once(factory: &dyn Factory) {
    let store = factory.create().await;
    let create = Commit::new()
        .expect(Precondition::Absent(key("a")))
        .put(key("a"), "1")
        .request(id("r-1"));
    let first = commit(&*store, create.clone()).await;
    let later = put(&*store, "a", "2").await;
    assert_eq!(
        store.commit(create).await.unwrap(),
        Committed {
            revision: first,
            already: true
        }
    );
    let snapshot = read(&*store, Range::All).await;
    assert_eq!(
        (snapshot.revision, &snapshot.entries[0].value[..]),
        (later, b"2".as_slice())
    );
    assert_eq!(store.committed(id("r-1")).await.unwrap(), Some(first));
    assert_eq!(store.committed(id("r-2")).await.unwrap(), None);
}

/// What was refused can be sent again under the same id.
pub async fn a_refused_request_is_not_remembered(factory: &dyn Factory) {
    let store = factory.create().await;
    let update = Commit::new()
        .expect(Precondition::Exists(key("a")))
        .put(key("a"), "2")
        .request(id("r-1"));
    assert!(matches!(
        store.commit(update.clone()).await,
        Err(StoreError::Conflict { .. })
    ));
    assert_eq!(store.committed(id("r-1")).await.unwrap(), None);
    put(&*store, "a", "1").await;
    let revision = commit(&*store, update).await;
    assert_eq!(store.committed(id("r-1")).await.unwrap(), Some(revision));
}

/// Of many at the same time with one id, one happens and all have its answer.
pub async fn racing_requests_happen_once(factory: &dyn Factory) {
    let store = factory.create().await;
    let tasks: Vec<_> = (0..16)
        .map(|n: usize| {
            let store = Arc::clone(&store);
            let racer = Commit::new()
                .put(key(&format!("racer/{n}")), "1")
                .request(id("the-one"));
            tokio::spawn(async move { store.commit(racer).await.unwrap() })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    let snapshot = read(&*store, Range::under("racer").unwrap()).await;
    assert_eq!(snapshot.entries.len(), 1);
    assert!(answers.iter().all(|answer| answer.revision == snapshot.revision));
    assert_eq!(answers.iter().filter(|answer| !answer.already).count(), 1);
}

/// Once it is said that a request was not done, it is not done later: not even if its caller went away in between.
pub async fn a_request_said_to_be_undone_stays_undone(factory: &dyn Factory) {
    let store = factory.create().await;
    for n in 0..50 {
        let request = id(&format!("r-{n}"));
        let mut abandoned = store.commit(
            Commit::new()
                .put(key(&format!("k/{n}")), "1")
                .request(request.clone()),
        );
        // Started, and dropped at once unless it is done already.
        let started = futures_util::future::poll_immediate(&mut abandoned).await;
        drop((started, abandoned));
        let said = store.committed(request).await.unwrap();
        let later = put(&*store, "later", "1").await;
        let found = read(&*store, Range::One(key(&format!("k/{n}")))).await.entries;
        assert_eq!(
            found.first().map(|entry| entry.modified),
            said,
            "round {n}, before {later}"
        );
    }
}
