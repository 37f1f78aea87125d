//! How many units, where, in which order, and how they are replaced.

use muster_model::HostId;
use muster_model::desired::{
    Condition, FailureAction, Relation, RestartPolicy, RuleSubject, SchedulingRule, ServiceKind, ServiceSpec,
    UpdateOrder, UpdatePolicy,
};

use crate::support::{project, said, said_of, service, stack, stack_with_remarks, web};

#[track_caller]
fn refuse(keys: &str, expect: &str) {
    let said = said_of(keys);
    assert!(said.len() == 1 && said[0].contains(expect), "{keys}: {said:?}");
}

#[test]
fn scale() {
    for (keys, expect) in [
        ("", None),
        ("scale: 3", Some(3)),
        ("scale: '3'", Some(3)),
        ("scale: 0", Some(0)),
        ("deploy: {replicas: 4}", Some(4)),
        ("scale: 4\ndeploy: {replicas: 4}", Some(4)),
        ("scale: 10000", Some(10_000)),
    ] {
        assert_eq!(said_of(keys), [""; 0], "{keys}");
        assert_eq!(web(keys).scale, expect, "{keys}");
    }
    for bad in ["-1", "10001", "99999999999999999999", "many", "1.5", "''"] {
        refuse(&format!("scale: {bad}"), "error[bad-value] services.web.scale");
    }
    refuse(
        "scale: 1\ndeploy: {replicas: 2}",
        "error[conflict] services.web.scale",
    );
    refuse("deploy: {mode: global, replicas: 2}", "note[difference]");
}

#[test]
fn modes_and_labels() {
    assert_eq!(web("deploy: {mode: global}").kind, ServiceKind::Global);
    assert_eq!(web("deploy: {mode: replicated}").kind, ServiceKind::Containers);
    assert_eq!(web("deploy: {labels: {a: b}}").labels["a"], "b");
    assert!(web("labels: {io.muster.exclusive: true}").exclusive);
    refuse("labels: {io.muster.exclusiv: true}", "error[reserved-label]");
    refuse("deploy: {mode: some}", "error[bad-value]");
    refuse("deploy: {endpoint_mode: vip}", "note[difference]");
}

#[test]
fn jobs_end() {
    let job = |more: &str| web(&format!("deploy: {{mode: replicated-job, replicas: 3{more}}}"));
    let restart = |service: &ServiceSpec| service.unit.primary.restart;
    let plain = job("");
    assert_eq!((plain.kind, plain.scale), (ServiceKind::Containers, Some(3)));
    assert_eq!(restart(&plain), RestartPolicy::OnFailure(None));
    let policy = |policy: &str| restart(&job(&format!(", restart_policy: {{{policy}}}")));
    assert_eq!(policy("condition: none"), RestartPolicy::No);
    assert_eq!(
        policy("condition: any, max_attempts: 2"),
        RestartPolicy::OnFailure(Some(2))
    );
    let global = web("restart: always\ndeploy: {mode: global-job}");
    assert_eq!(
        (global.kind, restart(&global)),
        (ServiceKind::Global, RestartPolicy::OnFailure(None))
    );
}

#[test]
fn updates() {
    let keys = "deploy: {update_config: {parallelism: 2, delay: 5s, order: start-first, failure_action: rollback, monitor: 1m, max_failure_ratio: 0.29}}";
    assert_eq!(said_of(keys), [""; 0]);
    let expect = UpdatePolicy {
        batch_size: 2,
        interval_ms: 5_000,
        order: UpdateOrder::StartFirst,
        on_failure: FailureAction::Rollback,
        monitor_ms: 60_000,
        max_failures_permille: 290,
    };
    assert_eq!(web(keys).update, expect);
    assert_eq!(
        web("upgrade_strategy: {start_first: true, batch_size: 3, interval_millis: 7}")
            .update
            .batch_size,
        3
    );
    refuse(
        "deploy: {update_config: {order: both}}",
        "error[bad-value] services.web.deploy.update_config.order",
    );
    for share in ["1.5", "-0.1", "few"] {
        refuse(
            &format!("deploy: {{update_config: {{max_failure_ratio: '{share}'}}}}"),
            "error[bad-value] services.web.deploy.update_config.max_failure_ratio",
        );
    }
}

#[test]
fn rollbacks_have_a_pace_of_their_own() {
    assert_eq!(web("deploy: {update_config: {parallelism: 2}}").rollback, None);
    let keys = "deploy: {update_config: {parallelism: 2, delay: 5s}, rollback_config: {parallelism: 0, monitor: 1s}}";
    assert_eq!(said_of(keys), [""; 0]);
    let expect = UpdatePolicy {
        batch_size: 0,
        monitor_ms: 1_000,
        ..UpdatePolicy::default()
    };
    assert_eq!(web(keys).rollback, Some(expect));
    refuse(
        "deploy: {rollback_config: {failure_action: rollback}}",
        "error[bad-value] services.web.deploy.rollback_config.failure_action",
    );
}

#[test]
fn spread_over_labels_and_hosts() {
    let keys = "deploy: {replicas: 4, placement: {max_replicas_per_node: 2, preferences: [{spread: node.labels.zone}, {spread: node.labels.rack}]}}";
    assert_eq!(said_of(keys), [""; 0]);
    let web_of = web(keys);
    assert_eq!(
        (web_of.per_host_max, web_of.spread),
        (Some(2), vec!["zone".to_owned(), "rack".to_owned()])
    );
    assert_eq!(
        web("deploy: {placement: {max_replicas_per_node: 0}}").per_host_max,
        None
    );
    let global = "deploy: {mode: global, placement: {max_replicas_per_node: 1}}";
    assert_eq!(web(global).per_host_max, None);
    refuse(global, "note[difference]");
    refuse(
        "deploy: {placement: {max_replicas_per_node: some}}",
        "error[bad-value]",
    );
    refuse(
        "deploy: {placement: {preferences: [{spread: node.id}]}}",
        "unsupported[unsupported]",
    );
    refuse(
        "deploy: {placement: {preferences: [{pack: node.labels.zone}]}}",
        "error[unknown-key]",
    );
}

#[test]
fn constraints() {
    let rule = |text: &str| web(&format!("deploy: {{placement: {{constraints: ['{text}']}}}}")).rules;
    let label = |relation, value: &str| SchedulingRule {
        relation,
        subject: RuleSubject::HostLabel {
            key: "zone".into(),
            value: Some(value.into()),
        },
    };
    assert_eq!(rule("node.labels.zone == a"), [label(Relation::Must, "a")]);
    assert_eq!(rule("node.labels.zone!=a"), [label(Relation::MustNot, "a")]);
    let host = RuleSubject::HostName("h1".into());
    assert_eq!(
        rule("node.hostname==h1"),
        [SchedulingRule {
            relation: Relation::Must,
            subject: host
        }]
    );
    refuse(
        "deploy: {placement: {constraints: [node.role == manager]}}",
        "unsupported[unsupported]",
    );
    refuse("deploy: {placement: {constraints: [zone]}}", "error[bad-value]");
    let subject = |text: &str| rule(text)[0].subject.clone();
    assert_eq!(
        subject("node.id == host-1-7"),
        RuleSubject::HostId(HostId::new(1, 7))
    );
    assert_eq!(
        subject("node.platform.os != Linux"),
        RuleSubject::System("linux".into())
    );
    for arch in ["amd64", "x86_64"] {
        let expected = RuleSubject::Architecture("amd64".into());
        assert_eq!(subject(&format!("node.platform.arch == {arch}")), expected);
    }
    refuse(
        "deploy: {placement: {constraints: [node.id == 2ivku8v2gvtg4]}}",
        "error[bad-value]",
    );
    refuse(
        "deploy: {placement: {constraints: [engine.labels.a == b]}}",
        "unsupported[unsupported]",
    );
}

#[test]
fn order() {
    let file = |depends_on: &str| {
        format!(
            "services:\n  web: {{image: a, depends_on: {depends_on}}}\n  db: {{image: b}}\n  seed: {{image: c}}\n"
        )
    };
    let depends_on = |text: &str| {
        service(&stack_with_remarks(&project(&file(text))), "web")
            .depends_on
            .clone()
    };
    assert_eq!(
        depends_on("[db]"),
        [("db".parse().unwrap(), Condition::Started)].into()
    );
    assert_eq!(depends_on("{db: }"), depends_on("[db]"));
    let long = "{db: {condition: service_healthy, required: true}, seed: {condition: service_completed_successfully}}";
    let expect = [
        ("db".parse().unwrap(), Condition::Healthy),
        ("seed".parse().unwrap(), Condition::CompletedSuccessfully),
    ];
    assert_eq!(depends_on(long), expect.into());
    assert_eq!(depends_on("{other: {required: false}}"), [].into());
    let refuse = |text: &str, expect: &str| {
        let said = said(&project(&file(text)));
        assert!(said.len() == 1 && said[0].contains(expect), "{text}: {said:?}");
    };
    refuse(
        "[dbb]",
        "error[undefined] services.web.depends_on: there is no service `dbb`",
    );
    refuse(
        "[web]",
        "error[cycle] services.web.depends_on: services wait for one another in a circle: web → web",
    );
    refuse(
        "{db: {condition: service_ready}}",
        "error[bad-value] services.web.depends_on.db.condition",
    );
    refuse(
        "{db: {restart: true}}",
        "unsupported[unsupported] services.web.depends_on.db.restart",
    );
}

#[test]
fn circles_are_named_once() {
    let file = "
services:
  a: {image: x, depends_on: [b]}
  b: {image: x, depends_on: [c, d]}
  c: {image: x, depends_on: [a]}
  d: {image: x, depends_on: [e]}
  e: {image: x}
";
    let error = "compose.yaml:3:30: error[cycle] services.a.depends_on: services wait for one another in a circle: a → b → c → a";
    assert_eq!(said(&project(file)), [error]);
}

#[test]
fn profiles() {
    let file = "services:\n  web: {image: a}\n  debug: {image: b, profiles: [debug]}\n";
    let mut project = project(file);
    let services = |project: &_| {
        stack(project)
            .spec
            .services
            .into_keys()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(services(&project), ["web"]);
    project.profiles.insert("debug".into());
    assert_eq!(services(&project), ["debug", "web"]);
    project.profiles = ["*".into()].into();
    assert_eq!(services(&project), ["debug", "web"]);
    project.profiles = ["other".into()].into();
    assert_eq!(services(&project), ["web"]);
}

#[test]
fn who_waits_for_a_service_that_is_off_does_not_wait() {
    let file = "services:\n  web: {image: a, depends_on: [debug]}\n  debug: {image: b, profiles: [debug]}\n";
    assert!(
        said(&project(file))[0]
            .contains("unsupported[unsupported] services.web.depends_on: it waits for `debug`")
    );
}
