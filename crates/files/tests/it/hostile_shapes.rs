//! The wrong shape in every place: a list where a map belongs, a map where a text belongs, and so on.

use muster_model::Severity;

use crate::support::project;

/// What a key takes: a single value (`s`), a list (`l`), a map (`m`).
const SERVICE: &[(&str, &str)] = &[
    ("image", "s"),
    ("pull_policy", "s"),
    ("command", "sl"),
    ("entrypoint", "sl"),
    ("user", "s"),
    ("group_add", "l"),
    ("working_dir", "s"),
    ("hostname", "s"),
    ("domainname", "s"),
    ("tty", "s"),
    ("stdin_open", "s"),
    ("init", "s"),
    ("read_only", "s"),
    ("privileged", "s"),
    ("stop_signal", "s"),
    ("stop_grace_period", "s"),
    ("restart", "s"),
    ("profiles", "l"),
    ("container_name", "s"),
    ("environment", "lm"),
    ("env_file", "slm"),
    ("labels", "lm"),
    ("label_file", "sl"),
    ("ports", "l"),
    ("expose", "l"),
    ("network_mode", "s"),
    ("networks", "lm"),
    ("links", "l"),
    ("extra_hosts", "lm"),
    ("dns", "sl"),
    ("dns_search", "sl"),
    ("dns_opt", "l"),
    ("volumes", "l"),
    ("tmpfs", "sl"),
    ("volumes_from", "sl"),
    ("volume_driver", "s"),
    ("secrets", "l"),
    ("configs", "l"),
    ("healthcheck", "m"),
    ("healthcheck.test", "sl"),
    ("healthcheck.interval", "s"),
    ("healthcheck.retries", "s"),
    ("healthcheck.disable", "s"),
    ("mem_limit", "s"),
    ("memswap_limit", "s"),
    ("cpus", "s"),
    ("cpu_quota", "s"),
    ("cpuset", "s"),
    ("pids_limit", "s"),
    ("shm_size", "s"),
    ("oom_score_adj", "s"),
    ("ulimits", "m"),
    ("ulimits.nofile", "sm"),
    ("ulimits.nofile.soft", "s"),
    ("sysctls", "lm"),
    ("cap_add", "l"),
    ("cap_drop", "l"),
    ("security_opt", "l"),
    ("devices", "l"),
    ("pid", "s"),
    ("ipc", "s"),
    ("userns_mode", "s"),
    ("depends_on", "lm"),
    ("depends_on.db", "m"),
    ("depends_on.db.condition", "s"),
    ("depends_on.db.required", "s"),
    ("scale", "s"),
    ("deploy", "m"),
    ("deploy.mode", "s"),
    ("deploy.replicas", "s"),
    ("deploy.labels", "lm"),
    ("deploy.resources", "m"),
    ("deploy.resources.limits", "m"),
    ("deploy.resources.limits.memory", "s"),
    ("deploy.resources.reservations", "m"),
    ("deploy.restart_policy", "m"),
    ("deploy.restart_policy.condition", "s"),
    ("deploy.update_config", "m"),
    ("deploy.update_config.delay", "s"),
    ("deploy.placement", "m"),
    ("deploy.placement.constraints", "l"),
    ("logging", "m"),
    ("logging.driver", "s"),
    ("logging.options", "lm"),
    ("log_driver", "s"),
    ("log_opt", "lm"),
    ("upgrade_strategy", "m"),
    ("upgrade_strategy.batch_size", "s"),
    ("extends", "sm"),
    ("extends.service", "s"),
    ("extends.file", "s"),
];

const ROOT: &[(&str, &str)] = &[
    ("services", "m"),
    ("services.web", "m"),
    ("include", "l"),
    ("name", "s"),
    ("volumes", "m"),
    ("volumes.v", "m"),
    ("volumes.v.driver", "s"),
    ("volumes.v.driver_opts", "lm"),
    ("volumes.v.labels", "lm"),
    ("volumes.v.name", "s"),
    ("secrets", "m"),
    ("secrets.s", "m"),
    ("secrets.s.file", "s"),
    ("secrets.s.environment", "s"),
    ("configs", "m"),
    ("configs.c", "m"),
    ("configs.c.content", "s"),
    ("networks", "m"),
    ("networks.default", "m"),
];

const VALUES: [(char, &str, &str); 3] = [
    ('s', "a single value", "x"),
    ('l', "a list", "[x]"),
    ('m', "a map", "{x: y}"),
];

/// Reads `key` with each of the shapes; `path` is how remarks name it. Gives how many were refused.
#[track_caller]
fn each_shape(key: &str, path: &str, takes: &str, before: &str) -> usize {
    let mut refused = 0;
    for (letter, kind, value) in VALUES {
        // `a.b.c` stands for maps in one another.
        let steps: Vec<_> = key.split('.').collect();
        let file = format!(
            "{before}{}{value}{}\n",
            steps.join(": {") + ": ",
            "}".repeat(steps.len() - 1)
        );
        let remarks = muster_files::read(&project(&file)).diagnostics;
        let found = remarks
            .iter()
            .find(|remark| remark.code == "wrong-type" && remark.key == path);
        if takes.contains(letter) {
            assert_eq!(found, None, "{file}");
            continue;
        }
        let remark = found.unwrap_or_else(|| panic!("{file}{remarks:#?}"));
        assert_eq!(remark.severity, Severity::Error, "{file}");
        assert_eq!(remark.line as usize, before.lines().count() + 1, "{file}");
        assert!(remark.message.ends_with(&format!("found {kind}")), "{remark}");
        refused += 1;
    }
    refused
}

#[test]
fn of_services() {
    let mut refused = 0;
    for (key, takes) in SERVICE {
        let image = if *key == "image" { "" } else { "    image: a\n" };
        let before = format!("services:\n  db: {{image: b}}\n  web:\n{image}");
        refused += each_shape(
            &format!("    {key}"),
            &format!("services.web.{key}"),
            takes,
            &before,
        );
    }
    println!("{refused} wrong shapes");
    assert!(refused >= 150);
}

#[test]
fn of_sections() {
    let refused: usize = ROOT
        .iter()
        .map(|(key, takes)| each_shape(key, key, takes, ""))
        .sum();
    println!("{refused} wrong shapes");
    assert!(refused >= 35);
}
