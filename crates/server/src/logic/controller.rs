//! The leader's hands: calls control's rounds and carries what they decide to the store, in order, under the fence.

use std::collections::VecDeque;
use std::time::Duration;

use muster_control::{Agenda, Cx, Decision, Subject, round};
use muster_model::id::IdSource;
use muster_model::limits::{COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX};
use muster_model::{Revision, Timestamp};
use muster_store::{Commit, Key, KeyError, Precondition};

use super::leadership::Reign;
use super::marks;
use super::mirror::Mirror;
use super::sessions::Sessions;
use super::tickets::{Answer, LOOK_AGAIN, STORE_RETRY};
use super::{Now, Output, Purpose};

/// Everyone is looked at this often; it is hoped that this finds nothing.
const SCAN_EVERY: Duration = Duration::from_secs(300);
/// Subjects in one round: some milliseconds.
const BUDGET: usize = 200;
/// A commit that the store refuses for good is a fault of ours, not one of the moment.
const REFUSED_RETRY: Duration = Duration::from_secs(30);
/// The fence, under every commit.
const LEADER_KEY: &str = "assigned/leader/self";

/// What the leader remembers; all of it is forgotten with the leadership.
#[derive(Debug, Default)]
pub(super) struct Controller {
    office: Option<Office>,
}

#[derive(Debug)]
struct Office {
    epoch: u32,
    ids: IdSource,
    agenda: Agenda,
    /// Decided, and not asked for yet.
    decided: VecDeque<Decision>,
    /// Asked for: whom it is about.
    asked: Option<Vec<Subject>>,
    /// The mirror must show this before the next round.
    settled: Revision,
    retry_at: Timestamp,
    scan_at: Timestamp,
}

impl Controller {
    /// The mirror begins anew, and so does the office.
    pub(super) fn forget(&mut self) {
        if let Some(office) = &mut self.office {
            office.scan_at = Timestamp(0);
        }
    }

    pub(super) fn touched(&mut self, subjects: Vec<Subject>) {
        if let Some(office) = &mut self.office {
            office.agenda.touch(subjects);
        }
    }

    pub(super) fn answered(&mut self, now: Timestamp, answer: Answer) {
        if let Some(office) = &mut self.office {
            office.answered(now, answer);
        }
    }

    /// Asks for the next commit if this server leads: what was decided first, then another round.
    pub(super) fn step(
        &mut self,
        now: &mut Now<'_>,
        reign: Option<Reign>,
        sessions: &Sessions,
    ) -> Result<(), KeyError> {
        let Some(reign) = reign.filter(|_| now.mirror.is_open()) else {
            self.office = None;
            return Ok(());
        };
        if self
            .office
            .as_ref()
            .is_none_or(|office| office.epoch != reign.epoch)
        {
            self.office = Some(Office::new(now, &reign));
        }
        match &mut self.office {
            Some(office) => office.step(now, &reign, sessions),
            None => Ok(()),
        }
    }

    pub(super) fn wake_at(&self, mirror: &Mirror, reign: Option<Reign>) -> Option<Timestamp> {
        let office = self
            .office
            .as_ref()
            .filter(|_| reign.is_some() && mirror.is_open())?;
        if office.asked.is_some() || mirror.revision() < office.settled {
            return None;
        }
        let work = if office.decided.is_empty() {
            office.agenda.wake_at()
        } else {
            Some(Timestamp(0))
        };
        Some(
            work.map_or(office.scan_at, |at| at.min(office.scan_at))
                .max(office.retry_at),
        )
    }
}

impl Office {
    fn new(now: &Now<'_>, reign: &Reign) -> Self {
        Self {
            epoch: reign.epoch,
            ids: IdSource::new(reign.epoch),
            agenda: Agenda::all(now.mirror.world()),
            decided: VecDeque::new(),
            asked: None,
            settled: Revision(0),
            retry_at: Timestamp(0),
            scan_at: now.at + SCAN_EVERY,
        }
    }

    fn step(&mut self, now: &mut Now<'_>, reign: &Reign, sessions: &Sessions) -> Result<(), KeyError> {
        if self.asked.is_some() || now.at < self.retry_at {
            return Ok(());
        }
        if self.decided.is_empty() && now.mirror.revision() >= self.settled {
            self.look(now, reign, sessions);
        }
        if self.decided.is_empty() {
            return Ok(());
        }
        let (commit, subjects) = self.next_commit(reign)?;
        if now.tickets.commit(Purpose::Round, commit, now.out) {
            self.asked = Some(subjects);
        }
        Ok(())
    }

    fn look(&mut self, now: &mut Now<'_>, reign: &Reign, sessions: &Sessions) {
        let world = now.mirror.world();
        if self.scan_at <= now.at {
            self.agenda.touch_all(world);
            self.scan_at = now.at + SCAN_EVERY;
        }
        if self.agenda.wake_at().is_none_or(|at| at > now.at) {
            return;
        }
        let fences = sessions.fences(reign);
        let cx = Cx {
            now: now.at,
            wall: now.wall,
            ids: &mut self.ids,
            fences: &fences,
            budget: BUDGET,
        };
        let decided = round(world, &mut self.agenda, cx);
        now.out.push(Output::Looked {
            subjects: decided.looked,
        });
        for (subject, message) in decided.quarantined {
            now.out.push(Output::Alarm {
                subject: format!("{subject:?}"),
                message,
            });
        }
        self.decided.extend(decided.commits);
    }

    /// As many decisions, in order, as fit into one commit: each is true alone, so they may be true together.
    fn next_commit(&mut self, reign: &Reign) -> Result<(Commit, Vec<Subject>), KeyError> {
        let mut commit = Commit::new().expect(Precondition::At(Key::parse(LEADER_KEY)?, reign.fence));
        let mut subjects = Vec::new();
        while let Some(next) = self.decided.front() {
            let longer = with(commit.clone(), next)?;
            let fits = longer.operations() <= COMMIT_OPERATIONS_MAX && longer.bytes() <= COMMIT_BYTES_MAX;
            if !subjects.is_empty() && (!fits || names_a_key_twice(&commit, next)) {
                break;
            }
            commit = longer;
            subjects.extend(self.decided.pop_front().map(|decision| decision.subject));
        }
        Ok((commit, subjects))
    }

    fn answered(&mut self, now: Timestamp, answer: Answer) {
        let asked = self.asked.take().unwrap_or_default();
        match answer {
            Answer::Done(revision) => {
                self.settled = revision;
                return;
            }
            Answer::Conflict(found) => {
                marks::ROUND_CONFLICT.reach();
                self.settled = self.settled.max(found.unwrap_or_default());
                self.retry_at = now + LOOK_AGAIN;
            }
            Answer::NotDone => {
                marks::ROUND_NOT_DONE.reach();
                self.retry_at = now + STORE_RETRY;
            }
            Answer::Refused => self.retry_at = now + REFUSED_RETRY,
        }
        if !self.decided.is_empty() {
            marks::DECISIONS_DROPPED.reach();
        }
        // A later decision may take what this one would have freed: look again at all of them.
        let dropped = self.decided.drain(..).map(|decision| decision.subject);
        self.agenda.touch(asked.into_iter().chain(dropped));
    }
}

fn with(mut commit: Commit, decision: &Decision) -> Result<Commit, KeyError> {
    for (key, expected) in &decision.expects {
        let key = Key::parse(key)?;
        commit = commit.expect(match expected {
            Some(revision) => Precondition::At(key, *revision),
            None => Precondition::Absent(key),
        });
    }
    for (key, record) in &decision.writes {
        let key = Key::parse(key)?;
        commit = match record {
            Some(record) => commit.put(key, record.encode()),
            None => commit.delete(key),
        };
    }
    Ok(commit)
}

/// Whether the decision names a key that the commit writes already.
fn names_a_key_twice(commit: &Commit, decision: &Decision) -> bool {
    let names = |key: &str| commit.writes.iter().any(|write| write.key().as_str() == key);
    let expects = decision.expects.iter().map(|(key, _)| key);
    expects
        .chain(decision.writes.iter().map(|(key, _)| key))
        .any(|key| names(key))
}

#[cfg(test)]
mod tests {
    use muster_model::Document;
    use muster_model::assigned::Leader;

    use super::*;

    #[test]
    fn the_fence_is_the_leaders_page() {
        assert_eq!(LEADER_KEY, format!("{}self", Leader::PREFIX));
    }
}
