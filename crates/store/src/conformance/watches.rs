//! Watches: nothing missing, nothing twice, nothing out of order, and honest about what is forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Factory, PATIENCE, batches, commit, key, keys, next, put, read};
use crate::{Commit, Entry, Event, Key, Range, Revision, Snapshot, Store, WatchBatch, WatchError};

/// A watch has the changes of its range only, those of one commit together and in the commit's order.
pub async fn a_watch_has_every_change_of_its_range(factory: &dyn Factory) {
    let store = factory.create().await;
    let mut all = store.watch(Range::All, Revision(0));
    let mut folder = store.watch(Range::under("a/b").unwrap(), Revision(0));
    let mut one = store.watch(Range::One(key("a/b/x")), Revision(0));
    let first = commit(
        &*store,
        Commit::new()
            .put(key("a/bc"), "1")
            .put(key("a/b/x"), "1")
            .put(key("a/b/w"), "1"),
    )
    .await;
    let second = put(&*store, "elsewhere", "2").await;
    let third = commit(&*store, Commit::new().delete(key("a/b/x")).delete(key("absent"))).await;

    let seen = |batch: &WatchBatch| (batch.revision, batch.events.iter().map(told).collect::<Vec<_>>());
    let in_all = batches(&mut all, third)
        .await
        .iter()
        .map(seen)
        .collect::<Vec<_>>();
    let in_folder = batches(&mut folder, third)
        .await
        .iter()
        .map(seen)
        .collect::<Vec<_>>();
    let in_one = batches(&mut one, third)
        .await
        .iter()
        .map(seen)
        .collect::<Vec<_>>();
    let owned = |tellings: &[&str]| tellings.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let deleted = (third, owned(&["-a/b/x"]));
    let expected = [
        (first, owned(&["+a/bc=1", "+a/b/x=1", "+a/b/w=1"])),
        (second, owned(&["+elsewhere=2"])),
        deleted.clone(),
    ];
    assert_eq!(in_all, expected);
    assert_eq!(
        in_folder,
        [(first, owned(&["+a/b/x=1", "+a/b/w=1"])), deleted.clone()]
    );
    assert_eq!(in_one, [(first, owned(&["+a/b/x=1"])), deleted]);
}

fn told(event: &Event) -> String {
    match event {
        Event::Put(entry) => format!("+{}={}", entry.key, String::from_utf8_lossy(&entry.value)),
        Event::Delete { key } => format!("-{key}"),
    }
}

/// Begun after any revision, a watch has exactly the rest.
pub async fn a_watch_resumes_after_any_revision(factory: &dyn Factory) {
    let store = factory.create().await;
    let mut last = Revision(0);
    for n in 0..10 {
        last = put(&*store, &format!("k/{}", n % 3), &n.to_string()).await;
    }
    let whole = batches(&mut store.watch(Range::All, Revision(0)), last).await;
    assert_eq!(whole.len(), 10);
    for (n, batch) in whole.iter().enumerate().take(9) {
        let rest = batches(&mut store.watch(Range::All, batch.revision), last).await;
        assert_eq!(rest, whole[n + 1..]);
    }
    // One that begins at the end, or beyond it, has nothing until something happens.
    let mut at_end = store.watch(Range::All, last);
    let mut beyond = store.watch(Range::All, Revision(last.0 + 1));
    let later = put(&*store, "k/0", "later").await;
    let latest = put(&*store, "k/0", "latest").await;
    assert_eq!(next(&mut at_end).await.revision, later);
    assert_eq!(next(&mut beyond).await.revision, latest);
}

/// Eight writers, watchers that come at different times: all have the same history, and it leads to what is read.
pub async fn watchers_see_the_same_history_under_concurrent_writers(factory: &dyn Factory) {
    const WRITERS: usize = 8;
    const COMMITS: usize = 40;
    let store = factory.create().await;
    let early = tokio::spawn(follow(Arc::clone(&store), WRITERS));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&store), writer, COMMITS)))
        .collect();
    let late = tokio::spawn(follow(Arc::clone(&store), WRITERS));
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    let after = follow(Arc::clone(&store), WRITERS).await;
    let early = early.await.unwrap();
    assert_eq!(early, late.await.unwrap());
    assert_eq!(early, after);

    let revisions: Vec<_> = early.iter().map(|batch| batch.revision).collect();
    acknowledged.sort();
    assert_eq!(revisions, acknowledged);
    assert!(
        early.iter().all(|batch| batch.events.len() == 3),
        "a commit was split"
    );
    assert_eq!(
        replay(
            Snapshot {
                revision: Revision(0),
                entries: vec![]
            },
            &early
        ),
        read(&*store, Range::All).await
    );
}

/// Three keys in each commit: one of its own, one that all share, and at the end a farewell.
async fn write(store: Arc<dyn Store>, writer: usize, commits: usize) -> Vec<Revision> {
    let mut revisions = Vec::new();
    for n in 0..commits {
        let last = if n + 1 == commits {
            format!("farewell/{writer}")
        } else {
            format!("turn/{writer}/{}", n % 5)
        };
        let step = Commit::new()
            .put(key(&format!("own/{writer}/{n}")), n.to_string())
            .put(key("shared"), format!("{writer}:{n}"))
            .put(key(&last), n.to_string());
        revisions.push(commit(&*store, step).await);
    }
    revisions
}

/// All batches from the beginning until every writer has said farewell.
async fn follow(store: Arc<dyn Store>, writers: usize) -> Vec<WatchBatch> {
    let farewell = Range::under("farewell").unwrap();
    let mut watch = store.watch(Range::All, Revision(0));
    let mut seen = Vec::new();
    let mut farewells = 0;
    while farewells < writers {
        let batch = next(&mut watch).await;
        assert!(
            seen.last()
                .is_none_or(|before: &WatchBatch| before.revision < batch.revision),
            "out of order or twice"
        );
        farewells += batch
            .events
            .iter()
            .filter(|event| farewell.contains(event.key()))
            .count();
        seen.push(batch);
    }
    seen
}

/// What a mirror that began with `snapshot` holds after `batches`.
fn replay(snapshot: Snapshot, batches: &[WatchBatch]) -> Snapshot {
    let mut entries: BTreeMap<Key, Entry> = snapshot
        .entries
        .into_iter()
        .map(|entry| (entry.key.clone(), entry))
        .collect();
    for event in batches.iter().flat_map(|batch| &batch.events) {
        match event {
            Event::Put(entry) => entries.insert(entry.key.clone(), entry.clone()),
            Event::Delete { key } => entries.remove(key),
        };
    }
    let revision = batches.last().map_or(snapshot.revision, |batch| batch.revision);
    Snapshot {
        revision,
        entries: entries.into_values().collect(),
    }
}

/// A mirror that reads while others write and then watches from there is right in the end.
pub async fn reading_then_watching_misses_nothing(factory: &dyn Factory) {
    let store = factory.create().await;
    let writers: Vec<_> = (0..4)
        .map(|writer| tokio::spawn(write(Arc::clone(&store), writer, 50)))
        .collect();
    let mut mirrors = Vec::new();
    for _ in 0..10 {
        let snapshot = read(&*store, Range::All).await;
        mirrors.push((store.watch(Range::All, snapshot.revision), snapshot));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let truth = read(&*store, Range::All).await;
    for (mut watch, snapshot) in mirrors {
        let rest = match snapshot.revision < truth.revision {
            true => batches(&mut watch, truth.revision).await,
            false => vec![],
        };
        assert_eq!(replay(snapshot, &rest), truth);
    }
}

/// More history than anyone keeps in memory, read late and in part.
pub async fn a_watcher_far_behind_misses_nothing(factory: &dyn Factory) {
    let store = factory.create().await;
    let mut early = store.watch(Range::under("big").unwrap(), Revision(0));
    let mut revisions = Vec::new();
    for n in 0..200 {
        let step = Commit::new()
            .put(key("small"), n.to_string())
            .put(key(&format!("big/{n}")), vec![b'x'; 64 * 1024]);
        revisions.push(commit(&*store, step).await);
    }
    let last = revisions[199];
    let mut late = store.watch(Range::under("big").unwrap(), revisions[9]);
    let mut small = store.watch(Range::One(key("small")), Revision(0));
    let seen = |batches: Vec<WatchBatch>| batches.iter().map(|batch| batch.revision).collect::<Vec<_>>();
    assert_eq!(seen(batches(&mut early, last).await), revisions);
    assert_eq!(seen(batches(&mut late, last).await), revisions[10..]);
    assert_eq!(seen(batches(&mut small, last).await), revisions);
}

/// What is forgotten is not passed over in silence; the rest goes on as before.
pub async fn compaction_says_so(factory: &dyn Factory) {
    let store = factory.create().await;
    let mut revisions = Vec::new();
    for n in 0..6 {
        revisions.push(put(&*store, &format!("k/{}", n % 2), &n.to_string()).await);
    }
    commit(&*store, Commit::new().delete(key("k/0"))).await;
    let mut running = store.watch(Range::All, revisions[5]);
    store.compact(revisions[3]).await.unwrap();

    let mut behind = store.watch(Range::All, revisions[2]);
    let error = tokio::time::timeout(PATIENCE, behind.next())
        .await
        .unwrap()
        .unwrap_err();
    let WatchError::Compacted { oldest } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(behind.next().await, Err(WatchError::Closed)));
    assert_eq!(
        next(&mut store.watch(Range::All, oldest)).await.revision,
        revisions[4]
    );
    assert_eq!(
        next(&mut store.watch(Range::All, revisions[3])).await.revision,
        revisions[4]
    );
    assert!(matches!(
        next(&mut running).await.events.as_slice(),
        [Event::Delete { .. }]
    ));

    // Entries stay, however old; and forgetting less than before, or more than there is, is no error.
    assert_eq!(keys(&*store, Range::All).await, ["k/1"]);
    store.compact(revisions[0]).await.unwrap();
    store.compact(Revision(u64::MAX)).await.unwrap();
    assert_eq!(keys(&*store, Range::All).await, ["k/1"]);
    let later = put(&*store, "k/2", "later").await;
    assert_eq!(next(&mut running).await.revision, later);
}

/// A watch does not keep its store alive and says that it is gone.
pub async fn a_watch_ends_with_its_store(factory: &dyn Factory) {
    let store = factory.create().await;
    let mut watch = store.watch(Range::All, Revision(0));
    let waiting = tokio::spawn(async move { watch.next().await });
    drop(store);
    let ended = tokio::time::timeout(PATIENCE, waiting).await.unwrap().unwrap();
    assert!(matches!(ended, Err(WatchError::Closed)), "{ended:?}");
}
