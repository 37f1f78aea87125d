//! What may go wrong, and how often in this run.
//!
//! Every seed switches a random subset on, each at a rate of its own: a run in which everything fails all the time finds
//! less than many runs that each fail in their own way. From [`Faults::until`] on nothing new goes wrong.

use std::collections::BTreeMap;
use std::fmt;

use crate::narrow::Narrow;
use crate::phase::{Counts, Phase};
use crate::rng::Rng;
use crate::time::Moment;

/// Something that goes wrong by itself, every now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A container's program ends.
    ContainerExit,
    /// Somebody removes a container by hand.
    ContainerRemoved,
    /// An engine does not answer for a while.
    EngineAway,
    /// An engine is restarted and all its containers end.
    EngineRestart,
    /// A host's network is gone for a while.
    LinkCut,
    /// Words of one direction of a link are held up for a while.
    LinkHeldUp,
    /// An agent is killed and started again.
    AgentKilled,
    /// A server is killed, between any two of its outputs, and started again.
    ServerKilled,
    /// A server's watch cannot go on where it was: it has to read everything again.
    WatchLost,
}

/// All kinds.
pub const KINDS: [Kind; 9] = [
    Kind::ContainerExit,
    Kind::ContainerRemoved,
    Kind::EngineAway,
    Kind::EngineRestart,
    Kind::LinkCut,
    Kind::LinkHeldUp,
    Kind::AgentKilled,
    Kind::ServerKilled,
    Kind::WatchLost,
];

impl Kind {
    /// In words; also its name in the counts.
    pub const fn words(self) -> &'static str {
        match self {
            Self::ContainerExit => "container exits",
            Self::ContainerRemoved => "container removed by hand",
            Self::EngineAway => "engine away",
            Self::EngineRestart => "engine restarted",
            Self::LinkCut => "link cut",
            Self::LinkHeldUp => "link held up",
            Self::AgentKilled => "agent killed",
            Self::ServerKilled => "server killed",
            Self::WatchLost => "watch lost",
        }
    }

    /// The shortest usual time between two of them, milliseconds.
    const fn gap(self) -> u64 {
        match self {
            Self::ContainerExit => 2_000,
            Self::ContainerRemoved | Self::LinkHeldUp => 5_000,
            Self::LinkCut | Self::AgentKilled | Self::WatchLost => 10_000,
            Self::EngineAway | Self::EngineRestart | Self::ServerKilled => 20_000,
        }
    }
}

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
    /// What of all this is left out.
    narrow: Narrow,
    drawn: u64,
    phase: Phase,
    counts: Counts,
}

impl Faults {
    /// Those of a seed, up to `until`.
    pub fn draw(mut rng: Rng, until: Moment) -> Self {
        let mut gaps = BTreeMap::new();
        for kind in KINDS {
            if rng.chance(500) {
                gaps.insert(kind, kind.gap() * rng.between(1, 8));
            }
        }
        let mut rate = |most: u64| if rng.chance(500) { rng.between(1, most) } else { 0 };
        let (engine, store) = ([0; 4].map(|_: u64| rate(150)), [0; 4].map(|_: u64| rate(100)));
        let (words_delayed, disk_fails) = (rate(100), rate(100));
        Self {
            rng,
            until,
            gaps,
            engine,
            store,
            words_delayed,
            disk_fails,
            narrow: Narrow::default(),
            drawn: 0,
            phase: Phase::default(),
            counts: Counts::default(),
        }
    }

    /// A run in which nothing goes wrong, and users act up to `until`.
    pub fn none(rng: Rng, until: Moment) -> Self {
        let (engine, store) = ([0; 4], [0; 4]);
        Self {
            rng,
            until,
            gaps: BTreeMap::new(),
            engine,
            store,
            words_delayed: 0,
            disk_fails: 0,
            narrow: Narrow::default(),
            drawn: 0,
            phase: Phase::default(),
            counts: Counts::default(),
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

    /// One is due. Counts it, unless it is left out; then it does not happen.
    pub fn strikes(&mut self, what: &'static str) -> bool {
        self.drawn += 1;
        let strikes = self.narrow.lets_fault(what, self.drawn);
        if strikes {
            self.counts.count(what, self.phase);
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

    /// For whatever a fault leaves open.
    pub const fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// How a call to an engine goes that begins now.
    pub fn call(&mut self, now: Moment) -> CallFate {
        let fates = [
            (CallFate::Fails, "engine call fails"),
            (CallFate::AnswerLost, "engine answer lost"),
            (CallFate::Slow, "engine call slow"),
            (CallFate::Hangs, "engine call hangs"),
        ];
        self.one_of(now, self.engine, fates).unwrap_or(CallFate::Works)
    }

    /// How a commit goes that is asked for now.
    pub fn commit(&mut self, now: Moment) -> CommitFate {
        let fates = [
            (CommitFate::Unavailable, "store unavailable"),
            (CommitFate::UnknownDone, "commit done, answer lost"),
            (CommitFate::UnknownNotDone, "commit lost, answer lost"),
            (CommitFate::Slow, "store slow"),
        ];
        self.one_of(now, self.store, fates).unwrap_or(CommitFate::Works)
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

    fn happens(&mut self, now: Moment, per_mille: u64, what: &'static str) -> bool {
        now < self.until && self.rng.chance(per_mille) && self.strikes(what)
    }

    fn one_of<T: Copy>(&mut self, now: Moment, rates: [u64; 4], fates: [(T, &'static str); 4]) -> Option<T> {
        let all = rates.into_iter().zip(fates);
        all.into_iter()
            .find_map(|(rate, (fate, what))| self.happens(now, rate, what).then_some(fate))
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
            ", ‰ of words delayed: {}, of pages not written: {}",
            self.words_delayed, self.disk_fails
        )
    }
}
