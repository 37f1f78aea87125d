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
        if let Err(error) = remove_all(&*store, &found.unwrap_or_default()).await {
            tracing::warn!(
                error = chain(&error),
                "what is not needed any more could not be removed"
            );
        }
    }
}

async fn remove_all(store: &dyn Store, purges: &[Purge]) -> Result<(), StoreError> {
    for purge in purges {
        if !remove(store, purge).await? {
            break;
        }
    }
    Ok(())
}

/// Says whether it is gone.
async fn remove(store: &dyn Store, purge: &Purge) -> Result<bool, StoreError> {
    let Ok(commit) = removal(purge) else {
        return Ok(false);
    };
    match store.commit(commit).await {
        Ok(_) => Ok(true),
        // Somebody changed one of them: that is news, and with it comes another look. What is to go after them waits for it: as
        // long as a stack's head stands, the rest is found again.
        Err(StoreError::Conflict { .. }) => Ok(false),
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

#[cfg(test)]
mod tests {
    use muster_model::Revision;
    use muster_store::memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn what_comes_after_what_was_changed_stays_to_be_found_again() {
        let store = MemoryStore::new();
        let put = |key: &str| Commit::new().put(Key::parse(key).unwrap(), b"{}".as_slice());
        let first = store.commit(put("desired/a/1")).await.unwrap().revision;
        let head = store.commit(put("desired/b/head")).await.unwrap().revision;
        store.commit(put("desired/a/1")).await.unwrap();
        let purge = |key: &str, at: Revision| Purge {
            keys: vec![(key.to_owned(), at)],
        };
        let purges = [purge("desired/a/1", first), purge("desired/b/head", head)];
        remove_all(&store, &purges).await.unwrap();
        let left = store.read(muster_store::Range::All).await.unwrap();
        assert_eq!(left.entries.len(), 2, "{left:?}");
    }
}
