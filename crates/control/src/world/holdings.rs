//! Which hosts have the images that no registry gave.

use std::collections::BTreeSet;

use imbl::{OrdMap, OrdSet};
use muster_model::{EnvironmentId, HostId};

use super::{HostEntry, World};

/// Hosts by environment and image reference with tag.
pub(super) type Holdings = OrdMap<(EnvironmentId, String), OrdSet<HostId>>;

impl HostEntry {
    /// Whether both tell of the same images in the same environment.
    fn holds_like(&self, other: &Self) -> bool {
        let environment = |entry: &Self| entry.wish.as_ref().map(|wish| wish.environment);
        let images = |entry: &Self| entry.observed.as_ref().map(|doc| doc.doc.clone());
        let same = match (images(self), images(other)) {
            (Some(one), Some(two)) => one.facts.local_images == two.facts.local_images,
            (one, two) => one.is_none() == two.is_none(),
        };
        same && environment(self) == environment(other)
    }

    fn holdings(&self) -> impl Iterator<Item = (EnvironmentId, &String)> {
        let environment = self.wish.as_ref().map(|wish| wish.environment);
        let observed = self.observed.iter();
        let images = observed.flat_map(|observed| observed.facts.local_images.keys());
        images.filter_map(move |image| Some((environment?, image)))
    }
}

impl World {
    /// A host has other images than before.
    pub(super) fn holds(&mut self, id: HostId, before: &HostEntry, after: &HostEntry) {
        if before.holds_like(after) {
            return;
        }
        let holdings = &mut self.index.holdings;
        for (environment, image) in before.holdings() {
            let key = (environment, image.clone());
            if let Some(hosts) = holdings.get_mut(&key) {
                hosts.remove(&id);
                if hosts.is_empty() {
                    holdings.remove(&key);
                }
            }
        }
        for (environment, image) in after.holdings() {
            holdings
                .entry((environment, image.clone()))
                .or_default()
                .insert(id);
        }
    }

    /// The hosts that have all of those images that are on some host only; none if every image may come from elsewhere, or
    /// if they are more than `most`.
    pub(crate) fn holders(
        &self,
        environment: EnvironmentId,
        images: impl Iterator<Item = String>,
        most: usize,
    ) -> BTreeSet<HostId> {
        let known = images.filter_map(|image| self.index.holdings.get(&(environment, image)));
        let all = known.cloned().reduce(OrdSet::intersection);
        let all = all.filter(|hosts| hosts.len() <= most).unwrap_or_default();
        all.into_iter().collect()
    }
}
