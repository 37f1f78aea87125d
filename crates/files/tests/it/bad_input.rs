//! Files that mean no good, or are no compose files at all.

use std::time::Duration;

use muster_files::Project;

use crate::support::{files, project, said};

/// How long a thread may compute on one project. Without optimization everything takes twenty times as long.
const SOON: Duration = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 100 });

/// Time that this thread has computed: it does not depend on what else the machine does.
fn computed() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

#[track_caller]
fn check(text: &str, expect: &str) {
    check_bytes(text.as_bytes(), expect);
}

#[track_caller]
fn check_bytes(bytes: &[u8], expect: &str) {
    let mut project = project("");
    project.sources[0].bytes = bytes.to_vec();
    let started = computed();
    let said = said(&project);
    let took = computed() - started;
    assert!(
        said.iter().any(|remark| remark.contains(expect)),
        "expected {expect}\n{said:#?}"
    );
    assert!(took < SOON, "{took:?}");
    assert!(
        said.iter().all(|remark| remark.len() < 3_000),
        "remarks stay short"
    );
}

#[test]
fn no_text() {
    check_bytes(
        b"services:\n  web: \xff\n",
        "compose.yaml:2:8: error[not-text]: a byte here is not UTF-8",
    );
    check_bytes(b"\xff\xfes\0", "error[not-text]: this file is UTF-16");
    check_bytes(b"\xfe\xff\0s", "error[not-text]: this file is UTF-16");
    check(
        "services:\n  web: {image: \"a\0b\"}\n",
        "compose.yaml:2:18: error[not-text]: a NUL character stands here",
    );
    check_bytes(
        &[b'a'; 50 << 20],
        "error[too-large]: this file has 50 MiB; a file may have 8 MiB",
    );
}

#[test]
fn no_yaml() {
    check(
        "services:\n\tweb: x\n",
        "compose.yaml:2:2: error[bad-yaml]: this is not YAML",
    );
    check("services: [\n", "error[bad-yaml]");
    check("services: {web: {image: a}\n", "error[bad-yaml]");
    check("services:\n  web:\n    image: \"a\n  db: 1\n", "error[bad-yaml]");
    check(
        "services:\n  web: a: b\n",
        "compose.yaml:2:9: error[bad-yaml]: this is not YAML",
    );
    check("services:\n  web:\n image: x\n", "error[bad-yaml]");
    check("a: @x\n", "error[bad-yaml]");
    check(
        "a: *none\n",
        "error[bad-yaml]: nothing above is anchored as `&none`",
    );
    check(
        "a: &a [*a]\n",
        "error[bad-yaml]: this alias stands inside the value that it repeats",
    );
    check(
        "a: 1\n---\nb: 2\n",
        "compose.yaml:2:1: error[bad-yaml]: a second document begins here",
    );
    check("? [a]\n: b\n", "error[bad-yaml]: a key must be a text");
    check("services:\n  {{- if x }}\n  web: 1\n", "error[bad-yaml]");
    check(
        "a: !what x\nservices: {web: {image: a}}\n",
        "warning[unknown-tag]: the tag `!what` is not known",
    );
    check(
        "services: {web: {image: a, <<: 1}}\n",
        "error[wrong-type] <<: `<<` takes a map",
    );
}

#[test]
fn advice_fits_the_mistake() {
    let help = |text: &str| {
        muster_files::read(&project(text)).diagnostics[0]
            .help
            .clone()
            .unwrap()
    };
    assert!(help("services:\n\tweb: x\n").contains("indent with spaces"));
    assert!(help("services:\n  web: a: b\n").contains("needs quotes"));
    assert!(help("a: @x\n").contains("quote the value"));
    assert!(help("services:\n{{- if x}}\n  web: 1\n").contains("looks like a template"));
}

#[test]
fn no_compose_file() {
    check("", "error[missing-key]: there is nothing in this file");
    check("# nothing\n", "error[missing-key]: there is nothing in this file");
    check(
        "hello\n",
        "error[wrong-type]: a compose file is a map; found a single value",
    );
    check(
        "- a\n- b\n",
        "error[wrong-type]: a compose file is a map; found a list",
    );
    check("{}\n", "error[missing-key] services: there are no services");
    check(
        "services:\n",
        "error[missing-key] services: there are no services",
    );
    check(
        "services: {}\n",
        "error[missing-key] services: there are no services",
    );
    check(
        "services: [web]\n",
        "error[wrong-type] services: `services` takes a map; found a list",
    );
    check(
        "services: {web: nginx}\n",
        "error[wrong-type] services.web: `web` takes a map; found a single value",
    );
    check(
        "services: {web: }\n",
        "error[missing-key] services.web: the service has no image",
    );
    check(
        "apiVersion: v1\nkind: Pod\n",
        "error[unknown-key] apiVersion: `apiVersion` is not a key here",
    );
    assert_eq!(
        said(&Project::default()),
        [": error[missing-key]: there are no files"]
    );
}

#[test]
fn names() {
    let long = "x".repeat(65_536);
    check(&format!("services: {{? {long} : {{image: a}}}}\n"), "error[bad-");
    check(
        &format!(
            "services:\n  web:\n    image: a\n    container_name: {long}\n    volumes: [\"{long}:/a\"]\n"
        ),
        "error[bad-name] services.web.volumes[0]: a name has at most 63 characters",
    );
    check(
        &format!("services: {{web: {{image: {long}}}}}\n"),
        "error[bad-value] services.web.image",
    );
    check(
        "services: {../../etc: {image: a}}\n",
        "error[bad-name] services.../../etc: a name starts with a letter",
    );
    check("services: {\"a\\u0000b\": {image: a}}\n", "error[bad-name]");
    check("services: {\"\": {image: a}}\n", "error[bad-name]");
    check(
        "name: ../x\nservices: {web: {image: a}}\n",
        "error[bad-name] name",
    );
    check(
        "services: {web: {image: a, secrets: [../x]}}\n",
        "error[undefined] services.web.secrets: `../x` is not declared",
    );
    check(
        "services: {web: {image: a}}\nsecrets: {../x: {content: a}}\n",
        "error[bad-name] secrets",
    );
    check(
        "services: {web: {image: a, volumes: [../../x/y:/z/../..]}}\n",
        "is not an absolute path in the container",
    );
}

#[test]
fn bombs() {
    let laughs: String = (1..20)
        .map(|i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(",")))
        .collect();
    check(&format!("a0: &a0 [lol]\n{laughs}"), "error[too-large]");
    let maps: String = (1..30)
        .map(|i| format!("a{i}: &a{i} {{x: *a{0}, y: *a{0}}}\n", i - 1))
        .collect();
    check(&format!("a0: &a0 {{x: y}}\n{maps}"), "error[too-large]");
    let merges: String = (1..200)
        .map(|i| format!("a{i}: &a{i}\n  <<: *a{}\n  k{i}: v\n", i - 1))
        .collect();
    check(
        &format!("a0: &a0 {{x: y}}\n{merges}services: {{web: {{image: '-'}}}}\n"),
        "error[bad-value] services.web.image",
    );
    check(
        &format!("a: {}1{}\n", "[".repeat(100_000), "]".repeat(100_000)),
        "error[too-deep]",
    );
    check(&"{a: ".repeat(100_000), "error[too-deep]");
    check(
        &(0..200)
            .map(|i| format!("{}a:\n", " ".repeat(i)))
            .collect::<String>(),
        "error[too-deep]",
    );
    let nested: String = (1..100).map(|i| format!("a{i}: &a{i} [*a{}]\n", i - 1)).collect();
    check(&format!("a0: &a0 [x]\n{nested}"), "error[too-deep]");
    check(
        &format!("a: [{}]\n", "a,".repeat(4 << 20)[..(8 << 20) - 10].to_owned()),
        "error[too-large]",
    );
    check(
        &format!(
            "services: {{web: {{image: a, command: \"{}\"}}}}\n",
            "${A:-".repeat(100_000)
        ),
        "error[bad-interpolation]",
    );
}

#[test]
fn growth_by_variables_and_extends() {
    let mut project = project(&format!(
        "services: {{web: {{image: a, command: \"{}\"}}}}\n",
        "$A".repeat(4_000)
    ));
    project.variables.insert("A".into(), "x".repeat(1 << 16));
    let started = computed();
    assert!(said(&project)[0].contains("error[too-large]"));
    assert!(computed() - started < SOON);
    let base = format!(
        "  s0: {{image: a, environment: [{}]}}\n",
        (0..2_000).map(|i| format!("K{i}=v,")).collect::<String>()
    );
    let rest: String = (1..2_000).map(|i| format!("  s{i}: {{extends: s0}}\n")).collect();
    check(&format!("services:\n{base}{rest}"), "error[too-large]");
}

#[test]
fn too_many_services() {
    let services: String = (0..2_001).map(|i| format!("  s{i}: {{image: a}}\n")).collect();
    check(
        &format!("services:\n{services}"),
        "error[too-many] services: 2001 services; a stack may have 2000",
    );
}

#[test]
fn a_large_file_is_read_soon() {
    let service = |i| {
        format!(
            "  s{i}:\n    image: nginx:{i}\n    ports: ['{}:80']\n    environment: {{A: '${{A:-b}}', B: c}}\n    volumes: ['v{i}:/data']\n    depends_on: [s{}]\n",
            10_000 + i,
            i + 1
        )
    };
    let services: String = (0..1_000).map(service).collect();
    let volumes: String = (0..1_000).map(|i| format!("  v{i}:\n")).collect();
    let project = project(&format!(
        "services:\n{services}  s1000: {{image: a}}\nvolumes:\n{volumes}"
    ));
    let started = computed();
    assert_eq!(crate::support::stack(&project).spec.services.len(), 1_001);
    let took = computed() - started;
    println!("1,000 services in {took:?}");
    assert!(took < SOON);
}

#[test]
fn paths_that_lead_away_are_marked() {
    let file = "services:\n  web:\n    image: a\n    env_file: [../../etc/passwd, /etc/shadow, ~/x, a/../../b, ok/../fine]\n";
    let named = muster_files::references(&project(file));
    let outside: Vec<_> = named
        .iter()
        .filter(|named| named.outside)
        .map(|named| named.path.as_str())
        .collect();
    assert_eq!(outside, ["../../etc/passwd", "../b", "/etc/shadow", "~/x"]);
    let project = files(
        1,
        &[(
            "app/compose.yaml",
            "include: [../../x.yaml]\nservices: {web: {image: a, extends: {file: /y, service: z}}}",
        )],
    );
    let named = muster_files::references(&project);
    assert!(
        named
            .iter()
            .filter(|named| named.required)
            .all(|named| named.outside),
        "{named:?}"
    );
}
