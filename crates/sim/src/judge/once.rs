//! Of each container of a unit, one runs: not two of one generation, and not two generations, anywhere.

use std::collections::BTreeMap;

use crate::ledger::{Ledger, Standing};

pub(super) fn judge(ledger: &Ledger) -> Option<String> {
    let mut seen: BTreeMap<_, &Standing> = BTreeMap::new();
    for now in ledger.running() {
        let (unit, sidekick) = (now.made.unit, &now.made.sidekick);
        if let Some(other) = seen.insert((unit, sidekick), now) {
            let (a, b) = (&other.made.name, &now.made.name);
            return Some(format!(
                "{unit} runs as {a} on {} and as {b} on {}",
                other.host, now.host
            ));
        }
    }
    None
}
