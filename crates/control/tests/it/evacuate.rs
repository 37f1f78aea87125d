//! Hosts that are being evacuated.

use muster_control::staying;
use muster_model::assigned::{ServiceState, Unit, UnitWish};
use muster_model::desired::Evacuation;
use muster_model::reason::Misfit;
use muster_model::{HostId, Reason, WallTime};

use crate::lab::{Fate, Lab};
use crate::spec::{With, name, service, stack};

fn id(number: u32) -> HostId {
    HostId::new(1, number)
}

fn evacuate(lab: &mut Lab, host: HostId) {
    lab.change_host(host, |wish| {
        wish.cordoned = true;
        wish.evacuation = Some(Evacuation {
            since: WallTime(0),
            deadline: None,
        });
    });
}

fn activate(lab: &mut Lab, host: HostId) {
    lab.change_host(host, |wish| (wish.cordoned, wish.evacuation) = (false, None));
}

/// Why each unit is still on `h1`.
fn why(lab: &Lab) -> Vec<Option<Reason>> {
    staying(&lab.world, id(1))
        .into_iter()
        .map(|unit| unit.why)
        .collect()
}

fn are_well(lab: &Lab, units: &[Unit]) -> usize {
    let up = |unit: &&Unit| lab.world.status(unit.id).is_some_and(|status| status.is_up());
    units.iter().filter(up).count()
}

#[test]
fn a_replacement_is_up_before_a_stateless_unit_ends_one_at_a_time() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(6))]));
    lab.settle();
    evacuate(&mut lab, id(1));
    for _ in 0..40 {
        lab.round();
        let running = lab.running(shop, "web");
        assert!(
            running.len() <= 7,
            "one more than wanted at most: {}",
            running.len()
        );
        assert!(
            are_well(&lab, &running) >= 6,
            "none ends before its replacement is up"
        );
        let all = lab.world.units_of(shop, &name("web")).count();
        assert!(all <= 7, "those that have not ended yet count too: {all}");
        lab.agents();
    }
    lab.settle();
    assert!(lab.running(shop, "web").iter().all(|unit| unit.host == id(2)));
    assert_eq!(lab.numbers(shop, "web"), [1, 2, 3, 4, 5, 6]);
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
    assert_eq!(lab.world.units_on(id(1)).count(), 0);
    assert_eq!(why(&lab), []);
    activate(&mut lab, id(1));
    lab.settle();
    assert_eq!(
        lab.world.units_on(id(1)).count(),
        0,
        "nothing moves back by itself"
    );
}

#[test]
fn services_that_start_first_move_a_batch_at_a_time() {
    let mut lab = Lab::with_hosts(2);
    let web = service("web").scale(6).start_first().batch(2);
    let shop = lab.deploy("shop", stack([("web", web)]));
    lab.settle();
    evacuate(&mut lab, id(1));
    lab.round();
    assert_eq!(lab.running(shop, "web").len(), 8);
}

#[test]
fn a_replacement_that_does_not_come_up_ends_nothing() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(2))]));
    lab.settle();
    let before = lab.running(shop, "web");
    lab.fate = Box::new(
        |_, unit| match unit.host == HostId::new(1, 2) && unit.number == 1 {
            true => Fate::Crash,
            false => Fate::Up,
        },
    );
    let first = before.iter().find(|unit| unit.number == 1).unwrap().host;
    assert_eq!(first, id(1));
    evacuate(&mut lab, id(1));
    lab.settle();
    lab.advance(600);
    lab.settle();
    let stays = lab.world.unit(before[0].id).unwrap();
    assert_eq!(stays.wish, UnitWish::Run);
    activate(&mut lab, id(1));
    lab.settle();
    assert_eq!(
        lab.running(shop, "web"),
        before,
        "the one that is up stays, the other goes"
    );
}

#[test]
fn an_exclusive_unit_ends_first_and_no_lease_is_waited_for() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("one", service("one").exclusive())]));
    lab.settle();
    evacuate(&mut lab, id(1));
    lab.round();
    assert_eq!(lab.running(shop, "one"), [], "it is asked to end");
    lab.round();
    assert_eq!(lab.running(shop, "one"), [], "its agent has not said so yet");
    let began = lab.now;
    lab.settle();
    assert_eq!(lab.running(shop, "one")[0].host, id(2));
    assert_eq!(lab.now, began, "nothing was waited for");
}

#[test]
fn what_cannot_leave_stays_and_says_why() {
    let mut lab = Lab::with_hosts(1);
    let all = stack([
        ("db", service("db").volume("data")),
        ("log", service("log").global()),
        ("one", service("one").exclusive()),
        ("web", service("web").scale(2)),
    ]);
    let shop = lab.deploy("shop", all);
    lab.settle();
    evacuate(&mut lab, id(1));
    lab.settle();
    let host = name("h1");
    for service in ["db", "log", "one", "web"] {
        assert!(!lab.running(shop, service).is_empty(), "{service} runs");
        assert_eq!(lab.state(shop, service), ServiceState::Steady, "{service}");
    }
    let staying = staying(&lab.world, id(1));
    let why = |service: &str| {
        let unit = staying
            .iter()
            .find(|unit| unit.unit.service == name(service))
            .unwrap();
        unit.why.clone().unwrap()
    };
    assert_eq!(why("db"), Reason::DataStays { host: host.clone() });
    assert_eq!(why("log"), Reason::BelongsToHost { host: host.clone() });
    for service in ["one", "web"] {
        let Reason::CannotLeave { refusals, .. } = why(service) else {
            panic!("{service}: {}", why(service))
        };
        assert_eq!(refusals[0].why, Misfit::Cordoned);
    }
    assert!(matches!(
        lab.reasons(shop, "web")[..],
        [Reason::CannotLeave { .. }]
    ));
    lab.host(2);
    lab.settle();
    assert!(
        lab.running(shop, "web").iter().all(|unit| unit.host == id(2)),
        "there is room now"
    );
    assert_eq!(lab.running(shop, "one")[0].host, id(2));
    assert_eq!(lab.running(shop, "db")[0].host, id(1));
}

#[test]
fn a_job_that_has_ended_is_not_done_again() {
    let mut lab = Lab::with_hosts(2);
    lab.fate = Box::new(|_, _| Fate::Finish);
    let shop = lab.deploy("shop", stack([("job", service("job"))]));
    lab.settle();
    let before = lab.running(shop, "job");
    evacuate(&mut lab, before[0].host);
    lab.settle();
    assert_eq!(lab.running(shop, "job"), before);
    assert!(matches!(why(&lab)[..], [Some(Reason::HasEnded { .. })]));
}

#[test]
fn a_rollout_takes_what_is_outdated_along_and_evacuation_the_rest() {
    let mut lab = Lab::with_hosts(3);
    let shop = lab.deploy("shop", stack([("web", service("web:1").scale(6))]));
    lab.settle();
    evacuate(&mut lab, id(1));
    lab.round();
    lab.deploy("shop", stack([("web", service("web:2").scale(6))]));
    lab.settle();
    assert!(lab.running(shop, "web").iter().all(|unit| unit.host != id(1)));
    assert_eq!(lab.images(shop, "web"), vec!["web:2"; 6]);
    assert_eq!(lab.numbers(shop, "web"), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_host_that_is_lost_while_it_is_evacuated_is_lost_like_any_other() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(4))]));
    lab.settle();
    evacuate(&mut lab, id(1));
    lab.round();
    lab.silence(id(1));
    lab.settle();
    let running = lab.running(shop, "web");
    assert!(running.len() == 4 && running.iter().all(|unit| unit.host == id(2)));
    lab.hear(id(1));
    lab.settle();
    assert_eq!(lab.world.units_on(id(1)).count(), 0);
}
