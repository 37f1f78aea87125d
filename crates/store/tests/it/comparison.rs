//! The same operations on both stores have the same answers.

use std::sync::Arc;

use muster_store::{
    Commit, Key, LeaseId, MemoryStore, Precondition, Range, RequestId, Revision, SqliteStore, Store,
    WatchBatch,
};
use proptest::prelude::*;

use crate::{key, read_all};

/// One thing to do; numbers choose among a few keys, requests, leases and past revisions.
#[derive(Debug, Clone)]
enum Step {
    Commit {
        preconditions: Vec<(u8, u8, u64)>,
        writes: Vec<(u8, u8, Vec<u8>)>,
        request: Option<u8>,
    },
    Read(u8),
    Committed(u8),
    Watch(u8, u64),
    Lease,
    Revoke(u8),
    Renew(u8),
    Compact(u64),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let precondition = (0..3_u8, 0..6_u8, 0..4_u64);
    let write = (0..4_u8, 0..6_u8, prop::collection::vec(any::<u8>(), 0..6));
    let commit = (
        prop::collection::vec(precondition, 0..2),
        prop::collection::vec(write, 0..4),
        prop::option::weighted(0.3, 0..5_u8),
    );
    let commit = commit.prop_map(|(preconditions, writes, request)| Step::Commit {
        preconditions,
        writes,
        request,
    });
    let step = prop_oneof![
        12 => commit,
        2 => (0..8_u8).prop_map(Step::Read),
        1 => (0..5_u8).prop_map(Step::Committed),
        2 => ((0..8_u8), (0..12_u64)).prop_map(|(range, back)| Step::Watch(range, back)),
        1 => Just(Step::Lease),
        1 => (0..3_u8).prop_map(Step::Revoke),
        1 => (0..3_u8).prop_map(Step::Renew),
        1 => (0..10_u64).prop_map(Step::Compact),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

fn some_key(n: u8) -> Key {
    key(["a", "a/b", "a/b/c", "a/bc", "b/c", "b/c/d"][usize::from(n % 6)])
}

fn range(n: u8) -> Range {
    match n {
        0 => Range::All,
        1 => Range::under("a").unwrap(),
        2 => Range::under("a/b").unwrap(),
        n => Range::One(some_key(n)),
    }
}

fn request(n: u8) -> RequestId {
    RequestId::parse(&format!("r-{n}")).unwrap()
}

/// A store with the leases it has given.
struct Run {
    store: Arc<dyn Store>,
    leases: Vec<LeaseId>,
}

impl Run {
    fn of(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            leases: Vec::new(),
        }
    }

    fn lease(&self, n: u8) -> LeaseId {
        self.leases.get(usize::from(n)).copied().unwrap_or(LeaseId(999))
    }

    /// Does one step at `latest` and tells the answer as text.
    async fn step(&mut self, step: &Step, latest: Revision) -> String {
        let back = |by: u64| Revision(latest.0.saturating_sub(by));
        match step {
            Step::Commit {
                preconditions,
                writes,
                request,
            } => {
                format!(
                    "{:?}",
                    self.store
                        .commit(self.commit(preconditions, writes, *request, latest))
                        .await
                )
            }
            Step::Read(n) => format!("{:?}", self.store.read(range(*n)).await),
            Step::Committed(n) => format!("{:?}", self.store.committed(request(*n)).await),
            Step::Watch(n, by) => format!("{:?}", self.watch(range(*n), back(*by)).await),
            Step::Lease => {
                self.leases.push(
                    self.store
                        .lease(std::time::Duration::from_secs(600))
                        .await
                        .unwrap(),
                );
                String::new()
            }
            Step::Revoke(n) => format!("{:?}", self.store.revoke(self.lease(*n)).await),
            Step::Renew(n) => format!("{:?}", self.store.renew(self.lease(*n)).await),
            Step::Compact(by) => format!("{:?}", self.store.compact(back(*by)).await),
            Step::Reopen => String::new(),
        }
    }

    fn commit(
        &self,
        preconditions: &[(u8, u8, u64)],
        writes: &[(u8, u8, Vec<u8>)],
        asked: Option<u8>,
        latest: Revision,
    ) -> Commit {
        let mut commit = Commit::new();
        for (kind, n, back) in preconditions {
            let at = some_key(*n);
            commit = commit.expect(match kind {
                0 => Precondition::Absent(at),
                1 => Precondition::Exists(at),
                _ => Precondition::At(at, Revision(latest.0.saturating_sub(*back))),
            });
        }
        for (kind, n, value) in writes {
            let at = some_key(*n);
            commit = match kind {
                0 => commit.delete(at),
                1 => commit.put_leased(at, value.clone(), self.lease(n % 3)),
                _ => commit.put(at, value.clone()),
            };
        }
        commit.request = asked.map(request);
        commit
    }

    /// All that a watch has to tell about the past, or why it cannot.
    async fn watch(&self, range: Range, after: Revision) -> Result<Vec<WatchBatch>, String> {
        let now = self.store.read(Range::All).await.unwrap().revision;
        // An own mark after all that is asked for, so that waiting ends.
        let mark = self
            .store
            .commit(Commit::new().put(key("mark"), ""))
            .await
            .unwrap()
            .revision;
        let mut everything = self.store.watch(Range::All, after.min(now));
        let mut batches = Vec::new();
        loop {
            let batch = everything.next().await.map_err(|error| format!("{error:?}"))?;
            if batch.revision == mark {
                break;
            }
            batches.push(batch);
        }
        let expected: Vec<_> = batches
            .iter()
            .filter(|batch| batch.events.iter().any(|e| range.contains(e.key())))
            .collect();
        let mut narrow = self.store.watch(range.clone(), after.min(now));
        for batch in expected {
            let seen = narrow.next().await.map_err(|error| format!("{error:?}"))?;
            let events: Vec<_> = batch
                .events
                .iter()
                .filter(|e| range.contains(e.key()))
                .cloned()
                .collect();
            assert_eq!((seen.revision, seen.events), (batch.revision, events));
        }
        Ok(batches)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_and_memory_answer_alike(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let directory = tempfile::tempdir().unwrap();
            let mut memory = Run::of(Arc::new(MemoryStore::new()));
            let mut sqlite = Run::of(Arc::new(SqliteStore::open(directory.path()).unwrap()));
            for step in &steps {
                if matches!(step, Step::Reopen) {
                    sqlite.store = Arc::new(MemoryStore::new());
                    sqlite.store = Arc::new(SqliteStore::open(directory.path()).unwrap());
                }
                let latest = read_all(&*memory.store).await.revision;
                assert_eq!(memory.step(step, latest).await, sqlite.step(step, latest).await, "{step:?}");
                assert_eq!(memory.leases, sqlite.leases);
                assert_eq!(read_all(&*memory.store).await, read_all(&*sqlite.store).await, "after {step:?}");
            }
        });
    }
}
