//! The latest batches, in memory, for watchers.

use std::collections::VecDeque;
use std::sync::Arc;

use muster_model::Revision;

use crate::key::Range;
use crate::watch::{Event, WatchBatch};

/// Every batch with a revision greater than `floor`, up to the latest.
#[derive(Debug, Default)]
pub(crate) struct Log {
    floor: Revision,
    latest: Revision,
    batches: VecDeque<Arc<WatchBatch>>,
    bytes: usize,
}

/// What a log has for a watcher.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The next batch in its range.
    Batch(WatchBatch),
    /// Nothing in its range up to and including this revision, the latest.
    Nothing(Revision),
    /// It is before the floor, which is this.
    Behind(Revision),
}

impl Log {
    /// A log that begins after `floor`.
    pub(crate) fn after(floor: Revision) -> Self {
        Self {
            floor,
            latest: floor,
            ..Self::default()
        }
    }

    pub(crate) fn push(&mut self, batch: WatchBatch) {
        self.latest = batch.revision;
        self.bytes += weight(&batch);
        self.batches.push_back(Arc::new(batch));
    }

    /// The first batch after `after` with something in `range`.
    pub(crate) fn find(&self, range: &Range, after: Revision) -> Found {
        if after < self.floor {
            return Found::Behind(self.floor);
        }
        let start = self.batches.partition_point(|batch| batch.revision <= after);
        let hit = self.batches.range(start..).find_map(|batch| batch.within(range));
        // A watcher may start ahead of the log; it must not be thrown back.
        hit.map_or(Found::Nothing(self.latest.max(after)), Found::Batch)
    }

    /// Drops everything up to and including `upto`.
    pub(crate) fn forget(&mut self, upto: Revision) {
        while self.batches.front().is_some_and(|batch| batch.revision <= upto) {
            self.drop_oldest();
        }
        self.floor = self.floor.max(upto.min(self.latest));
    }

    /// Drops the oldest batches until at most so many bytes are left.
    pub(crate) fn shrink(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max && !self.batches.is_empty() {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(batch) = self.batches.pop_front() {
            self.bytes -= weight(&batch);
            self.floor = self.floor.max(batch.revision);
        }
    }
}

/// Roughly what a batch takes in memory.
fn weight(batch: &WatchBatch) -> usize {
    let event = |event: &Event| match event {
        Event::Put(entry) => entry.value.len(),
        Event::Delete { .. } => 0,
    };
    size_of::<WatchBatch>() + batch.events.iter().map(|one| 200 + event(one)).sum::<usize>()
}
