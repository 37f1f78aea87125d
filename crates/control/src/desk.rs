//! Where a round works: a copy of the world on which every decision is true at once, and the commits it leaves.

use muster_model::document::Record;
use muster_model::limits::{COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX};
use muster_model::{Revision, Timestamp};

use crate::agenda::{Agenda, Stopwatches};
use crate::round::{Cx, Decision, Round};
use crate::world::{Subject, World};

/// Operations of one decision: leaves room for the fence and for whatever else the shell adds.
const OPERATIONS_MAX: usize = COMMIT_OPERATIONS_MAX - 4;
/// Bytes of one decision, as estimated by [`weight`].
const BYTES_MAX: usize = COMMIT_BYTES_MAX / 2;

pub(crate) struct Desk<'a> {
    /// The world with all that was decided in this round so far.
    pub(crate) world: World,
    pub(crate) agenda: &'a mut Agenda,
    pub(crate) cx: Cx<'a>,
    pub(crate) looked: usize,
    pub(crate) quarantined: Vec<(Subject, String)>,
    done: Vec<Decision>,
    /// Of the subject being looked at.
    open: Vec<(Decision, usize)>,
    subject: Option<Subject>,
    /// The world before the round.
    origin: World,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(world: World, agenda: &'a mut Agenda, cx: Cx<'a>) -> Self {
        Self {
            origin: world.clone(),
            world,
            agenda,
            cx,
            looked: 0,
            quarantined: Vec::new(),
            done: Vec::new(),
            open: Vec::new(),
            subject: None,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.cx.now
    }

    pub(crate) fn since(&mut self) -> &mut Stopwatches {
        &mut self.agenda.since
    }

    /// Begins with another subject.
    pub(crate) fn begin(&mut self, subject: &Subject) {
        self.subject = Some(subject.clone());
    }

    /// What was decided about the subject stands.
    pub(crate) fn end(&mut self) {
        self.done
            .extend(self.open.drain(..).map(|(decision, _)| decision));
    }

    /// What was decided about the subject is forgotten. That is rare, so the world is made anew rather than kept before every
    /// subject: a world of which nobody holds a copy is changed in place.
    pub(crate) fn take_back(&mut self) {
        self.open.clear();
        self.world = self.origin.clone();
        let revision = self.world.revision();
        for (key, record) in self.done.iter().flat_map(|decision| &decision.writes) {
            self.world.apply(revision, key, record.clone());
        }
    }

    pub(crate) fn finish(self) -> Round {
        Round {
            commits: self.done,
            looked: self.looked,
            quarantined: self.quarantined,
        }
    }

    /// Look at the subject again at `at`, if that is still to come: this look is the one for what is due.
    pub(crate) fn wake(&mut self, at: Timestamp) {
        if let Some(subject) = &self.subject
            && at > self.cx.now
        {
            self.agenda.wake(at, subject);
        }
    }

    pub(crate) fn put(&mut self, doc: impl Into<Record>) {
        let record = doc.into();
        self.write(record.key(), Some(record));
    }

    pub(crate) fn delete(&mut self, key: String) {
        self.write(key, None);
    }

    /// What is written next rests on a fact of others.
    pub(crate) fn expect(&mut self, key: String, revision: Option<Revision>) {
        if let Some(decision) = self.room(key.len()) {
            decision.expects.push((key, revision));
        }
    }

    /// The next `operations` go into one commit.
    pub(crate) fn keep_together(&mut self, operations: usize) {
        let full = |decision: &Decision| {
            decision.expects.len() + decision.writes.len() + operations > OPERATIONS_MAX
        };
        if self.open.last().is_some_and(|(decision, _)| full(decision)) {
            self.open_another();
        }
    }

    fn write(&mut self, key: String, record: Option<Record>) {
        let touched = self.world.apply(self.world.revision(), &key, record.clone());
        let current = self.subject.clone();
        // Earlier reconcilers have had their turn; they hear of it when it is committed.
        self.agenda.touch(
            touched
                .subjects
                .into_iter()
                .filter(|other| Some(other) > current.as_ref()),
        );
        if let Some(decision) = self.room(key.len() + record.as_ref().map_or(0, weight)) {
            decision.writes.retain(|(earlier, _)| *earlier != key);
            decision.writes.push((key, record));
        }
    }

    /// The decision that has room for one more operation of `bytes`.
    fn room(&mut self, bytes: usize) -> Option<&mut Decision> {
        let full = self.open.last().is_none_or(|(decision, weight)| {
            decision.expects.len() + decision.writes.len() >= OPERATIONS_MAX || weight + bytes > BYTES_MAX
        });
        if full {
            self.open_another();
        }
        let (decision, weight) = self.open.last_mut()?;
        *weight += bytes;
        Some(decision)
    }

    fn open_another(&mut self) {
        if let Some(subject) = self.subject.clone() {
            self.open.push((
                Decision {
                    subject,
                    expects: Vec::new(),
                    writes: Vec::new(),
                },
                0,
            ));
        }
    }
}

/// About how large a document's text is, without writing it: no less than half of it.
fn weight(record: &Record) -> usize {
    match record {
        Record::Unit(unit) => 2_048 + 96 * unit.ports.len(),
        // What people wrote stands in these.
        Record::VolumeAssigned(_) | Record::ServiceAssigned(_) => record.encode().len(),
        _ => 4_096,
    }
}
