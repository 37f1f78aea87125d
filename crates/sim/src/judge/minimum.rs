//! While nothing is wrong with hosts, a rollout of a service that was steady leaves no fewer healthy units than one batch less.

use std::collections::BTreeMap;

use muster_model::Name;
use muster_model::desired::{ServiceKind, ServiceSpec, UpdateOrder};

use super::Moment;
use super::history::{Scene, Wished};
use crate::ledger::{Deed, Ledger};
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
    /// When something last became of a unit of a service.
    last: BTreeMap<Key, Moment>,
    /// When something was last asked for of a stack.
    asked: BTreeMap<Name, Moment>,
}

impl Minimum {
    pub(super) fn may_become(&mut self, scene: Scene<'_>, stack: &Name, before: &Wished, after: &Wished) {
        self.floors.retain(|(of, _), _| of != stack);
        let asked = self.asked.insert(stack.clone(), scene.now);
        let followed = asked.is_some_and(|at| scene.now.since(at) >= STEADY_MS);
        if !followed || !scene.troubles.all_calm(scene.now, CALM_MS) {
            return;
        }
        for (key, now) in before.iter().filter(|((of, _), _)| of == stack) {
            let steady = self.is_steady(scene, key, now);
            if let Some(floor) = after
                .get(key)
                .filter(|_| steady)
                .and_then(|then| floor(now, then))
            {
                self.floors.insert(key.clone(), floor);
            }
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

/// How many units of a service are well.
fn healthy(ledger: &Ledger, (stack, service): &Key) -> u32 {
    let well = ledger.standing().filter(|one| {
        one.healthy && one.made.sidekick.is_none() && one.made.stack == *stack && one.made.service == *service
    });
    u32::try_from(well.count()).unwrap_or(u32::MAX)
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
