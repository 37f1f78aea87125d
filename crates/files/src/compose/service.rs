//! One service: every key of every format, a file per subject.

pub(crate) mod build;
pub(crate) mod depends;
pub(crate) mod deploy;
pub(crate) mod device_requests;
pub(crate) mod disks;
pub(crate) mod environment;
pub(crate) mod files;
pub(crate) mod health;
pub(crate) mod image;
pub(crate) mod limits;
pub(crate) mod logging;
pub(crate) mod names;
pub(crate) mod network;
pub(crate) mod placement;
pub(crate) mod port_long;
mod port_parts;
pub(crate) mod ports;
pub(crate) mod process;
pub(crate) mod rights;
pub(crate) mod update;
pub(crate) mod volume_long;
pub(crate) mod volume_short;
mod volume_source;
pub(crate) mod volumes;

use muster_model::desired::ImageRef;

use super::draft::{Image, ServiceDraft};
use super::modern::OWN_KEY;
use crate::cx::Cx;
use crate::rancher_compose::{self, parts};
use crate::table::{self, Key, Strangers, read_map_with};
use crate::text::{Entry, Node, Value};

pub(crate) use volume_source::{say_twice, target_of};

/// All keys of a service, by subject, with a title for people.
pub(crate) const TABLES: &[(&str, &[Key<ServiceDraft>])] = &[
    ("Image", image::KEYS),
    ("Process", process::KEYS),
    ("Environment and labels", environment::KEYS),
    ("Ports", ports::KEYS),
    ("Network", network::KEYS),
    ("Volumes", volumes::KEYS),
    ("Secrets and configs", files::KEYS),
    ("Health", health::KEYS),
    ("Limits", limits::KEYS),
    ("Disks", disks::KEYS),
    ("Rights", rights::KEYS),
    ("Order", depends::KEYS),
    ("Units", deploy::KEYS),
    ("Output", logging::KEYS),
    ("rancher-compose.yml", rancher_compose::KEYS),
    ("What other tools pass over", OWN_KEYS),
];

const OWN_KEYS: &[Key<ServiceDraft>] = &[table::read(
    OWN_KEY,
    read_own,
    "x-muster: { retain_ip: true }",
    "Any key of a service: for those of a rancher-compose.yml in a file that other tools read too.",
)];

/// Reads a service. One that says nothing is a service with all its keys missing; of one that is left out, the image
/// alone is read.
pub(crate) fn read(cx: &Cx<'_>, entry: &Entry, strangers: Strangers) -> Option<ServiceDraft> {
    let stand_in = ImageRef::parse("none").ok()?;
    let mut draft = ServiceDraft::new(entry.at, stand_in);
    if image::is_left_out(cx, &entry.value) {
        draft.image = Image::LeftOut;
        return Some(draft);
    }
    draft.kept.part = parts::part(cx, &entry.value);
    match (draft.kept.part, entry.value.entries()) {
        (Some(_), Some(entries)) => {
            let (own, others): (Vec<Entry>, Vec<Entry>) = entries
                .iter()
                .cloned()
                .partition(|entry| parts::OWN_KEYS.contains(&entry.key.as_str()));
            parts::own_keys(cx, &own, &mut draft);
            let others = Node::new(entry.value.at, Value::Map(others));
            read_map_with(cx, &others, &tables(), strangers, &mut draft);
        }
        _ => read_map_with(cx, &entry.value, &tables(), strangers, &mut draft),
    }
    environment::read_env_files(cx, &mut draft);
    network::say_contradiction(cx, &entry.value);
    Some(draft)
}

fn read_own(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    // Once is enough: in itself the key is only an extension, which nobody reads.
    let tables: Vec<_> = tables()
        .into_iter()
        .filter(|table| table.iter().all(|key| key.name != OWN_KEY))
        .collect();
    read_map_with(cx, node, &tables, Strangers::Refused, draft);
}

fn tables() -> Vec<&'static [Key<ServiceDraft>]> {
    TABLES.iter().map(|(_, table)| *table).collect()
}
