//! Many hosts that vanish together are more likely cut off than dead, so nothing of theirs is made anew elsewhere until one
//! of them is back. (Together: more than half of all, at least three, within [`TOGETHER_MS`].)
//!
//! Who vanishes first may be given up before the last one is missed. So this is judged where no delay excuses it: where so
//! many vanished at once, out of calm, none of them is given up; and among as many as make them many, the last one that is
//! given up is given up while all the others are missed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_model::{HostId, Name};

use super::Moment;
use super::history::Scene;
use crate::ledger::{Deed, Ledger, Made};

/// Hosts that vanish within this of one another vanish together.
const TOGETHER_MS: u64 = 25_000;
/// Hosts that vanish within this of one another vanish at once.
const AT_ONCE_MS: u64 = 500;
/// What was wished no longer ago than this may still be on its way.
const OF_LATE_MS: u64 = 20_000;

#[derive(Debug, Default)]
pub struct Brake {
    hosts: usize,
    vanished: BTreeMap<HostId, Vanished>,
    wished: BTreeMap<Name, Moment>,
    released: Option<Moment>,
}

/// A host that nobody hears.
#[derive(Debug)]
struct Vanished {
    since: Moment,
    until: Moment,
    /// Nothing was wrong with it before.
    calm: bool,
    /// What ran there.
    left: Vec<Arc<Made>>,
    /// Whether something of that was made anew elsewhere meanwhile.
    moved: bool,
}

impl Brake {
    /// There are so many hosts.
    pub const fn hosts(&mut self, hosts: usize) {
        self.hosts = hosts;
    }

    /// A host is cut off from every server, or has no power, until then.
    pub fn vanishes(&mut self, ledger: &Ledger, host: HostId, now: Moment, until: Moment, calm: bool) {
        self.vanished.retain(|_, one| one.until > now);
        let ran = || {
            let there = ledger.running().filter(|one| one.host == host);
            let primary = there.filter(|one| one.made.sidekick.is_none());
            primary.map(|one| one.made.clone()).collect()
        };
        let one = self.vanished.entry(host).or_insert_with(|| Vanished {
            since: now,
            until,
            calm,
            left: ran(),
            moved: false,
        });
        one.until = one.until.max(until);
    }

    /// All of them are back, or will be very soon.
    pub fn all_return(&mut self) {
        self.vanished.clear();
    }

    /// An operator says that what vanished is to be made anew.
    pub const fn released(&mut self, now: Moment) {
        self.released = Some(now);
    }

    /// Something is wished of this stack.
    pub fn wished(&mut self, now: Moment, stack: &Name) {
        self.wished.insert(stack.clone(), now);
    }

    pub(super) fn judge(&mut self, scene: Scene<'_>) -> Option<String> {
        let (entry, standing) = scene.ledger.last()?;
        let made = &standing.filter(|_| matches!(entry.deed, Deed::Made(_)))?.made;
        self.vanished.retain(|_, one| one.until > scene.now);
        if self.vanished.contains_key(&entry.host)
            || made.sidekick.is_some()
            || self.is_of_late(made, scene.now)
        {
            return None;
        }
        for one in self.vanished.values_mut() {
            one.moved |= one.left.iter().any(|left| is_instead(made, left));
        }
        self.moved_together().map(|hosts| {
            format!(
                "{} of {} hosts vanished together, and what ran on {} of them is made anew: {} on {}",
                hosts.0, self.hosts, hosts.1, made.name, entry.host
            )
        })
    }

    fn is_of_late(&self, made: &Made, now: Moment) -> bool {
        let wished = self.wished.get(&made.stack);
        wished.is_some_and(|at| now.since(*at) < OF_LATE_MS)
    }

    /// How many vanished together, and of how many of these something was made anew, if none or not so many should.
    fn moved_together(&self) -> Option<(usize, usize)> {
        let many = (self.hosts / 2 + 1).max(3);
        let since: BTreeSet<Moment> = self.vanished.values().map(|one| one.since).collect();
        since.into_iter().find_map(|first| {
            let together = |one: &&Vanished| {
                let after = self.released.is_none_or(|at| one.since > at);
                after && one.since >= first && one.since.since(first) <= TOGETHER_MS
            };
            let all = self.vanished.values().filter(together);
            let moved = all.clone().filter(|one| one.moved).count();
            let at_once = all
                .clone()
                .filter(|one| one.calm && one.since.since(first) <= AT_ONCE_MS);
            let of_these = at_once.clone().filter(|one| one.moved).count();
            let none_may = at_once.count() >= many && of_these > 0;
            (moved >= many || none_may).then(|| (all.count(), moved))
        })
    }
}

/// Whether one container is what the other was, under the same number.
fn is_instead(new: &Made, old: &Made) -> bool {
    let same = (&new.stack, &new.service, new.number) == (&old.stack, &old.service, old.number);
    same && new.runs == old.runs && new.unit != old.unit
}
