//! Of a service that users called exclusive, one unit runs, on all hosts together.

use std::collections::BTreeMap;

use crate::ledger::{Ledger, Standing};

/// The label with which users mark what they deploy as exclusive, so that a judge need not ask the platform.
pub const EXCLUSIVE_LABEL: &str = "sim.exclusive";

pub(super) fn judge(ledger: &Ledger) -> Option<String> {
    let mut seen: BTreeMap<_, &Standing> = BTreeMap::new();
    for now in ledger
        .running()
        .filter(|one| one.made.runs.labels.contains_key(EXCLUSIVE_LABEL))
    {
        let made = &now.made;
        if let Some(other) = seen.insert((&made.stack, &made.service, &made.sidekick), now) {
            let (a, b) = (&other.made.name, &made.name);
            let service = format!("{}/{}", made.stack, made.service);
            return Some(format!(
                "{service} runs as {a} on {} and as {b} on {}",
                other.host, now.host
            ));
        }
    }
    None
}
