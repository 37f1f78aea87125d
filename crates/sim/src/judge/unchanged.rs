//! What is as wished runs on: nothing that the platform ended comes back as it was. Agents and servers that restart adopt what
//! they find, and reconnected hosts keep what is still wanted.
//!
//! Exclusive units are the exception: their lease ends them, and the next one starts them again. So are sidekicks, which go
//! with their primary.

use std::collections::BTreeSet;

use muster_model::HostId;

use super::EXCLUSIVE_LABEL;
use crate::ledger::{By, Deed, Ledger};

#[derive(Debug, Default)]
pub(super) struct Unchanged {
    ended: BTreeSet<(HostId, String)>,
}

impl Unchanged {
    pub(super) fn forgive(&mut self, host: HostId, container: &str) {
        self.ended.remove(&(host, container.to_owned()));
    }

    pub(super) fn judge(&mut self, ledger: &Ledger) -> Option<String> {
        let (entry, standing) = ledger.last()?;
        let made = &standing?.made;
        if made.sidekick.is_some() || made.runs.labels.contains_key(EXCLUSIVE_LABEL) {
            return None;
        }
        let key = (entry.host, entry.container.clone());
        match entry.deed {
            Deed::Ended(By::Platform) => {
                self.ended.insert(key);
                None
            }
            Deed::Started if self.ended.contains(&key) => Some(format!(
                "{} on {} was ended by the platform, and started again as it was",
                made.name, entry.host
            )),
            _ => None,
        }
    }
}
