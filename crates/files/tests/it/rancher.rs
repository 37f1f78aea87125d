//! Pairs with a rancher-compose.yml, `io.rancher.*` labels, sidekicks.

use muster_model::desired::{
    MountSource, PullPolicy, Relation, RestartPolicy, RuleSubject, SchedulingRule, ServiceKind, UpdateOrder,
};

use crate::support::{files, project, said, said_of, service, stack, stack_with_remarks, web};

fn pair(first: &str, second: &str) -> muster_files::Project {
    files(
        1,
        &[("docker-compose.yml", first), ("rancher-compose.yml", second)],
    )
}

#[test]
fn the_second_file_is_found_beside_the_first() {
    let second = "web: {scale: 3, upgrade_strategy: {start_first: true, batch_size: 2, interval_millis: 500}, start_on_create: true}\n";
    let stack = stack(&pair("web: {image: nginx}\n", second));
    let web = service(&stack, "web");
    assert_eq!(
        (
            web.scale,
            web.update.order,
            web.update.batch_size,
            web.update.interval_ms
        ),
        (Some(3), UpdateOrder::StartFirst, 2, 500)
    );
}

#[test]
fn any_key_may_stand_in_either() {
    let stack = stack(&pair(
        "version: '2'\nservices: {web: {image: nginx, scale: 2}}\n",
        "version: '2'\nservices: {web: {mem_limit: 1m}}\n",
    ));
    let web = service(&stack, "web");
    assert_eq!(
        (web.scale, web.unit.primary.resources.memory),
        (Some(2), Some(1 << 20))
    );
}

#[test]
fn empty_and_strange_services_of_the_second_file() {
    assert_eq!(said(&pair("web: {image: nginx}\n", "web:\nother:\n")), [""; 0]);
    let said = said(&pair(
        "web: {image: nginx}\n",
        "web: {scale: 2}\nwbe: {scale: 3}\n",
    ));
    assert_eq!(
        said,
        [
            "rancher-compose.yml:2:1: unsupported[unsupported] services.wbe: `wbe` is not a service of the compose file"
        ]
    );
}

#[test]
fn the_second_file_alone_says_what_is_missing() {
    let project = files(1, &[("rancher-compose.yml", "web: {scale: -1}\n")]);
    let said = said(&project);
    assert!(
        said[0]
            .contains("error[missing-file]: the `docker-compose.yml` that belongs to this file is not there")
    );
    assert!(
        said[1].contains("error[bad-value] services.web.scale") && said.len() == 2,
        "{said:?}"
    );
}

#[test]
fn keys_that_wait_for_later_are_named() {
    for key in [
        "health_check: {port: 80}",
        "metadata: {a: b}",
        "lb_config: {}\nretain_ip: true",
        "scale_policy: {max: 1}",
        "external_ips: [10.0.0.1]",
    ] {
        let said = said_of(key);
        assert!(
            said.len() == 1 && said[0].contains("unsupported[not-active-yet]"),
            "{said:?}"
        );
    }
    for key in [
        "retain_ip: false",
        "lb_config: {}",
        "scale_policy: {min: 1}",
        "start_on_create: true",
    ] {
        assert_eq!(said_of(key), [""; 0]);
    }
}

#[test]
fn labels_that_act() {
    let labelled = |labels: &str| web(&format!("labels: {{{labels}}}"));
    assert_eq!(
        labelled("io.rancher.scheduler.global: 'true'").kind,
        ServiceKind::Global
    );
    assert_eq!(
        labelled("io.rancher.container.start_once: true")
            .unit
            .primary
            .restart,
        RestartPolicy::No
    );
    assert_eq!(
        labelled("io.rancher.container.pull_image: always")
            .unit
            .primary
            .pull,
        PullPolicy::Always
    );
    assert_eq!(
        labelled("io.rancher.scheduler.global: 'true'")
            .unit
            .primary
            .labels
            .len(),
        1
    );
}

#[test]
fn affinity() {
    let rules = |label: &str, value: &str| {
        web(&format!(
            "labels: {{'io.rancher.scheduler.affinity:{label}': '{value}'}}"
        ))
        .rules
    };
    let host = |relation, key: &str, value: &str| SchedulingRule {
        relation,
        subject: RuleSubject::HostLabel {
            key: key.into(),
            value: Some(value.into()),
        },
    };
    assert_eq!(
        rules("host_label", "a=b, c=d"),
        [host(Relation::Must, "a", "b"), host(Relation::Must, "c", "d")]
    );
    assert_eq!(
        rules("host_label_soft", "a=b"),
        [host(Relation::Should, "a", "b")]
    );
    assert_eq!(rules("host_label_ne", "a=b"), [host(Relation::MustNot, "a", "b")]);
    assert_eq!(
        rules("host_label_soft_ne", "a=b"),
        [host(Relation::ShouldNot, "a", "b")]
    );
    assert_eq!(
        rules("host_label", "for=$${stack_name}-$${service_name}"),
        [host(Relation::Must, "for", "shop-web")]
    );
    let service = |stack: Option<&str>, service: &str| RuleSubject::Service {
        stack: stack.map(|stack| stack.parse().unwrap()),
        service: service.parse().unwrap(),
    };
    let own = "io.rancher.stack_service.name=$${stack_name}/$${service_name}";
    assert_eq!(
        rules("container_label_ne", own),
        [SchedulingRule {
            relation: Relation::MustNot,
            subject: service(None, "web")
        }]
    );
    assert_eq!(
        rules("container_label", "io.rancher.stack_service.name=shop/db")[0].subject,
        service(None, "db")
    );
    assert_eq!(
        rules("container", "other/db")[0].subject,
        service(Some("other"), "db")
    );
    assert_eq!(
        rules("container_label", "a=b")[0].subject,
        RuleSubject::ContainerLabel {
            key: "a".into(),
            value: "b".into()
        }
    );
    assert!(
        said_of("labels: {'io.rancher.scheduler.affinity:container_label': x}")[0]
            .contains("error[bad-value]")
    );
}

#[test]
fn labels_that_do_not_act() {
    let check = |label: &str, expect: &str| {
        let said = said_of(&format!("labels: {{'{label}': 'true'}}"));
        assert!(said.len() == 1 && said[0].contains(expect), "{label}: {said:?}");
    };
    check(
        "io.rancher.container.create_agent",
        "unsupported[unsupported] services.web.labels.io.rancher.container.create_agent",
    );
    let dns =
        |value: &str, more: &str| said_of(&format!("labels: {{io.rancher.container.dns: '{value}'}}{more}"));
    let host = "\nnetwork_mode: host";
    assert_eq!((dns("true", ""), dns("false", host)), (vec![], vec![]));
    assert!(dns("true", host)[0].contains("unsupported[unsupported]") && dns("false", "").len() == 1);
    check("io.rancher.loadbalancer.nothing", "warning[ignored-key]");
    check(
        "io.rancher.container.agent_service.vxlan",
        "unsupported[unsupported]",
    );
    check("io.rancher.scheduler.globl", "warning[ignored-key]");
    assert_eq!(
        said_of("labels: {io.rancher.container.hostname_override: container_name, io.rancher.stack.name: x}"),
        [""; 0]
    );
}

const SIDEKICKS: &str = "
web:
  image: nginx
  labels: {io.rancher.sidekicks: 'log, data'}
  volumes_from: [data]
  ports: ['80:80']
log:
  image: fluentd
  net: 'container:web'
  volumes_from: ['web:ro']
data:
  image: busybox
  volumes: [/host:/shared, named:/named]
db:
  image: postgres
";

#[test]
fn sidekicks_live_in_their_primarys_unit() {
    let stack = stack(&project(SIDEKICKS));
    let names: Vec<_> = stack.spec.services.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["db", "web"]);
    let unit = &service(&stack, "web").unit;
    assert_eq!(
        unit.sidekicks
            .keys()
            .map(|name| name.as_str())
            .collect::<Vec<_>>(),
        ["data", "log"]
    );
    let targets = |mounts: &[muster_model::desired::Mount]| {
        mounts
            .iter()
            .map(|m| (m.target.clone(), m.read_only))
            .collect::<Vec<_>>()
    };
    let shared = |read_only| {
        vec![
            ("/shared".to_owned(), read_only),
            ("/named".to_owned(), read_only),
        ]
    };
    assert_eq!(targets(&unit.primary.mounts), shared(false));
    assert_eq!(targets(&unit.sidekicks["log"].mounts), shared(true));
    assert!(matches!(unit.primary.mounts[1].source, MountSource::Volume(_)));
    assert!(unit.sidekicks["log"].namespaces.is_empty());
    assert!(stack.spec.volumes.contains_key("named"));
}

#[test]
fn sidekicks_take_part_in_their_primarys_namespaces() {
    let with = |log: &str, web: &str| {
        let text = format!(
            "web: {{image: a, labels: {{io.rancher.sidekicks: log}}, {web}}}\nlog: {{image: a, {log}}}\n"
        );
        (said(&project(&text)), stack_with_remarks(&project(&text)))
    };
    let (said, stack) = with("pid: 'container:web', ipc: 'service:web'", "");
    assert_eq!(said, [""; 0]);
    let unit = &service(&stack, "web").unit;
    let sidekick = &unit.sidekicks["log"].namespaces;
    assert_eq!(
        (sidekick["pid"].as_str(), sidekick["ipc"].as_str()),
        ("primary", "primary")
    );
    assert_eq!(unit.primary.namespaces["ipc"], "shareable");
    // A primary is made before its sidekicks.
    let (said, stack) = with("", "pid: 'container:log'");
    assert!(
        said[0].contains("the pid namespace of `log` is not shared"),
        "{said:?}"
    );
    assert!(service(&stack, "web").unit.primary.namespaces.is_empty());
}

#[test]
fn keys_that_the_second_files_tool_passes_over_are_warned_of() {
    let second =
        "web: {scal: 2, health_check: {port: 80, drain_timeout_ms: 1}, lb_config: {health_check: {}}}\n";
    let said = said(&files(
        2,
        &[
            ("docker-compose.yml", "web: {image: a}\n"),
            ("rancher-compose.yml", second),
        ],
    ));
    for key in ["scal", "health_check.drain_timeout_ms", "lb_config.health_check"] {
        let warning = format!("warning[ignored-key] services.web.{key}:");
        assert!(
            said.iter().any(|said| said.contains(&warning)),
            "{key}: {said:#?}"
        );
    }
    assert!(!said.iter().any(|said| said.contains("error[")), "{said:#?}");
}

#[test]
fn who_lives_in_anothers_namespace_is_a_part_of_its_units() {
    let file = "services:
  vpn: {image: a, container_name: my-vpn, scale: 2}
  web: {image: b, network_mode: 'service:vpn', depends_on: {vpn: {condition: service_healthy}}}
  log: {image: c, pid: 'service:vpn'}
  ps: {image: c, pid: 'service:web'}
  top: {image: d, network_mode: 'container:my-vpn'}
";
    let (said, stack) = (said(&project(file)), stack_with_remarks(&project(file)));
    let services: Vec<_> = stack.spec.services.keys().map(|name| name.as_str()).collect();
    assert_eq!(services, ["ps", "vpn"]);
    let unit = &service(&stack, "vpn").unit;
    let sidekicks: Vec<_> = unit.sidekicks.keys().map(|name| name.as_str()).collect();
    assert_eq!(sidekicks, ["log", "top", "web"]);
    let said = said.join("\n");
    for expect in [
        "note[difference] services.web: it is a part of every unit of `vpn`, for it lives in a namespace of `vpn`",
        "note[difference] services.log: it is a part of every unit of `vpn`",
        "note[difference] services.top: it is a part of every unit of `vpn`",
        "note[difference] services.web.depends_on: it does not wait until `vpn` has come that far",
        // It would have to be made after a sidekick.
        "unsupported[unsupported] services.ps: the pid namespace of `web` is not shared",
    ] {
        assert!(said.contains(expect), "{expect}\n{said}");
    }
}

#[test]
fn remarks_on_a_sidekick_name_it() {
    let file = "web: {image: a, labels: {io.rancher.sidekicks: log}}\nlog: {build: ., mem_limit: 1m, labels: {a: b}}\n";
    let remarks = muster_files::read(&project(file)).diagnostics;
    let [remark] = &remarks[..] else {
        panic!("{remarks:#?}")
    };
    assert_eq!(remark.key, "services.log.build");
    assert!(remark.help.as_deref().unwrap().contains("log"), "{remark:?}");
}

#[test]
fn what_holds_for_a_sidekick_holds_for_its_unit() {
    let file = "services:
  vpn: {image: a}
  web:
    image: b
    network_mode: 'service:vpn'
    labels: {io.muster.exclusive: true}
    deploy: {replicas: 3, placement: {constraints: [node.labels.disk == ssd]}}
";
    let vpn = service(&stack_with_remarks(&project(file)), "vpn").clone();
    assert!(vpn.exclusive, "two of it must never be alive");
    assert_eq!(vpn.rules.len(), 1);
    let said = said(&project(file)).join("\n");
    assert!(
        said.contains("services.web: how many of it there are is not its own to say"),
        "{said}"
    );
}

#[test]
fn namespaces_of_who_is_no_container_are_not_shared() {
    for other in [
        "",
        "  vpn: {image: rancher/dns-service}\n",
        "  vpn: {image: a, network_mode: 'service:web'}\n",
    ] {
        let file = format!("services:\n  web: {{image: b, network_mode: 'service:vpn'}}\n{other}");
        let said = said(&project(&file)).join("\n");
        assert!(
            said.contains("the network namespace of `vpn` is not shared"),
            "{said}"
        );
    }
}

#[test]
fn volumes_without_a_name_are_not_shared() {
    let file = SIDEKICKS.replace("/host:/shared, named:/named", "/anonymous");
    assert!(
        said(&project(&file))
            .iter()
            .all(|remark| remark.contains("volumes of `") && remark.contains("unsupported["))
    );
}

#[test]
fn waiting_for_a_sidekick_is_waiting_for_its_primary() {
    let file = "
services:
  web: {image: a, labels: {io.rancher.sidekicks: log}, depends_on: [log]}
  log: {image: b, depends_on: [db]}
  db: {image: c}
  other: {image: d, depends_on: [log]}
";
    let stack = stack(&project(file));
    let depends_on = |name: &str| {
        service(&stack, name)
            .depends_on
            .keys()
            .map(|name| name.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (depends_on("web"), depends_on("other")),
        (vec!["db".to_owned()], vec!["web".to_owned()])
    );
}

#[test]
fn sidekicks_that_cannot_be() {
    let check = |services: &str, expect: &str| {
        let said = said(&project(&format!("services:\n{services}"))).join("\n");
        assert!(said.contains(expect), "{said}");
    };
    let label = |names: &str| format!("labels: {{io.rancher.sidekicks: '{names}'}}");
    check(
        &format!("  web: {{image: a, {}}}\n", label("logg")),
        "error[undefined] services.web.labels.io.rancher.sidekicks: there is no service `logg`",
    );
    check(
        &format!("  web: {{image: a, {}}}\n", label("web")),
        "error[conflict]",
    );
    let two = format!(
        "  a: {{image: a, {0}}}\n  b: {{image: a, {0}}}\n  log: {{image: b}}\n",
        label("log")
    );
    check(&two, "`log` is a sidekick of `a` already");
}

#[test]
fn a_service_without_containers_is_left_out() {
    let project = project("a: {image: rancher/none, links: [web]}\nweb: {image: nginx}\n");
    assert_eq!(
        said(&project),
        ["compose.yaml:1:12: unsupported[unsupported] services.a.image: `rancher/none` is a part of Rancher"]
    );
    assert_eq!(stack_with_remarks(&project).spec.services.len(), 1);
}
