//! Files that compose files name: asked for, read, missed.

use muster_files::{Project, Reference};

use crate::support::{files, project, said, service, stack};

fn environment(env: &str) -> Vec<(String, String)> {
    let file = "services:\n  web:\n    image: nginx\n    env_file: a.env\n";
    let mut project = files(1, &[("compose.yaml", file), ("a.env", env)]);
    project.variables.insert("OUT".into(), "side".into());
    let stack = stack(&project);
    service(&stack, "web")
        .unit
        .primary
        .environment
        .clone()
        .into_iter()
        .collect()
}

#[track_caller]
fn check(env: &str, expect: &[(&str, &str)]) {
    let expect: Vec<_> = expect
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    assert_eq!(environment(env), expect, "{env}");
}

#[test]
fn the_grammar_of_env_files() {
    check("A=1\nB=2", &[("A", "1"), ("B", "2")]);
    check("A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]);
    check("\u{feff}A=1", &[("A", "1")]);
    check("# no\n\n  A=1  \n #B=2", &[("A", "1")]);
    check("export A=1\nexport\tB=2", &[("A", "1"), ("B", "2")]);
    check("exported=1", &[("exported", "1")]);
    check("A = 1\nB: 2", &[("A", "1"), ("B", "2")]);
    check("A=", &[("A", "")]);
    check("A=a=b", &[("A", "a=b")]);
    check("A=x # no\nB=x#y\nC= #no", &[("A", "x"), ("B", "x#y"), ("C", "")]);
    check("A='$OUT \\n #'", &[("A", "$OUT \\n #")]);
    check("A='it\\'s'", &[("A", "it's")]);
    check(
        "A=\"a\\nb \\\"c\\\" \\$x\\t\\q\" # no",
        &[("A", "a\nb \"c\" $x\t\\q")],
    );
    check("A=\"one\ntwo\"\nB=3", &[("A", "one\ntwo"), ("B", "3")]);
    check("A='one\ntwo'\nB=3", &[("A", "one\ntwo"), ("B", "3")]);
    check(
        "A=$OUT\nB=${A}-${X:-y}\nC=\"$B\"",
        &[("A", "side"), ("B", "side-y"), ("C", "side-y")],
    );
    check("OUT", &[("OUT", "side")]);
    check("OUT # comment", &[("OUT", "side")]);
    check("A=1\nA=2", &[("A", "2")]);
    check("A.B-C=1", &[("A.B-C", "1")]);
}

#[test]
fn lines_that_say_nothing_are_errors_with_their_place() {
    let check = |env: &str, expect: &str| {
        let file = "services:\n  web:\n    image: nginx\n    env_file: a.env\n";
        let said = said(&files(1, &[("compose.yaml", file), ("a.env", env)]));
        assert_eq!(said, [expect], "{env}");
    };
    check(
        "A=1\n=2",
        "a.env:2:1: error[bad-env-file]: this is not `NAME=value`",
    );
    check(
        "A B",
        "a.env:1:1: error[bad-env-file]: a name has no blanks in it",
    );
    check(
        "A=1\nB='2\nC=3",
        "a.env:2:1: error[bad-env-file]: the quote that opens here is not closed",
    );
    check(
        "A='1' x\nB=2",
        "a.env:1:1: error[bad-env-file]: something stands behind the closing quote",
    );
    check(
        "A=a${}",
        "a.env:1:1: error[bad-env-file]: `${` is not followed by a variable's name",
    );
    check(
        "\nA=$NOPE",
        "a.env:2:1: error[unset-variable]: the variable `NOPE` is not set",
    );
    check(
        "NOPE",
        "a.env:1:1: warning[left-unset] services.web.env_file[0]: `NOPE` is passed on from outside and is not set there; the container does not get it",
    );
}

#[test]
fn forms_of_env_file() {
    let check = |form: &str, expect: &[(&str, &str)]| {
        let file =
            format!("services:\n  web:\n    image: nginx\n    env_file: {form}\n    environment: {{E: e}}\n");
        let project = files(
            1,
            &[
                ("app/compose.yaml", &file),
                ("app/a.env", "A=a\nE=1"),
                ("app/b.env", "A=b"),
                ("raw.env", "R='$x'"),
            ],
        );
        let stack = stack(&project);
        let found: Vec<_> = service(&stack, "web")
            .unit
            .primary
            .environment
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        assert_eq!(found, expect, "{form}");
    };
    check("a.env", &[("A", "a"), ("E", "e")]);
    check("./a.env", &[("A", "a"), ("E", "e")]);
    check("[a.env, b.env]", &[("A", "b"), ("E", "e")]);
    check("[b.env, {path: a.env}]", &[("A", "a"), ("E", "e")]);
    check("[{path: none.env, required: false}]", &[("E", "e")]);
    check("{path: ../raw.env, format: raw}", &[("E", "e"), ("R", "'$x'")]);
}

#[test]
fn what_is_named_is_asked_for_until_nothing_is_new() {
    let file = "
include: [other/compose.yaml]
services:
  web:
    image: nginx
    env_file: [web.env, {path: ../out.env, required: false}]
    label_file: web.labels
    extends: {file: base/base.yaml, service: base}
    secrets: [s]
secrets: {s: {file: ~/s.txt}}
configs: {c: {file: /etc/c.conf}}
";
    let mut project = project(file);
    project.sources[0].path = "app/docker-compose.yml".into();
    let show = |project: &Project| {
        let named = muster_files::references(project).into_iter();
        named
            .map(
                |Reference {
                     path,
                     kind,
                     required,
                     outside,
                 }| {
                    format!(
                        "{path} {kind:?}{}{}",
                        if required { "" } else { "?" },
                        if outside { " outside" } else { "" }
                    )
                },
            )
            .collect::<Vec<_>>()
    };
    let first = [
        "/etc/c.conf Config outside",
        "app/.env DotEnv?",
        "app/base/base.yaml Extends",
        "app/other/.env DotEnv?",
        "app/other/compose.yaml Include",
        "app/rancher-compose.yml Pair?",
        "~/s.txt Secret outside",
    ];
    assert_eq!(show(&project), first);
    project.support.insert(
        "app/base/base.yaml".into(),
        b"services: {base: {env_file: base.env}}".to_vec(),
    );
    let second = show(&project);
    for expect in [
        "app/base/base.env EnvFile",
        "app/web.env EnvFile",
        "app/web.labels LabelFile",
        "out.env EnvFile? outside",
    ] {
        assert!(
            second.iter().any(|named| named == expect),
            "{expect}: {second:#?}"
        );
    }
}

#[test]
fn missing_files_are_errors_and_offline_warnings() {
    let project = project("services:\n  web:\n    image: nginx\n    env_file: a.env\n    label_file: b\n");
    let expect = [
        "compose.yaml:4:15: error[missing-file] services.web.env_file[0]: the file `a.env` is not there",
        "compose.yaml:5:17: error[missing-file] services.web.label_file[0]: the file `b` is not there",
    ];
    assert_eq!(said(&project), expect);
    assert!(
        muster_files::check(&project)
            .iter()
            .all(|d| d.severity == muster_model::Severity::Warning)
    );
}

#[test]
fn label_files() {
    let file = "services:\n  web:\n    image: nginx\n    label_file: b\n    labels: {a: 2}\n";
    let stack = stack(&files(1, &[("compose.yaml", file), ("b", "a=1\nc=3\nd")]));
    let labels: Vec<_> = service(&stack, "web")
        .unit
        .primary
        .labels
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(labels, ["a=2", "c=3", "d="]);
}
