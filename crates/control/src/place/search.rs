//! Finding the best host without looking at all of them.

use std::collections::BTreeMap;

use muster_model::HostId;

use super::Placer;
use super::score::Score;
use crate::world::{Host, World, ZONE, Zone};

type Found = (Score, HostId);

/// The hosts that have units of the service, from the fewest on.
type Taken<'w> = Vec<(u32, Host<'w>)>;

impl Placer {
    /// The best host for one more unit.
    pub(super) fn best(&self, world: &World) -> Option<Found> {
        if !self.zones.is_empty() {
            return self.best_of_zones(world);
        }
        let best = self.best_in_order(world);
        best.into_iter().chain(self.best_holders(world)).min()
    }

    /// Hosts that have the image, which the order knows nothing of.
    fn best_holders<'w>(&'w self, world: &'w World) -> impl Iterator<Item = Found> + 'w {
        let hosts = self.holders.iter().filter_map(|host| world.host(*host));
        let hosts = hosts.filter(|host| host.is_of(self.shape.environment));
        hosts.filter_map(|host| self.score(world, host))
    }

    fn best_in_order(&self, world: &World) -> Option<Found> {
        let environment = self.shape.environment;
        let bare = world.hosts_by_load(environment);
        let taken = std::iter::once_with(|| self.taken(world)).flatten();
        let in_order = bare
            .filter(|host| !self.counts.contains_key(&host.id))
            .chain(taken.map(|(_, host)| host));
        self.first_of_the_best(world, in_order, self.spread.is_even())
    }

    /// The best of the best of each zone. A host that already has far more than another is passed over, however empty
    /// its zone: one machine must not stand in for a whole zone.
    fn best_of_zones(&self, world: &World) -> Option<Found> {
        let mut taken = self.taken_by_zone(world);
        let mut found: Vec<Found> = self.best_holders(world).collect();
        for zone in &self.zones {
            let bare = world
                .hosts_of_zone(self.shape.environment, zone)
                .filter(|host| !self.counts.contains_key(&host.id));
            let taken = taken.remove(zone).unwrap_or_default();
            let in_order = bare.chain(taken.into_iter().map(|(_, host)| host));
            found.extend(self.first_of_the_best(world, in_order, true));
        }
        let fewest_unmet = found.iter().map(|(score, _)| score.wishes_unmet()).min()?;
        let alike = found
            .iter()
            .filter(|(score, _)| score.wishes_unmet() == fewest_unmet);
        let least = alike.map(|(score, _)| score.units_of_service()).min()?;
        found
            .into_iter()
            .map(|(score, host)| (score.beside(least), host))
            .min()
    }

    /// Of hosts in the order of scores whose unmet wishes are equally many, nobody after one whose wishes are all met
    /// can be better.
    fn first_of_the_best<'w>(
        &self,
        world: &World,
        in_order: impl Iterator<Item = Host<'w>>,
        is_in_order: bool,
    ) -> Option<Found> {
        let mut best: Option<Found> = None;
        for found in in_order.filter_map(|host| self.score(world, host)) {
            let is_best = is_in_order && found.0.meets_all_wishes();
            best = Some(match best {
                Some(best) => best.min(found),
                None => found,
            });
            if is_best {
                break;
            }
        }
        best
    }

    fn taken<'w>(&self, world: &'w World) -> Taken<'w> {
        let mut taken: Taken<'w> = self
            .counts
            .iter()
            .filter_map(|(host, count)| Some((*count, world.host(*host)?)))
            .filter(|(_, host)| host.is_of(self.shape.environment))
            .collect();
        taken.sort_by_key(|(count, host)| (*count, host.load.units, host.id));
        taken
    }

    fn taken_by_zone<'w>(&self, world: &'w World) -> BTreeMap<Zone, Taken<'w>> {
        let mut zones: BTreeMap<Zone, Taken<'w>> = BTreeMap::new();
        for (count, host) in self.taken(world) {
            let zone = host.wish.and_then(|wish| wish.labels.get(ZONE));
            let zone = zone.map(|zone| zone.as_str().into());
            zones.entry(zone).or_default().push((count, host));
        }
        zones
    }
}
