//! Several files: what becomes of each key.

use crate::support::{files, said, service, stack};

/// The service `web` of two files with these keys, printed as JSON where `path` leads.
#[track_caller]
fn check(base: &str, over: &str, path: &str, expect: &str) {
    let file = crate::support::web_file;
    let project = files(2, &[("compose.yaml", &file(base)), ("over.yaml", &file(over))]);
    let stack = stack(&project);
    let value = serde_json::to_value(service(&stack, "web")).unwrap();
    let found = value.pointer(path).map_or("-".to_owned(), ToString::to_string);
    assert_eq!(found, expect, "{base} + {over}");
}

#[test]
fn single_values_are_replaced() {
    check("user: a", "user: b", "/unit/primary/user", r#""b""#);
    check("user: a", "tty: true", "/unit/primary/user", r#""a""#);
    check("user: a", "user:", "/unit/primary/user", r#""a""#);
    check(
        "command: a b",
        "command: [c]",
        "/unit/primary/command",
        r#"["c"]"#,
    );
    check(
        "entrypoint: [a]",
        "entrypoint: [b, c]",
        "/unit/primary/entrypoint",
        r#"["b","c"]"#,
    );
    check(
        "healthcheck: {test: [CMD, a], interval: 1s}",
        "healthcheck: {test: [CMD, b]}",
        "/unit/primary/healthcheck/test",
        r#"{"command":["b"]}"#,
    );
    check(
        "healthcheck: {test: [CMD, a], interval: 1s}",
        "healthcheck: {test: [CMD, b]}",
        "/unit/primary/healthcheck/interval_ms",
        "1000",
    );
}

#[test]
fn lists_that_mean_maps_merge_by_name() {
    let environment = "/unit/primary/environment";
    check(
        "environment: [A=1, B=1]",
        "environment: {B: 2, C: 2}",
        environment,
        r#"{"A":"1","B":"2","C":"2"}"#,
    );
    check(
        "environment: {A: 1}",
        "environment: [A=2]",
        environment,
        r#"{"A":"2"}"#,
    );
    check(
        "labels: ['a:b=1']",
        "labels: ['a:b=2']",
        "/unit/primary/labels",
        r#"{"a:b":"2"}"#,
    );
    check(
        "sysctls: [a=1]",
        "sysctls: {b: 2}",
        "/unit/primary/sysctls",
        r#"{"a":"1","b":"2"}"#,
    );
    check(
        "extra_hosts: ['a:10.0.0.1']",
        "extra_hosts: {a: 10.0.0.2}",
        "/unit/primary/extra_hosts",
        r#"[["a","10.0.0.2"]]"#,
    );
    check(
        "ulimits: {nofile: 1}",
        "ulimits: {nproc: {soft: 1, hard: 2}}",
        "/unit/primary/ulimits/nproc/hard",
        "2",
    );
    check(
        "deploy: {resources: {limits: {memory: 1m}}}",
        "deploy: {resources: {limits: {cpus: 1}}, replicas: 2}",
        "/unit/primary/resources",
        r#"{"memory":1048576,"milli_cpus":1000}"#,
    );
}

#[test]
fn lists_are_joined() {
    check(
        "dns: 10.0.0.1",
        "dns: [10.0.0.2]",
        "/unit/primary/dns",
        r#"["10.0.0.1","10.0.0.2"]"#,
    );
    check(
        "cap_add: [A, B]",
        "cap_add: [B, C]",
        "/unit/primary/cap_add",
        r#"["A","B","C"]"#,
    );
    check(
        "expose: [80]",
        "expose: [81]",
        "/unit/primary/expose",
        r#"[[80,"tcp"],[81,"tcp"]]"#,
    );
}

#[test]
fn what_stands_for_the_same_is_replaced() {
    let mounts = "/unit/primary/mounts";
    check(
        "volumes: [a:/data, b:/other]",
        "volumes: [{type: volume, source: c, target: /data}]",
        &format!("{mounts}/0/source"),
        r#"{"volume":"c"}"#,
    );
    check(
        "volumes: [a:/data]",
        "volumes: [b:/more]",
        &format!("{mounts}/1/target"),
        r#""/more""#,
    );
    check(
        "devices: [/dev/a:/dev/x]",
        "devices: [/dev/b:/dev/x]",
        "/unit/primary/devices",
        r#"["/dev/b:/dev/x:rwm"]"#,
    );
    check(
        "ports: ['80:80', '81:81']",
        "ports: ['81:81', '82:82']",
        "/unit/primary/ports/2/host_port",
        "82",
    );
    check(
        "ports: ['80:80', '81:81']",
        "ports: ['81:81', '82:82']",
        "/unit/primary/ports/3",
        "-",
    );
}

#[test]
fn options_belong_to_their_driver() {
    check(
        "logging: {driver: a, options: {x: 1}}",
        "logging: {options: {y: 2}}",
        "/unit/primary/logging/options",
        r#"{"x":"1","y":"2"}"#,
    );
    check(
        "logging: {driver: a, options: {x: 1}}",
        "logging: {driver: b}",
        "/unit/primary/logging",
        r#"{"driver":"b"}"#,
    );
}

#[test]
fn tags_remove_and_replace() {
    check("user: a", "user: !reset null", "/unit/primary/user", "-");
    check("ports: ['80:80']", "ports: !reset []", "/unit/primary/ports", "-");
    check(
        "environment: {A: 1, B: 1}",
        "environment: {A: !reset }",
        "/unit/primary/environment",
        r#"{"B":"1"}"#,
    );
    check(
        "ports: ['80:80']",
        "ports: !override ['81:81']",
        "/unit/primary/ports",
        r#"[{"container_port":81,"host_port":81,"protocol":"tcp"}]"#,
    );
    check(
        "environment: {A: 1}",
        "environment: !override {B: 2}",
        "/unit/primary/environment",
        r#"{"B":"2"}"#,
    );
}

#[test]
fn other_sections_merge_too() {
    let project = files(
        3,
        &[
            (
                "a.yaml",
                "services: {web: {image: a, volumes: [v:/v], depends_on: [db]}}\nvolumes: {v: {driver: x}}",
            ),
            (
                "b.yaml",
                "services: {db: {image: b}}\nvolumes: {v: {driver_opts: {o: 1}}}\nname: one",
            ),
            (
                "c.yaml",
                "name: two\nservices: {web: {depends_on: {db: {condition: service_healthy}}}}",
            ),
        ],
    );
    let stack = stack(&project);
    assert_eq!(stack.name, "two".parse().ok());
    assert_eq!(format!("{:?}", stack.spec.volumes["v"].options), r#"{"o": "1"}"#);
    assert_eq!(stack.spec.volumes["v"].driver.as_deref(), Some("x"));
    assert_eq!(
        format!("{:?}", service(&stack, "web").depends_on),
        r#"{"db": Healthy}"#
    );
}

#[test]
fn remarks_name_the_file_they_are_about() {
    let project = files(
        2,
        &[
            ("a.yaml", "services:\n  web:\n    image: a\n"),
            ("b.yaml", "services:\n  web:\n    imag: b\n"),
        ],
    );
    assert_eq!(
        said(&project),
        ["b.yaml:3:5: error[unknown-key] services.web.imag: `imag` is not a key here"]
    );
}

#[test]
fn a_file_merged_with_itself_is_itself() {
    let file = include_str!("../../../../examples/web-db-cache/docker-compose.yml");
    let once = crate::examples::project("web-db-cache");
    let mut twice = once.clone();
    twice.sources.push(crate::support::source("again.yaml", file));
    twice.sources[1].path = twice.sources[0].path.clone();
    assert_eq!(stack(&twice).spec, stack(&once).spec);
}
