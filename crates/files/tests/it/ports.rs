//! Ports, in all their forms.

use muster_model::net::Protocol;

use crate::support::{container, said_of};

/// The published ports as `ip:host->container/protocol`; `?` is for the platform to choose.
#[track_caller]
fn check(text: &str, expect: &[&str]) {
    let keys = format!("ports: [{text}]");
    let said = said_of(&keys);
    assert!(
        said.iter().all(|remark| remark.contains("unsupported[")),
        "{said:?}"
    );
    let ports: Vec<_> = container(&keys)
        .ports
        .iter()
        .map(|port| {
            let ip = port.host_ip.map(|ip| format!("{ip}:")).unwrap_or_default();
            let host = port.host_port.map_or("?".to_owned(), |port| port.to_string());
            format!("{ip}{host}->{}/{}", port.container_port, port.protocol)
        })
        .collect();
    assert_eq!(ports, expect, "{text}");
}

#[track_caller]
fn refuse(text: &str, expect: &str) {
    let said = said_of(&format!("ports: [{text}]"));
    assert!(said.len() == 1 && said[0].contains(expect), "{text}: {said:?}");
}

#[test]
fn short_forms() {
    check("80", &["?->80/tcp"]);
    check("'8080:80'", &["8080->80/tcp"]);
    check("8080:80", &["8080->80/tcp"]);
    check("22:22", &["22->22/tcp"]);
    check("'53:53/udp'", &["53->53/udp"]);
    check("'53:53/UDP'", &["53->53/udp"]);
    check("'127.0.0.1:8080:80'", &["127.0.0.1:8080->80/tcp"]);
    check("'127.0.0.1::80'", &["127.0.0.1:?->80/tcp"]);
    check("'0:80'", &["?->80/tcp"]);
    check("'[::]:8080:80'", &["8080->80/tcp"]);
    check("'80/sctp'", &["?->80/sctp"]);
}

#[test]
fn ranges() {
    check("3000-3002", &["?->3000/tcp", "?->3001/tcp", "?->3002/tcp"]);
    check("'9000-9001:8000-8001'", &["9000->8000/tcp", "9001->8001/tcp"]);
    check(
        "'127.0.0.1:9000-9001:80-81/udp'",
        &["127.0.0.1:9000->80/udp", "127.0.0.1:9001->81/udp"],
    );
    check("'8000-9000:80'", &["8000->80/tcp"]);
    check("80, 80", &["?->80/tcp"]);
}

#[test]
fn long_forms() {
    check("{target: 80}", &["?->80/tcp"]);
    check("{target: 80, published: 8080}", &["8080->80/tcp"]);
    check(
        "{target: 80, published: '8080', protocol: udp, mode: host}",
        &["8080->80/udp"],
    );
    check(
        "{target: 80, published: '8080-8090', host_ip: 10.0.0.1, name: web}",
        &["10.0.0.1:8080->80/tcp"],
    );
    check("{target: 80, app_protocol: http}", &["?->80/tcp"]);
}

#[test]
fn what_is_no_port() {
    for text in [
        "x",
        "'0'",
        "65536",
        "'80:x'",
        "'a:80:80'",
        "'80/quic'",
        "'1-0'",
        "'-1:80'",
        "'8080:80:80:80:80'",
        "''",
    ] {
        refuse(text, "error[bad-value] services.web.ports[0]");
    }
    refuse("'1-2:1-3'", "2 host ports cannot stand for 3 container ports");
    refuse(
        "{published: 80}",
        "error[missing-key] services.web.ports[0]: the port in the container is not named",
    );
    refuse(
        "{target: 80, published: x}",
        "error[bad-value] services.web.ports[0].published: `x`",
    );
    refuse(
        "{target: 80, protocol: quic}",
        "error[bad-value] services.web.ports[0].protocol",
    );
    refuse(
        "{target: 80, port: 1}",
        "error[unknown-key] services.web.ports[0].port: `port` is not a key here",
    );
    refuse("'[fe80::1]:80:80'", "unsupported[unsupported]");
    refuse("{target: 80, mode: ingress}", "note[difference]");
    refuse("1-60000", "error[too-many]");
    assert!(said_of("ports: 80")[0].contains("error[wrong-type] services.web.ports: `ports` takes a list"));
}

#[test]
fn exposed_ports() {
    let expose = container("expose: [80, '53/udp', 1000-1001]").expose;
    assert_eq!(
        expose,
        [
            (80, Protocol::Tcp),
            (53, Protocol::Udp),
            (1000, Protocol::Tcp),
            (1001, Protocol::Tcp)
        ]
    );
    assert!(said_of("expose: ['80:80']")[0].contains("note[difference] services.web.expose[0]"));
    assert_eq!(container("expose: ['8080:80/udp']").expose, [(80, Protocol::Udp)]);
}
