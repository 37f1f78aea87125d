//! Servers that are all gone touch nothing: hosts go on as they were told before. Only exclusive units end, with their lease.

use super::EXCLUSIVE_LABEL;
use super::history::Scene;
use crate::ledger::{By, Deed};

/// What was under way when the last server went, or was put off by trouble, is done by then.
const SETTLED_MS: u64 = 120_000;

pub(super) fn alone(scene: Scene<'_>) -> Option<String> {
    let since = scene.troubles.servers_gone()?;
    let (entry, standing) = scene.ledger.last()?;
    let touched = matches!(
        entry.deed,
        Deed::Made(_) | Deed::Started | Deed::Ended(By::Platform) | Deed::Removed(By::Platform)
    );
    let exclusive = standing.is_some_and(|one| one.made.runs.labels.contains_key(EXCLUSIVE_LABEL));
    let settled =
        scene.now.since(since) > SETTLED_MS && scene.troubles.is_calm(entry.host, scene.now, SETTLED_MS);
    (touched && settled && !exclusive).then(|| {
        format!(
            "{} on {}: {:?}, and no server is there since {since}",
            entry.container, entry.host, entry.deed
        )
    })
}
