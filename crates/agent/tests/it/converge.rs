//! From what is wished and what happens to what runs, over the little engine.

use std::time::Duration;

use muster_agent::engine::fake::{Deed, FakeEngine};
use muster_agent::engine::{CreateContainer, Failure, Owner, Verb};
use muster_agent::logic::{Input, Lane};
use muster_model::assigned::UnitWish;
use muster_model::desired::{Healthcheck, HealthcheckTest, ImageRef, PullPolicy, RestartPolicy};
use muster_model::limits::RESTART_BACKOFF_MIN;
use muster_model::link::FromAgent;
use muster_model::observed::{Health, Phase};
use muster_model::{Digest, Generation, VolumeId};

use crate::rig::Rig;
use crate::wish::{
    host, id, name, network, table, unit, volume, with_port, with_sidekick, with_spec, with_volume,
};

fn starts(engine: &FakeEngine, name: &str) -> usize {
    engine
        .ledger()
        .iter()
        .filter(|line| line.name == name && line.deed == Deed::Started)
        .count()
}

#[test]
fn a_start_costs_a_create_and_a_start_and_an_image_is_looked_for_once() {
    let rig = Rig::with(&table(1, (1..=30).map(unit)));
    let count = |what: &str| {
        rig.verb_texts()
            .iter()
            .filter(|verb| verb.starts_with(what))
            .count()
    };
    assert_eq!(rig.engine.running().len(), 30);
    let calls = [
        count("make the network"),
        count("look for the image"),
        count("create"),
        count("start"),
    ];
    assert_eq!(calls, [1, 1, 30, 30]);
    assert_eq!(rig.verbs.len(), 62);
    assert_eq!(rig.phase(id(30)), Some(Phase::Running));
}

#[test]
fn a_container_that_ends_is_started_again_after_pauses_that_grow() {
    let mut rig = Rig::with(&table(1, [unit(1)]));
    for round in 1..=3_u32 {
        rig.engine.end(&name(1), 1);
        rig.engine_speaks();
        let told = rig.told(id(1)).unwrap();
        assert_eq!((told.phase, told.restarts), (Phase::Backoff, round - 1));
        assert_eq!(told.message.as_deref(), Some("it ended with exit code 1"));
        let pause = RESTART_BACKOFF_MIN * 2_u32.pow(round - 1);
        rig.pass(pause - Duration::from_millis(1));
        assert!(rig.engine.running().is_empty());
        rig.pass(Duration::from_millis(1));
        assert_eq!(rig.engine.running(), [name(1)]);
    }
    assert_eq!(rig.told(id(1)).unwrap().restarts, 3);
}

#[test]
fn policies_are_kept() {
    let policy = |n, restart| with_spec(unit(n), |spec| spec.restart = restart);
    let wish = table(
        1,
        [
            policy(1, RestartPolicy::No),
            policy(2, RestartPolicy::OnFailure(Some(2))),
            policy(3, RestartPolicy::Always),
        ],
    );
    let mut rig = Rig::with(&wish);
    for _ in 0..5 {
        for n in 1..=3 {
            rig.engine.end(&name(n), i64::from(n != 3));
        }
        rig.engine_speaks();
        rig.settle();
    }
    assert_eq!([1, 2, 3].map(|n| starts(&rig.engine, &name(n))), [1, 3, 6]);
    assert_eq!(
        [1, 2, 3].map(|n| rig.phase(id(n)).unwrap()),
        [Phase::Finished, Phase::Finished, Phase::Running]
    );
    let told = rig.told(id(1)).unwrap();
    assert_eq!(told.containers[0].exit_code, Some(1));
    rig.start();
    rig.settle();
    assert_eq!(
        starts(&rig.engine, &name(1)),
        1,
        "a restart of the agent does not run it again"
    );
}

#[test]
fn the_pace_that_is_asked_for_is_kept() {
    let minute = Duration::from_secs(60);
    let paced = with_spec(unit(1), |spec| {
        spec.restart = RestartPolicy::AtMost(2);
        spec.restart_pace.delay_ms = Some(5_000);
        spec.restart_pace.window_ms = Some(60_000);
    });
    let mut rig = Rig::with(&table(1, [paced]));
    // After a run of a minute its two starts are counted anew.
    for ran in [Duration::ZERO, Duration::ZERO, minute, Duration::ZERO] {
        rig.pass(ran);
        rig.engine.end(&name(1), 1);
        rig.engine_speaks();
        rig.pass(Duration::from_millis(4_999));
        assert!(rig.engine.running().is_empty());
        rig.pass(Duration::from_millis(1));
        assert_eq!(rig.engine.running(), [name(1)]);
    }
    rig.engine.end(&name(1), 1);
    rig.engine_speaks();
    rig.pass(minute);
    assert_eq!(rig.phase(id(1)), Some(Phase::Finished));
}

#[test]
fn what_is_removed_by_hand_is_made_again() {
    let mut rig = Rig::with(&table(1, [with_sidekick(unit(1), "log")]));
    rig.engine.remove_by_hand(&name(1));
    rig.engine_speaks();
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1), format!("{}-log", name(1))]);
    let sidekick = format!("{}-log", name(1));
    let anew = rig
        .engine
        .ledger()
        .iter()
        .filter(|l| l.name == sidekick && l.deed == Deed::Created)
        .count();
    assert_eq!(anew, 2, "it lived in a network that is gone");
}

#[test]
fn a_sidekick_is_restarted_with_its_primary_and_alone() {
    let mut rig = Rig::with(&table(1, [with_sidekick(unit(1), "log")]));
    let sidekick = format!("{}-log", name(1));
    rig.engine.end(&sidekick, 1);
    rig.engine_speaks();
    rig.settle();
    assert_eq!(
        (starts(&rig.engine, &name(1)), starts(&rig.engine, &sidekick)),
        (1, 2)
    );
    rig.engine.end(&name(1), 1);
    rig.engine_speaks();
    rig.settle();
    assert_eq!(
        (starts(&rig.engine, &name(1)), starts(&rig.engine, &sidekick)),
        (2, 3)
    );
    assert_eq!(rig.told(id(1)).unwrap().restarts, 3);
}

#[test]
fn an_image_that_comes_later_is_used_at_once() {
    let mut rig = Rig::with(&table(
        1,
        [with_spec(unit(1), |spec| {
            spec.image = ImageRef::parse("late").unwrap()
        })],
    ));
    let told = rig.told(id(1)).unwrap();
    assert_eq!(told.phase, Phase::Backoff);
    assert!(told.message.unwrap().contains("muster image load FILE"));
    rig.engine.load_image("late:latest", false);
    rig.engine_speaks();
    assert_eq!(rig.engine.running(), [name(1)]);
    assert_eq!(rig.phase(id(1)), Some(Phase::Running));
}

#[test]
fn pull_policies() {
    let with = |n, image: &str, pull| {
        with_spec(unit(n), |spec| {
            (spec.image, spec.pull) = (ImageRef::parse(image).unwrap(), pull)
        })
    };
    let mut rig = Rig::new();
    rig.engine.publish_image("remote:latest");
    rig.engine.publish_image("app:latest");
    rig.start();
    rig.connect();
    rig.send_table(&table(
        1,
        [
            with(1, "app", PullPolicy::Missing),
            with(2, "app", PullPolicy::Always),
            with(3, "remote", PullPolicy::Missing),
            with(4, "absent", PullPolicy::Never),
        ],
    ));
    rig.settle();
    let pulls: Vec<_> = rig
        .verb_texts()
        .into_iter()
        .filter(|verb| verb.starts_with("pull"))
        .collect();
    assert_eq!(pulls, ["pull app", "pull remote"]);
    assert_eq!(rig.engine.running(), [name(1), name(2), name(3)]);
    assert!(
        rig.told(id(4))
            .unwrap()
            .message
            .unwrap()
            .contains("pull policy is `never`")
    );
}

#[test]
fn a_variant_of_an_image_is_got_by_itself() {
    let with = |n, platform: Option<&str>| {
        with_spec(unit(n), |spec| {
            spec.image = ImageRef::parse("remote").unwrap();
            spec.platform = platform.map(str::to_owned);
        })
    };
    let mut rig = Rig::new();
    rig.engine.publish_image("remote:latest");
    rig.start();
    rig.connect();
    let arm = Some("linux/arm64");
    rig.send_table(&table(1, [with(1, None), with(2, arm), with(3, arm)]));
    rig.settle();
    let asked = rig.verbs.iter().filter_map(|verb| match verb {
        Verb::FindImage { platform, .. } => Some(platform.as_deref()),
        Verb::Pull { platform, .. } => Some(platform.as_deref()),
        _ => None,
    });
    let asked: Vec<_> = asked.collect();
    // Each is looked for, then pulled.
    assert_eq!(asked, [None, arm, None, arm]);
    assert_eq!(rig.engine.running().len(), 3);
}

#[test]
fn one_pull_serves_all_that_wait_and_is_given_up_with_the_last() {
    let mut rig = Rig::new();
    rig.start();
    rig.connect();
    let with = |n| with_spec(unit(n), |spec| spec.image = ImageRef::parse("absent").unwrap());
    rig.send_table(&table(1, (1..=5).map(with)));
    let pulls = rig
        .verbs
        .iter()
        .filter(|verb| matches!(verb, Verb::Pull { .. }))
        .count();
    assert_eq!(pulls, 1);
    rig.send_table(&table(2, []));
    rig.settle();
    let pulls = rig
        .verbs
        .iter()
        .filter(|verb| matches!(verb, Verb::Pull { .. }))
        .count();
    assert_eq!(pulls, 1, "nobody wants it any more");
}

#[test]
fn a_strangers_port_is_named_and_taken_once_it_is_free() {
    let mut rig = Rig::new();
    let wish = table(1, [with_port(unit(1), 8080)]);
    rig.engine.add_stranger("nginx", wish.units[&id(1)].ports.clone());
    rig.start();
    rig.connect();
    rig.send_table(&wish);
    rig.settle();
    let told = rig.told(id(1)).unwrap();
    assert_eq!(told.phase, Phase::Backoff);
    assert!(
        told.message
            .unwrap()
            .starts_with("port 8080 of this host is in use by something that Muster did not start")
    );
    assert_eq!(rig.engine.running(), ["nginx"]);
    rig.engine.remove_by_hand("nginx");
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1)]);
    assert_eq!(rig.told(id(1)).unwrap().message, None);
}

#[test]
fn a_removed_unit_stops_and_goes_and_its_volume_stays() {
    let mut wish = table(1, [with_volume(with_sidekick(unit(1), "log"), &volume(1))]);
    wish.volumes.insert(volume(1).volume, volume(1));
    let mut rig = Rig::with(&wish);
    let mut gone = with_volume(with_sidekick(unit(1), "log"), &volume(1));
    gone.wish = UnitWish::Remove;
    let mut then = table(2, [gone]);
    then.volumes.insert(volume(1).volume, volume(1));
    let before = rig.verbs.len();
    rig.send_table(&then);
    rig.settle();
    let verbs: Vec<_> = rig.verb_texts().split_off(before);
    let sidekick = format!("{}-log", name(1));
    let wanted = [
        format!("stop {sidekick}"),
        format!("remove {sidekick}"),
        format!("stop {}", name(1)),
        format!("remove {}", name(1)),
    ];
    assert_eq!(verbs, wanted);
    assert_eq!(rig.phase(id(1)), Some(Phase::Gone));
    let mut removed = volume(1);
    removed.removed = true;
    let mut last = table(3, []);
    last.volumes.insert(removed.volume, removed);
    rig.send_table(&last);
    rig.settle();
    assert_eq!(rig.verb_texts().last().unwrap(), "remove the volume shop_data1");
    assert_eq!(gone_volumes(&rig), [volume(1).volume]);
    rig.send_table(&table(4, []));
    assert_eq!(gone_volumes(&rig), []);
}

/// The volumes that the server was last told are no more.
fn gone_volumes(rig: &Rig) -> Vec<VolumeId> {
    let facts = rig.said.iter().rev().find_map(|message| match message {
        FromAgent::Facts(facts) => Some(facts),
        _ => None,
    });
    facts.unwrap().volumes_gone.iter().copied().collect()
}

#[test]
fn a_volume_that_is_to_go_while_it_is_being_made_goes() {
    let mut wish = table(1, []);
    wish.volumes.insert(volume(1).volume, volume(1));
    let mut rig = Rig::new();
    rig.slow.push("make the volume shop_data1".to_owned());
    rig.start();
    rig.connect();
    rig.send_table(&wish);
    let mut removed = volume(1);
    removed.removed = true;
    let mut then = table(2, []);
    then.volumes.insert(removed.volume, removed);
    rig.send_table(&then);
    rig.answer_slow(|_| {});
    rig.settle();
    assert_eq!(rig.verb_texts().last().unwrap(), "remove the volume shop_data1");
}

#[test]
fn the_old_generation_goes_before_the_new_one_comes() {
    let mut rig = Rig::with(&table(1, [unit(1)]));
    let mut anew = unit(1);
    anew.generation = Generation(2);
    rig.send_table(&table(2, [anew.clone()]));
    rig.settle();
    let deeds: Vec<_> = rig
        .engine
        .ledger()
        .iter()
        .map(|line| (line.name.clone(), line.deed))
        .collect();
    let new = "unit-1-1-2".to_owned();
    let tail = [
        (name(1), Deed::Ended(143)),
        (name(1), Deed::Removed),
        (new.clone(), Deed::Created),
        (new.clone(), Deed::Started),
    ];
    assert_eq!(deeds[2..], tail);
    assert_eq!(rig.told(id(1)).unwrap().generation, Generation(2));
    rig.send_table(&table(3, [unit(1)]));
    rig.settle();
    assert_eq!(
        rig.engine.running(),
        [new],
        "a wish of an older generation is ignored"
    );
}

#[test]
fn containers_run_on_over_a_restart_of_the_agent() {
    let wish = table(1, [with_sidekick(unit(1), "log"), unit(2)]);
    let mut rig = Rig::with(&wish);
    let calls = rig.verbs.len();
    rig.start();
    rig.settle();
    assert_eq!(
        rig.verbs[calls..]
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["make the network managed"]
    );
    rig.said.clear();
    rig.connect();
    assert_eq!(rig.phase(id(1)), Some(Phase::Running), "the hello knows it");
    assert_eq!(rig.engine.running().len(), 3);
}

#[test]
fn a_restarted_machine_comes_up_without_a_server() {
    let mut rig = Rig::with(&table(1, [with_sidekick(unit(1), "log"), unit(2)]));
    rig.reboot();
    rig.settle();
    assert_eq!(rig.engine.running().len(), 3);
}

#[test]
fn without_a_table_nothing_is_touched_and_with_one_strays_go() {
    let mut rig = Rig::with(&table(1, [unit(1), unit(2)]));
    rig.disk = None;
    rig.start();
    rig.settle();
    assert_eq!(rig.engine.running().len(), 2, "the notebook is lost");
    rig.connect();
    assert_eq!(rig.engine.running().len(), 2, "the server has not spoken");
    rig.send_table(&table(2, [unit(2)]));
    rig.settle();
    assert_eq!(rig.engine.names(), [name(2)]);
    assert_eq!(starts(&rig.engine, &name(2)), 1);
}

#[test]
fn lost_events_are_made_up_for() {
    let mut rig = Rig::with(&table(1, [unit(1)]));
    rig.engine.end(&name(1), 1);
    rig.engine.take_events();
    rig.settle();
    assert_eq!(starts(&rig.engine, &name(1)), 2);
}

#[test]
fn an_engine_that_comes_back_is_looked_at() {
    let mut rig = Rig::with(&table(1, [unit(1)]));
    let failure = Failure::Unreachable {
        socket: "/run/docker.sock".to_owned(),
        detail: "refused".to_owned(),
    };
    rig.feed(Input::EngineGone { failure });
    rig.engine.end(&name(1), 137);
    rig.engine.take_events();
    let calls = rig.verbs.len();
    rig.settle();
    assert_eq!(
        rig.verbs.len(),
        calls,
        "nothing is asked of an engine that is away"
    );
    rig.feed(Input::EngineBack);
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1)]);
}

#[test]
fn a_call_that_hangs_is_looked_after() {
    let mut rig = Rig::new();
    let hung = Failure::Deadline {
        verb: format!("start {}", name(1)),
        limit: Duration::from_secs(120),
    };
    rig.failing.push((format!("start {}", name(1)), hung));
    rig.start();
    rig.connect();
    rig.send_table(&table(1, [unit(1), unit(2)]));
    rig.pass(Duration::from_secs(5));
    assert!(
        rig.told(id(1))
            .unwrap()
            .message
            .unwrap()
            .contains("did not finish")
    );
    assert_eq!(rig.engine.running(), [name(2)], "others go on");
    rig.failing.clear();
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
}

#[test]
fn health_is_told() {
    let check = Healthcheck {
        test: HealthcheckTest::Shell("true".to_owned()),
        interval_ms: None,
        timeout_ms: None,
        retries: None,
        start_period_ms: None,
        start_interval_ms: None,
    };
    let mut rig = Rig::with(&table(
        1,
        [with_spec(unit(1), |spec| spec.healthcheck = Some(check))],
    ));
    assert_eq!(rig.told(id(1)).unwrap().health, Health::Starting);
    for health in [Health::Healthy, Health::Unhealthy] {
        rig.engine.set_health(&name(1), health);
        rig.engine_speaks();
        assert_eq!(rig.told(id(1)).unwrap().health, health);
    }
}

#[test]
fn a_unit_of_another_spec_under_the_same_name_is_made_anew() {
    let mut rig = Rig::with(&table(1, [unit(1)]));
    let mut other = unit(1);
    other.spec = Digest::of(b"another");
    rig.send_table(&table(2, [other]));
    rig.settle();
    assert_eq!(starts(&rig.engine, &name(1)), 2);
}

#[test]
fn a_container_that_outlived_its_network_is_made_anew() {
    let mut rig = Rig::with(&table(1, [unit(1)]));
    rig.engine.end(&name(1), 1);
    rig.engine.remove_network("managed");
    rig.engine_speaks();
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1)]);
    let made = rig
        .engine
        .ledger()
        .iter()
        .filter(|line| line.deed == Deed::Created)
        .count();
    assert_eq!(made, 2);
}

#[test]
fn another_platforms_containers_are_not_touched() {
    let mut rig = Rig::new();
    let theirs = unit(7);
    rig.engine.perform(&Verb::EnsureNetwork(network())).unwrap();
    let owner = Owner::of("another platform", host(), &theirs, None);
    let spec = theirs.containers[0].spec.clone();
    let create = CreateContainer {
        owner,
        unit: theirs.into(),
        spec,
        files: vec![],
    };
    rig.engine.perform(&Verb::Create(Box::new(create))).unwrap();
    rig.engine.perform(&Verb::Start { name: name(7) }).unwrap();
    rig.start();
    rig.connect();
    rig.send_table(&table(1, [unit(7), unit(8)]));
    rig.settle();
    assert_eq!(rig.engine.running(), [name(7), name(8)]);
    assert_eq!(starts(&rig.engine, &name(7)), 1);
    assert!(
        rig.told(id(7))
            .unwrap()
            .message
            .unwrap()
            .contains("that Muster did not make is in the way")
    );
}

#[test]
fn a_hanging_engine_is_told_and_so_is_its_return() {
    let mut rig = Rig::with(&table(1, [unit(1)]));
    let failure = Failure::Deadline {
        verb: "list containers".to_owned(),
        limit: Duration::from_secs(30),
    };
    let errors = |rig: &Rig| {
        let facts = rig.said.iter().filter_map(|message| match message {
            FromAgent::Facts(facts) => Some(facts.engine_error.is_some()),
            _ => None,
        });
        facts.collect::<Vec<_>>()
    };
    rig.said.clear();
    rig.feed(Input::Looked(Err(failure)));
    assert_eq!(errors(&rig), [true]);
    rig.settle();
    assert_eq!(errors(&rig), [true, false]);
}

#[test]
fn how_far_a_pull_is_is_told_four_times_a_second_to_each_that_waits() {
    let mut rig = Rig::new();
    rig.engine.publish_image("big:latest");
    rig.slow = vec!["pull".to_owned()];
    rig.start();
    rig.connect();
    let with = |n| with_spec(unit(n), |spec| spec.image = ImageRef::parse("big").unwrap());
    rig.send_table(&table(1, [with(1), with(2)]));
    for bytes in 0..20 {
        rig.feed(Input::Pulling {
            lane: Lane::Image("big:latest".to_owned()),
            bytes,
            total: 20,
        });
        rig.pass(Duration::from_millis(50));
    }
    let told = rig
        .said
        .iter()
        .filter(|message| matches!(message, FromAgent::Progress(_)))
        .count();
    assert_eq!(told, 8, "two units, a second");
    assert_eq!(rig.phase(id(1)), Some(Phase::Pulling));
    rig.answer_slow(|_| {});
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
}

#[test]
fn an_end_that_is_heard_before_the_answer_to_the_start_is_the_newer_truth() {
    let mut rig = Rig::new();
    rig.slow = vec!["start".to_owned()];
    rig.start();
    rig.connect();
    rig.send_table(&table(1, [unit(1)]));
    rig.answer_slow(|engine| {
        engine.end(&name(1), 3);
    });
    assert_eq!(
        rig.told(id(1)).unwrap().message.as_deref(),
        Some("it ended with exit code 3")
    );
    rig.pass(RESTART_BACKOFF_MIN);
    assert_eq!(rig.engine.running(), [name(1)]);
}

#[test]
fn a_new_incarnation_leaves_the_old_ones_containers_alone() {
    let mut rig = Rig::with(&table(50, [unit(1)]));
    rig.platform = "platform-2".to_owned();
    rig.disconnect();
    rig.connect();
    rig.send_table(&table(3, [unit(2)]));
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
}
