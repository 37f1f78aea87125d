//! In what phase of its life the platform was when something went wrong.

use std::collections::BTreeMap;
use std::fmt;

/// A phase; the first that fits counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// No server leads.
    #[default]
    NoLeader,
    /// A host is silent.
    HostSilent,
    /// A rollout goes back.
    RollingBack,
    /// A rollout goes on.
    Rolling,
    /// An engine does something.
    Working,
    /// Nothing of all that.
    AtRest,
}

/// All phases.
pub const PHASES: [Phase; 6] = [
    Phase::NoLeader,
    Phase::HostSilent,
    Phase::RollingBack,
    Phase::Rolling,
    Phase::Working,
    Phase::AtRest,
];

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NoLeader => "no leader",
            Self::HostSilent => "host silent",
            Self::RollingBack => "rolling back",
            Self::Rolling => "rolling",
            Self::Working => "working",
            Self::AtRest => "at rest",
        })
    }
}

/// How often each fault came in each phase.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(&'static str, Phase), u64>);

impl Counts {
    /// A fault came.
    pub fn count(&mut self, what: &'static str, phase: Phase) {
        *self.0.entry((what, phase)).or_default() += 1;
    }

    /// Takes over another run's.
    pub fn add(&mut self, other: &Self) {
        for (cell, count) in &other.0 {
            *self.0.entry(*cell).or_default() += count;
        }
    }

    /// How many faults there were.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The kinds of faults that there were.
    pub fn kinds(&self) -> Vec<&'static str> {
        let mut kinds: Vec<_> = self.0.keys().map(|(what, _)| *what).collect();
        kinds.dedup();
        kinds
    }
}

impl fmt::Display for Counts {
    /// A table, one line a kind of fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<28}", "faults by phase")?;
        PHASES.iter().try_for_each(|phase| write!(f, "{phase:>13}"))?;
        for what in self.kinds() {
            write!(f, "\n{what:<28}")?;
            for phase in PHASES {
                let count = self.0.get(&(what, phase)).copied().unwrap_or_default();
                write!(f, "{count:>13}")?;
            }
        }
        Ok(())
    }
}
