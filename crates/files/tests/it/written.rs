//! `config` and `convert`: projects written anew.

use muster_files::Project;

use crate::support::{files, project, source, stack_with_remarks, with_variables};

fn config(project: &Project) -> String {
    let written = muster_files::config(project);
    written
        .text
        .unwrap_or_else(|| panic!("{:#?}", written.diagnostics))
}

/// Converts, and sees that nothing else is meant.
fn convert(project: &Project) -> String {
    let written = muster_files::convert(project);
    let text = written
        .text
        .unwrap_or_else(|| panic!("{:#?}", written.diagnostics));
    let again = Project {
        sources: vec![source("compose.yaml", &text)],
        ..project.clone()
    };
    assert_eq!(stack_with_remarks(&again), stack_with_remarks(project), "{text}");
    text
}

#[test]
fn a_config_is_merged_and_filled_in() {
    let mut project = files(
        2,
        &[
            (
                "compose.yaml",
                "version: '3'\nservices:\n  web:\n    extends: {file: base/base.yaml, service: base}\n    image: nginx:${TAG:-1}\n    environment: {A: $$x, B: 'yes'}\n",
            ),
            (
                "over.yaml",
                "services:\n  web:\n    environment: [C=3]\n    ports: ['80:80']\n",
            ),
            (
                "base/base.yaml",
                "services:\n  base:\n    env_file: base.env\n    volumes: ['./data:/data', 'd:/d']\n",
            ),
            ("base/base.env", "E=5\n"),
        ],
    );
    project.variables.insert("TAG".into(), "1.27".into());
    let expect = "\
services:
  web:
    env_file: ./base/base.env
    volumes:
      - ./base/data:/data
      - d:/d
    image: nginx:1.27
    environment:
      A: $$x
      B: \"yes\"
      C: \"3\"
    ports:
      - \"80:80\"
volumes:
  d:
";
    let text = config(&project);
    assert_eq!(text, expect);
    let again = Project {
        sources: vec![source("compose.yaml", &text)],
        ..project.clone()
    };
    assert_eq!(stack_with_remarks(&again), stack_with_remarks(&project));
    assert_eq!(config(&again), text);
}

#[test]
fn what_is_not_known_stays_a_variable() {
    let text = config(&project(
        "services: {web: {image: '${IMAGE}', command: [a, '$$b', '${C:-d}']}}",
    ));
    let expect =
        "services:\n  web:\n    image: \"${IMAGE}\"\n    command:\n      - a\n      - $$b\n      - d\n";
    assert_eq!(text, expect);
}

#[test]
fn errors_leave_nothing_to_print() {
    let written = muster_files::config(&project("services: {web: {image: [nginx]}}"));
    assert_eq!(written.text, None);
    assert_eq!(written.diagnostics[0].code, "wrong-type");
    let written = muster_files::convert(&project("services: {web: {image: nginx, prots: []}}"));
    assert_eq!(written.text, None);
    assert_eq!(written.diagnostics[0].code, "unknown-key");
}

#[test]
fn the_oldest_format_in_todays_words() {
    let old = "\
# The shop
web:  # in front
  build: .
  image: shop
  dockerfile: Web.dockerfile
  net: container:db
  log_driver: syslog
  log_opt:
    tag: web # for the archive
  # kept for ever
  volumes:
    - data:/data
  volume_driver: nfs
  mem_limit: ${LIMIT:-512m}
  oddity: 1
db:
  image: mysql
  labels:
    io.rancher.sidekicks: web
";
    let expect = "\
# The shop
services:
  web: # in front
    image: shop
    # kept for ever
    volumes:
      - data:/data
    mem_limit: ${LIMIT:-512m}
    x-oddity: 1
    network_mode: service:db
    build:
      context: .
      dockerfile: Web.dockerfile
    logging:
      driver: syslog
      options:
        tag: web # for the archive
  db:
    image: mysql
    labels:
      io.rancher.sidekicks: web
volumes:
  data:
    driver: nfs
";
    assert_eq!(convert(&with_variables(old, &[])), expect);
}

#[test]
fn a_pair_becomes_one_file() {
    let pair = files(
        2,
        &[
            (
                "docker-compose.yml",
                "version: '2'\nservices:\n  web:\n    image: nginx\n    links: [db]\n  db:\n    extends: {service: web}\n    image: db\n",
            ),
            (
                "rancher-compose.yml",
                "version: '2'\n.catalog: {name: Shop}\nservices:\n  web:\n    scale: 3 # enough\n    retain_ip: true\n    upgrade_strategy: {start_first: true, batch_size: 2, interval_millis: 500}\n",
            ),
        ],
    );
    let expect = "\
services:
  web:
    image: nginx
    links:
      - db
    scale: 3 # enough
    deploy:
      update_config:
        order: start-first
        parallelism: 2
        delay: 500ms
    x-muster:
      retain_ip: true
  db:
    image: db
x-catalog:
  name: Shop
";
    assert_eq!(convert(&pair), expect);
}

#[test]
fn what_a_catalog_asks_is_still_asked() {
    let pair = files(
        2,
        &[
            ("docker-compose.yml", "web: {image: 'nginx:${TAG}'}\n"),
            (
                "rancher-compose.yml",
                "catalog: {questions: [{variable: TAG, default: '1.27'}]}\n",
            ),
        ],
    );
    assert!(convert(&pair).contains("x-catalog:\n  questions:\n"));
}

#[test]
fn what_extends_did_not_take_over_is_taken_away() {
    let old = "version: '2'\nservices:\n  web: {image: nginx, links: [db]}\n  db: {extends: {service: web}, image: db}\n";
    let expect = "\
services:
  web:
    image: nginx
    links:
      - db
  db:
    extends:
      service: web
    image: db
    links: !reset null
    volumes_from: !reset null
    depends_on: !reset null
";
    assert_eq!(convert(&project(old)), expect);
}

#[test]
fn a_driver_of_volumes_whose_names_are_not_known() {
    let old = "web: {image: nginx, volumes: ['${A:-a}:/a', 'b:/b'], volume_driver: '${D:-nfs}'}\n";
    let text = convert(&project(old));
    assert!(
        text.contains("x-muster:\n      volume_driver: \"${D:-nfs}\""),
        "{text}"
    );
    assert!(text.contains("  b:\n    driver: \"${D:-nfs}\""), "{text}");
}

#[test]
fn own_keys_in_a_file_that_other_tools_read() {
    let text = "services:\n  web:\n    image: nginx\n    x-muster: {upgrade_strategy: {batch_size: 4}}\n";
    let stack = stack_with_remarks(&project(text));
    assert_eq!(stack.spec.services["web"].update.batch_size, 4);
    let asked = text.replace("batch_size: 4", "batch_size: '${SIZE:-5}'");
    assert_eq!(
        stack_with_remarks(&project(&asked)).spec.services["web"]
            .update
            .batch_size,
        5
    );
    let wrong = muster_files::read(&project(&text.replace("batch_size", "bach_size")));
    assert_eq!(
        wrong.diagnostics[0].key,
        "services.web.x-muster.upgrade_strategy.bach_size"
    );
}

#[test]
fn the_schema_has_every_key_and_no_others() {
    let schema = muster_files::schema();
    let keys = |pointer: &str| {
        schema
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer}"))
            .clone()
    };
    let service = "/properties/services/additionalProperties";
    assert!(keys(&format!("{service}/properties/image/description")).is_string());
    assert_eq!(keys(&format!("{service}/additionalProperties")), false);
    assert!(keys(&format!("{service}/properties/ports/items/properties/target")).is_object());
    assert!(
        keys(&format!(
            "{service}/properties/deploy/properties/resources/properties/limits/properties/cpus"
        ))
        .is_object()
    );
    assert!(
        keys(&format!(
            "{service}/properties/ulimits/additionalProperties/properties/soft"
        ))
        .is_object()
    );
    assert!(keys("/properties/volumes/additionalProperties/properties/driver").is_object());
    assert!(keys("/properties/configs/additionalProperties/properties/content").is_object());
    assert_eq!(keys("/additionalProperties"), false);
}
