//! Which keys differ between two specs. Keys only: values may be secret.

use std::collections::BTreeSet;

use muster_model::desired::UnitSpec;
use serde_json::Value;

/// Keys named at most; a list longer than that says no more to a reader.
const KEYS_MAX: usize = 20;
/// Keys under which the keys of people stand, which are named too.
const MAPS: &[&str] = &[
    "environment",
    "labels",
    "sysctls",
    "ulimits",
    "namespaces",
    "resources",
];

/// The keys in which what a unit runs differs, such as `image`, `environment.DEBUG` or `sidekicks.log.command`.
pub(crate) fn changed_keys(from: &UnitSpec, to: &UnitSpec) -> Vec<String> {
    let mut keys = Vec::new();
    let json = |unit: &UnitSpec| serde_json::to_value(unit).unwrap_or_default();
    let (from, to) = (json(from), json(to));
    container(&from["primary"], &to["primary"], "", &mut keys);
    for name in names(&from["sidekicks"], &to["sidekicks"]) {
        let path = format!("sidekicks.{name}");
        match (from["sidekicks"].get(&name), to["sidekicks"].get(&name)) {
            (Some(from), Some(to)) => container(from, to, &format!("{path}."), &mut keys),
            _ => keys.push(path),
        }
    }
    keys.truncate(KEYS_MAX);
    keys
}

fn container(from: &Value, to: &Value, before: &str, keys: &mut Vec<String>) {
    for key in names(from, to)
        .into_iter()
        .filter(|key| from.get(key) != to.get(key))
    {
        if MAPS.contains(&key.as_str()) {
            let (from, to) = (&from[&key], &to[&key]);
            let differing = names(from, to)
                .into_iter()
                .filter(|inner| from.get(inner) != to.get(inner));
            keys.extend(differing.map(|inner| format!("{before}{key}.{inner}")));
        } else {
            keys.push(format!("{before}{key}"));
        }
    }
}

fn names(a: &Value, b: &Value) -> BTreeSet<String> {
    let of = |value: &Value| {
        value
            .as_object()
            .map(|map| map.keys().cloned().collect::<Vec<_>>())
    };
    of(a).into_iter().chain(of(b)).flatten().collect()
}
