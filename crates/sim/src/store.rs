//! The simulated store: the promises of `muster-store`, kept by its own synchronous table, with the answers that a real one
//! may give on a bad day.

use muster_model::{RequestId, Revision};
use muster_store::memory::Table;
use muster_store::{Commit, Committed, Incarnation, Range, Snapshot, StoreError, WatchBatch, WatchError};

use crate::fault::CommitFate;
use crate::time::Moment;

/// What a server asks.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Do this.
    Commit(Commit),
    /// Was it done?
    Find(RequestId),
}

/// What the store answers.
#[derive(Debug)]
pub enum Told {
    /// To a commit.
    Committed(Result<Committed, StoreError>),
    /// To a question.
    Found(Result<Option<Revision>, StoreError>),
}

/// One store, shared by all servers. It outlives them.
#[derive(Debug)]
pub struct Store {
    table: Table,
    /// Until when history may be forgotten the next time, and what the revision was then.
    mark: Option<(Moment, Revision)>,
    compacted: Revision,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            table: Table::new(Incarnation(1)),
            mark: None,
            compacted: Revision(0),
        }
    }
}

impl Store {
    /// Answers.
    pub fn answer(&mut self, ask: &Ask, fate: CommitFate) -> Told {
        match ask {
            Ask::Find(request) => Told::Found(Ok(self.table.committed(request))),
            Ask::Commit(commit) => Told::Committed(self.commit(commit, fate)),
        }
    }

    fn commit(&mut self, commit: &Commit, fate: CommitFate) -> Result<Committed, StoreError> {
        let unknown = || StoreError::Unknown {
            request: commit.request.clone(),
            source: "the answer is lost".into(),
        };
        match fate {
            CommitFate::Works | CommitFate::Slow => self.table.commit(commit),
            CommitFate::Unavailable => Err(unavailable()),
            CommitFate::UnknownNotDone => Err(unknown()),
            CommitFate::UnknownDone => match self.table.commit(commit) {
                Ok(_) => Err(unknown()),
                Err(refused) => Err(refused),
            },
        }
    }

    /// The revision under which a request was done.
    pub fn committed(&self, request: &RequestId) -> Option<Revision> {
        self.table.committed(request)
    }

    /// What was before this moment is forgotten next.
    pub fn compacts_from(&self) -> Option<Moment> {
        self.mark.map(|(at, _)| at)
    }

    /// History before the last time is forgotten.
    pub fn compact(&mut self, now: Moment) {
        if let Some((_, revision)) = self.mark.replace((now, self.table.revision())) {
            self.table.compact(revision);
            self.compacted = revision;
        }
    }

    /// Up to where history and requests are forgotten.
    pub const fn compacted(&self) -> Revision {
        self.compacted
    }

    /// The latest revision.
    pub fn revision(&self) -> Revision {
        self.table.revision()
    }

    /// Everything.
    pub fn read(&self) -> Snapshot {
        self.table.read(&Range::All)
    }

    /// What comes after `after`, if anything does.
    pub fn next_batch(&self, after: Revision) -> Result<Option<WatchBatch>, WatchError> {
        self.table.next_batch(&Range::All, after)
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable {
        operation: "commit",
        help: "it will be back".to_owned(),
        source: None,
    }
}
