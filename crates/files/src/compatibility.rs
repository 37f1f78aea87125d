//! The page about compatibility, printed from the tables that the readers use.

use std::fmt::Write as _;

use muster_model::Severity;

use crate::code::Code;
use crate::compose::service::{
    self, depends, deploy, environment, files, health, limits, logging, network, placement, port_long,
    rights, update, volume_long,
};
use crate::compose::{blobs, include, sections};
use crate::rancher_compose::{self, balancer, health_check, labels, old_balancer, scale, stickiness};
use crate::table::{Action, Key};

/// Markdown: what is done with every key of every format, and all kinds of remarks.
pub fn compatibility() -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n## Root of a compose file\n\n");
    table(&mut page, "", sections::KEYS);
    for (prefix, rows) in root_rows() {
        let _ = write!(page, "\n### `{prefix}`\n\n{HEADER}{rows}");
    }
    for (title, keys) in service::TABLES {
        let _ = write!(page, "\n## Service: {title}\n\n");
        table(&mut page, "", keys);
        for (prefix, rows) in service_rows(title) {
            let _ = write!(page, "\n### `{prefix}`\n\n{HEADER}{rows}");
        }
    }
    page.push_str("\n## Labels `io.rancher.*`\n\nOther labels of this prefix are named in a remark.\n\n");
    table(&mut page, "", labels::LABELS);
    page.push_str(CODES);
    for code in Code::ALL {
        let (name, meaning) = (code.name(), code.meaning());
        let _ = writeln!(page, "| `{name}` | {} | {meaning} |", severities(*code));
    }
    page
}

const HEAD: &str = "\
# Compatibility

What Muster does with every key of every compose format: files without `services:` (version 1), versions 2.x and 3.x,
today's Compose Specification, and Rancher's `rancher-compose.yml` and labels. `version` is not asked about: a key means
the same in every format, but for what is said below.

**yes** is acted on, with the difference that stands beside it. **in part** is acted on as far as is said beside it,
and the rest is reported. **not yet** is understood, reported with what happens
instead, and changes nothing. **kept** is read, checked and kept for a capability that is still to come; it is reported,
and changes nothing now. **no effect** has nothing to act on here and is not reported. A key that is in no table is
a mistake: an error, or a warning in files of version 1, whose tools passed over such keys. Keys that begin with `x-` are
your own.

This page is printed from the tables that the reader itself uses (`crates/files`); a test compares them.

## Variables, several files

| what | here |
|---|---|
| `$NAME`, `${NAME}` and `:-` `-` `:?` `?` `:+` `+`, in one another; `$$` | yes |
| a variable without value and default | an error when deploying, a warning of `muster check`; other tools take an empty text |
| `.env` beside the first file, `--env-file` | yes; whoever deploys wins over them |
| `env_file` and `.env`: `export`, comments, quotes, values over several lines, variables | yes |
| questions of a catalog's `rancher-compose.yml` | their defaults are used |
| several files | merged as the Compose Specification says, with `!reset` and `!override` |
| anchors, aliases, merge keys (`<<`) | yes, up to a size |
| a key twice in one map | a warning; the last one counts |
| templates (`{{ … }}`) | refused; render them first |
| `yes`, `on`, `0755`, `22:22`, `1.10` | stay the text they are, unless the key takes a flag or a number |
| services whose image is a part of Rancher: `rancher/lb-service-haproxy`, `rancher/load-balancer-service`, `rancher/external-service`, `rancher/dns-service` | kept, with what they say of targets; nothing runs for them. `rancher/none` is left out |
| relative host paths (`./data:/data`) | an error when deploying, unless the project's directory is on the hosts; a warning of `muster check` |
";

const HEADER: &str = "| key | here | how |\n|---|---|---|\n";

const CODES: &str = "
## Kinds of remarks

Every remark has one of these names, which do not change, and a place: file, line, column, key. Where two severities
stand, the second is that of `muster check`, which cannot know what only a deployment has.

| name | severity | says |
|---|---|---|
";

fn severities(code: Code) -> String {
    let words = |severity: Severity| severity.to_string();
    let (deployed, offline) = (words(code.severity()), words(code.severity_offline()));
    if deployed == offline {
        deployed
    } else {
        format!("{deployed}, {offline}")
    }
}

fn root_rows() -> Vec<(&'static str, String)> {
    vec![
        ("include", rows("", include::KEYS)),
        ("volumes.<name>", rows("", crate::compose::volumes::KEYS)),
        ("secrets.<name>, configs.<name>", rows("", blobs::KEYS)),
        ("networks.default", rows("", sections::NETWORK_KEYS)),
    ]
}

fn service_rows(title: &str) -> Vec<(&'static str, String)> {
    match title {
        "Environment and labels" => vec![("env_file[]", rows("", environment::ENV_FILE_KEYS))],
        "Ports" => vec![("ports[]", rows("", port_long::LONG_KEYS))],
        "Network" => vec![("networks.<name>", rows("", network::ATTACHMENT_KEYS))],
        "Volumes" => vec![(
            "volumes[]",
            rows("", volume_long::LONG_KEYS)
                + &rows("bind.", volume_long::BIND_KEYS)
                + &rows("volume.", volume_long::VOLUME_KEYS)
                + &rows("tmpfs.", volume_long::TMPFS_KEYS),
        )],
        "Secrets and configs" => vec![("secrets[], configs[]", rows("", files::LONG_KEYS))],
        "Health" => vec![("healthcheck", rows("", health::CHECK_KEYS))],
        "Limits" => vec![("ulimits.<name>", rows("", limits::ULIMIT_KEYS))],
        "Rights" => vec![("devices[]", rows("", rights::DEVICE_KEYS))],
        "Order" => vec![("depends_on.<name>", rows("", depends::LONG_KEYS))],
        "Units" => vec![(
            "deploy",
            rows("", deploy::DEPLOY_KEYS)
                + &rows("placement.", placement::KEYS)
                + &rows("placement.preferences[].", placement::PREFERENCE_KEYS)
                + &rows("resources.", deploy::RESOURCES_KEYS)
                + &rows("resources.limits.", deploy::LIMITS_KEYS)
                + &rows("resources.reservations.", deploy::RESERVATIONS_KEYS)
                + &rows("restart_policy.", deploy::RESTART_KEYS)
                + &rows("update_config.", update::KEYS),
        )],
        "Output" => vec![("logging", rows("", logging::LOGGING_KEYS))],
        "rancher-compose.yml" => rancher_rows(),
        _ => Vec::new(),
    }
}

fn rancher_rows() -> Vec<(&'static str, String)> {
    vec![
        ("upgrade_strategy", rows("", rancher_compose::UPGRADE_KEYS)),
        ("scale_policy", rows("", scale::POLICY_KEYS)),
        (
            "health_check",
            rows("", health_check::CHECK_KEYS)
                + &rows("recreate_on_quorum_strategy_config.", health_check::QUORUM_KEYS),
        ),
        (
            "lb_config",
            rows("", balancer::BALANCER_KEYS)
                + &rows("port_rules[].", balancer::RULE_KEYS)
                + &rows("stickiness_policy.", stickiness::COOKIE_KEYS),
        ),
        (
            "load_balancer_config",
            rows("", old_balancer::CONFIG_KEYS)
                + &rows("haproxy_config.", old_balancer::HAPROXY_KEYS)
                + &rows("app_cookie_stickiness_policy.", stickiness::PROGRAM_KEYS),
        ),
    ]
}

fn table<T>(page: &mut String, prefix: &str, keys: &[Key<T>]) {
    page.push_str(HEADER);
    page.push_str(&rows(prefix, keys));
}

fn rows<T>(prefix: &str, keys: &[Key<T>]) -> String {
    let mut rows = String::new();
    for key in keys {
        let here = match key.action {
            Action::Read(_) | Action::Before => "yes",
            Action::Partly(_) => "in part",
            Action::Kept(_) => "kept",
            Action::Unsupported => "not yet",
            Action::Nothing => "no effect",
        };
        let _ = writeln!(
            rows,
            "| `{prefix}{}` | {here} | {} |",
            key.name,
            key.about.replace('|', "\\|")
        );
    }
    rows
}
