//! How units of a service are spread over what labels of hosts say, such as zones and racks in them.

use std::collections::BTreeMap;

use crate::world::Host;

/// The values that a host has of the labels, from the most important on. One without a label is in a place of its own
/// with all others without it.
type Place = Vec<String>;

/// How many units of a service each place has.
pub(super) struct Spread {
    labels: Vec<String>,
    units: BTreeMap<Place, u32>,
}

impl Spread {
    pub(super) fn over(labels: Vec<String>) -> Self {
        Self {
            labels,
            units: BTreeMap::new(),
        }
    }

    /// Whether all places are alike.
    pub(super) fn is_even(&self) -> bool {
        self.labels.is_empty()
    }

    /// A host has one more unit of the service.
    pub(super) fn took(&mut self, host: Host<'_>) {
        let places: Vec<Place> = self.places(host).collect();
        for place in places {
            *self.units.entry(place).or_default() += 1;
        }
    }

    /// Units in the host's zone, then in its rack of that zone, and so on: smaller is better.
    pub(super) fn crowd(&self, host: Host<'_>) -> Vec<u32> {
        let units = |place: Place| self.units.get(&place).copied().unwrap_or(0);
        self.places(host).map(units).collect()
    }

    /// Where a host is, from wide to narrow.
    fn places(&self, host: Host<'_>) -> impl Iterator<Item = Place> {
        let value = |label: &String| host.wish.and_then(|wish| wish.labels.get(label).cloned());
        let values: Place = self
            .labels
            .iter()
            .map(|label| value(label).unwrap_or_default())
            .collect();
        (1..=values.len()).filter_map(move |depth| Some(values.get(..depth)?.to_vec()))
    }
}
