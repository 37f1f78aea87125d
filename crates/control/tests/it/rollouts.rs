//! From one spec to the next, batch by batch, and back.

use muster_model::assigned::{RolloutState, ServiceState, Unit, UnitWish};
use muster_model::desired::{Condition, FailureAction, ServiceSpec};
use muster_model::{Reason, StackId, UnitId};

use crate::lab::{Fate, Lab};
use crate::spec::{With, service, stack};

/// Deploys `from`, then `to`, and brings the platform to rest while nobody falls below `least` healthy or rises above
/// `most` alive.
fn rolled(hosts: u32, from: ServiceSpec, to: ServiceSpec, least: usize, most: usize) -> (Lab, StackId) {
    let mut lab = Lab::with_hosts(hosts);
    let shop = lab.deploy("shop", stack([("web", from)]));
    lab.settle();
    bounded(&mut lab, least, most);
    lab.deploy("shop", stack([("web", to)]));
    lab.settle();
    (lab, shop)
}

fn bounded(lab: &mut Lab, least: usize, most: usize) {
    lab.watch = Box::new(move |world| {
        let up = |unit: &Unit| {
            world
                .status(unit.id)
                .is_some_and(|status| status.is_up() && status.generation == unit.generation)
        };
        let healthy = world
            .units()
            .filter(|unit| unit.wish == UnitWish::Run && up(unit))
            .count();
        assert!(healthy >= least, "{healthy} healthy, {least} promised");
        assert!(
            world.units().count() <= most,
            "{} alive, at most {most} promised",
            world.units().count()
        );
    });
}

/// Units whose image is `bad` crash.
fn bad_crashes(lab: &mut Lab) {
    lab.fate = Box::new(|world, unit| {
        let spec = world
            .service_spec(unit.stack, unit.revision, &unit.service)
            .unwrap();
        if spec.unit.primary.image.as_str() == "bad" {
            Fate::Crash
        } else {
            Fate::Up
        }
    });
}

#[test]
fn units_are_replaced_one_by_one_and_keep_their_numbers() {
    let (lab, shop) = rolled(3, service("v1").scale(4), service("v2").scale(4), 3, 4);
    assert_eq!(lab.images(shop, "web"), ["v2"; 4]);
    assert_eq!(lab.numbers(shop, "web"), [1, 2, 3, 4]);
    assert_eq!(lab.rollout(shop, "web").state, RolloutState::Finished);
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
    assert_eq!(lab.world.units().count(), 4);
}

#[test]
fn a_batch_of_two_takes_two_and_a_batch_of_all_takes_all() {
    rolled(3, service("v1").scale(5), service("v2").scale(5).batch(2), 3, 5);
    let (lab, shop) = rolled(3, service("v1").scale(5), service("v2").scale(5).batch(0), 0, 5);
    assert_eq!(lab.images(shop, "web"), ["v2"; 5]);
}

/// Four units, two at a time, of which the first new one never comes up; what runs in the end.
fn with_a_slow_one(to: ServiceSpec) -> Vec<String> {
    let mut lab = Lab::with_hosts(2);
    lab.fate = Box::new(|world, unit| {
        let spec = world.service_spec(unit.stack, unit.revision, &unit.service);
        let is_new = spec.unwrap().unit.primary.image.as_str() == "v2";
        if is_new && unit.number == 1 {
            Fate::Starting
        } else {
            Fate::Up
        }
    });
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(4))]));
    lab.settle();
    bounded(&mut lab, 2, 4);
    lab.deploy("shop", stack([("web", to)]));
    lab.settle();
    assert_eq!(lab.rollout(shop, "web").state, RolloutState::Rolling);
    lab.images(shop, "web")
}

#[test]
fn one_that_is_slow_holds_up_its_own_place_only() {
    assert_eq!(with_a_slow_one(service("v2").scale(4).batch(2)), ["v2"; 4]);
}

#[test]
fn with_a_pause_between_them_batches_are_in_step() {
    let to = service("v2").scale(4).batch(2).interval(1_000);
    assert_eq!(with_a_slow_one(to), ["v2", "v2", "v1", "v1"]);
}

#[test]
fn start_first_keeps_all_healthy_and_adds_one_batch_at_most() {
    let to = service("v2").scale(4).batch(2).start_first();
    let (lab, shop) = rolled(3, service("v1").scale(4), to, 4, 6);
    assert_eq!(lab.images(shop, "web"), ["v2"; 4]);
    assert_eq!(lab.numbers(shop, "web"), [1, 2, 3, 4]);
}

/// Units that an earlier rollout had begun are right for the next one too; until they are up, what runs stays.
#[test]
fn a_right_unit_that_is_not_up_yet_does_not_end_the_old_one() {
    let mut lab = Lab::with_hosts(3);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(2))]));
    lab.settle();
    bounded(&mut lab, 1, 4);
    lab.deploy(
        "shop",
        stack([("web", service("v2").scale(2).batch(2).start_first())]),
    );
    lab.round();
    assert_eq!(lab.world.units().count(), 4, "both new ones are to be started");
    lab.deploy("shop", stack([("web", service("v2").scale(2).batch(1))]));
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v2"; 2]);
}

#[test]
fn start_first_with_a_fixed_port_and_no_other_host_stops_first_and_says_so() {
    let to = service("v2").port(80).start_first();
    let (lab, shop) = rolled(1, service("v1").port(80), to.clone(), 0, 1);
    assert_eq!(lab.images(shop, "web"), ["v2"]);
    let said = |lab: &Lab| {
        let mut writes = lab.committed.iter().flat_map(|decision| &decision.writes);
        writes.any(|(_, record)| format!("{record:?}").contains("StopsFirst"))
    };
    assert!(said(&lab));
    let (lab, shop) = rolled(2, service("v1").port(80), to, 1, 2);
    assert_eq!(lab.images(shop, "web"), ["v2"]);
    assert!(!said(&lab), "the other host has the port free");
}

#[test]
fn a_new_unit_counts_only_after_it_was_up_for_a_while() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(2))]));
    lab.settle();
    lab.deploy("shop", stack([("web", service("v2").scale(2))]));
    // Old one goes, is gone, new one is made, new one is up.
    for _ in 0..4 {
        lab.round();
        lab.agents();
    }
    lab.round();
    assert_eq!(lab.images(shop, "web"), ["v2", "v1"]);
    lab.now = lab.now + std::time::Duration::from_millis(999);
    lab.touch(shop, "web");
    lab.round();
    assert_eq!(lab.images(shop, "web"), ["v2", "v1"], "a millisecond is missing");
    lab.new_leader();
    lab.round();
    lab.now = lab.now + std::time::Duration::from_millis(999);
    lab.round();
    assert_eq!(
        lab.images(shop, "web"),
        ["v2", "v1"],
        "a new leader waits once more"
    );
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v2", "v2"]);
}

#[test]
fn the_interval_between_batches_is_kept() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(2))]));
    lab.settle();
    lab.deploy("shop", stack([("web", service("v2").scale(2).interval(120_000))]));
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v2", "v1"]);
    assert_eq!(lab.reasons(shop, "web"), [Reason::WaitsForInterval]);
    lab.advance(119);
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v2", "v2"]);
}

#[test]
fn a_new_unit_that_fails_pauses_the_rollout_until_a_newer_revision() {
    let mut lab = Lab::with_hosts(2);
    bad_crashes(&mut lab);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(3))]));
    lab.settle();
    bounded(&mut lab, 2, 3);
    lab.deploy("shop", stack([("web", service("bad").scale(3))]));
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["bad", "v1", "v1"]);
    assert_eq!(lab.rollout(shop, "web").state, RolloutState::Paused);
    assert_eq!(lab.state(shop, "web"), ServiceState::Blocked);
    assert!(
        lab.reasons(shop, "web")
            .iter()
            .any(|reason| matches!(reason, Reason::NewUnitFailed { number: 1, .. }))
    );
    lab.deploy("shop", stack([("web", service("v3").scale(3))]));
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v3"; 3]);
    assert_eq!(lab.rollout(shop, "web").state, RolloutState::Finished);
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
}

#[test]
fn rolling_back_a_bad_revision_leaves_alone_what_it_never_touched() {
    let mut lab = Lab::with_hosts(2);
    bad_crashes(&mut lab);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(3))]));
    lab.settle();
    let before: Vec<UnitId> = lab.running(shop, "web").iter().map(|unit| unit.id).collect();
    lab.deploy("shop", stack([("web", service("bad").scale(3))]));
    lab.settle();
    lab.deploy("shop", stack([("web", service("v1").scale(3))]));
    lab.settle();
    let after: Vec<UnitId> = lab.running(shop, "web").iter().map(|unit| unit.id).collect();
    assert_eq!(lab.images(shop, "web"), ["v1"; 3]);
    assert_eq!(after[1..], before[1..]);
    assert_ne!(after[0], before[0]);
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
}

#[test]
fn a_rollout_may_go_back_by_itself() {
    for start_first in [false, true] {
        let mut lab = Lab::with_hosts(2);
        bad_crashes(&mut lab);
        let shop = lab.deploy("shop", stack([("web", service("v1").scale(3))]));
        lab.settle();
        bounded(&mut lab, 2, 4);
        let bad = service("bad").scale(3).on_failure(FailureAction::Rollback);
        lab.deploy(
            "shop",
            stack([("web", if start_first { bad.start_first() } else { bad })]),
        );
        lab.settle();
        assert_eq!(lab.images(shop, "web"), ["v1"; 3], "start-first {start_first}");
        assert_eq!(lab.rollout(shop, "web").state, RolloutState::RolledBack);
        assert_eq!(lab.state(shop, "web"), ServiceState::Blocked);
        lab.deploy("shop", stack([("web", service("v2").scale(3))]));
        lab.settle();
        assert_eq!(lab.images(shop, "web"), ["v2"; 3]);
        assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
    }
}

#[test]
fn a_service_that_went_back_to_one_unit_a_host_follows_its_hosts() {
    let mut lab = Lab::with_hosts(2);
    bad_crashes(&mut lab);
    let shop = lab.deploy("shop", stack([("web", service("v1").global())]));
    lab.settle();
    let bad = service("bad").scale(2).on_failure(FailureAction::Rollback);
    lab.deploy("shop", stack([("web", bad)]));
    lab.settle();
    assert_eq!(lab.rollout(shop, "web").state, RolloutState::RolledBack);
    assert_eq!(lab.images(shop, "web"), ["v1"; 2]);
    lab.host(3);
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v1"; 3]);
}

#[test]
fn who_waits_for_a_service_that_went_back_waits_for_what_it_went_back_to() {
    let mut lab = Lab::with_hosts(2);
    bad_crashes(&mut lab);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(1))]));
    lab.settle();
    let bad = service("bad").scale(2).on_failure(FailureAction::Rollback);
    let api = service("api").after("web", Condition::Healthy);
    lab.deploy("shop", stack([("web", bad), ("api", api)]));
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v1"]);
    assert_eq!(lab.images(shop, "api"), ["api"]);
    assert_eq!(lab.state(shop, "api"), ServiceState::Steady);
}

#[test]
fn who_waits_for_a_service_is_looked_at_when_it_goes_back() {
    let mut lab = Lab::with_hosts(2);
    bad_crashes(&mut lab);
    let side = service("side").after("web", Condition::Healthy);
    let shop = lab.deploy("shop", stack([("web", service("v1")), ("side", side.clone())]));
    lab.round();
    let bad = service("bad").scale(2).on_failure(FailureAction::Rollback);
    lab.deploy("shop", stack([("web", bad), ("side", side)]));
    lab.round();
    lab.agents();
    lab.round();
    assert_eq!(lab.rollout(shop, "web").state, RolloutState::RollingBack);
    lab.round();
    assert_eq!(lab.images(shop, "side"), ["side"]);
}

#[test]
fn a_rollout_may_go_on_regardless() {
    let mut lab = Lab::with_hosts(2);
    bad_crashes(&mut lab);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(3))]));
    lab.settle();
    lab.deploy(
        "shop",
        stack([("web", service("bad").scale(3).on_failure(FailureAction::Continue))]),
    );
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["bad"; 3]);
}

#[test]
fn a_rollout_waits_while_it_is_paused_by_hand() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(2))]));
    lab.settle();
    lab.wish(shop, "web", |wish| wish.paused = true);
    lab.deploy("shop", stack([("web", service("v2").scale(2))]));
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v1", "v1"]);
    assert_eq!(lab.reasons(shop, "web"), [Reason::PausedByHand]);
    lab.wish(shop, "web", |wish| wish.paused = false);
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v2", "v2"]);
}

#[test]
fn a_restart_makes_containers_anew_in_batches_and_keeps_the_units() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(3))]));
    lab.settle();
    let before = lab.running(shop, "web");
    bounded(&mut lab, 2, 3);
    lab.wish(shop, "web", |wish| wish.restarts += 1);
    lab.settle();
    let after = lab.running(shop, "web");
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(
            (after.id, after.address, after.generation),
            (before.id, before.address, before.generation.next())
        );
    }
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
}

#[test]
fn only_a_changed_spec_replaces_units() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(2))]));
    lab.settle();
    let before = lab.running(shop, "web");
    lab.deploy(
        "shop",
        stack([("web", service("v1").scale(3).batch(7).start_first())]),
    );
    lab.settle();
    assert_eq!(
        lab.running(shop, "web")[..2],
        before,
        "not even their documents are written again"
    );
}

#[test]
fn global_services_roll_host_by_host() {
    let (lab, shop) = rolled(3, service("v1").global(), service("v2").global(), 2, 3);
    assert_eq!(lab.images(shop, "web"), ["v2"; 3]);
    let hosts: std::collections::BTreeSet<_> =
        lab.running(shop, "web").iter().map(|unit| unit.host).collect();
    assert_eq!(hosts.len(), 3);
}

#[test]
fn the_reason_names_the_keys_that_changed_and_no_value() {
    let (lab, _) = rolled(
        1,
        service("v1").env("TOKEN", "a").env("X", "1"),
        service("v2").env("TOKEN", "b").env("X", "1"),
        0,
        1,
    );
    let why = Reason::SpecChanged {
        keys: vec!["environment.TOKEN".to_owned(), "image".to_owned()],
    };
    let mut writes = lab.committed.iter().flat_map(|decision| &decision.writes);
    assert!(writes.any(|(_, record)| format!("{record:?}").contains(&format!("{why:?}"))));
}

#[test]
fn no_healthy_unit_is_taken_while_another_is_already_missing() {
    let mut lab = Lab::with_hosts(4);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(4))]));
    lab.settle();
    let silent = lab.running(shop, "web")[3].host;
    lab.silence(silent);
    lab.round();
    lab.deploy("shop", stack([("web", service("v2").scale(4))]));
    for _ in 0..10 {
        lab.round();
        lab.agents();
    }
    assert_eq!(
        lab.images(shop, "web"),
        ["v1"; 4],
        "three are healthy, and three have to be"
    );
    lab.hear(silent);
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["v2"; 4]);
}

#[test]
fn numbers_with_gaps_stay_as_they_are_and_the_old_one_still_stops_first() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("v1").volume("data"))]));
    lab.wish(shop, "web", |wish| wish.scale = Some(3));
    lab.fate = Box::new(|_, unit| if unit.number == 1 { Fate::Crash } else { Fate::Up });
    lab.settle();
    lab.wish(shop, "web", |wish| wish.scale = Some(2));
    lab.settle();
    assert_eq!(lab.numbers(shop, "web"), [2, 3]);
    bounded(&mut lab, 1, 2);
    lab.deploy("shop", stack([("web", service("v2").volume("data"))]));
    lab.settle();
    assert_eq!(
        (lab.numbers(shop, "web"), lab.images(shop, "web")),
        (vec![2, 3], vec!["v2".to_owned(); 2])
    );
}
