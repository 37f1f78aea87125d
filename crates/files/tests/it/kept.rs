//! What is read, checked and kept for capabilities that are still to come: balancers, checks from other hosts, metadata,
//! names for what lies outside.

use muster_model::desired::{
    Balancer, CookieMode, HealthCheck, Locality, Outside, PortRule, ProgramCookie, RuleProtocol, RuleTarget,
    ScalePolicy, ServiceKind, ServiceRef, ServiceSpec, Stickiness, UnhealthyStrategy,
};

use crate::support::{project, said, said_of, service, stack_with_remarks, web};

fn to(service: &str) -> ServiceRef {
    let (stack, service) = match service.split_once('/') {
        Some((stack, service)) => (Some(stack.parse().unwrap()), service),
        None => (None, service),
    };
    ServiceRef {
        stack,
        service: service.parse().unwrap(),
    }
}

/// The service `name` of a file in the oldest format.
fn one(file: &str, name: &str) -> ServiceSpec {
    service(&stack_with_remarks(&project(file)), name).clone()
}

/// What is kept is said once, and nothing else is.
fn only_kept(keys: &str) {
    let said = said_of(keys);
    assert!(
        said.len() == 1 && said[0].contains("unsupported[not-active-yet]"),
        "{said:?}"
    );
}

fn wrong(keys: &str, expect: &str) {
    let said = said_of(keys).join("\n");
    assert!(said.contains(expect), "{keys}: {said}");
}

#[test]
fn a_health_check_is_kept_with_all_it_says() {
    let keys = "health_check: {port: 8080, request_line: GET /up HTTP/1.0, interval: '2000', response_timeout: 1500, \
                initializing_timeout: 60000, reinitializing_timeout: 30000, healthy_threshold: 2, unhealthy_threshold: 3, \
                strategy: recreateOnQuorum, recreate_on_quorum_strategy_config: {quorum: 2}}";
    only_kept(keys);
    let expected = HealthCheck {
        port: 8080,
        request_line: Some("GET /up HTTP/1.0".into()),
        interval_ms: Some(2000),
        response_timeout_ms: Some(1500),
        initializing_timeout_ms: Some(60_000),
        reinitializing_timeout_ms: Some(30_000),
        healthy_threshold: Some(2),
        unhealthy_threshold: Some(3),
        strategy: UnhealthyStrategy::RecreateOnQuorum(2),
    };
    assert_eq!(web(keys).health_checks["web"], expected);
    let little = &web("health_check: {port: 80, request_line: ''}").health_checks["web"];
    assert_eq!(
        (little.port, &little.request_line, little.initializing_timeout_ms),
        (80, &None, None)
    );
}

#[test]
fn a_sidekicks_check_and_metadata_are_its_own() {
    let web = one(
        "web: {image: a, labels: {io.rancher.sidekicks: log}, metadata: {a: 1}}\n\
         log: {image: b, health_check: {port: 1}, metadata: {b: 2}}\n",
        "web",
    );
    assert_eq!(
        web.health_checks
            .keys()
            .map(|name| name.as_str())
            .collect::<Vec<_>>(),
        ["log"]
    );
    assert_eq!((web.metadata["web"].len(), web.metadata["log"].len()), (1, 1));
}

#[test]
fn wrong_checks_are_remarked() {
    wrong(
        "health_check: {interval: 2000}",
        "error[missing-key] services.web.health_check",
    );
    wrong(
        "health_check: {port: 0}",
        "error[bad-value] services.web.health_check.port",
    );
    wrong(
        "health_check: {port: 80, interval: 2s}",
        "error[bad-value] services.web.health_check.interval",
    );
    wrong(
        "health_check: {port: 80, strategy: renew}",
        "error[bad-value] services.web.health_check.strategy",
    );
    wrong(
        "health_check: {port: 80, intervall: 1}",
        "error[unknown-key] services.web.health_check.intervall",
    );
    wrong(
        "health_check: [80]",
        "error[wrong-type] services.web.health_check",
    );
}

#[test]
fn metadata_of_any_shape_is_kept() {
    let keys = "metadata: {text: a, quoted: '1', number: 12, mode: 0755, flag: true, none: , list: [1, {a: b}], share: 0.5}";
    only_kept(keys);
    let json = serde_json::to_value(&web(keys).metadata["web"]).unwrap();
    let expected = serde_json::json!({
        "text": "a", "quoted": "1", "number": 12, "mode": "0755", "flag": true, "none": null, "list": [1, {"a": "b"}],
        "share": 0.5
    });
    assert_eq!(json, expected);
    wrong("metadata: [a]", "error[wrong-type] services.web.metadata");
    wrong(
        &format!("metadata: {{a: {}}}", "x".repeat(300_000)),
        "error[too-large] services.web.metadata",
    );
}

const BALANCER: &str = "
lb:
  image: rancher/lb-service-haproxy:v0.9
  ports: ['80:80']
  labels: {io.rancher.lb_service.target: prefer-local, io.rancher.lb_service.cert_dir: /certs}
  lb_config:
    certs: [a, b]
    default_cert: c
    config: |-
      defaults
    stickiness_policy: {name: s, cookie: C, mode: insert, indirect: 'true'}
    port_rules:
    - {source_port: 80, service: web, target_port: 8080, hostname: '*.shop.com', path: /a, priority: 3, backend_name: w, weight: 4}
    - {source_port: 443, protocol: tls, selector: 'tier=web', target_port: '81'}
    - {source_port: 80, protocol: http, service: other/web, target_port: 80}
web: {image: nginx}
";

#[test]
fn a_balancer_is_kept_and_not_run() {
    let lb = one(BALANCER, "lb");
    assert_eq!(lb.kind, ServiceKind::LoadBalancer);
    let rules = vec![
        PortRule {
            source_port: Some(80),
            target: Some(RuleTarget::Service(to("web"))),
            target_port: Some(8080),
            hostname: Some("*.shop.com".into()),
            path: Some("/a".into()),
            priority: Some(3),
            backend_name: Some("w".into()),
            weight: Some(4),
            ..PortRule::default()
        },
        PortRule {
            source_port: Some(443),
            protocol: RuleProtocol::Tls,
            target: Some(RuleTarget::Selector("tier=web".into())),
            target_port: Some(81),
            ..PortRule::default()
        },
        PortRule {
            source_port: Some(80),
            target: Some(RuleTarget::Service(to("other/web"))),
            target_port: Some(80),
            ..PortRule::default()
        },
    ];
    let expected = Balancer {
        rules,
        certificates: vec!["a".into(), "b".into()],
        default_certificate: Some("c".into()),
        stickiness: Some(Stickiness {
            name: Some("s".into()),
            cookie: Some("C".into()),
            mode: Some(CookieMode::Insert),
            switches: [("indirect".to_owned(), true)].into(),
            ..Stickiness::default()
        }),
        locality: Locality::PreferLocal,
        certificate_directory: Some("/certs".into()),
        config: Some("defaults".into()),
        ..Balancer::default()
    };
    assert_eq!(lb.balancer, Some(expected));
    let codes = said(&project(BALANCER));
    assert!(
        codes
            .iter()
            .all(|remark| remark.contains("unsupported[not-active-yet]")),
        "{codes:?}"
    );
}

#[test]
fn rules_without_a_source_port_are_of_a_target_that_runs() {
    let web = web("lb_config: {port_rules: [{target_port: 80, hostname: a.b}]}");
    assert_eq!(web.kind, ServiceKind::Containers);
    assert_eq!(web.balancer.unwrap().rules[0].hostname.as_deref(), Some("a.b"));
}

#[test]
fn wrong_rules_are_remarked() {
    let rules = |rules: &str, expect: &str| wrong(&format!("lb_config: {{port_rules: [{rules}]}}"), expect);
    rules(
        "{source_port: 0, service: a}",
        "error[bad-value] services.web.lb_config.port_rules[0].source_port",
    );
    rules("{source_port: 80, service: a, protocol: udp}", "error[bad-value]");
    rules("{source_port: 80, target_port: 1}", "error[missing-key]");
    rules("{source_port: 80, service: a, selector: b=c}", "error[conflict]");
    rules("{source_port: 80, service: a b}", "error[bad-value]");
    rules(
        "{source_port: 80, service: a, protocol: tcp, path: /}",
        "error[conflict]",
    );
    rules(
        "{source_port: 80, service: a, protocol: tcp, hostname: b}",
        "error[conflict]",
    );
    rules(
        "{source_port: 80, service: a}, {source_port: 80, service: b, protocol: tcp}",
        "error[conflict] services.web.lb_config.port_rules[1]: the port has two protocols",
    );
    wrong("lb_config: {stickiness_policy: {mode: glue}}", "error[bad-value]");
    wrong("labels: {io.rancher.lb_service.target: near}", "error[bad-value]");
}

#[test]
fn the_first_balancers_become_todays_rules() {
    let file = "
lb:
  image: rancher/load-balancer-service
  ports: ['80:8080', '443', '3306:3307/tcp']
  expose: ['81']
  links: ['web:www', db]
  external_links: [other/api]
  labels:
    io.rancher.loadbalancer.target.web: 'shop.com:80/a=90,443=91'
    io.rancher.loadbalancer.target.db: 3306
    io.rancher.loadbalancer.target.other/api: '81'
    io.rancher.loadbalancer.ssl.ports: 443
    io.rancher.loadbalancer.proxy-protocol.ports: '80, 81'
  load_balancer_config:
    haproxy_config: {global: maxconn 4096, defaults: retries 3}
    app_cookie_stickiness_policy: {cookie: J, max_length: 52, timeout: 3600000, request_learn: true}
  default_cert: c
web: {image: nginx}
db: {image: mysql}
";
    let balancer = one(file, "lb").balancer.unwrap();
    let short = |rule: &PortRule| {
        let target = match &rule.target {
            Some(RuleTarget::Service(target)) => target.service.to_string(),
            other => panic!("{other:?}"),
        };
        let place = format!(
            "{}{}",
            rule.hostname.clone().unwrap_or_default(),
            rule.path.clone().unwrap_or_default()
        );
        let ports = (rule.source_port.unwrap(), rule.target_port.unwrap());
        (ports, rule.protocol, target, place, rule.accepts_proxy)
    };
    let rules: Vec<_> = balancer.rules.iter().map(short).collect();
    let rule = |ports, protocol, target: &str, place: &str, proxy| {
        (ports, protocol, target.to_owned(), place.to_owned(), proxy)
    };
    let expected = [
        rule((81, 81), RuleProtocol::Http, "api", "", true),
        rule((80, 90), RuleProtocol::Http, "web", "shop.com/a", true),
        rule((443, 91), RuleProtocol::Https, "web", "", false),
        rule((3306, 3307), RuleProtocol::Tcp, "db", "", false),
    ];
    for one in &expected {
        assert!(rules.contains(one), "{one:?} is not in {rules:#?}");
    }
    assert_eq!(rules.len(), expected.len());
    assert_eq!(
        balancer.config.as_deref(),
        Some("global\nmaxconn 4096\ndefaults\nretries 3\n")
    );
    let cookie = balancer.stickiness.unwrap();
    assert_eq!(
        (cookie.of_program, cookie.cookie.as_deref()),
        (
            Some(ProgramCookie {
                length: Some(52),
                timeout_ms: Some(3_600_000)
            }),
            Some("J")
        )
    );
    assert_eq!(balancer.default_certificate.as_deref(), Some("c"));
}

#[test]
fn a_first_balancer_without_labels_sends_each_port_to_each_target() {
    let file = "lb: {image: rancher/load-balancer-service, ports: ['80', '81'], links: [a, b]}\na: {image: x}\nb: {image: x}\n";
    assert_eq!(one(file, "lb").balancer.unwrap().rules.len(), 4);
    let wrong = |key: &str| {
        said(&project(&format!(
            "lb: {{image: rancher/load-balancer-service, {key}}}\n"
        )))
        .join("")
    };
    assert!(wrong("ports: [http]").contains("error[bad-value] services.lb.ports[0]"));
    assert!(wrong("labels: {io.rancher.loadbalancer.target.a: '80=x'}").contains("error[bad-value]"));
    assert!(wrong("labels: {io.rancher.loadbalancer.ssl.ports: x}").contains("error[bad-value]"));
}

#[test]
fn names_for_what_lies_outside() {
    let addresses = one(
        "db: {image: rancher/external-service, external_ips: [10.0.0.1, '::1']}\n",
        "db",
    );
    assert_eq!(addresses.kind, ServiceKind::External);
    let both = vec!["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
    assert_eq!(addresses.outside, Some(Outside::Addresses(both)));
    let name = one(
        "db: {image: rancher/external-service, hostname: db.example.com}\n",
        "db",
    );
    assert_eq!(name.outside, Some(Outside::HostName("db.example.com".into())));
    let alias = one(
        "db: {image: rancher/dns-service, links: ['one:db'], external_links: [other/two]}\none: {image: x}\n",
        "db",
    );
    assert_eq!(alias.kind, ServiceKind::Alias);
    assert_eq!(
        alias.outside,
        Some(Outside::Services(vec![to("one"), to("other/two")]))
    );
    wrong(
        "external_ips: [db.example.com]",
        "error[bad-value] services.web.external_ips[0]",
    );
}

#[test]
fn how_many_a_service_begins_with() {
    let policy = ScalePolicy {
        min: 2,
        max: Some(6),
        increment: Some(2),
    };
    let keys = "scale_policy: {min: 2, max: 6, increment: 2}";
    let web_of = web(keys);
    assert_eq!(
        (web_of.scale, web_of.scale_policy, web_of.scale_of_files()),
        (None, Some(policy), 2)
    );
    let said = said_of(keys);
    assert!(
        said.len() == 2 && said[0].contains("scale_policy.max: `max` is kept"),
        "{said:?}"
    );
    assert_eq!(web("scale: 3\nscale_policy: {min: 2}").scale_of_files(), 3);
    wrong(
        "scale_policy: {min: 3, max: 2}",
        "error[conflict] services.web.scale_policy",
    );
    wrong(
        "scale_policy: {min: -1}",
        "error[bad-value] services.web.scale_policy.min",
    );
    let waits = web("scale: 3\nstart_on_create: false");
    assert_eq!(
        (waits.scale, waits.waits, waits.scale_of_files()),
        (None, true, 0)
    );
    wrong("start_on_create: false", "note[difference]");
    let global = "start_on_create: false\nlabels: {io.rancher.scheduler.global: 'true'}";
    assert!(!web(global).waits);
    wrong(global, "unsupported[unsupported]");
}

#[test]
fn other_keys_are_kept_or_named() {
    let kept = web("retain_ip: true\ndrain_timeout_ms: 10000");
    assert_eq!((kept.keeps_address, kept.drain_ms), (true, Some(10_000)));
    wrong(
        "drain_timeout_ms: long",
        "error[bad-value] services.web.drain_timeout_ms",
    );
    for key in [
        "vcpu: 2",
        "memory: 512",
        "disks: [{size: 1g}]",
        "userdata: x",
        "type: virtualMachine",
    ] {
        let said = said_of(key);
        assert!(
            said.len() == 1 && said[0].contains("unsupported[unsupported]"),
            "{said:?}"
        );
    }
    wrong("vcpu: some", "error[bad-value] services.web.vcpu");
    wrong("memory: [1]", "error[wrong-type] services.web.memory");
    wrong("disks: [root]", "error[wrong-type] services.web.disks[0]");
}
