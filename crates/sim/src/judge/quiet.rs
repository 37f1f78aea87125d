//! Quiescence: once all is as wished, nothing moves. Heartbeats and the periodic full list of containers do not count.

use crate::time::Moment;

/// How long nothing may move.
pub const QUIET_MS: u64 = 60_000;

/// When something last moved, and what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Activity {
    last: Option<(Moment, String)>,
}

impl Activity {
    /// The store took a commit, or an engine was asked to do something.
    pub fn moved(&mut self, at: Moment, what: String) {
        self.last = Some((at, what));
    }

    /// When something last moved.
    pub fn last(&self) -> Option<Moment> {
        self.last.as_ref().map(|(at, _)| *at)
    }

    /// What moved within the last minute before `now`, if anything did.
    pub fn judge(&self, now: Moment) -> Option<String> {
        let (at, what) = self.last.as_ref()?;
        (now.since(*at) < QUIET_MS).then(|| format!("still moving at {at}: {what}"))
    }
}
