//! Random histories: what must never be is looked for after every commit, and at the end everything comes to rest as
//! wished, whatever happened before.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_control::World;
use muster_model::assigned::{Presence, RolloutState, ServiceState, Unit, UnitWish};
use muster_model::desired::{FailureAction, ServiceSpec};
use muster_model::document::Document;
use muster_model::{HostId, Reason, StackId, UnitId};
use proptest::prelude::*;

use crate::lab::{ENV, Fate, Lab, picture};
use crate::spec::{With, name, service, stack};

#[derive(Debug, Clone)]
enum Step {
    Deploy { title: usize, variant: u8, image: u8 },
    Remove { title: usize },
    Scale { title: usize, scale: u32 },
    Restart { title: usize },
    Pause { title: usize, paused: bool },
    Silence { host: u32, fenced_after: u64 },
    Hear { host: u32 },
    Cordon { host: u32, cordoned: bool },
    Join { host: u32 },
    Leave { host: u32 },
    Crash { image: u8 },
    Round,
    Agents,
    Advance { seconds: u64 },
    NewLeader,
}

const TITLES: [&str; 3] = ["a", "b", "c"];
const HOSTS: u32 = 4;

fn step() -> impl Strategy<Value = Step> {
    let (title, host) = (0..TITLES.len(), 1..=HOSTS);
    prop_oneof![
        4 => (title.clone(), 0..8u8, 0..4u8).prop_map(|(title, variant, image)| Step::Deploy { title, variant, image }),
        1 => title.clone().prop_map(|title| Step::Remove { title }),
        2 => (title.clone(), 0..6u32).prop_map(|(title, scale)| Step::Scale { title, scale }),
        1 => title.clone().prop_map(|title| Step::Restart { title }),
        1 => (title, any::<bool>()).prop_map(|(title, paused)| Step::Pause { title, paused }),
        3 => (host.clone(), 0..12u64).prop_map(|(host, fenced_after)| Step::Silence { host, fenced_after }),
        2 => host.clone().prop_map(|host| Step::Hear { host }),
        1 => (host.clone(), any::<bool>()).prop_map(|(host, cordoned)| Step::Cordon { host, cordoned }),
        1 => host.clone().prop_map(|host| Step::Join { host }),
        1 => host.prop_map(|host| Step::Leave { host }),
        1 => (0..4u8).prop_map(|image| Step::Crash { image }),
        8 => Just(Step::Round),
        8 => Just(Step::Agents),
        3 => (1..10u64).prop_map(|seconds| Step::Advance { seconds }),
        1 => Just(Step::NewLeader),
    ]
}

/// The services of a stack; the image tells specs apart and may crash.
fn spec(variant: u8, image: u8) -> ServiceSpec {
    let spec = service(&format!("image{image}"));
    match variant {
        0 => spec.scale(3),
        1 => spec.port(8080),
        2 => spec.scale(3).start_first().batch(2),
        3 => spec
            .scale(2)
            .port(None)
            .port(None)
            .on_failure(FailureAction::Rollback),
        4 => spec.global(),
        5 => spec.volume("data").on_failure(FailureAction::Continue),
        6 => spec.exclusive(),
        _ => spec.port(8080).start_first().interval(2_000).scale(2),
    }
}

/// The fate of units whose image crashes.
fn crash(lab: &mut Lab, image: u8) {
    let image = format!("image{image}");
    lab.fate = Box::new(move |world, unit| {
        let spec = world.service_spec(unit.stack, unit.revision, &unit.service);
        let crashes = spec.is_some_and(|spec| spec.unit.primary.image.as_str() == image);
        if crashes { Fate::Crash } else { Fate::Up }
    });
}

fn known(lab: &Lab, title: usize) -> Option<StackId> {
    lab.world
        .stack_by_name(ENV, &name(TITLES[title]))
        .filter(|stack| !stack.removed)
        .map(|stack| stack.id)
}

fn perform(lab: &mut Lab, step: &Step) {
    let there = |lab: &Lab, host: u32| {
        lab.world
            .host(HostId::new(1, host))
            .filter(|host| host.wish.is_some() && host.observed.is_some())
            .map(|host| host.id)
    };
    match step {
        Step::Deploy {
            title,
            variant,
            image,
        } => {
            let removed = lab
                .world
                .stack_by_name(ENV, &name(TITLES[*title]))
                .is_some_and(|stack| stack.removed);
            if !removed {
                let after = service("side").after("web", muster_model::desired::Condition::Healthy);
                lab.deploy(
                    TITLES[*title],
                    stack([("web", spec(*variant, *image)), ("side", after)]),
                );
            }
        }
        Step::Remove { title } => known(lab, *title).into_iter().for_each(|stack| lab.remove(stack)),
        Step::Scale { title, scale } => {
            known(lab, *title)
                .into_iter()
                .for_each(|stack| lab.wish(stack, "web", |wish| wish.scale = Some(*scale)));
        }
        Step::Restart { title } => {
            known(lab, *title)
                .into_iter()
                .for_each(|stack| lab.wish(stack, "web", |wish| wish.restarts += 1));
        }
        Step::Pause { title, paused } => {
            known(lab, *title)
                .into_iter()
                .for_each(|stack| lab.wish(stack, "web", |wish| wish.paused = *paused));
        }
        Step::Silence { host, fenced_after } => {
            if let Some(host) = there(lab, *host) {
                lab.silence(host);
                // Whoever sees a silence knows when the lease runs out.
                let at = lab.now + Duration::from_secs(*fenced_after);
                lab.fences.entry(host).or_insert(at);
            }
        }
        Step::Hear { host } => there(lab, *host).into_iter().for_each(|host| lab.hear(host)),
        Step::Cordon { host, cordoned } => {
            if let Some(host) = there(lab, *host) {
                lab.change_host(host, |wish| wish.cordoned = *cordoned);
            }
        }
        Step::Join { host } => {
            if lab.world.host(HostId::new(1, *host)).is_none() {
                lab.host(*host);
            }
        }
        Step::Leave { host } => {
            if let Some(host) = there(lab, *host) {
                let (wish, observed) = (
                    lab.world.host(host).unwrap().wish,
                    lab.world.host(host).unwrap().observed,
                );
                let keys = [wish.unwrap().key(), observed.unwrap().key()];
                keys.iter().for_each(|key| lab.delete(key));
            }
        }
        Step::Crash { image } => crash(lab, *image),
        Step::Round => drop(lab.round()),
        Step::Agents => drop(lab.agents()),
        Step::Advance { seconds } => lab.advance(*seconds),
        Step::NewLeader => lab.new_leader(),
    }
    // A fence holds for the silence it was worked out for.
    let heard: BTreeSet<HostId> = lab
        .world
        .all_hosts()
        .filter(|host| host.heard())
        .map(|host| host.id)
        .collect();
    lab.fences.retain(|host, _| !heard.contains(host));
}

/// All hosts are in touch, nothing crashes, nobody pauses.
fn heal(lab: &mut Lab) {
    for host in 1..=HOSTS {
        perform(lab, &Step::Hear { host });
        perform(
            lab,
            &Step::Cordon {
                host,
                cordoned: false,
            },
        );
        perform(lab, &Step::Join { host });
    }
    for title in 0..TITLES.len() {
        perform(lab, &Step::Pause { title, paused: false });
    }
    crash(lab, 99);
    lab.settle();
}

/// Remembers the units that are to go and whose own host has ended them, because its lease ran out while it was lost.
fn note_ended(lab: &Lab, ended: &mut BTreeSet<UnitId>) {
    let is_over = |unit: &Unit| {
        let lost = lab
            .world
            .host(unit.host)
            .is_none_or(|host| host.presence() == Presence::Lost);
        lost && lab.fences.get(&unit.host).is_some_and(|at| *at <= lab.now)
    };
    let units = lab.world.units().filter(|unit| unit.wish == UnitWish::Remove);
    ended.extend(units.filter(|unit| is_over(unit)).map(|unit| unit.id));
}

/// One alive at most of each exclusive service, wherever its host may be.
fn assert_exclusive(world: &World, ended: &BTreeSet<UnitId>) {
    let lost = |host: HostId| {
        world
            .host(host)
            .is_some_and(|host| host.presence() == Presence::Lost)
    };
    for head in world.all_stacks() {
        for service in world.services_left(head.id) {
            let alive = |unit: &&Unit| {
                let spec = world.service_spec(unit.stack, unit.revision, &unit.service);
                spec.is_some_and(|spec| spec.exclusive) && !ended.contains(&unit.id) && !lost(unit.host)
            };
            let count = world
                .units_of(head.id, &service)
                .map(|unit| &*unit.doc)
                .filter(alive)
                .count();
            assert!(count <= 1, "{count} alive of {service}");
        }
    }
}

/// Every way into the documents leads to the same ones.
fn assert_indexes_agree(world: &World) {
    for unit in world.units() {
        assert!(
            world
                .units_of(unit.stack, &unit.service)
                .any(|other| other.id == unit.id)
        );
        assert!(world.units_on(unit.host).any(|other| other.id == unit.id));
        assert!(
            unit.address
                .is_none_or(|address| world.address_holder(ENV, address) == Some(unit.id))
        );
    }
    for host in world.all_hosts() {
        assert_eq!(world.units_on(host.id).count(), host.load.units as usize);
    }
    let by_service: usize = world
        .all_stacks()
        .map(|stack| {
            world
                .services_left(stack.id)
                .map(|service| world.units_of(stack.id, &service).count())
                .sum::<usize>()
        })
        .sum();
    assert_eq!(by_service, world.units().count());
}

fn perform_all(lab: &mut Lab, steps: &[Step]) {
    let mut ended = BTreeSet::new();
    for step in steps {
        perform(lab, step);
        note_ended(lab, &mut ended);
        assert_exclusive(&lab.world, &ended);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 3000, ..ProptestConfig::default() })]

    /// The labs check ports, addresses and commits themselves.
    #[test]
    fn after_any_history_all_comes_to_rest_as_wished(steps in prop::collection::vec(step(), 1..80)) {
        let mut lab = Lab::with_hosts(2);
        perform_all(&mut lab, &steps);
        heal(&mut lab);
        assert_indexes_agree(&lab.world);
        for head in lab.world.all_stacks().map(|head| (*head.doc).clone()).collect::<Vec<_>>() {
            if head.removed {
                prop_assert_eq!(lab.world.services_left(head.id).count(), 0);
                continue;
            }
            for service in lab.world.services(head.id) {
                let verdict = lab.verdict(head.id, service.as_str());
                let rollout = lab.world.rollout(head.id, &service).map(|rollout| rollout.state);
                // A rollout that failed waits for a person; ports and volumes may be short; the rest must be as wished.
                let person = matches!(rollout, Some(RolloutState::Paused | RolloutState::RolledBack));
                let short = verdict.reasons.iter().any(|reason| matches!(reason, Reason::NoHost { .. }));
                let waits = verdict.reasons.iter().any(|reason| matches!(reason, Reason::WaitsForService { .. }));
                prop_assert!(
                    person || short || waits || verdict.state == ServiceState::Steady,
                    "{:?} {:?}", verdict, rollout
                );
            }
        }
        prop_assert!(lab.world.units().all(|unit| unit.wish == UnitWish::Run));
        // A look at everyone finds nothing that events missed.
        lab.agenda.touch_all(&lab.world.clone());
        prop_assert_eq!(lab.round().commits, []);
        let before = picture(&lab.world);
        lab.new_leader();
        lab.settle();
        prop_assert_eq!(picture(&lab.world), before);
    }

    /// Events alone reach in every round what a look at everyone reaches.
    #[test]
    fn events_reach_what_a_full_scan_reaches(steps in prop::collection::vec(step(), 1..60)) {
        events_are_enough(&steps);
    }
}

fn events_are_enough(steps: &[Step]) {
    let (mut events, mut scan) = (Lab::with_hosts(2), Lab::with_hosts(2));
    for step in steps {
        if matches!(step, Step::Round) {
            scan.agenda.touch_all(&scan.world.clone());
        }
        perform(&mut events, step);
        perform(&mut scan, step);
        assert_eq!(picture(&events.world), picture(&scan.world), "after {step:?}");
    }
    assert!(events.world == scan.world);
}

#[test]
fn who_becomes_exclusive_is_looked_at_when_the_lease_of_a_lost_host_has_run_out() {
    let deploy = |variant| Step::Deploy {
        title: 1,
        variant,
        image: 0,
    };
    events_are_enough(&[
        deploy(0),
        Step::Round,
        Step::Silence {
            host: 1,
            fenced_after: 6,
        },
        deploy(6),
        Step::Round,
        Step::Advance { seconds: 4 },
        Step::Round,
        Step::Round,
        Step::Advance { seconds: 2 },
        Step::Round,
    ]);
}

#[test]
fn what_its_own_host_has_ended_is_not_counted_when_the_host_is_back() {
    let deploy = |variant| Step::Deploy {
        title: 1,
        variant,
        image: 0,
    };
    let steps = [
        deploy(6),
        Step::Round,
        Step::Silence {
            host: 1,
            fenced_after: 0,
        },
        deploy(3),
        Step::Round,
        deploy(6),
        Step::Advance { seconds: 4 },
        Step::Round,
        Step::Agents,
        Step::Round,
        Step::Hear { host: 1 },
        Step::Round,
    ];
    perform_all(&mut Lab::with_hosts(2), &steps);
}
