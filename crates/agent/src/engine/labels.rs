//! Names and labels by which the agent knows its own.
//!
//! A container is called `<unit>-<generation>`, a sidekick `<unit>-<generation>-<name>`: the same create tried twice
//! meets its own name and is found, never doubled. Whose a container is stands in its labels; one that lacks any of
//! ours, or carries another platform's or host's, is never touched.

use std::collections::BTreeMap;

use muster_model::link::UnitAssignment;
use muster_model::{Generation, HostId, Name, UnitId};

use super::Owner;

/// The platform's incarnation.
pub const PLATFORM: &str = "io.muster.platform";
/// The host.
pub const HOST: &str = "io.muster.host";
/// The unit.
pub const UNIT: &str = "io.muster.unit";
/// The unit's generation.
pub const GENERATION: &str = "io.muster.generation";
/// The sidekick's name, on sidekicks.
pub const SIDEKICK: &str = "io.muster.sidekick";
/// The hash of the unit's spec.
pub const SPEC: &str = "io.muster.spec";
const STACK: &str = "io.muster.stack";
const SERVICE: &str = "io.muster.service";
const ENVIRONMENT: &str = "io.muster.environment";
// What tools written for Rancher look for.
const RANCHER_STACK: &str = "io.rancher.stack.name";
const RANCHER_SERVICE: &str = "io.rancher.stack_service.name";
const RANCHER_CONTAINER: &str = "io.rancher.container.name";

/// The engine's name of a container.
pub fn container_name(unit: UnitId, generation: Generation, sidekick: Option<&Name>) -> String {
    match sidekick {
        None => format!("{unit}-{generation}"),
        Some(sidekick) => format!("{unit}-{generation}-{sidekick}"),
    }
}

/// What people call a container: `shop-web-1`, a sidekick `shop-web-log-1`.
pub fn container_title(unit: &UnitAssignment, sidekick: Option<&Name>) -> String {
    let (stack, service, number) = (&unit.stack, &unit.service, unit.number);
    match sidekick {
        None => format!("{stack}-{service}-{number}"),
        Some(sidekick) => format!("{stack}-{service}-{sidekick}-{number}"),
    }
}

impl Owner {
    /// Who owns a container of `unit`.
    pub fn of(platform: &str, host: HostId, unit: &UnitAssignment, sidekick: Option<&Name>) -> Self {
        Self {
            platform: platform.to_owned(),
            host,
            unit: unit.unit,
            generation: unit.generation,
            sidekick: sidekick.cloned(),
            spec: unit.spec.to_string(),
        }
    }

    /// Reads the labels; none if they are not all there and in order.
    pub fn read<'a>(label: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let sidekick = match label(SIDEKICK) {
            None => None,
            Some(name) => Some(Name::parse(name).ok()?),
        };
        Some(Self {
            platform: label(PLATFORM)?.to_owned(),
            host: label(HOST)?.parse().ok()?,
            unit: label(UNIT)?.parse().ok()?,
            generation: Generation(label(GENERATION)?.parse().ok()?),
            sidekick,
            spec: label(SPEC)?.to_owned(),
        })
    }

    /// The name its container has.
    pub fn container_name(&self) -> String {
        container_name(self.unit, self.generation, self.sidekick.as_ref())
    }

    /// The labels that [`Owner::read`] reads.
    fn labels(&self) -> Vec<(&'static str, String)> {
        let mut labels = vec![
            (PLATFORM, self.platform.clone()),
            (HOST, self.host.to_string()),
            (UNIT, self.unit.to_string()),
            (GENERATION, self.generation.to_string()),
            (SPEC, self.spec.clone()),
        ];
        labels.extend(self.sidekick.iter().map(|name| (SIDEKICK, name.to_string())));
        labels
    }
}

/// All labels of a container: its file's, then ours over them.
pub fn all_labels(
    owner: &Owner,
    unit: &UnitAssignment,
    written: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut labels = written.clone();
    labels.retain(|key, _| !key.starts_with("io.muster."));
    let names = [
        (STACK, unit.stack.to_string()),
        (SERVICE, unit.service.to_string()),
        (ENVIRONMENT, unit.environment.to_string()),
        (RANCHER_STACK, unit.stack.to_string()),
        (RANCHER_SERVICE, format!("{}/{}", unit.stack, unit.service)),
        (RANCHER_CONTAINER, container_title(unit, owner.sidekick.as_ref())),
    ];
    let ours = owner.labels().into_iter().chain(names);
    labels.extend(ours.map(|(key, value)| (key.to_owned(), value)));
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(sidekick: Option<&str>) -> Owner {
        Owner {
            platform: "p1".to_owned(),
            host: HostId::new(1, 2),
            unit: UnitId::new(3, 4),
            generation: Generation(5),
            sidekick: sidekick.map(|name| name.parse().unwrap()),
            spec: "s".to_owned(),
        }
    }

    #[test]
    fn owners_are_read_back_from_their_labels() {
        for owner in [owner(None), owner(Some("log"))] {
            let labels = owner.labels();
            let find = |key: &str| {
                labels
                    .iter()
                    .find(|(k, _)| *k == key)
                    .map(|(_, value)| value.as_str())
            };
            assert_eq!(Owner::read(find), Some(owner));
        }
    }

    #[test]
    fn a_container_without_all_labels_is_a_strangers() {
        let labels = owner(None).labels();
        for missing in [PLATFORM, HOST, UNIT, GENERATION, SPEC] {
            let find = |key: &str| {
                let found = labels.iter().find(|(k, _)| *k == key && key != missing);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!(Owner::read(find), None, "without {missing}");
        }
    }

    #[test]
    fn names_tell_unit_generation_and_sidekick() {
        assert_eq!(owner(None).container_name(), "unit-3-4-5");
        assert_eq!(owner(Some("log")).container_name(), "unit-3-4-5-log");
    }
}
