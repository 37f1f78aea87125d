//! Variables: where values come from, and what is said where there is none.

use muster_model::Severity;

use crate::support::{files, project, said, service, stack, stack_with_remarks, web, with_variables};

const FILE: &str =
    "services:\n  web:\n    image: nginx:${TAG:-latest}\n    environment: {A: \"${A-none}\", P: $$P}\n";

fn image(project: &muster_files::Project) -> (String, String) {
    let stack = stack(project);
    let container = &service(&stack, "web").unit.primary;
    (container.image.to_string(), container.environment["A"].clone())
}

#[test]
fn whoever_deploys_wins_over_files_and_files_over_defaults() {
    assert_eq!(image(&project(FILE)), ("nginx:latest".into(), "none".into()));
    let mut project = files(
        1,
        &[
            ("a/compose.yaml", FILE),
            ("a/.env", "TAG=1\nA=file\n"),
            (".env", "TAG=9"),
            ("a/other", "TAG=2"),
        ],
    );
    assert_eq!(image(&project), ("nginx:1".into(), "file".into()));
    project.variables.insert("A".into(), "mine".into());
    assert_eq!(image(&project), ("nginx:1".into(), "mine".into()));
    project.env_files = vec!["a/other".into()];
    assert_eq!(image(&project), ("nginx:2".into(), "mine".into()));
    project.env_files = vec!["a/.env".into(), "a/other".into()];
    assert_eq!(image(&project), ("nginx:2".into(), "mine".into()));
    project.variables.remove("A");
    assert_eq!(image(&project), ("nginx:2".into(), "file".into()));
}

#[test]
fn an_unset_variable_is_an_error_and_offline_a_warning() {
    let project = project(
        "services:\n  web:\n    image: $IMAGE\n    scale: ${SCALE}\n    ports: ['${PORT}:80', '${PORT}:81']\n",
    );
    let unset = |line, column, key: &str, name: &str| {
        format!(
            "compose.yaml:{line}:{column}: error[unset-variable] services.web.{key}: the variable `{name}` is not set"
        )
    };
    // Each is said once, and nothing that hangs on it is judged.
    assert_eq!(
        said(&project),
        [
            unset(3, 12, "image", "IMAGE"),
            unset(4, 12, "scale", "SCALE"),
            unset(5, 13, "ports[0]", "PORT")
        ]
    );
    let offline = muster_files::check(&project);
    assert!(
        offline.len() == 3 && offline.iter().all(|d| d.severity == Severity::Warning),
        "{offline:#?}"
    );
}

#[test]
fn a_demanded_variable_is_an_error_everywhere() {
    let project = project("services:\n  web:\n    image: ${IMAGE:?say which}\n");
    let expect = "compose.yaml:3:12: error[required-variable] services.web.image: the variable `IMAGE` must be set: say which";
    assert_eq!(said(&project), [expect]);
    assert_eq!(muster_files::check(&project)[0].severity, Severity::Error);
}

#[test]
fn a_dollar_without_a_name_stays() {
    let web = web("command: [awk, '{print $1}', $(date)]");
    let words = ["awk", "{print $1}", "$(date)"];
    assert_eq!(web.unit.primary.command.unwrap(), words);
}

#[test]
fn variables_are_passed_on() {
    let file = "services:\n  web:\n    image: nginx\n    environment: [A, B]\n";
    let stack = stack_with_remarks(&with_variables(file, &[("A", "1")]));
    assert_eq!(
        service(&stack, "web").unit.primary.environment,
        [("A".into(), "1".into())].into()
    );
}

#[test]
fn the_project_knows_its_name() {
    let file = "services:\n  web:\n    image: ${COMPOSE_PROJECT_NAME}/web\n";
    assert_eq!(
        service(&stack(&project(file)), "web").unit.primary.image.as_str(),
        "shop/web"
    );
}

#[test]
fn what_is_asked_for_is_listed() {
    let file = "services:\n  web:\n    image: $A\n    environment: [B, \"C=${D:-$E}\"]\nsecrets: {s: {environment: F}}\n";
    let asked: Vec<_> = muster_files::variables(&project(file)).into_iter().collect();
    assert_eq!(asked, ["A", "B", "D", "E", "F"]);
}

#[test]
fn catalog_questions_give_defaults() {
    let second = ".catalog:\n  questions:\n    - {variable: TAG, default: '7', required: true}\n    - {variable: A, default: '', required: true}\n    - {variable: B, default: ''}\nweb: {scale: 2}\n";
    let project = files(
        1,
        &[
            (
                "docker-compose.yml",
                "web:\n  image: nginx:$TAG\n  command: $A$B\n",
            ),
            ("rancher-compose.yml", second),
        ],
    );
    let reading = muster_files::read(&project);
    let [remark] = reading.diagnostics.as_slice() else {
        panic!("{:#?}", reading.diagnostics);
    };
    assert_eq!(
        (remark.code.as_str(), remark.key.as_str()),
        ("unset-variable", "services.web.command")
    );
    assert!(
        remark
            .help
            .as_ref()
            .unwrap()
            .contains("the files ask whoever deploys")
    );
}

#[test]
fn keys_are_not_interpolated() {
    let file = "services:\n  web:\n    image: nginx\n    environment: {$A: x}\n";
    assert_eq!(
        service(&stack(&project(file)), "web").unit.primary.environment,
        [("$A".into(), "x".into())].into()
    );
}
