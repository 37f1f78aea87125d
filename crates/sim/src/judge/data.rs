//! Data stays: whoever mounts a stack's volume does so on one host, for as long as the stack stands.

use std::collections::BTreeMap;

use muster_model::{HostId, Name};

use crate::ledger::{Deed, Ledger};

#[derive(Debug, Default)]
pub(super) struct Homes {
    homes: BTreeMap<(Name, String), HostId>,
}

impl Homes {
    /// The stack may go with its data, and begin anew anywhere.
    pub(super) fn forget(&mut self, stack: &Name) {
        self.homes.retain(|(of, _), _| of != stack);
    }

    /// The data is no more: what is made under the name again may lie anywhere.
    pub(super) fn gone(&mut self, host: HostId, volume: &str) {
        self.homes
            .retain(|(_, name), home| name != volume || *home != host);
    }

    pub(super) fn judge(&mut self, ledger: &Ledger) -> Option<String> {
        let (entry, standing) = ledger.last()?;
        let made = &standing.filter(|_| entry.deed == Deed::Started)?.made;
        made.volumes.iter().find_map(|volume| {
            let key = (made.stack.clone(), volume.clone());
            let home = *self.homes.entry(key).or_insert(entry.host);
            (home != entry.host).then(|| {
                format!(
                    "{} mounts {volume} on {}, and its data lies on {home}",
                    made.name, entry.host
                )
            })
        })
    }
}
