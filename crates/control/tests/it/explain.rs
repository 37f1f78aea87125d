//! What `why` and `why-not` say.

use muster_control::{why, why_not};
use muster_model::HostId;
use muster_model::assigned::ServiceState;
use muster_model::desired::{Relation, RuleSubject};
use muster_model::reason::Misfit;

use crate::lab::{Fate, Lab};
use crate::spec::{With, name, service, stack};

const fn id(number: u32) -> HostId {
    HostId::new(1, number)
}

fn zone(value: &str) -> RuleSubject {
    RuleSubject::HostLabel {
        key: "zone".to_owned(),
        value: Some(value.to_owned()),
    }
}

fn label(lab: &mut Lab, host: u32, key: &str, value: &str) {
    lab.change_host(id(host), |wish| {
        drop(wish.labels.insert(key.to_owned(), value.to_owned()))
    });
}

#[test]
fn a_service_as_wished_says_so_and_why_its_units_are_where_they_are() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(2))]));
    lab.settle();
    let view = why(&lab.world, shop, &name("web")).unwrap();
    assert_eq!(view.summary, "shop/web is as wished: 2 of 2 units are up.");
    assert_eq!(view.matters, []);
    let [first, second] = &view.units[..] else {
        panic!("{:?}", view.units)
    };
    assert_eq!((first.host.as_str(), second.host.as_str()), ("h1", "h2"));
    assert_eq!(first.state, "up");
    assert!(first.why[1].starts_with("on h1: fewest units there"), "{first:?}");
    assert_eq!(why(&lab.world, shop, &name("nobody")), None);
}

#[test]
fn a_selector_that_nothing_matches_says_so_with_the_reason_of_each_host() {
    let mut lab = Lab::with_hosts(3);
    label(&mut lab, 1, "zone", "a");
    lab.change_host(id(2), |wish| wish.cordoned = true);
    let web = service("v1").rule(Relation::Must, zone("mars"));
    let shop = lab.deploy("shop", stack([("web", web)]));
    lab.settle();
    let view = why(&lab.world, shop, &name("web")).unwrap();
    assert_eq!(view.state, ServiceState::Blocked);
    let [matter] = &view.matters[..] else {
        panic!("{:?}", view.matters)
    };
    assert_eq!(
        matter.what,
        "no host can take another unit: none of the 3 meets the rule \"must have label zone=mars\""
    );
    assert!(matter.platform.contains("looks again"), "{}", matter.platform);
    assert!(matter.next_step.is_some());
    let hosts: Vec<(&str, &str)> = matter
        .hosts
        .iter()
        .map(|host| (host.host.as_str(), host.what.as_str()))
        .collect();
    let rule = "must have label zone=mars";
    let first = format!("{rule}, and has zone=a");
    assert_eq!(
        hosts,
        [("h1", &*first), ("h2", "cordoned"), ("h2", rule), ("h3", rule)],
        "every reason of each host"
    );
    assert_eq!(
        matter.hosts[1].next_step,
        "let it take units again: `muster host uncordon h2`"
    );
}

#[test]
fn a_global_service_that_no_host_is_for_says_so() {
    let mut lab = Lab::with_hosts(2);
    let web = service("v1").global().rule(Relation::Must, zone("mars"));
    let shop = lab.deploy("shop", stack([("web", web)]));
    lab.settle();
    let view = why(&lab.world, shop, &name("web")).unwrap();
    assert_eq!((view.state, view.wanted), (ServiceState::Steady, 0));
    let [matter] = &view.matters[..] else {
        panic!("{:?}", view.matters)
    };
    assert!(matter.what.ends_with("they allow none"), "{}", matter.what);
    assert_eq!(matter.hosts.len(), 2);
}

#[test]
fn a_wish_that_does_not_hold_is_named_and_its_own_unit_does_not_count() {
    let mut lab = Lab::with_hosts(1);
    let own = RuleSubject::Service {
        stack: None,
        service: name("web"),
    };
    let web = service("v1")
        .rule(Relation::Should, zone("a"))
        .rule(Relation::ShouldNot, own);
    let shop = lab.deploy("shop", stack([("web", web)]));
    lab.settle();
    let view = why(&lab.world, shop, &name("web")).unwrap();
    let [matter] = &view.matters[..] else {
        panic!("{:?}", view.matters)
    };
    assert_eq!(
        matter.what,
        "the rule \"should have label zone=a\" does not hold for web-1 on h1"
    );
}

#[test]
fn a_unit_that_fails_and_a_host_that_is_gone_are_told() {
    let mut lab = Lab::with_hosts(1);
    lab.fate = Box::new(|_, _| Fate::Crash);
    let shop = lab.deploy("shop", stack([("web", service("v1"))]));
    lab.settle();
    let view = why(&lab.world, shop, &name("web")).unwrap();
    assert_eq!((view.units[0].state.as_str(), view.well), ("failing", 0));
    assert_eq!(view.units[0].message.as_deref(), Some("exit 1"));
    assert_eq!(view.matters[0].what, "waits for unit 1 (exit 1)");
    lab.silence(id(1));
    lab.settle();
    let view = why(&lab.world, shop, &name("web")).unwrap();
    assert_eq!(view.units[0].state, "its host is lost");
}

#[test]
fn why_not_gives_every_reason_of_one_host_and_where_it_would_go() {
    let mut lab = Lab::with_hosts(3);
    label(&mut lab, 2, "zone", "a");
    label(&mut lab, 3, "zone", "a");
    lab.change_host(id(1), |wish| wish.cordoned = true);
    let web = service("v1").port(80).rule(Relation::Must, zone("a"));
    let shop = lab.deploy("shop", stack([("web", web)]));
    lab.settle();
    let said = |host| why_not(&lab.world, shop, &name("web"), id(host)).unwrap();
    let first = said(1);
    assert!(!first.fits);
    assert_eq!(first.summary, "No: h1 cannot take a unit of shop/web now.");
    let why: Vec<&Misfit> = first.obstacles.iter().map(|obstacle| &obstacle.why).collect();
    assert!(
        matches!(why[..], [Misfit::Cordoned, Misfit::Rule { .. }]),
        "{why:?}"
    );
    let second = said(2);
    assert_eq!(second.units_here, 1);
    assert!(
        matches!(&second.obstacles[..], [port] if port.what == "port 80/tcp is taken by shop/web"),
        "{second:?}"
    );
    let third = said(3);
    assert!(third.fits && third.next == Some(name("h3")));
    assert_eq!(
        third.summary,
        "Yes: if shop/web needs another unit, it is placed on h3."
    );
}

#[test]
fn why_not_tells_who_would_be_chosen_before_the_host() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("v1"))]));
    let alone = service("v1").global();
    let other = lab.deploy("other", stack([("all", alone)]));
    lab.settle();
    let first = why_not(&lab.world, shop, &name("web"), id(1)).unwrap();
    assert!(first.fits);
    assert_eq!(
        first.summary,
        "h1 could take a unit of shop/web, but h2 would be chosen before it."
    );
    let global = why_not(&lab.world, other, &name("all"), id(1)).unwrap();
    assert!(!global.fits && global.obstacles.len() == 1, "{global:?}");
}
