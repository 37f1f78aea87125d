//! Every promise of [`Store`] as a test that any store can be put to.
//!
//! A store joins with a [`Factory`] and one line in its tests:
//!
//! ```ignore
//! mod sqlite {
//!     muster_store::conformance_tests!(super::SqliteFactory::new());
//! }
//! ```
//!
//! Nothing here knows which store it tests. Tests wait for conditions; only those about leases take real time.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "these are tests; a failed one ends by a panic"
)]

mod leases;
mod ranges;
mod reopening;
mod requests;
mod transactions;
mod watches;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

pub use leases::*;
pub use ranges::*;
pub use reopening::*;
pub use requests::*;
pub use transactions::*;
pub use watches::*;

use crate::{Commit, Committed, Key, Range, Revision, Snapshot, Store, Watch, WatchBatch};

/// Makes the stores to be tested.
pub trait Factory: Send + Sync {
    /// A new, empty store.
    fn create(&self) -> BoxFuture<'_, Arc<dyn Store>>;

    /// The same store after its server was started again; `None` if it keeps nothing. `store` is its only handle.
    fn reopen(&self, store: Arc<dyn Store>) -> BoxFuture<'_, Option<Arc<dyn Store>>>;
}

/// Makes one test of each promise. The expression makes a [`Factory`]; the caller's crate needs tokio.
#[macro_export]
macro_rules! conformance_tests {
    ($factory:expr) => {
        $crate::conformance_tests!(@ $factory;
            a_new_store_is_empty revisions_grow_by_commits a_commit_happens_whole_or_not_at_all
            preconditions_are_judged created_and_modified_tell_a_keys_history
            a_commit_without_effect_takes_no_revision limits_hold_and_their_edge_is_inside
            a_key_is_written_once_per_commit concurrent_counters_lose_no_step
            values_are_any_bytes ranges_are_exact_and_ordered
            a_repeated_request_happens_once a_refused_request_is_not_remembered racing_requests_happen_once
            a_request_said_to_be_undone_stays_undone
            a_watch_has_every_change_of_its_range a_watch_resumes_after_any_revision
            watchers_see_the_same_history_under_concurrent_writers reading_then_watching_misses_nothing
            a_watcher_far_behind_misses_nothing compaction_says_so a_watch_ends_with_its_store
            a_lease_takes_its_keys_with_it a_renewed_lease_stays a_revoked_lease_is_gone
            a_key_can_leave_its_lease leases_are_never_given_twice
            everything_is_there_after_reopening a_watch_resumes_across_reopening leases_survive_reopening
        );
    };
    (@ $factory:expr; $($case:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::conformance::$case(&$factory).await;
        })*
    };
}

/// Long enough for a slow machine; what takes longer is a failure.
const PATIENCE: Duration = Duration::from_secs(30);

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

/// Commits and returns the revision.
async fn commit(store: &dyn Store, commit: Commit) -> Revision {
    let Committed { revision, already } = store.commit(commit).await.unwrap();
    assert!(!already);
    revision
}

/// Writes one key.
async fn put(store: &dyn Store, text: &str, value: &str) -> Revision {
    commit(store, Commit::new().put(key(text), value.to_owned())).await
}

async fn read(store: &dyn Store, range: Range) -> Snapshot {
    store.read(range).await.unwrap()
}

/// The keys of a range.
async fn keys(store: &dyn Store, range: Range) -> Vec<String> {
    read(store, range)
        .await
        .entries
        .iter()
        .map(|entry| entry.key.to_string())
        .collect()
}

async fn next(watch: &mut Watch) -> WatchBatch {
    let next = tokio::time::timeout(PATIENCE, watch.next()).await;
    next.unwrap_or_else(|_| panic!("nothing within {PATIENCE:?}"))
        .unwrap()
}

/// Batches up to and including `last`.
async fn batches(watch: &mut Watch, last: Revision) -> Vec<WatchBatch> {
    let mut batches: Vec<WatchBatch> = Vec::new();
    let mut before = Revision(0);
    while before < last {
        let batch = next(watch).await;
        assert!(batch.revision > before, "{} after {before}", batch.revision);
        before = batch.revision;
        batches.push(batch);
    }
    assert_eq!(before, last, "a batch beyond the last one");
    batches
}
