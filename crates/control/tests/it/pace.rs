//! How many new units may fail, and how fast it goes back.

use std::cell::Cell;
use std::rc::Rc;

use muster_model::assigned::{RolloutState, UnitWish};
use muster_model::desired::{FailureAction, ServiceSpec};
use muster_model::{Reason, StackId};

use crate::lab::{Fate, Lab};
use crate::spec::{With, service, stack};

/// Four units of v1, of which those of `bad` with a number up to `fails` will crash.
fn running(fails: u32, v1: ServiceSpec) -> (Lab, StackId) {
    let mut lab = Lab::with_hosts(2);
    lab.fate = Box::new(move |world, unit| {
        let spec = world
            .service_spec(unit.stack, unit.revision, &unit.service)
            .unwrap();
        match spec.unit.primary.image.as_str() == "bad" && unit.number <= fails {
            true => Fate::Crash,
            false => Fate::Up,
        }
    });
    let shop = lab.deploy("shop", stack([("web", v1.scale(4))]));
    lab.settle();
    (lab, shop)
}

/// How many units were on their way out at once.
fn gone_at_once(lab: &mut Lab) -> Rc<Cell<usize>> {
    let most = Rc::new(Cell::new(0));
    let seen = most.clone();
    lab.watch = Box::new(move |world| {
        let leaving = world.units().filter(|unit| unit.wish == UnitWish::Remove).count();
        seen.set(seen.get().max(leaving));
    });
    most
}

#[test]
fn a_rollout_goes_on_while_no_more_fail_than_may() {
    for (fails, permille, images) in [
        (1, 0, ["bad", "v1", "v1", "v1"]),
        (1, 249, ["bad", "v1", "v1", "v1"]),
        (1, 250, ["bad", "bad", "bad", "bad"]),
        (2, 250, ["bad", "bad", "v1", "v1"]),
        (4, 999, ["bad", "bad", "bad", "bad"]),
    ] {
        let (mut lab, shop) = running(fails, service("v1"));
        lab.deploy(
            "shop",
            stack([("web", service("bad").scale(4).may_fail(permille))]),
        );
        lab.settle();
        assert_eq!(lab.images(shop, "web"), images, "{fails} fail, {permille} may");
        let state = match images[3] {
            "bad" if fails < 4 => RolloutState::Finished,
            _ => RolloutState::Paused,
        };
        assert_eq!(lab.rollout(shop, "web").state, state);
        let named = lab
            .reasons(shop, "web")
            .iter()
            .any(|reason| matches!(reason, Reason::NewUnitFailed { .. }));
        assert_eq!(named, state == RolloutState::Paused);
    }
}

#[test]
fn no_more_than_a_batch_and_those_that_may_fail_are_missing() {
    let (mut lab, shop) = running(1, service("v1"));
    lab.watch = Box::new(|world| {
        let up =
            |unit: &muster_model::assigned::Unit| world.status(unit.id).is_some_and(|status| status.is_up());
        let well = world
            .units()
            .filter(|unit| unit.wish == UnitWish::Run && up(unit))
            .count();
        assert!(
            well >= 2,
            "{well} are well: one batch and one that may fail are missing"
        );
    });
    lab.deploy("shop", stack([("web", service("bad").scale(4).may_fail(250))]));
    lab.settle();
    assert_eq!(lab.images(shop, "web"), ["bad"; 4]);
}

#[test]
fn it_goes_back_as_what_it_goes_back_to_says() {
    let plain = service("v1");
    let fast = || service("v1").back(|policy| policy.batch_size = 0);
    for (v1, at_once) in [(plain, 1), (fast(), 3)] {
        let (mut lab, shop) = running(4, v1);
        let bad = service("bad")
            .scale(4)
            .may_fail(500)
            .on_failure(FailureAction::Rollback);
        let most = gone_at_once(&mut lab);
        lab.deploy("shop", stack([("web", bad)]));
        lab.settle();
        assert_eq!(lab.images(shop, "web"), ["v1"; 4]);
        assert_eq!(lab.rollout(shop, "web").state, RolloutState::RolledBack);
        assert_eq!(most.get(), at_once);
    }
}

#[test]
fn a_rollback_by_hand_has_the_same_pace() {
    let fast = || service("v1").back(|policy| policy.batch_size = 0);
    for (rollback_of, at_once) in [(None, 1), (Some(1), 4)] {
        let (mut lab, shop) = running(0, fast());
        lab.deploy("shop", stack([("web", service("v2").scale(4))]));
        lab.settle();
        let most = gone_at_once(&mut lab);
        lab.accept("shop", stack([("web", fast().scale(4))]), rollback_of);
        lab.settle();
        assert_eq!(lab.images(shop, "web"), ["v1"; 4]);
        assert_eq!(most.get(), at_once, "rollback of {rollback_of:?}");
    }
}
