//! What only one may hold at a time: a port of a host, an address of the network.

use std::collections::BTreeMap;

use crate::ledger::{Deed, Ledger, Standing};

/// Containers that run on one host hold ports that do not collide.
pub(super) fn ports(ledger: &Ledger) -> Option<String> {
    let holders: Vec<&Standing> = ledger
        .running()
        .filter(|one| !one.made.ports.is_empty())
        .collect();
    for (at, one) in holders.iter().enumerate() {
        for other in holders.iter().skip(at + 1).filter(|other| other.host == one.host) {
            let held = one
                .made
                .ports
                .iter()
                .find(|port| other.made.ports.iter().any(|held| held.collides(port)));
            if let Some(port) = held {
                return Some(format!(
                    "{} and {} both hold {port} on {}",
                    one.made.name, other.made.name, one.host
                ));
            }
        }
    }
    None
}

/// Running units hold different addresses, whatever hosts they are on. (There is one environment so far.)
pub(super) fn addresses(ledger: &Ledger) -> Option<String> {
    let mut holders: BTreeMap<_, &Standing> = BTreeMap::new();
    for now in ledger.running() {
        let Some(address) = now.made.address else { continue };
        if let Some(other) = holders.insert(address, now) {
            let (a, b) = (&other.made.name, &now.made.name);
            return Some(format!(
                "{a} on {} and {b} on {} both hold {address}",
                other.host, now.host
            ));
        }
    }
    None
}

/// An engine never has to refuse a start because another of our containers is in the way.
pub(super) fn refusals(ledger: &Ledger) -> Option<String> {
    let (entry, standing) = ledger.last()?;
    let name = standing.map_or(entry.container.as_str(), |standing| standing.made.name.as_str());
    (entry.deed == Deed::Refused).then(|| {
        format!(
            "{name} on {} was refused: another container holds its port or address",
            entry.host
        )
    })
}
