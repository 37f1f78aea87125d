//! What was asked of the store and is not answered yet.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_model::{RequestId, Revision, Timestamp};
use muster_store::{Commit, Committed, Retry, StoreError};

use super::marks;
use super::{Output, Ticket};

/// A store that could not answer is asked again after this.
pub(super) const STORE_RETRY: Duration = Duration::from_secs(1);

/// After a conflict the mirror shows soon what changed; should it not, it is tried again after this.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// What became of a commit, for certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It happened, under this revision.
    Done(Revision),
    /// A precondition did not hold. The key in question was last written by this revision, if it is there.
    Conflict(Option<Revision>),
    /// It did not happen; later it may.
    NotDone,
    /// It did not happen, and the same will never.
    Refused,
}

/// Commits under way, each with what it is for. Turns "may have happened" into what did.
#[derive(Debug)]
pub(super) struct Tickets<P> {
    /// Unique among all lives of all servers: begins every request id.
    label: String,
    next: u64,
    open: BTreeMap<Ticket, Open<P>>,
}

#[derive(Debug)]
struct Open<P> {
    purpose: P,
    request: RequestId,
    /// When to look the request up again; none while an answer is on its way.
    look_up_at: Option<Timestamp>,
}

impl<P> Tickets<P> {
    pub(super) fn new(label: String) -> Self {
        Self {
            label,
            next: 1,
            open: BTreeMap::new(),
        }
    }

    /// Asks for a commit. False if no request id can be made, which a sound label rules out.
    pub(super) fn commit(&mut self, purpose: P, commit: Commit, out: &mut Vec<Output>) -> bool {
        let ticket = Ticket(self.next);
        let Ok(request) = RequestId::parse(&format!("{}:{}", self.label, self.next)) else {
            return false;
        };
        self.next += 1;
        let commit = commit.request(request.clone());
        self.open.insert(
            ticket,
            Open {
                purpose,
                request,
                look_up_at: None,
            },
        );
        out.push(Output::Commit { ticket, commit });
        true
    }

    /// Takes the store's answer; gives the purpose back once it is certain what happened.
    pub(super) fn committed(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        result: Result<Committed, StoreError>,
        out: &mut Vec<Output>,
    ) -> Option<(P, Answer)> {
        let answer = match result {
            Ok(committed) => Answer::Done(committed.revision),
            Err(StoreError::Conflict { found, .. }) => Answer::Conflict(found),
            Err(error) => match error.retry() {
                Retry::Later => Answer::NotDone,
                Retry::Never if matches!(error, StoreError::Corrupt { .. }) => Answer::NotDone,
                Retry::Never => Answer::Refused,
                Retry::UnknownWhetherDone => {
                    self.look_up_at(ticket, now);
                    self.step(now, out);
                    return None;
                }
            },
        };
        self.open.remove(&ticket).map(|open| (open.purpose, answer))
    }

    /// Takes the answer to a look-up.
    pub(super) fn found(
        &mut self,
        now: Timestamp,
        ticket: Ticket,
        result: Result<Option<Revision>, StoreError>,
    ) -> Option<(P, Answer)> {
        let answer = match result {
            Ok(Some(revision)) => {
                marks::LOOKED_UP_DONE.reach();
                Answer::Done(revision)
            }
            Ok(None) => {
                marks::LOOKED_UP_NOT_DONE.reach();
                Answer::NotDone
            }
            Err(_) => {
                self.look_up_at(ticket, now + STORE_RETRY);
                return None;
            }
        };
        self.open.remove(&ticket).map(|open| (open.purpose, answer))
    }

    /// Looks up what is due.
    pub(super) fn step(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        for (ticket, open) in &mut self.open {
            if open.look_up_at.is_some_and(|at| at <= now) {
                open.look_up_at = None;
                out.push(Output::Find {
                    ticket: *ticket,
                    request: open.request.clone(),
                });
            }
        }
    }

    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        self.open.values().filter_map(|open| open.look_up_at).min()
    }

    fn look_up_at(&mut self, ticket: Ticket, at: Timestamp) {
        if let Some(open) = self.open.get_mut(&ticket) {
            open.look_up_at = Some(at);
        }
    }
}
