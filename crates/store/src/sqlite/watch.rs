//! Watchers: from memory when they keep up, from the file when they come back or fall behind.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use futures_util::stream;
use muster_model::Revision;
use tokio::sync::watch::Receiver;

use super::feed::Feed;
use super::read::{self, Page, Readers};
use crate::error::WatchError;
use crate::key::Range;
use crate::log::Found;
use crate::watch::{Watch, WatchBatch};

pub(super) fn watch(feed: &Arc<Feed>, readers: &Arc<Readers>, range: Range, after: Revision) -> Watch {
    let watcher = Watcher {
        latest: feed.subscribe(),
        feed: Arc::downgrade(feed),
        readers: Arc::downgrade(readers),
        range,
        after,
        page: VecDeque::new(),
    };
    Watch::new(stream::unfold(Some(watcher), |watcher| async {
        let mut watcher = watcher?;
        let next = watcher.next().await;
        let rest = next.is_ok().then_some(watcher);
        Some((next, rest))
    }))
}

/// Where one watch is. It does not keep the store open.
struct Watcher {
    feed: Weak<Feed>,
    latest: Receiver<Revision>,
    readers: Weak<Readers>,
    range: Range,
    /// Everything up to here is delivered, or outside the range, or in `page`.
    after: Revision,
    /// Read from the file and not delivered yet.
    page: VecDeque<WatchBatch>,
}

impl Watcher {
    async fn next(&mut self) -> Result<WatchBatch, WatchError> {
        loop {
            if let Some(batch) = self.page.pop_front() {
                return Ok(batch);
            }
            let found = self
                .feed
                .upgrade()
                .ok_or(WatchError::Closed)?
                .find(&self.range, self.after);
            match found {
                Found::Batch(batch) => {
                    self.after = batch.revision;
                    return Ok(batch);
                }
                Found::Nothing(latest) => {
                    self.after = latest;
                    self.latest.changed().await.map_err(|_| WatchError::Closed)?;
                }
                Found::Behind(_) => self.read_page().await?,
            }
        }
    }

    async fn read_page(&mut self) -> Result<(), WatchError> {
        let after = self.after;
        let readers = self.readers.upgrade().ok_or(WatchError::Closed)?;
        let page = readers
            .with("read its history", move |db| read::page(db, after))
            .await;
        match page.map_err(WatchError::Failed)? {
            Page::Compacted(oldest) => Err(WatchError::Compacted { oldest }),
            Page::Batches(batches) => {
                self.after = batches.last().map_or(after, |batch| batch.revision);
                self.page = batches
                    .iter()
                    .filter_map(|batch| batch.within(&self.range))
                    .collect();
                Ok(())
            }
        }
    }
}
