//! Addresses and ports.

use std::collections::BTreeSet;

use muster_control::hosts_max;
use muster_model::Reason;
use muster_model::desired::Environment;
use muster_model::reason::Misfit;

use crate::lab::{ENV, Lab};
use crate::spec::{With, service, stack};

#[test]
fn an_address_given_up_comes_round_again_only_after_the_others() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("v1"))]));
    lab.settle();
    let mut seen = BTreeSet::new();
    for version in 2..30 {
        assert!(seen.insert(lab.running(shop, "web")[0].address.unwrap()));
        lab.deploy("shop", stack([("web", service(&format!("v{version}")))]));
        lab.settle();
    }
    assert_eq!(seen.first().unwrap().to_string(), "10.42.8.0");
    assert_eq!(seen.last().unwrap().to_string(), "10.42.8.27");
}

#[test]
fn a_full_network_says_so_and_goes_on_when_an_address_is_free() {
    let mut lab = Lab::new();
    let environment = (*lab.world.environment(ENV).unwrap().doc).clone();
    lab.put(Environment {
        subnet: "10.9.0.0/24".parse().unwrap(),
        ..environment
    });
    lab.host(1);
    let fill = lab.deploy("fill", stack([("fill", service("fill").scale(184))]));
    lab.settle();
    let held: BTreeSet<_> = lab
        .running(fill, "fill")
        .iter()
        .map(|unit| unit.address.unwrap())
        .collect();
    assert_eq!(held.len(), 184);
    assert_eq!(
        (
            held.first().unwrap().to_string(),
            held.last().unwrap().to_string()
        ),
        ("10.9.0.8".to_owned(), "10.9.0.191".to_owned())
    );
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.settle();
    let [Reason::NoHost { refusals }] = &lab.reasons(shop, "web")[..] else {
        panic!()
    };
    assert_eq!(refusals[0].why, Misfit::AddressesExhausted);
    lab.deploy("fill", stack([("fill", service("fill").scale(183))]));
    lab.settle();
    assert_eq!(lab.numbers(shop, "web"), [1]);
}

#[test]
fn how_many_hosts_a_network_has_room_for() {
    let hosts = |subnet: &str| hosts_max(subnet.parse().unwrap());
    assert_eq!(
        (
            hosts("10.42.0.0/16"),
            hosts("10.42.0.0/22"),
            hosts("10.42.0.0/24"),
            hosts("10.42.0.0/28")
        ),
        (1024, 16, 4, 0)
    );
}

#[test]
fn ports_that_files_leave_open_come_from_the_pool_lowest_first() {
    let mut lab = Lab::with_hosts(1);
    let web = service("web").port(None).port(49_154).port(None).scale(1);
    let shop = lab.deploy(
        "shop",
        stack([("web", web), ("xtra", service("xtra").port(None))]),
    );
    lab.settle();
    let ports = |service: &str| -> Vec<u16> {
        lab.running(shop, service)[0]
            .ports
            .iter()
            .map(|port| port.host_port)
            .collect()
    };
    assert_eq!(ports("web"), [49_154, 49_153, 49_155]);
    assert_eq!(ports("xtra"), [49_156]);
}
