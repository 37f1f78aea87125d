//! What may go wrong, and how often in this run.
//!
//! Every seed switches a random subset on, each at a rate of its own: a run in which everything fails all the time finds
//! less than many runs that each fail in their own way. From [`Faults::until`] on nothing new goes wrong.

mod kind;

use std::collections::BTreeMap;
use std::fmt;

use crate::narrow::Narrow;
use crate::phase::{Counts, Phase};
use crate::rng::Rng;
use crate::time::Moment;
pub use kind::{KINDS, Kind};

/// How one call to an engine goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallFate {
    /// Well.
    Works,
    /// Nothing is done, and an error comes back.
    Fails,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It is done, very late.
    Slow,
    /// Nothing is done, and no answer comes before the deadline.
    Hangs,
}

/// How one commit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFate {
    /// As its preconditions say.
    Works,
    /// It does not happen, and the store says so.
    Unavailable,
    /// It happens, and the store cannot tell.
    UnknownDone,
    /// It does not happen, and the store cannot tell.
    UnknownNotDone,
    /// As its preconditions say, late.
    Slow,
}

/// What goes wrong in one run.
#[derive(Debug)]
pub struct Faults {
    rng: Rng,
    until: Moment,
    gaps: BTreeMap<Kind, u64>,
    engine: [u64; 4],
    store: [u64; 4],
    words_delayed: u64,
    disk_fails: u64,
    /// Of a thousand faults, after how many a user wants something at once.
    users_meet: u64,
    /// What of all this is left out.
    narrow: Narrow,
    drawn: u64,
    phase: Phase,
    counts: Counts,
    calls: BTreeMap<(&'static str, &'static str), u64>,
}

impl Faults {
    /// Those of a seed, up to `until`. In some runs only servers, their store and their users have bad days.
    pub fn draw(mut rng: Rng, until: Moment) -> Self {
        let spares_hosts = rng.chance(200);
        let mut gaps = BTreeMap::new();
        for kind in KINDS {
            if rng.chance(500) && (kind.spares_hosts() || !spares_hosts) {
                gaps.insert(kind, kind.gap() * rng.between(1, 8));
            }
        }
        let mut rate = |most: u64| if rng.chance(500) { rng.between(1, most) } else { 0 };
        let (engine, store) = ([0; 4].map(|_: u64| rate(150)), [0; 4].map(|_: u64| rate(100)));
        let (words_delayed, disk_fails, users_meet) = (rate(100), rate(100), rate(500));
        Self {
            gaps,
            engine: if spares_hosts { [0; 4] } else { engine },
            store,
            words_delayed: if spares_hosts { 0 } else { words_delayed },
            disk_fails: if spares_hosts { 0 } else { disk_fails },
            users_meet,
            ..Self::none(rng, until)
        }
    }

    /// A run in which nothing goes wrong, and users act up to `until`.
    pub fn none(rng: Rng, until: Moment) -> Self {
        Self {
            rng,
            until,
            gaps: BTreeMap::new(),
            engine: [0; 4],
            store: [0; 4],
            words_delayed: 0,
            disk_fails: 0,
            users_meet: 0,
            narrow: Narrow::default(),
            drawn: 0,
            phase: Phase::default(),
            counts: Counts::default(),
            calls: BTreeMap::new(),
        }
    }

    /// From when on nothing new goes wrong.
    pub const fn until(&self) -> Moment {
        self.until
    }

    /// When the next fault of a kind comes, if it comes in this run.
    pub fn next(&mut self, kind: Kind, now: Moment) -> Option<Moment> {
        let gap = *self.gaps.get(&kind)?;
        let at = now.after(self.rng.between(gap / 4, gap * 7 / 4));
        (at < self.until).then_some(at)
    }

    /// Leaves some of them out.
    #[must_use]
    pub fn narrowed(self, narrow: Narrow) -> Self {
        Self { narrow, ..self }
    }

    /// The platform is in this phase from now on.
    pub const fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// One happened that nothing could leave out.
    pub fn count(&mut self, what: &'static str) {
        self.counts.count(what, self.phase);
    }

    /// One is due. Counts it, unless it is left out; then it does not happen.
    pub fn strikes(&mut self, what: &'static str) -> bool {
        self.drawn += 1;
        let strikes = self.narrow.lets_fault(what, self.drawn);
        if strikes {
            self.count(what);
        }
        strikes
    }

    /// How many were due, those that were left out included.
    pub const fn drawn(&self) -> u64 {
        self.drawn
    }

    /// How many of each happened.
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How often each kind of call to an engine met each kind of fault: the call first.
    pub const fn calls(&self) -> &BTreeMap<(&'static str, &'static str), u64> {
        &self.calls
    }

    /// For whatever a fault leaves open.
    pub const fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// How a call to an engine goes that begins now.
    pub fn call(&mut self, now: Moment, verb: &'static str) -> CallFate {
        let fates = [
            (CallFate::Fails, "engine call fails"),
            (CallFate::AnswerLost, "engine answer lost"),
            (CallFate::Slow, "engine call slow"),
            (CallFate::Hangs, "engine call hangs"),
        ];
        // Nothing but the engine ends an exclusive unit in time, as long as the platform has no watchdog.
        let [fails, lost, ..] = self.engine;
        let rates = if verb == "kill" {
            [fails, lost, 0, 0]
        } else {
            self.engine
        };
        let fate = self.one_of(now, rates, fates);
        if let Some((_, what)) = fate {
            *self.calls.entry((verb, what)).or_default() += 1;
        }
        fate.map_or(CallFate::Works, |(fate, _)| fate)
    }

    /// How a commit goes that is asked for now.
    pub fn commit(&mut self, now: Moment) -> CommitFate {
        let fates = [
            (CommitFate::Unavailable, "store unavailable"),
            (CommitFate::UnknownDone, "commit done, answer lost"),
            (CommitFate::UnknownNotDone, "commit lost, answer lost"),
            (CommitFate::Slow, "store slow"),
        ];
        self.one_of(now, self.store, fates)
            .map_or(CommitFate::Works, |(fate, _)| fate)
    }

    /// How much longer than usual a word takes, milliseconds.
    pub fn delay(&mut self, now: Moment) -> u64 {
        let delayed = self.happens(now, self.words_delayed, "word delayed");
        if delayed { self.rng.between(100, 4_000) } else { 0 }
    }

    /// Whether a page cannot be written to a disk.
    pub fn disk_fails(&mut self, now: Moment) -> bool {
        self.happens(now, self.disk_fails, "notebook not written")
    }

    /// Whether a user wants something just after a fault.
    pub fn users_meet(&mut self, now: Moment) -> bool {
        self.happens(now, self.users_meet, "users meet a fault")
    }

    fn happens(&mut self, now: Moment, per_mille: u64, what: &'static str) -> bool {
        now < self.until && self.rng.chance(per_mille) && self.strikes(what)
    }

    fn one_of<T: Copy>(
        &mut self,
        now: Moment,
        rates: [u64; 4],
        fates: [(T, &'static str); 4],
    ) -> Option<(T, &'static str)> {
        let mut all = rates.into_iter().zip(fates);
        all.find_map(|(rate, (fate, what))| self.happens(now, rate, what).then_some((fate, what)))
    }
}

impl fmt::Display for Faults {
    /// What goes wrong in this run, and how often.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "until {}", self.until)?;
        for (kind, gap) in &self.gaps {
            write!(f, ", {} every {} s", kind.words(), gap / 1_000)?;
        }
        let [fail, lost, slow, hang] = self.engine;
        write!(
            f,
            ", engine calls ‰: {fail} fail {lost} lost {slow} slow {hang} hang"
        )?;
        let [unavailable, done, not_done, slow] = self.store;
        write!(
            f,
            ", commits ‰: {unavailable} unavailable {done}+{not_done} unknown {slow} slow"
        )?;
        write!(
            f,
            ", ‰ of words delayed: {}, of pages not written: {}, of faults that users meet: {}",
            self.words_delayed, self.disk_fails, self.users_meet
        )
    }
}
