//! A document of any format in the words of today's Compose Specification, so that every tool reads it.
//!
//! What Rancher's second file says beyond it stands under `x-muster`, which other tools pass over.

use std::collections::BTreeSet;

use super::document::{Document, Format};
use super::service::{TABLES, volume_short};
use crate::rancher_compose;
use crate::table::is_extension;
use crate::text::{At, Entry, Node, Tag, Value};

/// The key of a service that holds what only this platform reads.
pub(crate) const OWN_KEY: &str = "x-muster";

/// Sections that only Rancher's files have.
const RANCHER_SECTIONS: &[&str] = &[
    "containers",
    "load_balancers",
    "storage_drivers",
    "network_drivers",
    "virtual_machines",
    "external_services",
    "aliases",
    "dependencies",
    "hosts",
];

/// Keys of a service that Rancher's first files had and the specification has not.
const RANCHER_KEYS: &[&str] = &[
    "retain_ip",
    "milli_cpu_reservation",
    "type",
    "blkio_weight",
    "blkio_weight_device",
    "device_read_bps",
    "device_read_iops",
    "device_write_bps",
    "device_write_iops",
];

/// Keys that `extends` did not take over in versions 1 and 2.
pub(super) const NOT_INHERITED: [&str; 3] = ["links", "volumes_from", "depends_on"];

/// Rewrites a document; what it means stays the same.
pub(super) fn modernize(document: &mut Document) {
    let format = document.format;
    let Value::Map(sections) = &mut document.root.value else {
        return;
    };
    sections.retain(|section| section.key != "version");
    for section in sections.iter_mut() {
        if RANCHER_SECTIONS.contains(&section.key.as_str()) {
            section.key = format!("x-{}", section.key);
        }
    }
    let Some(services) = sections.iter_mut().find(|section| section.key == "services") else {
        return;
    };
    let Value::Map(services) = &mut services.value.value else {
        return;
    };
    let names: BTreeSet<String> = services.iter().map(|service| service.key.clone()).collect();
    let mut volumes = Vec::new();
    for service in services.iter_mut().filter(|service| !is_extension(&service.key)) {
        self::service(service, format, &names);
        volumes.extend(named_volumes(&mut service.value));
    }
    declare(sections, volumes);
}

/// Adds notes at the root.
pub(super) fn add_notes(root: &mut Node, notes: Vec<Entry>) {
    notes.into_iter().for_each(|note| add(root, note));
}

fn service(service: &mut Entry, format: Format, names: &BTreeSet<String>) {
    let node = &mut service.value;
    if format != Format::Later {
        stop_inheritance(node);
    }
    if format == Format::One {
        set_strangers_aside(node);
    }
    network_mode(node, names);
    build(node);
    logging(node);
    upgrade_strategy(node);
    set_own_aside(node);
}

/// What `extends` did not take over then is taken away, or stands alone.
fn stop_inheritance(service: &mut Node) {
    let Some(at) = service.entry("extends").map(|extends| extends.at) else {
        return;
    };
    let Value::Map(entries) = &mut service.value else {
        return;
    };
    for key in NOT_INHERITED {
        match entries.iter_mut().find(|entry| entry.key == key) {
            Some(own) => own.value.tag = Tag::Override,
            None => {
                let mut nothing = Node::new(at, Value::Null);
                nothing.tag = Tag::Reset;
                entries.push(entry(key, nothing));
            }
        }
    }
}

/// Keys that the tools of the oldest format passed over; today's refuse them.
fn set_strangers_aside(service: &mut Node) {
    let Value::Map(entries) = &mut service.value else {
        return;
    };
    for entry in entries {
        if !is_extension(&entry.key) && !is_known(&entry.key) {
            entry.key = format!("x-{}", entry.key);
        }
    }
}

fn is_known(key: &str) -> bool {
    TABLES
        .iter()
        .any(|(_, table)| table.iter().any(|known| known.name == key))
}

fn network_mode(service: &mut Node, names: &BTreeSet<String>) {
    let Some(mut mode) = service.take("net") else {
        return;
    };
    mode.key = "network_mode".to_owned();
    if let Some(name) = mode
        .value
        .known_text()
        .and_then(|text| text.strip_prefix("container:"))
        && names.contains(name)
    {
        mode.value = Node::text(mode.value.at, format!("service:{name}"));
    }
    add(service, mode);
}

fn build(service: &mut Node) {
    let Some(dockerfile) = service.take("dockerfile") else {
        return;
    };
    let Some(mut build) = service.take("build") else {
        return;
    };
    if let Value::Scalar(_) = build.value.value {
        let at = build.value.at;
        let context = std::mem::replace(&mut build.value, Node::new(at, Value::Null));
        build.value.value = Value::Map(vec![entry("context", context)]);
    }
    if build.value.get("dockerfile").is_none() {
        add(&mut build.value, dockerfile);
    }
    add(service, build);
}

fn logging(service: &mut Node) {
    let (driver, options) = (service.take("log_driver"), service.take("log_opt"));
    let parts = [(driver, "driver"), (options, "options")];
    for (mut part, key) in parts.into_iter().filter_map(|(part, key)| Some((part?, key))) {
        part.key = key.to_owned();
        let logging = service.get("logging");
        if logging.is_none_or(|logging| logging.get(key).is_none()) {
            add_below(service, "logging", part);
        }
    }
}

/// The strategy in the specification's own words, where `deploy` says nothing of it already.
fn upgrade_strategy(service: &mut Node) {
    let update = service
        .get("deploy")
        .and_then(|deploy| deploy.get("update_config"));
    if update.is_some() {
        return;
    }
    let Some(strategy) = service.entry("upgrade_strategy") else {
        return;
    };
    let Some(parts) = strategy.value.entries().map(<[Entry]>::to_vec) else {
        return;
    };
    let Some(parts) = parts.iter().map(update_part).collect::<Option<Vec<_>>>() else {
        return;
    };
    let Some(mut strategy) = service.take("upgrade_strategy") else {
        return;
    };
    strategy.key = "update_config".to_owned();
    strategy.value.value = Value::Map(parts);
    add_below(service, "deploy", strategy);
}

fn update_part(part: &Entry) -> Option<Entry> {
    let text = part.value.known_text()?;
    let (key, text) = match (part.key.as_str(), text.to_ascii_lowercase().as_str()) {
        ("start_first", "true") => ("order", "start-first".to_owned()),
        ("start_first", "false") => ("order", "stop-first".to_owned()),
        ("batch_size", _) => ("parallelism", text.to_owned()),
        ("interval_millis", _) => ("delay", format!("{text}ms")),
        _ => return None,
    };
    let mut part = part.clone();
    part.key = key.to_owned();
    if let Value::Scalar(scalar) = &mut part.value.value {
        scalar.text = text;
    }
    Some(part)
}

/// Keys that no other tool knows.
fn set_own_aside(service: &mut Node) {
    let keys = rancher_compose::KEYS.iter().map(|key| key.name);
    for key in keys.chain(RANCHER_KEYS.iter().copied()) {
        if let Some(own) = service.take(key) {
            add_below(service, OWN_KEY, own);
        }
    }
}

/// The named volumes that a service mounts, with its driver for them, which is taken out.
fn named_volumes(service: &mut Node) -> Vec<Entry> {
    let driver = service.take("volume_driver");
    let mounts = match service.get("volumes").map(|volumes| &volumes.value) {
        Some(Value::List(mounts)) => mounts.as_slice(),
        _ => &[],
    };
    let sources = mounts.iter().filter_map(|mount| Some((mount.at, source(mount)?)));
    let sources: Vec<(At, String)> = sources
        .filter(|(_, source)| !source.starts_with(['.', '/', '~']))
        .collect();
    if let Some(driver) = &driver
        && sources.iter().any(|(_, source)| source.contains('$'))
    {
        // What stands for a variable may be a name, which cannot be declared before it is known.
        add_below(service, OWN_KEY, driver.clone());
    }
    let named = sources.into_iter().filter(|(_, source)| !source.contains('$'));
    let declared = driver.map(|mut driver| {
        driver.key = "driver".to_owned();
        Value::Map(vec![driver])
    });
    named
        .map(|(at, name)| entry(&name, Node::new(at, declared.clone().unwrap_or(Value::Null))))
        .collect()
}

fn source(mount: &Node) -> Option<String> {
    let source = match mount.get("source") {
        Some(source) => source.known_text()?,
        None => volume_short::split(mount.known_text()?)?.source?,
    };
    Some(source.to_owned())
}

/// Declares volumes that are not.
fn declare(sections: &mut Vec<Entry>, volumes: Vec<Entry>) {
    let Some(first) = volumes.first() else { return };
    if !sections.iter().any(|section| section.key == "volumes") {
        sections.push(entry("volumes", Node::new(first.at, Value::Null)));
    }
    let section = sections.iter_mut().find(|section| section.key == "volumes");
    let Some(section) = section.map(|section| &mut section.value) else {
        return;
    };
    for volume in volumes {
        if section.entry(&volume.key).is_none() {
            add(section, volume);
        }
    }
}

/// Adds an entry to the map under `key`, which is made if it is not there.
fn add_below(service: &mut Node, key: &str, new: Entry) {
    if service.entry(key).is_none() {
        add(service, entry(key, Node::new(new.at, Value::Null)));
    }
    if let Value::Map(entries) = &mut service.value
        && let Some(below) = entries.iter_mut().find(|entry| entry.key == key)
    {
        add(&mut below.value, new);
    }
}

/// Adds an entry to a map, or to what is to become one.
fn add(map: &mut Node, new: Entry) {
    if map.is_null() {
        map.value = Value::Map(Vec::new());
    }
    if let Value::Map(entries) = &mut map.value {
        entries.push(new);
    }
}

fn entry(key: &str, value: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        at: value.at,
        value,
    }
}
