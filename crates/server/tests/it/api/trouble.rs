//! A store that does not answer, or answers too late: what is said is true, and nothing is done twice.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use muster_store::{
    Commit, Committed, Incarnation, LeaseId, MemoryStore, Range, RequestId, Revision, Snapshot, Store,
    StoreError, Watch,
};
use serde_json::json;

use super::harness::Harness;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    /// It happens, and nobody says so.
    DoneUnheard,
    /// It does not happen, and nobody knows.
    LostUnheard,
    /// It does not happen.
    Down,
}

/// A store with one fault per call to come.
struct Troubled {
    store: Arc<MemoryStore>,
    commits: Mutex<VecDeque<Fault>>,
    reads: Mutex<VecDeque<Fault>>,
}

fn down(operation: &'static str) -> StoreError {
    StoreError::Unavailable {
        operation,
        help: "wait until it is back".to_owned(),
        source: None,
    }
}

impl Store for Troubled {
    fn incarnation(&self) -> Incarnation {
        self.store.incarnation()
    }

    fn read(&self, range: Range) -> BoxFuture<'_, Result<Snapshot, StoreError>> {
        match self.reads.lock().unwrap().pop_front() {
            Some(_) => Box::pin(async { Err(down("read")) }),
            None => self.store.read(range),
        }
    }

    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let fault = self.commits.lock().unwrap().pop_front();
        Box::pin(async move {
            let unheard = |request| {
                Err(StoreError::Unknown {
                    request,
                    source: "cut off".into(),
                })
            };
            let request = commit.request.clone();
            match fault {
                None => self.store.commit(commit).await,
                Some(Fault::Down) => Err(down("commit")),
                Some(Fault::LostUnheard) => unheard(request),
                Some(Fault::DoneUnheard) => {
                    self.store.commit(commit).await?;
                    unheard(request)
                }
            }
        })
    }

    fn committed(&self, request: RequestId) -> BoxFuture<'_, Result<Option<Revision>, StoreError>> {
        self.store.committed(request)
    }

    fn watch(&self, range: Range, after: Revision) -> Watch {
        self.store.watch(range, after)
    }

    fn lease(&self, ttl: Duration) -> BoxFuture<'_, Result<LeaseId, StoreError>> {
        self.store.lease(ttl)
    }

    fn renew(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.renew(lease)
    }

    fn revoke(&self, lease: LeaseId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.revoke(lease)
    }

    fn compact(&self, upto: Revision) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.compact(upto)
    }
}

async fn troubled() -> (Harness, String, Arc<Troubled>) {
    let store = Arc::new(MemoryStore::new());
    let troubled = Troubled {
        store: store.clone(),
        commits: Mutex::default(),
        reads: Mutex::default(),
    };
    let troubled = Arc::new(troubled);
    let harness = Harness::on(store, troubled.clone()).await;
    let root = harness.first_administrator().await;
    (harness, root, troubled)
}

#[tokio::test]
async fn what_nobody_heard_of_is_found_out_and_done_once() {
    let (harness, root, store) = troubled().await;
    for (number, faults) in [
        vec![Fault::DoneUnheard],
        vec![Fault::LostUnheard],
        vec![Fault::LostUnheard, Fault::LostUnheard, Fault::DoneUnheard],
    ]
    .into_iter()
    .enumerate()
    {
        let before = harness.app.mirror.world().revision().0;
        store.commits.lock().unwrap().extend(faults);
        let path = format!("/v1/environments/default/configs/c{number}");
        harness
            .put(&path)
            .key(&root)
            .json(&json!({ "content": "eA==" }))
            .send()
            .await
            .expect(200);
        assert_eq!(harness.app.mirror.world().revision().0, before + 1, "one commit");
        assert!(store.commits.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_told_with_when_to_come_back() {
    let (harness, root, store) = troubled().await;
    store.commits.lock().unwrap().push_back(Fault::Down);
    let path = "/v1/environments/default/configs/c";
    let put = || {
        harness
            .put(path)
            .key(&root)
            .json(&json!({ "content": "eA==" }))
            .send()
    };
    let reply = put().await;
    assert_eq!(reply.header("retry-after"), "1");
    let problem = reply.problem(503, "store_unavailable");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("wait until it is back"),
        "{problem}"
    );
    harness
        .get(path)
        .key(&root)
        .send()
        .await
        .problem(404, "not_found");
    put().await.expect(200);
    store.reads.lock().unwrap().push_back(Fault::Down);
    harness
        .get("/readyz")
        .send()
        .await
        .problem(503, "store_unavailable");
    assert_eq!(harness.get("/readyz").send().await.status, 200);
}
