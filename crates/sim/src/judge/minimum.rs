//! While nothing is wrong with hosts, a rollout of a service that was steady leaves no fewer healthy units than one batch less.
//! What an earlier wish may have begun and not finished, such as a restart, goes on beside it: then the smaller number holds.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Name;
use muster_model::desired::{ServiceKind, ServiceSpec, UpdateOrder};

use super::Moment;
use super::history::{Scene, Wished};
use crate::ledger::{Deed, Ledger, Standing};
use crate::wish::ServiceWished;

/// Nothing was wrong for so long: whatever was, is over.
const CALM_MS: u64 = 120_000;
/// A service to which nothing happened for so long is steady.
const STEADY_MS: u64 = 20_000;

type Key = (Name, Name);

#[derive(Debug, Default)]
pub(super) struct Minimum {
    /// How many have to be healthy, of services that were steady when they were last changed.
    floors: BTreeMap<Key, u32>,
    /// What was wished and is not known to be done.
    pending: BTreeMap<Key, Pending>,
    /// When something last became of a unit of a service.
    last: BTreeMap<Key, Moment>,
    /// When something was last asked for of a stack.
    asked: BTreeMap<Name, Moment>,
}

/// A change that units have to be made anew for.
#[derive(Debug)]
struct Pending {
    /// How many it leaves healthy; none if that is not judged.
    floor: Option<u32>,
    /// The containers that were made since. Once no others stand, it is done.
    made: BTreeSet<String>,
}

impl Minimum {
    pub(super) fn may_become(&mut self, scene: Scene<'_>, stack: &Name, before: &Wished, after: &Wished) {
        self.floors.retain(|(of, _), _| of != stack);
        let asked = self.asked.insert(stack.clone(), scene.now);
        let followed = asked.is_some_and(|at| scene.now.since(at) >= STEADY_MS);
        let judged = followed && scene.troubles.all_calm(scene.now, CALM_MS);
        for (key, now) in before.iter().filter(|((of, _), _)| of == stack) {
            let Some(then) = after.get(key) else {
                self.pending.remove(key);
                continue;
            };
            let floor = self.floor(scene.ledger, key, now, then);
            if let Some(floor) = floor.filter(|_| judged && self.is_steady(scene, key, now)) {
                self.floors.insert(key.clone(), floor);
            }
            if now.head.unit != then.head.unit || now.restarts != then.restarts {
                let made = BTreeSet::new();
                self.pending.insert(key.clone(), Pending { floor, made });
            } else if let Some(pending) = self.pending.get_mut(key) {
                // It goes on as these files say.
                pending.floor = floor;
            }
        }
    }

    /// How many have to stay healthy: no more than what is not done yet may leave.
    fn floor(
        &mut self,
        ledger: &Ledger,
        key: &Key,
        now: &ServiceWished,
        then: &ServiceWished,
    ) -> Option<u32> {
        self.pending
            .retain(|of, pending| of != key || !pending.is_done(ledger, key));
        let floor = floor(now, then)?;
        match self.pending.get(key) {
            Some(pending) => pending.floor.map(|earlier| earlier.min(floor)),
            None => Some(floor),
        }
    }

    fn is_steady(&self, scene: Scene<'_>, key: &Key, wished: &ServiceWished) -> bool {
        let quiet = self
            .last
            .get(key)
            .is_some_and(|at| scene.now.since(*at) >= STEADY_MS);
        quiet && healthy(scene.ledger, key) == wished.units()
    }

    pub(super) fn judge(&mut self, scene: Scene<'_>) -> Option<String> {
        let (entry, standing) = scene.ledger.last()?;
        // What was removed by force ended before.
        let made = &standing.filter(|one| one.made.sidekick.is_none())?.made;
        let key = made.service();
        self.last.insert(key.clone(), scene.now);
        if let (Deed::Made(_), Some(pending)) = (&entry.deed, self.pending.get_mut(&key)) {
            pending.made.insert(made.name.clone());
        }
        if !matches!(entry.deed, Deed::Ended(_) | Deed::Healthy(false)) {
            return None;
        }
        if !scene.troubles.all_calm(scene.now, CALM_MS) {
            self.floors.clear();
        }
        let (floor, healthy) = (*self.floors.get(&key)?, healthy(scene.ledger, &key));
        (healthy < floor).then(|| {
            format!(
                "{}/{} has {healthy} healthy units, and should have {floor}",
                key.0, key.1
            )
        })
    }
}

impl Pending {
    fn is_done(&self, ledger: &Ledger, key: &Key) -> bool {
        primaries(ledger, key).all(|one| one.healthy && self.made.contains(&one.made.name))
    }
}

/// How many units of a service are well.
fn healthy(ledger: &Ledger, key: &Key) -> u32 {
    let well = primaries(ledger, key).filter(|one| one.healthy);
    u32::try_from(well.count()).unwrap_or(u32::MAX)
}

fn primaries<'a>(ledger: &'a Ledger, (stack, service): &'a Key) -> impl Iterator<Item = &'a Standing> {
    ledger.standing().filter(move |one| {
        one.made.sidekick.is_none() && one.made.stack == *stack && one.made.service == *service
    })
}

/// How many have to stay healthy on the way from one to the other. Only of services with as many units after as before.
fn floor(before: &ServiceWished, after: &ServiceWished) -> Option<u32> {
    let (units, spec) = (after.units(), &after.head);
    let comparable = spec.kind == ServiceKind::Containers && before.head.kind == spec.kind;
    if !comparable || before.units() != units || spec.exclusive || before.head.exclusive {
        return None;
    }
    // What does not change is restarted where it is.
    let changes = before.head.unit != spec.unit;
    let side_by_side =
        changes && spec.update.order == UpdateOrder::StartFirst && is_free(spec) && is_free(&before.head);
    if side_by_side {
        return Some(units);
    }
    let batch = match spec.update.batch_size {
        0 => units,
        size => size.min(units),
    };
    Some(units - batch)
}

/// Whether two of its units may be side by side anywhere.
fn is_free(spec: &ServiceSpec) -> bool {
    let primary = &spec.unit.primary;
    primary.mounts.is_empty() && primary.ports.iter().all(|port| port.host_port.is_none())
}
