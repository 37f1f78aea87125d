//! Each engine has exactly the containers of the units that were assigned to its host, all of them running.
//!
//! The assignments are read from the store's bytes, as any program could.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_agent::engine::labels::container_name;
use muster_model::assigned::{Unit, UnitWish};
use muster_model::desired::{RevisionBody, StackRevision, StackSpec};
use muster_model::document::Record;
use muster_model::{HostId, Name, StackId};
use muster_store::Entry;

use crate::ledger::Ledger;

/// Units and the specs that they run, from the store's bytes.
#[derive(Debug, Default)]
pub struct Assignments {
    units: Vec<Unit>,
    specs: BTreeMap<(StackId, u64), Arc<StackSpec>>,
}

impl Assignments {
    /// Reads all entries of a store. Documents of other kinds do not matter here.
    pub fn read<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut found = Self::default();
        for record in entries.into_iter().filter_map(|entry| entry.record().ok()) {
            match record {
                Record::Unit(unit) => found.units.push(unit),
                Record::StackRevision(StackRevision {
                    stack,
                    number,
                    body: RevisionBody::Inline(spec),
                    ..
                }) => {
                    found.specs.insert((stack, number), spec);
                }
                _ => {}
            }
        }
        found
    }

    fn containers(&self, unit: &Unit) -> Vec<String> {
        let spec = self.specs.get(&(unit.stack, unit.revision));
        let service = spec.and_then(|spec| spec.services.get(&unit.service));
        let sidekicks = service
            .into_iter()
            .flat_map(|service| service.unit.sidekicks.keys());
        let name = |sidekick: Option<&Name>| container_name(unit.id, unit.generation, sidekick);
        std::iter::once(name(None))
            .chain(sidekicks.map(|sidekick| name(Some(sidekick))))
            .collect()
    }
}

/// What is there and should not be, or should be and is not.
pub fn placed(ledger: &Ledger, assignments: &Assignments) -> Option<String> {
    let running = |unit: &&Unit| unit.wish == UnitWish::Run;
    let named = |unit: &Unit| {
        assignments
            .containers(unit)
            .into_iter()
            .map(|name| (unit.host, name))
            .collect::<Vec<_>>()
    };
    let wanted: BTreeSet<(HostId, String)> =
        assignments.units.iter().filter(running).flat_map(named).collect();
    let there: BTreeSet<(HostId, String)> = ledger
        .standing()
        .map(|one| (one.host, one.made.name.clone()))
        .collect();
    if let Some((host, name)) = wanted.difference(&there).next() {
        return Some(format!("{host} should have {name} and has not"));
    }
    if let Some((host, name)) = there.difference(&wanted).next() {
        return Some(format!("{host} has {name}, which nobody assigned to it"));
    }
    let stopped = ledger.standing().find(|one| !one.running)?;
    Some(format!("{} on {} does not run", stopped.made.name, stopped.host))
}
