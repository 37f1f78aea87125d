//! How a store tells what changed.

use futures_util::StreamExt;
use futures_util::stream::{BoxStream, Stream};
use muster_model::Revision;

use crate::entry::Entry;
use crate::error::WatchError;
use crate::key::{Key, Range};

/// One change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The key was written and is now this.
    Put(Entry),
    /// The key was deleted, by a commit or with its lease.
    Delete {
        /// The key.
        key: Key,
    },
}

/// All that one commit changed in the watched range. Never split, never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchBatch {
    /// The commit.
    pub revision: Revision,
    /// In the order of the commit's writes.
    pub events: Vec<Event>,
}

/// The changes of a range, in order, without gap and without repetition.
pub struct Watch {
    batches: BoxStream<'static, Result<WatchBatch, WatchError>>,
}

impl Watch {
    /// For implementors of [`crate::Store`]: a stream that ends after its first error.
    pub fn new(batches: impl Stream<Item = Result<WatchBatch, WatchError>> + Send + 'static) -> Self {
        Self {
            batches: batches.boxed(),
        }
    }

    /// Waits for the next batch. Nothing is lost when the future is dropped. After an error every further call is
    /// [`WatchError::Closed`].
    pub async fn next(&mut self) -> Result<WatchBatch, WatchError> {
        self.batches.next().await.unwrap_or(Err(WatchError::Closed))
    }
}

impl Event {
    /// The key that changed.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put(entry) => &entry.key,
            Self::Delete { key } => key,
        }
    }
}

impl WatchBatch {
    /// What of this batch lies in `range`, if anything does.
    pub(crate) fn within(&self, range: &Range) -> Option<Self> {
        let events: Vec<_> = self
            .events
            .iter()
            .filter(|event| range.contains(event.key()))
            .cloned()
            .collect();
        (!events.is_empty()).then_some(Self {
            revision: self.revision,
            events,
        })
    }
}
