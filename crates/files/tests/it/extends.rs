//! `extends` and `include`.

use crate::support::{files, project, said, service, stack};

fn web(sources: &[(&str, &str)]) -> muster_model::desired::ContainerSpec {
    service(&stack(&files(1, sources)), "web").unit.primary.clone()
}

#[test]
fn a_service_begins_as_a_copy() {
    let file = "
services:
  web: {extends: base, image: nginx, environment: [A=2], command: [serve]}
  base: {image: alpine, environment: {A: 1, B: 1}, command: [sleep], cap_add: [NET_ADMIN], profiles: [never]}
";
    let mut project = project(file);
    project.profiles.insert("never".into());
    let web = service(&stack(&project), "web").unit.primary.clone();
    assert_eq!(web.image.as_str(), "nginx");
    assert_eq!(web.command, Some(vec!["serve".to_owned()]));
    assert_eq!(
        web.environment,
        [("A".into(), "2".into()), ("B".into(), "1".into())].into()
    );
    assert_eq!(web.cap_add, ["NET_ADMIN"]);
}

#[test]
fn of_another_file_and_further_with_paths_beside_it() {
    let web = web(&[
        (
            "app/compose.yaml",
            "services: {web: {extends: {file: ../lib/mid.yaml, service: mid}}}",
        ),
        (
            "lib/mid.yaml",
            "services: {mid: {extends: {file: deep/base.yaml, service: base}, env_file: mid.env}}",
        ),
        (
            "lib/deep/base.yaml",
            "base: {image: \"nginx:${TAG:-1}\", env_file: base.env}",
        ),
        ("lib/mid.env", "A=mid"),
        ("lib/deep/base.env", "A=base\nB=base"),
    ]);
    assert_eq!(web.image.as_str(), "nginx:1");
    assert_eq!(
        web.environment,
        [("A".into(), "mid".into()), ("B".into(), "base".into())].into()
    );
}

#[test]
fn old_formats_do_not_inherit_ties() {
    let file = |version: &str| {
        format!(
            "version: '{version}'\nservices:\n  web: {{extends: {{service: base}}, image: a}}\n  base: {{image: b, depends_on: [db]}}\n  db: {{image: c}}\n"
        )
    };
    let tied = |version: &str| {
        !service(&stack(&project(&file(version))), "web")
            .depends_on
            .is_empty()
    };
    assert_eq!([tied("2.1"), tied("3")], [false, true]);
}

#[test]
fn what_cannot_be_extended() {
    let check = |sources: &[(&str, &str)], expect: &str| {
        let said = said(&files(1, sources)).join("\n");
        assert!(said.contains(expect), "{said}");
    };
    let web = |extends: &str| format!("services:\n  web:\n    image: a\n    extends: {extends}\n");
    check(
        &[("c.yaml", &web("bass"))],
        "c.yaml:4:14: error[undefined] services.web.extends: `c.yaml` has no service `bass`",
    );
    check(
        &[("c.yaml", &web("web"))],
        "error[cycle] services.web.extends: services extend one another in a circle: web → web",
    );
    check(
        &[("c.yaml", &web("{file: b.yaml, service: x}"))],
        "error[missing-file] services.web.extends: the file `b.yaml`",
    );
    check(
        &[("c.yaml", &web("{file: b.yaml}"))],
        "error[missing-key] services.web.extends: it is not said which service",
    );
    check(
        &[("c.yaml", &web("[a]"))],
        "error[wrong-type] services.web.extends",
    );
    let (a, b) = (
        web("{file: b.yaml, service: web}"),
        web("{file: c.yaml, service: web}"),
    );
    check(&[("c.yaml", &a), ("b.yaml", &b)], "error[cycle]");
    let long: String = (0..100)
        .map(|i| format!("  s{i}: {{extends: s{}}}\n", i + 1))
        .collect();
    check(
        &[("c.yaml", &format!("services:\n{long}  s100: {{image: a}}\n"))],
        "error[cycle]",
    );
}

#[test]
fn included_files_become_part() {
    let stack = stack(&files(
        1,
        &[
            (
                "compose.yaml",
                "include: [db/compose.yaml]\nservices: {web: {image: nginx, depends_on: [db]}}",
            ),
            (
                "db/compose.yaml",
                "services: {db: {image: \"postgres:${TAG}\", env_file: db.env, volumes: [data:/data]}}\nvolumes: {data: }",
            ),
            ("db/db.env", "A=b"),
            ("db/.env", "TAG=16"),
        ],
    ));
    let db = &service(&stack, "db").unit.primary;
    assert_eq!(
        (db.image.as_str(), db.environment["A"].as_str()),
        ("postgres:16", "b")
    );
    assert!(stack.spec.volumes.contains_key("data"));
}

#[test]
fn forms_of_include() {
    for form in [
        "other.yaml",
        "{path: other.yaml}",
        "{path: [other.yaml], env_file: vars}",
        "{path: x/../other.yaml, project_directory: .}",
    ] {
        let main = format!("include: [{form}]\nservices: {{web: {{image: nginx}}}}");
        let stack = stack(&files(
            1,
            &[
                ("compose.yaml", &main),
                ("other.yaml", "services: {db: {image: b}}"),
                ("vars", "A=1"),
            ],
        ));
        assert_eq!(stack.spec.services.len(), 2, "{form}");
    }
}

#[test]
fn what_cannot_be_included() {
    let main = "include: [other.yaml]\nservices: {web: {image: nginx}}";
    let check = |other: &str, expect: &str| {
        let said = said(&files(1, &[("compose.yaml", main), ("other.yaml", other)]));
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(expect), "{said:?}");
    };
    check(
        "services: {web: {image: b}}",
        "error[conflict] include[0]: the included file has a `web` under `services` too",
    );
    check(
        "include: [compose.yaml]\nservices: {db: {image: b}}",
        "error[cycle]",
    );
    check(
        "include: [other.yaml]\nservices: {db: {image: b}}",
        "error[cycle] include[0]: files include one another in a circle",
    );
    check("- a", "other.yaml:1:1: error[wrong-type]");
    assert!(
        said(&project(main))[0]
            .contains("error[missing-file] include[0]: the file `other.yaml` is not there")
    );
}
