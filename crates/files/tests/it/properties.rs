//! Whatever comes in, something comes out: soon, and the same each time.

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
}
