//! Whom to look at next, and when to look again although nothing happens.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{EnvironmentId, Generation, HostId, Name, SessionId, StackId, Timestamp, UnitId};

use crate::world::{Subject, World};

/// The leader's memory between rounds: whom to look at, and since when it has seen what must last a while. Nothing else
/// is remembered, and a new leader begins with everyone and no memory: then it waits once more.
#[derive(Debug, Clone, Default)]
pub struct Agenda {
    subjects: BTreeSet<Subject>,
    wakes: BTreeSet<(Timestamp, Subject)>,
    wake_of: BTreeMap<Subject, Timestamp>,
    pub(crate) since: Stopwatches,
}

impl Agenda {
    /// Everyone: for a new leader.
    pub fn all(world: &World) -> Self {
        let mut agenda = Self::default();
        agenda.touch_all(world);
        agenda
    }

    /// Everyone again: the full scan that makes right what events made quick.
    pub fn touch_all(&mut self, world: &World) {
        self.touch(world.all_hosts().map(|host| Subject::Host(host.id)));
        for stack in world.all_stacks() {
            let services = world.services(stack.id).chain(world.services_left(stack.id));
            self.touch(services.map(|service| Subject::Service(stack.id, service)));
        }
        let orphans = world.units().filter(|unit| world.stack(unit.stack).is_none());
        self.touch(orphans.map(|unit| Subject::Service(unit.stack, unit.service.clone())));
        self.touch(world.volumes().map(|volume| Subject::Volume(volume.id)));
    }

    /// Adds those that a change touched.
    pub fn touch(&mut self, subjects: impl IntoIterator<Item = Subject>) {
        self.subjects.extend(subjects);
    }

    /// When there is something to look at: the past if there is already.
    pub fn wake_at(&self) -> Option<Timestamp> {
        if self.subjects.is_empty() {
            self.wakes.first().map(|(at, _)| *at)
        } else {
            Some(Timestamp(0))
        }
    }

    /// The next one to look at by the order of the reconcilers. Its wake-up is forgotten: who looks asks anew.
    pub(crate) fn next(&mut self, now: Timestamp) -> Option<Subject> {
        while let Some((at, subject)) = self.wakes.first().cloned()
            && at <= now
        {
            self.forget_wake(&subject);
            self.subjects.insert(subject);
        }
        let subject = self.subjects.pop_first()?;
        self.forget_wake(&subject);
        Some(subject)
    }

    /// Look at `subject` again at `at`, or earlier if that was asked for.
    pub(crate) fn wake(&mut self, at: Timestamp, subject: &Subject) {
        if self.wake_of.get(subject).is_some_and(|earlier| *earlier <= at) {
            return;
        }
        self.forget_wake(subject);
        self.wake_of.insert(subject.clone(), at);
        self.wakes.insert((at, subject.clone()));
    }

    fn forget_wake(&mut self, subject: &Subject) {
        if let Some(at) = self.wake_of.remove(subject) {
            self.wakes.remove(&(at, subject.clone()));
        }
    }
}

/// Something that has to be so for a while before it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// The host fell silent in this session.
    Silent(HostId, SessionId),
    /// Nobody of the environment is taken for lost: too many fell silent together.
    Braked(EnvironmentId),
    /// The first of those is heard again.
    Returned(EnvironmentId),
    /// The host, which was lost of late, is in touch.
    Calm(HostId),
    /// The unit has been up in this generation.
    Up(UnitId, Generation),
    /// No batch of the service's rollout is under way.
    BetweenBatches(StackId, Name),
}

/// Since when this leader has seen each fact.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopwatches(BTreeMap<Fact, Timestamp>);

impl Stopwatches {
    /// Since when it is so; from now on if it was not seen before.
    pub(crate) fn start(&mut self, fact: Fact, now: Timestamp) -> Timestamp {
        *self.0.entry(fact).or_insert(now)
    }

    /// Since when it has been seen, if it has.
    pub(crate) fn get(&self, fact: &Fact) -> Option<Timestamp> {
        self.0.get(fact).copied()
    }

    /// It is no longer so.
    pub(crate) fn stop(&mut self, fact: &Fact) {
        self.0.remove(fact);
    }

    /// The host is heard again, whatever the session was.
    pub(crate) fn stop_silent(&mut self, host: HostId) {
        let session = |counter| SessionId::new(counter, counter);
        let all = Fact::Silent(host, session(0))..=Fact::Silent(host, session(u32::MAX));
        while let Some((fact, _)) = self.0.range(all.clone()).next() {
            let fact = fact.clone();
            self.0.remove(&fact);
        }
    }
}
