//! As many units as wanted, on hosts that are there.

use muster_model::assigned::{ServiceState, UnitWish};
use muster_model::desired::{Condition, ServiceWish};
use muster_model::observed::Phase;
use muster_model::{HostId, Reason};

use crate::lab::{Fate, Lab, status};
use crate::spec::{With, name, service, stack};

#[test]
fn a_service_gets_its_units_spread_over_hosts() {
    let mut lab = Lab::with_hosts(3);
    let web = lab.deploy("shop", stack([("web", service("web").scale(6))]));
    lab.settle();
    assert_eq!(lab.numbers(web, "web"), [1, 2, 3, 4, 5, 6]);
    for host in 1..=3 {
        let here = lab
            .running(web, "web")
            .iter()
            .filter(|unit| unit.host == HostId::new(1, host))
            .count();
        assert_eq!(here, 2);
    }
    assert_eq!(lab.state(web, "web"), ServiceState::Steady);
    assert_eq!(lab.verdict(web, "web").wanted, 6);
    assert_eq!(lab.reasons(web, "web"), []);
}

#[test]
fn the_wish_goes_before_the_files_scale_and_that_before_one() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy(
        "shop",
        stack([("web", service("web")), ("db", service("db").scale(2))]),
    );
    lab.settle();
    assert_eq!(
        (lab.numbers(shop, "web").len(), lab.numbers(shop, "db").len()),
        (1, 2)
    );
    for service in ["web", "db"] {
        lab.wish(shop, service, |wish: &mut ServiceWish| wish.scale = Some(4));
    }
    lab.settle();
    assert_eq!(
        (lab.numbers(shop, "web").len(), lab.numbers(shop, "db").len()),
        (4, 4)
    );
}

#[test]
fn scaling_down_takes_the_sick_before_the_healthy_and_the_newest_first() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.wish(shop, "web", |wish| wish.scale = Some(5));
    lab.fate = Box::new(|_, unit| if unit.number == 2 { Fate::Crash } else { Fate::Up });
    lab.settle();
    lab.wish(shop, "web", |wish| wish.scale = Some(3));
    lab.settle();
    assert_eq!(lab.numbers(shop, "web"), [1, 3, 4], "2 was sick, 5 the newest");
    lab.fate = Box::new(|_, _| Fate::Up);
    lab.wish(shop, "web", |wish| wish.scale = Some(4));
    lab.settle();
    assert_eq!(
        lab.numbers(shop, "web"),
        [1, 2, 3, 4],
        "the free number is used again"
    );
    assert_eq!(lab.world.units().count(), 4, "units that are gone are forgotten");
}

#[test]
fn a_number_waits_until_its_former_holder_is_gone() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.wish(shop, "web", |wish| wish.scale = Some(2));
    lab.settle();
    lab.wish(shop, "web", |wish| wish.scale = Some(1));
    lab.round();
    lab.wish(shop, "web", |wish| wish.scale = Some(2));
    lab.round();
    assert_eq!(lab.numbers(shop, "web"), [1]);
    assert_eq!(lab.reasons(shop, "web"), [Reason::WaitsForOld { number: 2 }]);
    lab.settle();
    assert_eq!(lab.numbers(shop, "web"), [1, 2]);
}

#[test]
fn units_wait_for_the_services_they_depend_on() {
    for (condition, fates) in [
        (Condition::Started, [Fate::Starting, Fate::Up]),
        (Condition::Healthy, [Fate::Crash, Fate::Up]),
        (Condition::CompletedSuccessfully, [Fate::Up, Fate::Finish]),
    ] {
        let mut lab = Lab::with_hosts(1);
        let spec = stack([
            ("db", service("db")),
            ("web", service("web").after("db", condition)),
        ]);
        let [before, after] = fates;
        lab.fate = Box::new(move |_, unit| {
            if unit.service.as_str() == "db" {
                before
            } else {
                Fate::Up
            }
        });
        let shop = lab.deploy("shop", spec);
        lab.settle();
        assert_eq!(lab.running(shop, "web").len(), 0, "{condition:?}");
        assert_eq!(
            lab.reasons(shop, "web"),
            [Reason::WaitsForService {
                service: name("db"),
                condition
            }]
        );
        assert_eq!(lab.state(shop, "web"), ServiceState::Converging);
        lab.fate = Box::new(move |_, unit| {
            if unit.service.as_str() == "db" {
                after
            } else {
                Fate::Up
            }
        });
        lab.settle();
        assert_eq!(lab.running(shop, "web").len(), 1, "{condition:?}");
    }
}

#[test]
fn units_that_ran_to_their_end_complete_the_service() {
    let mut lab = Lab::with_hosts(1);
    lab.fate = Box::new(|_, _| Fate::Finish);
    let shop = lab.deploy("shop", stack([("migrate", service("migrate"))]));
    lab.settle();
    assert_eq!(lab.state(shop, "migrate"), ServiceState::Completed);
}

#[test]
fn a_crashing_unit_is_named_with_what_its_agent_says() {
    let mut lab = Lab::with_hosts(1);
    lab.fate = Box::new(|_, _| Fate::Crash);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.settle();
    assert_eq!(lab.state(shop, "web"), ServiceState::Converging);
    let message = Some("exit 1".to_owned());
    assert_eq!(
        lab.reasons(shop, "web"),
        [Reason::WaitsForUnit { number: 1, message }]
    );
}

#[test]
fn a_service_and_a_stack_that_go_leave_nothing_behind() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy(
        "shop",
        stack([("web", service("web").scale(3)), ("db", service("db"))]),
    );
    lab.settle();
    lab.deploy("shop", stack([("web", service("web").scale(3))]));
    lab.settle();
    assert_eq!(lab.world.services_left(shop).collect::<Vec<_>>(), [name("web")]);
    lab.remove(shop);
    lab.round();
    assert!(lab.world.units().all(|unit| unit.wish == UnitWish::Remove));
    lab.settle();
    assert_eq!(lab.world.units().count(), 0);
    assert_eq!(lab.world.services_left(shop).count(), 0);
}

#[test]
fn a_global_service_has_one_unit_on_every_host_that_fits() {
    let mut lab = Lab::with_hosts(3);
    lab.change_host(HostId::new(1, 3), |wish| wish.cordoned = true);
    let shop = lab.deploy("shop", stack([("log", service("log").global())]));
    lab.settle();
    assert_eq!(lab.numbers(shop, "log"), [1, 2]);
    lab.host(4);
    lab.change_host(HostId::new(1, 3), |wish| wish.cordoned = false);
    lab.settle();
    assert_eq!(lab.numbers(shop, "log"), [1, 2, 3, 4]);
    let hosts: std::collections::BTreeSet<HostId> =
        lab.running(shop, "log").iter().map(|unit| unit.host).collect();
    assert_eq!(hosts.len(), 4);
    lab.change_host(HostId::new(1, 1), |wish| wish.cordoned = true);
    lab.settle();
    assert_eq!(lab.numbers(shop, "log").len(), 4, "cordoning leaves what runs");
    assert_eq!(lab.state(shop, "log"), ServiceState::Steady);
}

#[test]
fn without_a_host_the_service_says_so_and_goes_on_when_one_joins() {
    let mut lab = Lab::new();
    let shop = lab.deploy("shop", stack([("web", service("web").scale(2))]));
    lab.settle();
    assert_eq!(lab.state(shop, "web"), ServiceState::Blocked);
    assert_eq!(
        lab.reasons(shop, "web"),
        [Reason::NoHost { refusals: Vec::new() }]
    );
    lab.host(1);
    lab.settle();
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
}

#[test]
fn reports_about_an_older_generation_do_not_count() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.round();
    let unit = lab.running(shop, "web").remove(0);
    let mut old = status(&unit, Phase::Running);
    old.generation = muster_model::Generation(0);
    lab.put(old);
    lab.round();
    assert_eq!(lab.state(shop, "web"), ServiceState::Converging);
}

#[test]
fn a_revision_that_cannot_be_read_touches_no_unit() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.settle();
    let mut head = (*lab.world.stack(shop).unwrap().doc).clone();
    head.revision = 9;
    lab.put(head);
    lab.settle();
    assert_eq!(lab.numbers(shop, "web"), [1]);
    assert!(matches!(
        lab.reasons(shop, "web")[..],
        [Reason::Quarantined { .. }]
    ));
}
