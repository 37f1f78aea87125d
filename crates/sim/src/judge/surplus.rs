//! A service has at most as many units as were wished of late, and its surge, on hosts that had no trouble of late.

use std::collections::BTreeMap;

use muster_model::Name;

use super::history::{Scene, Wished};
use super::{Moment, Troubles};
use crate::ledger::Deed;

/// Who follows a wish, or comes back from trouble, has so long for it: a program may take its time to end, a call may hang for
/// half a minute, and a server may be away or behind.
const OF_LATE_MS: u64 = 180_000;

#[derive(Debug, Default)]
pub(super) struct Surplus {
    /// The most units that may be there, since when.
    most: BTreeMap<(Name, Name), Vec<(Moment, u32)>>,
    /// One more than that, while a unit leaves a host that is being evacuated.
    besides: u32,
}

impl Surplus {
    /// Whether this or that is wished, nobody knows yet: what is, [`Surplus::is`] says.
    pub(super) fn may_become(&mut self, now: Moment, stack: &Name, before: &Wished, after: &Wished) {
        let keys = before.keys().chain(after.keys()).filter(|(of, _)| of == stack);
        for key in keys {
            let most = |wished: &Wished| wished.get(key).map_or(0, |service| service.most);
            self.note(now, key, most(before).max(most(after)));
        }
    }

    pub(super) fn is(&mut self, now: Moment, stack: &Name, wished: &Wished) {
        let keys: Vec<_> = self.most.keys().filter(|(of, _)| of == stack).cloned().collect();
        for key in keys {
            let most = wished.get(&key).map_or(0, |service| service.most);
            self.note(now, &key, most);
        }
    }

    pub(super) const fn may_evacuate(&mut self) {
        self.besides = 1;
    }

    fn note(&mut self, now: Moment, key: &(Name, Name), most: u32) {
        self.most.entry(key.clone()).or_default().push((now, most));
    }

    /// Servers are about to come or go: what was followed until now is followed for good. The last one still holds.
    pub(super) fn servers_change(&mut self, now: Moment, troubles: &Troubles) {
        for limits in self.most.values_mut() {
            let followed = |(at, _): &&(Moment, u32)| !troubles.is_of_late(*at, now, OF_LATE_MS);
            let count = limits.iter().filter(followed).count();
            limits.drain(..count.saturating_sub(1));
        }
    }

    pub(super) fn judge(&self, scene: Scene<'_>) -> Option<String> {
        let (entry, standing) = scene.ledger.last()?;
        let started = standing.filter(|one| entry.deed == Deed::Started && one.made.sidekick.is_none())?;
        let key = started.made.service();
        let limits = self.most.get(&key)?;
        let of_late = |(at, _): &&(Moment, u32)| scene.troubles.is_of_late(*at, scene.now, OF_LATE_MS);
        // What was wished before those of late holds until they were followed.
        let before = limits.iter().rev().find(|limit| !of_late(limit));
        let most = limits
            .iter()
            .filter(of_late)
            .chain(before)
            .map(|(_, most)| most.saturating_add(self.besides))
            .max()?;
        let running = scene.ledger.running().filter(|one| {
            one.made.sidekick.is_none()
                && one.made.stack == key.0
                && one.made.service == key.1
                && scene.troubles.is_calm(one.host, scene.now, OF_LATE_MS)
        });
        let count = running.count();
        (count > most as usize).then(|| format!("{}/{} runs {count} units, at most {most} may", key.0, key.1))
    }
}
