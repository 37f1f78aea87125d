//! Whatever comes in, something comes out: soon, and the same each time.

use std::collections::BTreeMap;

use muster_files::Project;
use proptest::prelude::*;

use crate::support::{project, source};

/// Text of the pieces that compose files are made of, in any order.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        Just("services:\n"),
        Just("  web:\n"),
        Just("    image: nginx\n"),
        Just("    ports: ['80:80', 1-2, {target: 80}]\n"),
        Just("    volumes: [a:/b, ./x:/y, {type: bind}]\n"),
        Just("    environment:\n      - A=${B:-c}\n"),
        Just("    extends: {file: a.yaml, service: web}\n"),
        Just("    depends_on: [web, db]\n"),
        Just("    labels: {io.rancher.sidekicks: 'web,db'}\n"),
        Just("  db: &db {image: b, volumes_from: [web]}\n"),
        Just("  c: {<<: *db, scale: -1}\n"),
        Just("include: [a.yaml]\n"),
        Just("volumes: {a: , b: {external: true}}\n"),
        Just("&a [*a, "),
        Just("{"),
        Just("!reset "),
        Just("\t"),
        Just("${"),
        Just("? "),
        Just("\r\n"),
        Just("'"),
        "\\PC{0,5}".prop_map(|text| &*Box::leak(text.into_boxed_str())),
    ];
    prop::collection::vec(scrap, 0..30).prop_map(|scraps| scraps.concat())
}

fn looked_at(project: &Project) {
    let reading = muster_files::read(project);
    assert_eq!(reading, muster_files::read(project));
    let errors = muster_model::diagnostic::has_errors(&reading.diagnostics);
    assert_eq!(reading.stack.is_none(), errors);
    for remark in &reading.diagnostics {
        assert!(remark.to_string().len() < 8_000 && !remark.message.contains('\n'));
    }
    muster_files::check(project);
    muster_files::references(project);
    muster_files::variables(project);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut project = project("");
        project.sources[0].bytes = bytes;
        looked_at(&project);
    }

    #[test]
    fn any_scraps(first in scraps(), second in scraps(), named in scraps()) {
        let mut project = project(&first);
        project.sources.push(source("rancher-compose.yml", &second));
        project.support.insert("a.yaml".into(), named.clone().into_bytes());
        project.support.insert(".env".into(), named.into_bytes());
        looked_at(&project);
    }

    #[test]
    fn any_env_file(bytes in "[A-C=:'\"\\\\$#{} \n\r\t]{0,60}") {
        let mut project = project("services: {web: {image: nginx, env_file: a.env}}");
        project.support.insert("a.env".into(), bytes.into_bytes());
        looked_at(&project);
    }

    #[test]
    fn any_single_value(key in "ports|volumes|command|scale|mem_limit|restart|healthcheck|deploy|tmpfs|devices|image|user|secrets|networks|extra_hosts|ulimits|env_file|depends_on", value in "\\PC{0,30}") {
        let value = value.replace('\'', "''").replace('$', "$$");
        looked_at(&project(&format!("services:\n  web:\n    {key}: '{value}'\n  list:\n    {key}: ['{value}']\n")));
    }

    /// What is printed as JSON is read as what it was: JSON is YAML.
    #[test]
    fn environments_come_back(environment in prop::collection::btree_map("[A-Z_]{1,8}", "\\PC{0,20}", 0..6)) {
        let escaped: std::collections::BTreeMap<_, _> = environment.iter().map(|(name, value)| (name, value.replace('$', "$$"))).collect();
        let file = serde_json::json!({ "services": { "web": { "image": "nginx", "environment": escaped } } });
        let stack = crate::support::stack(&project(&file.to_string()));
        prop_assert_eq!(&stack.spec.services["web"].unit.primary.environment, &environment);
    }

    /// A file of variables in double quotes gives back what was escaped into it, in single quotes what was written.
    #[test]
    fn files_of_variables_come_back(variables in prop::collection::btree_map("[A-Z_][A-Z0-9_.]{0,8}", "[^\0\r]{0,20}", 0..6)) {
        let double = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "$$");
        let text: String = variables.iter().map(|(name, value)| format!("{name}=\"{}\" # note\n", double(value))).collect();
        prop_assert_eq!(read_from_file("a.env", &text), variables.clone());
        let literal = |value: &String| !value.contains(['\\', '\'']);
        let single: String = variables.iter().filter(|(_, value)| literal(value)).map(|(name, value)| format!("export {name} = '{value}'\n")).collect();
        let kept: BTreeMap<_, _> = variables.into_iter().filter(|(_, value)| literal(value)).collect();
        prop_assert_eq!(read_from_file("a.env", &single), kept);
    }

    /// A raw one gives back every line as it is, and so does a plain one for values that need no quotes.
    #[test]
    fn raw_files_of_variables_come_back(variables in prop::collection::btree_map("[A-Z_][A-Z0-9_.]{0,8}", "[^\0\r\n]{0,20}", 0..6)) {
        let text: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        prop_assert_eq!(read_from_file("{path: a.env, format: raw}", &text), variables);
    }

    #[test]
    fn plain_files_of_variables_come_back(variables in prop::collection::btree_map("[A-Z_][A-Z0-9_.]{0,8}", "([a-z0-9#=:'\"\\\\/.-]([a-z0-9 =:'\"\\\\/.-]{0,18}[a-z0-9=/])?)?", 0..6)) {
        let variables: BTreeMap<_, _> = variables.into_iter().filter(|(_, value)| !value.starts_with(['\'', '"'])).collect();
        let text: String = variables.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        prop_assert_eq!(read_from_file("a.env", &text), variables);
    }

    /// What the specification says of a file merged with itself is: nothing, since what is joined holds each once.
    #[test]
    fn a_service_merged_with_itself_is_itself(keys in prop::sample::subsequence(KEYS.to_vec(), 0..KEYS.len())) {
        let file = format!("services:\n  web:\n    image: nginx\n{}  db: {{image: b}}\nvolumes: {{a: }}\nsecrets: {{s: {{content: x}}}}\nconfigs: {{c: {{content: x}}}}\n",
            keys.iter().map(|key| format!("    {key}\n")).collect::<String>());
        let once = project(&file);
        let mut twice = once.clone();
        twice.sources.push(source("again.yaml", &file));
        let mut extended = once.clone();
        extended.sources.push(source("over.yaml", "services: {web: {}}"));
        for made in [&mut extended, &mut twice] {
            made.support.insert("e".into(), b"E=1".to_vec());
        }
        let mut once = once;
        once.support.insert("e".into(), b"E=1".to_vec());
        let expect = crate::support::stack_with_remarks(&once).spec;
        prop_assert_eq!(&crate::support::stack_with_remarks(&twice).spec, &expect);
        prop_assert_eq!(&crate::support::stack_with_remarks(&extended).spec, &expect);
    }
}

/// One line for every kind of merging.
const KEYS: &[&str] = &[
    "command: [a, a]",
    "entrypoint: a a",
    "healthcheck: {test: [CMD, a, a], interval: 1s}",
    "environment: [A=1, B=2]",
    "labels: {a: 1}",
    "sysctls: [a=1]",
    "extra_hosts: ['a:10.0.0.1', 'a:10.0.0.2', 'b:10.0.0.3']",
    "ports: ['80:80', 81, 90-92, {target: 100, published: 100}]",
    "expose: [1, 2-3]",
    "volumes: ['a:/a', /b, {type: tmpfs, target: /c}]",
    "tmpfs: [/d, '/e:size=1m']",
    "devices: [/dev/a, '/dev/b:rwm', '/dev/c:/dev/d:r']",
    "secrets: [s, {source: s, target: t}]",
    "configs: [c]",
    "env_file: [e]",
    "dns: [10.0.0.1]",
    "dns_search: [a, b]",
    "dns_opt: [a]",
    "cap_add: [A, B]",
    "cap_drop: [C]",
    "security_opt: [d]",
    "group_add: [g]",
    "profiles: []",
    "depends_on: {db: {condition: service_healthy}}",
    "ulimits: {nofile: 1, nproc: {soft: 1, hard: 2}}",
    "logging: {driver: a, options: {b: c}}",
    "deploy: {replicas: 2, labels: [a=1], placement: {constraints: [node.labels.a == b]}, resources: {limits: {memory: 1m}}}",
    "mem_limit: 1m",
    "restart: 'no'",
];

fn read_from_file(form: &str, text: &str) -> BTreeMap<String, String> {
    let mut made = project(&format!(
        "services: {{web: {{image: nginx, env_file: [{form}]}}}}"
    ));
    made.support.insert("a.env".into(), text.as_bytes().to_vec());
    crate::support::stack(&made).spec.services["web"]
        .unit
        .primary
        .environment
        .clone()
}
