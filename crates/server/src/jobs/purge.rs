use std::sync::Arc;
use std::time::Duration;

use muster_control::{Purge, World, ready_to_purge};
use muster_store::{Commit, Key, KeyError, Precondition, Store, StoreError};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use crate::clock;
use crate::shell::chain;

/// After a change it is looked, at most this often: a stack that was removed is gone from lists soon after.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Also without a change: parts get old by themselves.
const LOOK_AT_LEAST: Duration = Duration::from_secs(600);

/// Removes what control says nobody needs, while this server leads. Each document goes only if it is still as it was
/// seen; whatever could not go is found again.
pub(crate) async fn purge(
    store: Arc<dyn Store>,
    mut worlds: watch::Receiver<World>,
    leads: watch::Receiver<Option<u32>>,
) {
    loop {
        let next = Instant::now() + LOOK_EVERY;
        if matches!(timeout(LOOK_AT_LEAST, worlds.changed()).await, Ok(Err(_))) {
            return;
        }
        tokio::time::sleep_until(next).await;
        let world = worlds.borrow_and_update().clone();
        if leads.borrow().is_none() {
            continue;
        }
        let found = spawn_blocking(move || ready_to_purge(&world, clock::wall())).await;
        for purge in found.unwrap_or_default() {
            if let Err(error) = remove(&*store, &purge).await {
                tracing::warn!(
                    error = chain(&error),
                    "what is not needed any more could not be removed"
                );
                break;
            }
        }
    }
}

async fn remove(store: &dyn Store, purge: &Purge) -> Result<(), StoreError> {
    let Ok(commit) = removal(purge) else { return Ok(()) };
    match store.commit(commit).await {
        // Somebody changed one of them: that is news, and with it comes another look.
        Ok(_) | Err(StoreError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn removal(purge: &Purge) -> Result<Commit, KeyError> {
    purge
        .keys
        .iter()
        .try_fold(Commit::new(), |commit, (key, revision)| {
            let key = Key::parse(key)?;
            Ok(commit
                .expect(Precondition::At(key.clone(), *revision))
                .delete(key))
        })
}
