//! All keys of all formats, as the readers' tables have them: for the page about compatibility and for editors.

use crate::compose::service::{
    self, build, depends, deploy, device_requests, disks, environment, files, health, limits, logging, names,
    placement, port_long, rights, update, volume_long,
};
use crate::compose::{blobs, extends, include, sections};
use crate::rancher_compose::{self, balancer, health_check, old_balancer, scale, stickiness};
use crate::table::{Action, Key};

/// One key.
pub(crate) struct Row {
    /// Its name, with those of the maps that it stands in.
    pub path: String,
    pub here: Here,
    /// How a value looks; empty where that goes without saying.
    pub form: &'static str,
    pub about: &'static str,
    /// The version of Muster that first did it.
    pub since: &'static str,
}

/// What is done with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Yes,
    InPart,
    /// Read, checked and kept for a capability still to come.
    Kept,
    NotYet,
    NoEffect,
}

/// Keys of the map that a path leads to: `ports[]` is an item of a list, `<name>` any name.
pub(crate) type Maps = Vec<(&'static str, Vec<Row>)>;

/// The keys of a table; `prefix` is put before their names.
pub(crate) fn rows<T>(prefix: &str, keys: &[Key<T>]) -> Vec<Row> {
    let row = |key: &Key<T>| Row {
        path: format!("{prefix}{}", key.name),
        here: match key.action {
            Action::Read(_) | Action::Before => Here::Yes,
            Action::Partly(_) => Here::InPart,
            Action::Kept(_) => Here::Kept,
            Action::Unsupported | Action::Checked(_) => Here::NotYet,
            Action::Nothing => Here::NoEffect,
        },
        form: key.form,
        about: key.about,
        since: key.since,
    };
    keys.iter().map(row).collect()
}

/// The keys of a file.
pub(crate) fn root() -> Vec<Row> {
    rows("", sections::KEYS)
}

/// The maps below the root, but for services.
pub(crate) fn root_maps() -> Maps {
    vec![
        ("include[]", rows("", include::KEYS)),
        ("volumes.<name>", rows("", crate::compose::volumes::KEYS)),
        ("secrets.<name>, configs.<name>", rows("", blobs::KEYS)),
        ("networks.<name>", rows("", sections::NETWORK_KEYS)),
    ]
}

/// The keys of a service, by subject.
pub(crate) fn service() -> Vec<(&'static str, Vec<Row>)> {
    let tables = service::TABLES.iter();
    tables.map(|(title, keys)| (*title, rows("", keys))).collect()
}

/// The maps below a service that belong to a subject.
pub(crate) fn service_maps(title: &str) -> Maps {
    match title {
        "Image" => vec![("build", rows("", build::KEYS))],
        "Process" => vec![("extends", rows("", extends::KEYS))],
        "Environment and labels" => vec![("env_file[]", rows("", environment::ENV_FILE_KEYS))],
        "Ports" => vec![("ports[]", rows("", port_long::LONG_KEYS))],
        "Network" => vec![("networks.<name>", rows("", names::ATTACHMENT_KEYS))],
        "Volumes" => vec![(
            "volumes[]",
            together([
                rows("", volume_long::LONG_KEYS),
                rows("bind.", volume_long::BIND_KEYS),
                rows("volume.", volume_long::VOLUME_KEYS),
                rows("tmpfs.", volume_long::TMPFS_KEYS),
            ]),
        )],
        "Secrets and configs" => vec![("secrets[], configs[]", rows("", files::LONG_KEYS))],
        "Health" => vec![("healthcheck", rows("", health::CHECK_KEYS))],
        "Limits" => vec![("ulimits.<name>", rows("", limits::ULIMIT_KEYS))],
        "Disks" => vec![
            ("blkio_config", rows("", disks::DISK_KEYS)),
            ("blkio_config.*[]", rows("", disks::DEVICE_LIMIT_KEYS)),
        ],
        "Rights" => vec![
            ("devices[]", rows("", rights::DEVICE_KEYS)),
            (
                "gpus[], deploy.resources.reservations.devices[]",
                rows("", device_requests::REQUEST_KEYS),
            ),
        ],
        "Order" => vec![("depends_on.<name>", rows("", depends::LONG_KEYS))],
        "Units" => vec![(
            "deploy",
            together([
                rows("", deploy::DEPLOY_KEYS),
                rows("placement.", placement::KEYS),
                rows("placement.preferences[].", placement::PREFERENCE_KEYS),
                rows("resources.", deploy::RESOURCES_KEYS),
                rows("resources.limits.", deploy::LIMITS_KEYS),
                rows("resources.reservations.", deploy::RESERVATIONS_KEYS),
                rows("restart_policy.", deploy::RESTART_KEYS),
                rows("update_config.", update::KEYS),
            ]),
        )],
        "Output" => vec![("logging", rows("", logging::LOGGING_KEYS))],
        "rancher-compose.yml" => rancher_maps(),
        _ => Vec::new(),
    }
}

fn rancher_maps() -> Maps {
    vec![
        ("upgrade_strategy", rows("", rancher_compose::UPGRADE_KEYS)),
        ("scale_policy", rows("", scale::POLICY_KEYS)),
        (
            "health_check",
            together([
                rows("", health_check::CHECK_KEYS),
                rows("recreate_on_quorum_strategy_config.", health_check::QUORUM_KEYS),
            ]),
        ),
        (
            "lb_config",
            together([
                rows("", balancer::BALANCER_KEYS),
                rows("port_rules[].", balancer::RULE_KEYS),
                rows("stickiness_policy.", stickiness::COOKIE_KEYS),
            ]),
        ),
        (
            "load_balancer_config",
            together([
                rows("", old_balancer::CONFIG_KEYS),
                rows("haproxy_config.", old_balancer::HAPROXY_KEYS),
                rows("app_cookie_stickiness_policy.", stickiness::PROGRAM_KEYS),
            ]),
        ),
    ]
}

fn together<const N: usize>(parts: [Vec<Row>; N]) -> Vec<Row> {
    parts.into_iter().flatten().collect()
}

/// The keys of a service that are acted on, at least in part; those below others as `healthcheck.interval`.
pub fn supported_keys() -> Vec<String> {
    let mut keys = Vec::new();
    for (title, rows) in service() {
        for (paths, rows) in std::iter::once(("", rows)).chain(service_maps(title)) {
            for path in paths.split(", ") {
                let dot = if path.is_empty() { "" } else { "." };
                let acted_on = rows
                    .iter()
                    .filter(|row| matches!(row.here, Here::Yes | Here::InPart));
                keys.extend(acted_on.map(|row| format!("{path}{dot}{}", row.path)));
            }
        }
    }
    keys
}
