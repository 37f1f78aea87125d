//! Who decides. One server of a platform leads; all others only serve their agents and their API.

use std::time::Duration;

use muster_model::assigned::Leader;
use muster_model::desired::EpochCounter;
use muster_model::limits::LEASE_MARGIN;
use muster_model::{Revision, ServerId, Timestamp};
use muster_store::{Commit, KeyError, Precondition, typed};

use super::marks;
use super::mirror::Mirror;
use super::tickets::{Answer, LOOK_AGAIN, STORE_RETRY};
use super::{Now, Purpose};

/// This server's claim to the leadership, and the epochs it drew.
///
/// An epoch is drawn by moving the counter on, so no two draws get the same. The first is the process's, for ids that
/// its API makes; the second is the leadership's, drawn by the very commit that writes the leader's page, whose revision
/// is the fence. Whether it leads is read from the mirror and nowhere else: as long as that page is its own.
#[derive(Debug)]
pub(super) struct Leadership {
    server: ServerId,
    lease: Duration,
    own_epoch: Option<u32>,
    /// The epoch it was, or tried to be, elected under, and since when it leads.
    candidacy: Option<u32>,
    since: Option<Timestamp>,
    /// A longer lease than ours, from an earlier leader, may be out until then.
    lower_at: Option<Timestamp>,
    asked: Option<Asked>,
    retry_at: Timestamp,
    /// What it asked for last; the mirror must show it before it asks for more.
    settled: Revision,
}

#[derive(Debug, Clone, Copy)]
enum Asked {
    OwnEpoch(u32),
    Election(u32),
    LowerLease,
}

/// A leadership that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reign {
    pub(super) epoch: u32,
    /// The revision of the leader's page: a precondition of every commit of a round.
    pub(super) fence: Revision,
    /// Since when this server knows that it leads.
    pub(super) since: Timestamp,
    /// The longest lease that may be out.
    pub(super) lease: Duration,
}

impl Leadership {
    pub(super) fn new(server: ServerId, lease: Duration) -> Self {
        Self {
            server,
            lease,
            own_epoch: None,
            candidacy: None,
            since: None,
            lower_at: None,
            asked: None,
            retry_at: Timestamp(0),
            settled: Revision(0),
        }
    }

    /// The epoch of this process, once it is drawn.
    pub(super) fn own_epoch(&self) -> Option<u32> {
        self.own_epoch
    }

    /// The leadership, while it stands.
    pub(super) fn reign(&self, mirror: &Mirror) -> Option<Reign> {
        let leader = mirror.leader().filter(|leader| self.is_own(leader))?;
        let lease = Duration::from_millis(leader.lease_ms);
        Some(Reign {
            epoch: leader.epoch,
            fence: leader.modified,
            since: self.since?,
            lease,
        })
    }

    /// Notices that it leads, and asks for the next commit, if one is due.
    pub(super) fn step(&mut self, now: &mut Now<'_>) -> Result<(), KeyError> {
        self.notice(now.at, now.mirror);
        if self.asked.is_some() || now.at < self.retry_at || !self.can_look(now.mirror) {
            return Ok(());
        }
        let Some(counter) = now.mirror.epochs() else {
            return Ok(());
        };
        let draw = Draw {
            epoch: counter.next,
            counted: counter.modified,
        };
        if self.own_epoch.is_none() {
            let commit = draw.commit()?;
            self.ask(now, Asked::OwnEpoch(draw.epoch), commit);
        } else if self.candidacy.is_none() {
            let commit = self.election(&draw, now.mirror)?;
            self.ask(now, Asked::Election(draw.epoch), commit);
        } else if self.lower_at.is_some_and(|at| at <= now.at)
            && let Some(commit) = self.lowered(now.mirror)?
        {
            self.ask(now, Asked::LowerLease, commit);
        }
        Ok(())
    }

    fn ask(&mut self, now: &mut Now<'_>, asked: Asked, commit: Commit) {
        if now.tickets.commit(Purpose::Leadership, commit, now.out) {
            self.asked = Some(asked);
        }
    }

    /// Takes the answer to what [`Leadership::step`] asked for. A draw that did not work is made anew.
    pub(super) fn answered(&mut self, now: Timestamp, answer: Answer) {
        let asked = self.asked.take();
        if let Answer::Done(revision) = answer {
            self.settled = revision;
        }
        match (asked, answer) {
            (Some(Asked::OwnEpoch(epoch)), Answer::Done(_)) => self.own_epoch = Some(epoch),
            (Some(Asked::Election(epoch)), Answer::Done(_)) => self.candidacy = Some(epoch),
            (Some(Asked::LowerLease), Answer::Done(_)) => self.lower_at = None,
            // The mirror will show what changed; nothing is gained by asking before.
            _ => self.retry_at = now + LOOK_AGAIN,
        }
        if matches!(answer, Answer::NotDone | Answer::Refused) {
            self.retry_at = now + STORE_RETRY;
        }
    }

    pub(super) fn wake_at(&self, mirror: &Mirror) -> Option<Timestamp> {
        if self.asked.is_some() || !self.can_look(mirror) || mirror.epochs().is_none() {
            return None;
        }
        let due = if self.candidacy.is_none() {
            Some(self.retry_at)
        } else {
            self.lower_at
        };
        due.map(|at| at.max(self.retry_at))
    }

    fn can_look(&self, mirror: &Mirror) -> bool {
        mirror.is_open() && mirror.revision() >= self.settled
    }

    fn is_own(&self, leader: &Leader) -> bool {
        leader.server == self.server && Some(leader.epoch) == self.candidacy
    }

    fn notice(&mut self, now: Timestamp, mirror: &Mirror) {
        let Some(leader) = mirror.leader().filter(|leader| self.is_own(leader)) else {
            // One server per store: who was replaced was replaced by hand, and does not come back.
            if self.since.is_some() {
                self.lower_at = None;
            }
            return;
        };
        if self.since.is_none() {
            self.since = Some(now);
            let standing = Duration::from_millis(leader.lease_ms);
            self.lower_at = (standing > self.lease).then(|| now + standing + LEASE_MARGIN);
        }
    }

    /// The leader's page, with the longest lease that may be out: an earlier leader's may outlive it.
    fn election(&self, draw: &Draw, mirror: &Mirror) -> Result<Commit, KeyError> {
        let before = mirror.leader();
        let lease_ms = before.map_or(0, |leader| leader.lease_ms).max(millis(self.lease));
        let leader = Leader {
            epoch: draw.epoch,
            server: self.server,
            lease_ms,
        };
        let key = typed::key(&leader)?;
        let unchanged = match before {
            None => Precondition::Absent(key),
            Some(leader) => {
                marks::ELECTED_ANEW.reach();
                Precondition::At(key, leader.modified)
            }
        };
        draw.commit()?.expect(unchanged).write(&leader)
    }

    fn lowered(&self, mirror: &Mirror) -> Result<Option<Commit>, KeyError> {
        let Some(leader) = mirror.leader().filter(|leader| self.is_own(leader)) else {
            return Ok(None);
        };
        let lower = Leader {
            lease_ms: millis(self.lease),
            ..*leader.doc
        };
        let unchanged = Precondition::At(typed::key(&lower)?, leader.modified);
        Commit::new().expect(unchanged).write(&lower).map(Some)
    }
}

/// The next epoch, if nobody draws it first.
struct Draw {
    epoch: u32,
    counted: Revision,
}

impl Draw {
    fn commit(&self) -> Result<Commit, KeyError> {
        let moved = EpochCounter {
            next: self.epoch.saturating_add(1),
        };
        let unchanged = Precondition::At(typed::key(&moved)?, self.counted);
        Commit::new().expect(unchanged).write(&moved)
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}
