//! What users were told is done is in the store's bytes: each stack's history, its newest files, what was set by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::desired::{RevisionBody, ServiceWish, Stack, StackRevision, StackSpec};
use muster_model::document::Record;
use muster_model::{Name, StackId};
use muster_store::Entry;

use crate::wish::{StackWished, Wishes};

#[derive(Default)]
struct Stored {
    stacks: BTreeMap<Name, Stack>,
    revisions: BTreeMap<(StackId, u64), Arc<StackSpec>>,
    scales: BTreeMap<(StackId, Name), Option<u32>>,
}

/// What is not as users were told. Only for a time at which nobody waits for an answer.
pub fn kept(entries: &[Entry], wishes: &Wishes) -> Option<String> {
    let stored = Stored::read(entries);
    let wished = wishes.stacks();
    if let Some(name) = stored.stacks.keys().find(|name| !wished.contains_key(*name)) {
        return Some(format!("{name} was removed and is there again"));
    }
    wished.iter().find_map(|(name, stack)| stored.lacks(name, stack))
}

impl Stored {
    fn read(entries: &[Entry]) -> Self {
        let mut stored = Self::default();
        for record in entries.iter().filter_map(|entry| entry.record().ok()) {
            match record {
                Record::Stack(stack) if !stack.removed => {
                    drop(stored.stacks.insert(stack.name.clone(), stack))
                }
                Record::StackRevision(StackRevision {
                    stack,
                    number,
                    body: RevisionBody::Inline(spec),
                    ..
                }) => drop(stored.revisions.insert((stack, number), spec)),
                Record::ServiceWish(ServiceWish {
                    stack,
                    service,
                    scale,
                    ..
                }) => drop(stored.scales.insert((stack, service), scale)),
                _ => {}
            }
        }
        stored
    }

    fn lacks(&self, name: &Name, wished: &StackWished) -> Option<String> {
        let Some(stack) = self.stacks.get(name) else {
            return Some(format!("{name} is gone"));
        };
        let (has, told) = (stack.revision, wished.history.len() as u64);
        if has != told {
            return Some(format!("{name} is at revision {has}, users were told of {told}"));
        }
        if self.revisions.get(&(stack.id, has)) != wished.history.last() {
            return Some(format!("revision {has} of {name} is not what users were told"));
        }
        let services = wished.history.last()?.services.keys();
        let set = |service: &&Name| {
            self.scales
                .get(&(stack.id, (*service).clone()))
                .copied()
                .flatten()
        };
        let other = services
            .into_iter()
            .find(|service| set(service) != wished.scale(service))?;
        let (has, told) = (set(&other), wished.scale(other));
        Some(format!(
            "{name}/{other} was set to {told:?}, and the store says {has:?}"
        ))
    }
}
