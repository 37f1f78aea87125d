//! A place in the network, and whether control counts on a host.

use muster_model::assigned::{Presence, ServiceState, UnitWish};
use muster_model::desired::{ConfirmedDead, HostWish};
use muster_model::document::{Document, host_observed_key};
use muster_model::limits::{LOST_AFTER, SUSPECT_AFTER};
use muster_model::{AccountId, HostId, Reason, Timestamp, WallTime};

use crate::lab::Lab;
use crate::spec::{With, name, service, stack};

fn id(number: u32) -> HostId {
    HostId::new(1, number)
}

#[test]
fn each_host_gets_an_address_and_a_slice_of_its_own() {
    let lab = Lab::with_hosts(3);
    let network = |number| lab.world.host(id(number)).unwrap().assigned.unwrap().networks[0].clone();
    assert_eq!(network(1).gateway.to_string(), "10.42.0.1");
    assert_eq!(network(2).gateway.to_string(), "10.42.0.2");
    assert_eq!(network(1).engine_range.to_string(), "10.42.255.240/28");
    assert_eq!(network(3).engine_range.to_string(), "10.42.255.208/28");
    assert_eq!(
        (network(1).name.as_str(), network(1).mtu),
        ("muster-default", 1450)
    );
}

#[test]
fn a_host_is_registering_until_it_is_heard() {
    let mut lab = Lab::new();
    let wish = HostWish::new(id(1), crate::lab::ENV, name("h1"), Default::default());
    lab.put(wish);
    lab.settle();
    assert_eq!(lab.presence(id(1)), Presence::Registering);
    lab.hear(id(1));
    lab.settle();
    assert_eq!(lab.presence(id(1)), Presence::Active);
}

#[test]
fn a_silent_host_is_suspect_at_once_and_lost_after_the_grace() {
    let mut lab = Lab::with_hosts(2);
    lab.silence(id(1));
    lab.round();
    assert_eq!(lab.presence(id(1)), Presence::Suspect);
    lab.now = lab.now + std::time::Duration::from_millis(3_999);
    lab.agenda.touch([muster_control::Subject::Host(id(1))]);
    lab.round();
    assert_eq!(lab.presence(id(1)), Presence::Suspect);
    lab.now = lab.agenda.wake_at().unwrap();
    lab.round();
    assert_eq!(lab.presence(id(1)), Presence::Lost);
    lab.hear(id(1));
    lab.settle();
    assert_eq!(lab.presence(id(1)), Presence::Active);
}

#[test]
fn a_new_leader_judges_a_host_from_its_own_election_on() {
    let mut lab = Lab::with_hosts(2);
    lab.silence(id(1));
    lab.round();
    lab.advance(60);
    lab.new_leader();
    lab.round();
    assert_eq!(
        lab.presence(id(1)),
        Presence::Suspect,
        "the last leader's wait does not count"
    );
    lab.settle();
    assert_eq!(lab.presence(id(1)), Presence::Lost);
}

#[test]
fn units_of_a_suspect_host_stay_and_those_of_a_lost_one_are_made_elsewhere() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(2))]));
    lab.settle();
    let before = lab.running(shop, "web");
    let lost = before[0].host;
    lab.silence(lost);
    lab.round();
    assert_eq!(lab.running(shop, "web"), before);
    lab.settle();
    let after = lab.running(shop, "web");
    assert!(after.iter().all(|unit| unit.host != lost));
    assert_eq!(lab.numbers(shop, "web"), [1, 2]);
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
    let old = lab.world.unit(before[0].id).unwrap().clone();
    assert_eq!(
        old.wish,
        UnitWish::Remove,
        "it ends when its host returns, and holds its address until then"
    );
    assert!(matches!(old.reasons[..], [Reason::HostLost { .. }]));
    lab.hear(lost);
    lab.round();
    assert_eq!(
        lab.presence(lost),
        Presence::Suspect,
        "what was replaced stops before anything new starts"
    );
    lab.settle();
    assert_eq!(lab.presence(lost), Presence::Active);
    assert_eq!(lab.world.units_on(lost).count(), 0);
}

#[test]
fn units_stay_on_a_lost_host_if_there_is_nowhere_to_go() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.settle();
    let before = lab.running(shop, "web");
    lab.silence(id(1));
    lab.settle();
    assert_eq!(lab.state(shop, "web"), ServiceState::Blocked);
    lab.hear(id(1));
    lab.settle();
    assert_eq!(lab.running(shop, "web"), before, "nothing was touched");
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
}

#[test]
fn pinned_units_wait_for_their_host() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("db", service("db").volume("data"))]));
    lab.settle();
    let before = lab.running(shop, "db");
    lab.silence(before[0].host);
    lab.settle();
    assert_eq!(lab.running(shop, "db"), before);
    let host = lab.world.host(before[0].host).unwrap().wish.unwrap().name.clone();
    assert!(lab.reasons(shop, "db").contains(&Reason::WaitsForHost { host }));
    assert_eq!(lab.state(shop, "db"), ServiceState::Blocked);
}

#[test]
fn an_exclusive_unit_moves_only_after_its_fence_and_on_the_session_it_was_judged_on() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("one", service("one").exclusive())]));
    lab.settle();
    let before = lab.running(shop, "one");
    let lost = before[0].host;
    lab.silence(lost);
    lab.settle();
    assert_eq!(lab.presence(lost), Presence::Lost);
    assert_eq!(lab.running(shop, "one"), before, "there is no fence yet");
    let fence = lab.now + std::time::Duration::from_secs(30);
    lab.fences.insert(lost, fence);
    lab.touch(shop, "one");
    lab.round();
    assert_eq!(lab.running(shop, "one"), before);
    assert_eq!(lab.agenda.wake_at(), Some(fence));
    lab.now = fence - std::time::Duration::from_millis(1);
    lab.touch(shop, "one");
    lab.round();
    assert_eq!(lab.running(shop, "one"), before);
    lab.now = fence;
    lab.round();
    let after = lab.running(shop, "one");
    assert_eq!(after.len(), 1);
    assert_ne!(after[0].host, lost);
    let observed = lab.world.host(lost).unwrap().observed.unwrap().modified;
    let made = lab
        .committed
        .iter()
        .find(|one| one.writes.iter().any(|(key, _)| *key == after[0].key()))
        .unwrap();
    assert!(made.expects.contains(&(host_observed_key(lost), Some(observed))));
}

#[test]
fn those_who_fell_silent_together_come_back_one_by_one() {
    let mut lab = Lab::with_hosts(4);
    lab.deploy("shop", stack([("web", service("web").scale(8))]));
    lab.settle();
    for number in 1..=3 {
        lab.silence(id(number));
    }
    lab.round();
    lab.now = lab.now + LOST_AFTER * 3;
    lab.agenda.touch_all(&lab.world);
    lab.round();
    assert_eq!(
        [1, 2, 3].map(|number| lab.presence(id(number))),
        [Presence::Suspect; 3]
    );
    // The way to them is whole again; the others dial in within seconds.
    lab.hear(id(3));
    lab.agenda.touch_all(&lab.world);
    lab.round();
    assert_eq!(
        [1, 2, 3].map(|number| lab.presence(id(number))),
        [Presence::Suspect, Presence::Suspect, Presence::Active]
    );
    lab.hear(id(2));
    lab.agenda.touch_all(&lab.world);
    lab.round();
    assert_eq!(lab.presence(id(1)), Presence::Suspect);
    // Who does not come was lost after all.
    lab.now = lab.now + LOST_AFTER;
    lab.round();
    assert_eq!(lab.presence(id(1)), Presence::Lost);
    // Another one, later, is lost as soon as ever.
    lab.silence(id(3));
    lab.round();
    lab.now = lab.now + (LOST_AFTER - SUSPECT_AFTER);
    lab.round();
    assert_eq!(lab.presence(id(3)), Presence::Lost);
}

#[test]
fn if_most_hosts_fall_silent_together_nobody_is_taken_for_lost() {
    let mut lab = Lab::with_hosts(5);
    for number in 1..=3 {
        lab.silence(id(number));
    }
    lab.settle();
    for _ in 0..20 {
        lab.advance(10);
        lab.round();
    }
    assert!((1..=3).all(|number| lab.presence(id(number)) == Presence::Suspect));
    lab.hear(id(1));
    lab.settle();
    lab.advance(10);
    lab.settle();
    assert_eq!(
        (lab.presence(id(1)), lab.presence(id(2))),
        (Presence::Active, Presence::Lost)
    );
}

#[test]
fn two_of_three_hosts_may_be_lost_and_so_may_those_that_fail_one_by_one() {
    let mut lab = Lab::with_hosts(3);
    lab.silence(id(1));
    lab.silence(id(2));
    lab.settle();
    assert_eq!(
        (lab.presence(id(1)), lab.presence(id(2))),
        (Presence::Lost, Presence::Lost)
    );
    let mut lab = Lab::with_hosts(5);
    for number in 1..=4 {
        lab.silence(id(number));
        lab.settle();
        lab.advance(3_600);
        assert_eq!(lab.presence(id(number)), Presence::Lost, "h{number}");
    }
}

#[test]
fn a_host_that_leaves_takes_its_documents_along_and_its_units_are_made_elsewhere() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy(
        "shop",
        stack([
            ("web", service("web").scale(2)),
            ("db", service("db").volume("data")),
        ]),
    );
    lab.settle();
    let left = lab.running(shop, "db")[0].host;
    let key = lab.world.host(left).unwrap().wish.unwrap().key();
    lab.delete(&key);
    lab.settle();
    assert_eq!(lab.numbers(shop, "web"), [1, 2]);
    assert_eq!(lab.numbers(shop, "db"), [1]);
    assert!(lab.world.units().all(|unit| unit.host != left));
    assert!(lab.world.volumes().all(|volume| volume.host != left));
    assert!(lab.world.host(left).unwrap().assigned.is_none());
    assert!(lab.now > Timestamp(0));
}

#[test]
fn what_ran_on_a_host_that_somebody_says_is_dead_moves_at_once_and_addresses_are_free() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy(
        "shop",
        stack([
            ("one", service("one").exclusive()),
            ("web", service("web").scale(2)),
            ("db", service("db").volume("data")),
        ]),
    );
    lab.settle();
    let before = lab.running(shop, "one");
    let (dead, address) = (before[0].host, before[0].address);
    lab.silence(dead);
    lab.round();
    confirm_dead(&mut lab, dead);
    let began = lab.now;
    lab.round();
    lab.agents();
    lab.round();
    assert_eq!(
        (lab.presence(dead), lab.now),
        (Presence::Lost, began),
        "no grace, no lease"
    );
    assert!(lab.running(shop, "one").iter().all(|unit| unit.host != dead));
    assert!(lab.running(shop, "web").iter().all(|unit| unit.host != dead));
    let old = lab.world.unit(before[0].id).unwrap();
    assert_eq!((old.wish, old.address), (UnitWish::Remove, None));
    let free = |lab: &Lab| {
        lab.world
            .address_holder(crate::lab::ENV, address.unwrap())
            .is_none()
    };
    assert!(free(&lab));
    lab.hear(dead);
    lab.round();
    assert_eq!(lab.presence(dead), Presence::Suspect, "it first ends what it had");
    lab.settle();
    assert_eq!(lab.presence(dead), Presence::Active);
    lab.silence(dead);
    lab.round();
    assert_eq!(
        lab.presence(dead),
        Presence::Suspect,
        "that was about another silence"
    );
}

#[test]
fn of_hosts_that_fell_silent_together_the_one_that_is_dead_is_given_up() {
    let mut lab = Lab::with_hosts(4);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(4))]));
    lab.settle();
    for number in [1, 2, 3] {
        lab.silence(id(number));
    }
    lab.settle();
    assert_eq!(lab.presence(id(1)), Presence::Suspect, "the brake");
    confirm_dead(&mut lab, id(1));
    lab.settle();
    assert_eq!(lab.presence(id(1)), Presence::Lost);
    assert_eq!(lab.presence(id(2)), Presence::Suspect);
    assert!(lab.running(shop, "web").iter().all(|unit| unit.host != id(1)));
}

fn confirm_dead(lab: &mut Lab, host: HostId) {
    let session = lab.world.host(host).unwrap().observed.unwrap().session.id;
    let said = ConfirmedDead {
        session,
        by: AccountId::new(1, 1),
        at: WallTime(0),
    };
    lab.change_host(host, |wish| wish.confirmed_dead = Some(said));
}

#[test]
fn an_operator_may_say_that_hosts_that_fell_silent_together_are_given_up() {
    let mut lab = Lab::with_hosts(5);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(5))]));
    lab.settle();
    for number in [1, 2, 3] {
        lab.silence(id(number));
    }
    lab.settle();
    let braked = |lab: &Lab| {
        (1..=5)
            .filter(|n| lab.world.host(id(*n)).unwrap().assigned.unwrap().braked)
            .count()
    };
    assert_eq!((braked(&lab), lab.world.hosts_braked()), (3, 3));
    let held = |reason: &Reason| matches!(reason, Reason::HeldByBrake { .. });
    assert_eq!(
        lab.reasons(shop, "web")
            .iter()
            .filter(|reason| held(reason))
            .count(),
        3
    );
    lab.release_brake();
    lab.settle();
    assert!(
        [1, 2, 3]
            .iter()
            .all(|number| lab.presence(id(*number)) == Presence::Lost)
    );
    assert_eq!((braked(&lab), lab.state(shop, "web")), (0, ServiceState::Steady));
    for number in [1, 2, 3] {
        lab.hear(id(number));
    }
    lab.settle();
    for number in [2, 3, 4] {
        lab.silence(id(number));
    }
    lab.settle();
    assert_eq!(braked(&lab), 3, "that was about another silence");
}

#[test]
fn an_environment_says_how_soon_its_hosts_are_lost() {
    let mut lab = Lab::with_hosts(2);
    lab.change_environment(|environment| {
        environment.timings.suspect_after_ms = Some(8_000);
        environment.timings.lost_after_ms = Some(20_000);
    });
    lab.silence(id(1));
    lab.round();
    lab.now = lab.now + std::time::Duration::from_millis(11_999);
    lab.agenda.touch([muster_control::Subject::Host(id(1))]);
    lab.round();
    assert_eq!(lab.presence(id(1)), Presence::Suspect);
    lab.now = lab.agenda.wake_at().unwrap();
    lab.round();
    assert_eq!(lab.presence(id(1)), Presence::Lost);
}

#[test]
fn a_host_that_comes_and_goes_gets_units_last_until_it_has_been_calm() {
    let mut lab = Lab::with_hosts(2);
    for _ in 0..3 {
        lab.silence(id(1));
        lab.settle();
        assert_eq!(lab.presence(id(1)), Presence::Lost);
        lab.hear(id(1));
        lab.settle();
    }
    let losses = |lab: &Lab| lab.world.host(id(1)).unwrap().assigned.unwrap().losses;
    assert_eq!(losses(&lab), 3);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(3))]));
    lab.settle();
    assert!(lab.running(shop, "web").iter().all(|unit| unit.host == id(2)));
    lab.deploy("log", stack([("log", service("log").global())]));
    lab.settle();
    assert_eq!(
        lab.world.units_on(id(1)).count(),
        1,
        "what every host has, it has"
    );
    lab.change_host(id(2), |wish| wish.cordoned = true);
    lab.wish(shop, "web", |wish| wish.scale = Some(4));
    lab.settle();
    assert_eq!(lab.world.units_on(id(1)).count(), 2, "better there than nowhere");
    lab.advance(590);
    lab.agenda.touch([muster_control::Subject::Host(id(1))]);
    lab.round();
    assert_eq!(losses(&lab), 3);
    lab.advance(10);
    lab.settle();
    assert_eq!(losses(&lab), 0);
}
