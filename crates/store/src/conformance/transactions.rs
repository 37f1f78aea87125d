//! Commits: all or nothing, judged by preconditions, each with its revision.

use std::sync::Arc;

use muster_model::limits::{COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX};

use super::{Factory, commit, key, keys, put, read};
use crate::{Commit, Precondition, Range, Retry, Revision, Store, StoreError};

/// A new store has no entries.
pub async fn a_new_store_is_empty(factory: &dyn Factory) {
    let store = factory.create().await;
    assert_eq!(read(&*store, Range::All).await.entries, []);
}

/// Every commit has a greater revision than the one before, and a read after its answer sees it.
pub async fn revisions_grow_by_commits(factory: &dyn Factory) {
    let store = factory.create().await;
    let mut before = read(&*store, Range::All).await.revision;
    for step in 0..20 {
        let revision = put(&*store, "a/b", &step.to_string()).await;
        assert!(revision > before, "{revision} after {before}");
        let snapshot = read(&*store, Range::All).await;
        assert_eq!(snapshot.revision, revision);
        assert_eq!(snapshot.entries[0].value, step.to_string());
        before = revision;
    }
}

/// One precondition that does not hold keeps every write from happening; otherwise all share one revision.
pub async fn a_commit_happens_whole_or_not_at_all(factory: &dyn Factory) {
    let store = factory.create().await;
    let base = put(&*store, "here", "1").await;
    let writes = || {
        Commit::new()
            .put(key("x"), "1")
            .put(key("y"), "2")
            .delete(key("here"))
    };
    let refused = writes()
        .expect(Precondition::Exists(key("here")))
        .expect(Precondition::Absent(key("x")))
        .expect(Precondition::Exists(key("nowhere")));
    let error = store.commit(refused).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Conflict { key: at, found: None } if *at == key("nowhere")),
        "{error:?}"
    );
    assert_eq!(error.retry(), Retry::Never);
    assert_eq!(keys(&*store, Range::All).await, ["here"]);
    assert_eq!(read(&*store, Range::All).await.revision, base);

    let revision = commit(&*store, writes().expect(Precondition::Exists(key("here")))).await;
    let snapshot = read(&*store, Range::All).await;
    assert!(
        snapshot
            .entries
            .iter()
            .all(|entry| entry.modified == revision && entry.created == revision)
    );
    assert_eq!(keys(&*store, Range::All).await, ["x", "y"]);
}

/// Each precondition holds exactly when it should, and a conflict tells what was found.
pub async fn preconditions_are_judged(factory: &dyn Factory) {
    let store = factory.create().await;
    let first = put(&*store, "a", "1").await;
    let second = put(&*store, "a", "2").await;
    let holds = async |precondition| {
        let at = key("outcome");
        match store
            .commit(Commit::new().expect(precondition).put(at, "x"))
            .await
        {
            Ok(_) => Ok(()),
            Err(StoreError::Conflict { key, found }) => Err((key.to_string(), found)),
            Err(error) => panic!("{error:?}"),
        }
    };
    assert_eq!(holds(Precondition::Exists(key("a"))).await, Ok(()));
    assert_eq!(
        holds(Precondition::Exists(key("b"))).await,
        Err(("b".to_owned(), None))
    );
    assert_eq!(holds(Precondition::Absent(key("b"))).await, Ok(()));
    assert_eq!(
        holds(Precondition::Absent(key("a"))).await,
        Err(("a".to_owned(), Some(second)))
    );
    assert_eq!(holds(Precondition::At(key("a"), second)).await, Ok(()));
    assert_eq!(
        holds(Precondition::At(key("a"), first)).await,
        Err(("a".to_owned(), Some(second)))
    );
    assert_eq!(
        holds(Precondition::At(key("b"), first)).await,
        Err(("b".to_owned(), None))
    );
}

/// `created` stays while a key lives and begins anew after its deletion; `modified` moves with every write.
pub async fn created_and_modified_tell_a_keys_history(factory: &dyn Factory) {
    let store = factory.create().await;
    let only = async || {
        read(&*store, Range::One(key("a")))
            .await
            .entries
            .into_iter()
            .next()
    };
    let first = put(&*store, "a", "1").await;
    let second = put(&*store, "a", "2").await;
    let entry = only().await.unwrap();
    assert_eq!((entry.created, entry.modified), (first, second));
    commit(&*store, Commit::new().delete(key("a"))).await;
    assert_eq!(only().await, None);
    let third = put(&*store, "a", "3").await;
    let entry = only().await.unwrap();
    assert_eq!((entry.created, entry.modified), (third, third));
}

/// Without writes, or with deletes of what is absent only, the answer is the latest revision.
pub async fn a_commit_without_effect_takes_no_revision(factory: &dyn Factory) {
    let store = factory.create().await;
    let base = put(&*store, "a", "1").await;
    let nothing = [
        Commit::new(),
        Commit::new().expect(Precondition::Exists(key("a"))),
        Commit::new().delete(key("b")),
    ];
    for without_effect in nothing {
        assert_eq!(commit(&*store, without_effect).await, base);
    }
    assert_eq!(read(&*store, Range::All).await.revision, base);
}

/// A hundred operations and a mebibyte are taken, one more is not, and nothing of it happens.
pub async fn limits_hold_and_their_edge_is_inside(factory: &dyn Factory) {
    let store = factory.create().await;
    let many = |count: usize| {
        (0..count).fold(Commit::new(), |commit, n| match n % 2 {
            0 => commit.put(key(&format!("k/{n}")), "v"),
            _ => commit.expect(Precondition::Absent(key(&format!("k/{n}")))),
        })
    };
    let error = store.commit(many(COMMIT_OPERATIONS_MAX + 1)).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::TooLarge {
                what: "operations",
                found: 101,
                limit: 100
            }
        ),
        "{error:?}"
    );
    let large = |bytes: usize| Commit::new().put(key("big"), vec![b'x'; bytes - "big".len()]);
    let error = store.commit(large(COMMIT_BYTES_MAX + 1)).await.unwrap_err();
    assert!(
        matches!(error, StoreError::TooLarge { what: "bytes", .. }),
        "{error:?}"
    );
    assert_eq!(keys(&*store, Range::All).await, Vec::<String>::new());
    commit(&*store, many(COMMIT_OPERATIONS_MAX)).await;
    commit(&*store, large(COMMIT_BYTES_MAX)).await;
    assert_eq!(keys(&*store, Range::All).await.len(), 51);
}

/// Which of two writes of one key should win is not for a store to guess.
pub async fn a_key_is_written_once_per_commit(factory: &dyn Factory) {
    let store = factory.create().await;
    for twice in [
        Commit::new().put(key("a"), "1").put(key("a"), "2"),
        Commit::new().put(key("a"), "1").delete(key("a")),
    ] {
        let error = store.commit(twice).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::WrittenTwice { key: at } if *at == key("a")),
            "{error:?}"
        );
    }
    assert_eq!(keys(&*store, Range::All).await, Vec::<String>::new());
}

/// Read, add one, write if unchanged: 32 tasks at once add up, and no two succeed from the same value.
pub async fn concurrent_counters_lose_no_step(factory: &dyn Factory) {
    const TASKS: usize = 32;
    const STEPS: usize = 5;
    let store = factory.create().await;
    put(&*store, "counter", "0").await;
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| tokio::spawn(count(Arc::clone(&store), STEPS)))
        .collect();
    let mut revisions = Vec::new();
    for task in tasks {
        revisions.extend(task.await.unwrap());
    }
    let (value, _) = counter(&*store).await;
    assert_eq!(value, TASKS * STEPS);
    revisions.sort();
    revisions.dedup();
    assert_eq!(revisions.len(), TASKS * STEPS);
}

async fn count(store: Arc<dyn Store>, steps: usize) -> Vec<Revision> {
    let mut revisions = Vec::new();
    while revisions.len() < steps {
        let (value, modified) = counter(&*store).await;
        let step = Commit::new()
            .expect(Precondition::At(key("counter"), modified))
            .put(key("counter"), (value + 1).to_string());
        match store.commit(step).await {
            Ok(done) => revisions.push(done.revision),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    revisions
}

async fn counter(store: &dyn Store) -> (usize, Revision) {
    let snapshot = read(store, Range::One(key("counter"))).await;
    let entry = &snapshot.entries[0];
    (
        std::str::from_utf8(&entry.value).unwrap().parse().unwrap(),
        entry.modified,
    )
}
