//! Services without units: those that wait to be scaled by hand, and those that are no containers.

use muster_control::Edit;
use muster_model::assigned::ServiceState;
use muster_model::desired::{Condition, ScalePolicy, ServiceKind};
use muster_model::{Reason, Refusal};

use crate::lab::Lab;
use crate::spec::{With, name, service, stack};

#[test]
fn a_service_that_is_not_to_start_waits_to_be_scaled_by_hand() {
    let mut lab = Lab::with_hosts(1);
    let waits = || service("v1").scale(3).change(|spec| spec.waits = true);
    let shop = lab.deploy("shop", stack([("web", waits())]));
    lab.settle();
    assert_eq!(lab.running(shop, "web").len(), 0);
    assert_eq!(
        (lab.state(shop, "web"), lab.reasons(shop, "web")),
        (ServiceState::Steady, vec![Reason::WaitsForScale])
    );
    lab.wish(shop, "web", |wish| wish.scale = Some(2));
    lab.settle();
    assert_eq!(lab.running(shop, "web").len(), 2);
    assert_eq!(lab.reasons(shop, "web"), []);
}

#[test]
fn a_scale_policy_says_how_many_a_service_begins_with() {
    let mut lab = Lab::with_hosts(1);
    let policy = ScalePolicy {
        min: 3,
        max: Some(5),
        increment: None,
    };
    let begins =
        |scale| service("web").change(|spec| (spec.scale, spec.scale_policy) = (scale, Some(policy)));
    let shop = lab.deploy("shop", stack([("web", begins(None)), ("two", begins(Some(2)))]));
    lab.settle();
    assert_eq!(
        (lab.running(shop, "web").len(), lab.running(shop, "two").len()),
        (3, 2)
    );
    lab.wish(shop, "web", |wish| wish.scale = Some(1));
    lab.settle();
    assert_eq!(lab.running(shop, "web").len(), 1);
}

#[test]
fn what_is_no_container_gets_no_units_and_keeps_nobody_waiting() {
    for kind in [
        ServiceKind::External,
        ServiceKind::Alias,
        ServiceKind::LoadBalancer,
    ] {
        let mut lab = Lab::with_hosts(2);
        let none = || {
            service("lb")
                .port(80)
                .volume("data")
                .change(|spec| spec.kind = kind)
        };
        let after = service("web").after("lb", Condition::Healthy).port(80);
        let shop = lab.deploy("shop", stack([("lb", none()), ("web", after)]));
        lab.settle();
        assert_eq!(lab.running(shop, "lb").len(), 0);
        assert_eq!(lab.running(shop, "web").len(), 1, "the port is free too");
        assert_eq!(lab.verdict(shop, "lb").wanted, 0);
        assert_eq!(
            (lab.state(shop, "lb"), lab.reasons(shop, "lb")),
            (ServiceState::Steady, vec![Reason::NoUnits { kind }])
        );
        let edit = Edit::Scale {
            stack: shop,
            service: name("lb"),
            scale: 2,
        };
        let refused = muster_control::plan(&lab.world, &edit);
        assert!(matches!(refused, Err(Refusal::OutOfBounds { .. })), "{refused:?}");
    }
}

#[test]
fn a_service_that_becomes_one_without_units_loses_those_it_had() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("lb", service("lb"))]));
    lab.wish(shop, "lb", |wish| wish.scale = Some(3));
    lab.settle();
    let none = service("lb:2").change(|spec| spec.kind = ServiceKind::LoadBalancer);
    lab.deploy("shop", stack([("lb", none)]));
    lab.settle();
    assert_eq!(lab.world.units().count(), 0);
    assert_eq!(lab.state(shop, "lb"), ServiceState::Steady);
    lab.deploy("shop", stack([("lb", service("lb:3"))]));
    lab.settle();
    assert_eq!(
        lab.images(shop, "lb"),
        ["lb:3"; 3],
        "what was set by hand counts again"
    );
}
