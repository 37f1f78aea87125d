//! What an agent said and is not in the store yet. The latest word counts.

use std::collections::BTreeMap;

use muster_model::document::Document;
use muster_model::observed::{HostFacts, HostObserved, UnitStatus};
use muster_model::{HostId, UnitId};
use muster_store::{Commit, KeyError, Precondition, typed};

use super::mirror::Mirror;

/// Units in one commit: leaves room for the precondition and the host's own page.
const UNITS_MAX: usize = 90;
/// Bytes of units in one commit, and of one unit: an agent that says more is not believed.
const COMMIT_BYTES: usize = 600 * 1024;
const UNIT_BYTES_MAX: usize = 64 * 1024;
/// Bytes of what an agent says of its machine. More would fill the commit that it stands in, and that would never be done.
const FACTS_BYTES_MAX: usize = 256 * 1024;
/// Longer words than these are cut.
const MESSAGE_CHARS_MAX: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Reports {
    units: BTreeMap<UnitId, UnitStatus>,
    facts: Option<HostFacts>,
}

impl Reports {
    pub(super) fn is_empty(&self) -> bool {
        self.units.is_empty() && self.facts.is_none()
    }

    /// Takes in what the agent of `host` says of units; what it says of others' is dropped.
    pub(super) fn heard(&mut self, host: HostId, units: Vec<UnitStatus>) {
        for mut status in units.into_iter().filter(|status| status.host == host) {
            if let Some(message) = &mut status.message {
                *message = message.chars().take(MESSAGE_CHARS_MAX).collect();
            }
            self.units.insert(status.unit, status);
        }
    }

    pub(super) fn facts(&mut self, facts: HostFacts) {
        self.facts = Some(bounded(facts));
    }

    /// What was taken and not written comes back, unless newer words came meanwhile.
    pub(super) fn put_back(&mut self, taken: Reports) {
        for (id, status) in taken.units {
            self.units.entry(id).or_insert(status);
        }
        self.facts = self.facts.take().or(taken.facts);
    }

    /// A commit of what is news, on the terms that the host's record is as it is in the mirror; and what it holds.
    /// What is no news, or is about units that are not the host's, is forgotten.
    pub(super) fn take(
        &mut self,
        host: HostId,
        mirror: &Mirror,
    ) -> Result<Option<(Commit, Reports)>, KeyError> {
        let Some(record) = mirror.observed(host) else {
            return Ok(None);
        };
        let mut commit = Commit::new().expect(Precondition::At(typed::key(&*record.doc)?, record.modified));
        let mut taken = Reports::default();
        if let Some(facts) = self.facts.take().filter(|facts| *facts != record.facts) {
            commit = commit.write(&HostObserved {
                facts: facts.clone(),
                ..(*record.doc).clone()
            })?;
            taken.facts = Some(facts);
        }
        let mut bytes = 0;
        while taken.units.len() < UNITS_MAX
            && bytes < COMMIT_BYTES
            && let Some((id, status)) = self.units.pop_first()
        {
            let text = status.encode();
            if is_news(mirror, host, &status) && text.len() <= UNIT_BYTES_MAX {
                bytes += text.len();
                commit = commit.put(typed::key(&status)?, text);
                taken.units.insert(id, status);
            }
        }
        Ok((!taken.is_empty()).then_some((commit, taken)))
    }
}

/// What is kept of an agent's words about its machine.
pub(super) fn bounded(facts: HostFacts) -> HostFacts {
    let fits = |text: Vec<u8>| text.len() <= FACTS_BYTES_MAX;
    if serde_json::to_vec(&facts).is_ok_and(fits) {
        return facts;
    }
    HostFacts {
        cpus: facts.cpus,
        memory: facts.memory,
        live_restore: facts.live_restore,
        certificate_ends: facts.certificate_ends,
        engine_error: Some(
            "its agent describes the machine in more words than are kept: upgrade or reinstall it".to_owned(),
        ),
        ..HostFacts::default()
    }
}

fn is_news(mirror: &Mirror, host: HostId, status: &UnitStatus) -> bool {
    let world = mirror.world();
    let own = world.unit(status.unit).is_some_and(|unit| unit.host == host);
    own && world
        .status(status.unit)
        .is_none_or(|known| *known.doc != *status)
}
