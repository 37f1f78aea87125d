//! Everything that is in the store, then everything that happens to it, as events for the core.

use std::sync::Arc;
use std::time::Duration;

use muster_model::Revision;
use muster_store::{Range, Store, WatchError};
use tokio::sync::{Notify, mpsc};

use super::chain;
use crate::logic::Event;

/// After a failure it is tried again after this.
const PAUSE: Duration = Duration::from_secs(1);
/// After the core could not go on: a person has to do something first.
const HALT_PAUSE: Duration = Duration::from_secs(10);

/// Why a watch came to its end.
enum End {
    /// Nobody listens any more.
    Deaf,
    /// Read all of it again.
    Again(Duration),
}

/// Runs until nobody listens. `again` asks for everything anew.
pub(super) async fn follow(store: Arc<dyn Store>, again: Arc<Notify>, events: mpsc::Sender<Event>) {
    loop {
        let pause = match store.read(Range::All).await {
            Ok(snapshot) => {
                let revision = snapshot.revision;
                if events.send(Event::Loaded(snapshot)).await.is_err() {
                    return;
                }
                match watch(&*store, revision, &again, &events).await {
                    End::Deaf => return,
                    End::Again(pause) => pause,
                }
            }
            Err(error) => {
                tracing::error!(error = chain(&error), "the store cannot be read");
                PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

async fn watch(store: &dyn Store, mut seen: Revision, again: &Notify, events: &mpsc::Sender<Event>) -> End {
    let mut watch = store.watch(Range::All, seen);
    loop {
        let next = tokio::select! {
            next = watch.next() => next,
            () = again.notified() => return End::Again(HALT_PAUSE),
        };
        match next {
            Ok(batch) => {
                seen = batch.revision;
                if events.send(Event::Store(batch)).await.is_err() {
                    return End::Deaf;
                }
            }
            Err(WatchError::Compacted { .. }) => return End::Again(Duration::ZERO),
            Err(error) => {
                tracing::error!(error = chain(&error), "changes of the store cannot be followed");
                tokio::time::sleep(PAUSE).await;
                watch = store.watch(Range::All, seen);
            }
        }
    }
}
