//! Claim first: who is acknowledged, and when no more.

use std::time::Duration;

use muster_model::limits::{HEARTBEAT_EVERY, SUSPECT_AFTER};
use muster_model::link::{FromAgent, ToAgent};
use muster_model::observed::{Phase, SessionRecord, UnitStatus};
use muster_model::{Generation, ServerId, SessionId, UnitId, WallTime};

use super::bench::{Bench, StoreMood, facts, hello, host, service, wish};
use muster_model::observed::HostObserved;
use muster_server::logic::Event;

fn words(messages: &[ToAgent]) -> Vec<&'static str> {
    let word = |message: &ToAgent| match message {
        ToAgent::Welcome(_) => "welcome",
        ToAgent::Table(_) => "table",
        ToAgent::HeartbeatAck(_) => "ack",
        ToAgent::Refused { .. } => "refused",
        ToAgent::Unknown => "unknown",
    };
    messages.iter().map(word).collect()
}

#[test]
fn nothing_is_said_before_the_claim_is_committed_and_mirrored() {
    let mut bench = Bench::new(1);
    bench.deploy(1, service("a", 1));
    (bench.mood, bench.watching) = (StoreMood::Holding, false);
    let agent = bench.join(host(1));
    assert_eq!(bench.held(), 1, "the claim");
    bench.beat(agent, 1);
    assert!(bench.heard(agent).is_empty(), "claimed by nobody yet");
    bench.release();
    bench.beat(agent, 2);
    assert!(
        bench.heard(agent).is_empty(),
        "committed, but the mirror has not seen it"
    );
    bench.watch();
    let heard = bench.heard(agent);
    assert_eq!(words(&heard)[..2], ["welcome", "table"]);
    bench.beat(agent, 3);
    let ToAgent::HeartbeatAck(ack) = bench.heard(agent).pop().unwrap() else {
        panic!("no acknowledgement")
    };
    let record = bench.observed(host(1)).session;
    assert_eq!((ack.sequence, ack.lease_ms, ack.session), (3, 60_000, record.id));
    assert!(!record.silent && record.epoch == bench.epochs[0]);
}

/// What was assigned before the claim goes out with the welcome, not after it.
#[test]
fn the_first_table_has_all_up_to_the_claim() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.deploy(1, service("a", 2));
    bench.event(Event::Closed { connection: agent });
    bench.deploy(2, service("a", 5));
    let again = bench.join(host(1));
    let claimed = bench.world().host(host(1)).unwrap().observed.unwrap().modified;
    let table = bench.tables(again).remove(0);
    assert!(table.revision >= claimed);
    assert_eq!(table.units.len(), bench.world().units_on(host(1)).count());
    assert!(table.units.len() >= 5, "{}", table.units.len());
}

#[test]
fn a_silent_host_needs_a_new_claim() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    let first = bench.observed(host(1)).session.id;
    bench.pass(SUSPECT_AFTER - Duration::from_millis(1));
    assert!(!bench.observed(host(1)).session.silent);
    bench.beat(agent, 1);
    bench.pass(SUSPECT_AFTER - Duration::from_millis(1));
    assert!(!bench.observed(host(1)).session.silent, "it was heard meanwhile");
    bench.pass(Duration::from_millis(1));
    assert!(bench.observed(host(1)).session.silent);
    assert_eq!(bench.closed, [(agent, "the agent fell silent")]);
    bench.heard(agent);
    bench.beat(agent, 2);
    assert!(
        bench.heard(agent).is_empty(),
        "no acknowledgement without a claim"
    );
    let again = bench.join(host(1));
    let second = bench.observed(host(1)).session;
    assert!(second.id != first && !second.silent);
    bench.beat(again, 1);
    assert_eq!(words(&bench.heard(again)), ["welcome", "table", "ack"]);
}

/// A server that stood still finds its hosts' words unread: that is not their silence.
#[test]
fn a_server_that_stood_still_does_not_call_its_hosts_silent() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.beat(agent, 1);
    bench.now = bench.now + SUSPECT_AFTER + Duration::from_secs(3);
    bench.event(Event::Tick);
    assert!(!bench.observed(host(1)).session.silent);
    bench.heard(agent);
    bench.beat(agent, 2);
    assert_eq!(words(&bench.heard(agent)), ["ack"]);
    bench.pass(SUSPECT_AFTER);
    assert!(bench.observed(host(1)).session.silent, "now it is the host's");
}

#[test]
fn a_server_that_is_always_late_calls_a_dead_host_silent_all_the_same() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.beat(agent, 1);
    for _ in 0..3 {
        bench.now = bench.now + SUSPECT_AFTER;
        bench.event(Event::Tick);
    }
    assert!(bench.observed(host(1)).session.silent);
}

/// Between the decision that it is silent and the answer of the store nothing is acknowledged either.
#[test]
fn no_acknowledgement_while_the_silence_is_on_its_way() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.heard(agent);
    bench.mood = StoreMood::Holding;
    bench.pass(SUSPECT_AFTER);
    bench.beat(agent, 1);
    let again = bench.join(host(1));
    bench.beat(again, 1);
    assert!(bench.heard(agent).is_empty() && bench.heard(again).is_empty());
    assert_eq!(bench.held(), 1, "one commit at a time for one host");
    bench.release();
    assert_eq!(words(&bench.heard(again)), ["welcome", "table"]);
    assert!(!bench.observed(host(1)).session.silent);
}

#[test]
fn a_claim_that_somebody_beat_looks_again() {
    let mut bench = Bench::new(1);
    bench.join(host(1));
    bench.watching = false;
    let other = SessionRecord {
        id: SessionId::new(7, 1),
        server: ServerId::new(7, 1),
        epoch: 7,
        silent: false,
        since: WallTime(0),
        lease_ms: None,
    };
    bench.put(&HostObserved {
        host: host(1),
        session: other,
        facts: facts(),
    });
    let agent = bench.join(host(1));
    assert_eq!(
        bench.observed(host(1)).session.server,
        ServerId::new(7, 1),
        "the claim conflicted"
    );
    bench.pass(Duration::from_secs(1));
    assert!(
        bench.heard(agent).is_empty(),
        "nothing is decided on an old mirror"
    );
    bench.watch();
    assert_eq!(words(&bench.heard(agent)), ["welcome", "table"]);
    assert_eq!(bench.observed(host(1)).session.server, super::bench::SERVER);
}

#[test]
fn a_newer_connection_takes_the_place_of_the_older() {
    let mut bench = Bench::new(1);
    let old = bench.join(host(1));
    let new = bench.open(host(1));
    assert_eq!(bench.closed, [(old, "the agent connected anew")]);
    bench.heard(old);
    bench.beat(old, 1);
    assert!(bench.heard(old).is_empty());
    bench.hello(new, host(1), None, Vec::new());
    bench.event(Event::Closed { connection: old });
    bench.beat(new, 1);
    assert_eq!(words(&bench.heard(new)), ["welcome", "table", "ack"]);
}

/// A claim whose connection was replaced while it was under way binds nobody.
#[test]
fn a_connection_replaced_in_the_middle_of_its_claim() {
    let mut bench = Bench::new(1);
    bench.mood = StoreMood::Holding;
    let old = bench.join(host(1));
    let new = bench.join(host(1));
    bench.release();
    assert!(bench.heard(old).is_empty());
    assert_eq!(words(&bench.heard(new)), ["welcome", "table"]);
    bench.beat(new, 1);
    assert_eq!(words(&bench.heard(new)), ["ack"]);
}

#[test]
fn the_words_of_a_replaced_session_are_refused() {
    let mut bench = Bench::new(1);
    bench.deploy(1, service("a", 1));
    let agent = bench.join(host(1));
    let unit = bench
        .world()
        .units_on(host(1))
        .next()
        .map(|unit| unit.id)
        .unwrap_or(UnitId::new(0, 0));
    bench.watching = false;
    let other = SessionRecord {
        id: SessionId::new(7, 1),
        server: ServerId::new(7, 1),
        epoch: 7,
        silent: false,
        since: WallTime(0),
        lease_ms: None,
    };
    bench.put(&HostObserved {
        host: host(1),
        session: other,
        facts: facts(),
    });
    bench.say(
        agent,
        FromAgent::Observed {
            units: vec![status(unit, Phase::Running)],
        },
    );
    assert!(bench.world().status(unit).is_none());
    bench.watch();
    assert!(bench.world().status(unit).is_none());
    assert_eq!(bench.closed, [(agent, "the session was taken over")]);
}

/// What hello says is newer than what was said before it and could not be written.
#[test]
fn words_that_could_not_be_written_do_not_outlive_their_connection() {
    let mut bench = Bench::new(1);
    bench.deploy(1, service("a", 1));
    let agent = bench.join(host(1));
    let unit = bench.world().units().next().unwrap().doc.id;
    let said = |phase| vec![status(unit, phase)];
    bench.mood = StoreMood::Holding;
    let units = said(Phase::Starting);
    bench.say(agent, FromAgent::Observed { units });
    assert_eq!(bench.held(), 1);
    let newer = bench.open(host(1));
    bench.hello(newer, host(1), None, said(Phase::Running));
    let mut record = bench.observed(host(1));
    record.session.id = SessionId::new(7, 1);
    bench.put(&record);
    bench.release();
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.world().status(unit).unwrap().phase, Phase::Running);
}

#[test]
fn who_may_not_talk_is_told_why() {
    let mut bench = Bench::new(1);
    let stranger = bench.join(host(2));
    assert!(
        matches!(&bench.heard(stranger)[..], [ToAgent::Refused { retry: false, message }] if message.contains("removed"))
    );
    let newer = bench.open(host(1));
    let said = muster_model::link::Hello {
        protocol: 3,
        ..hello(host(1), None, Vec::new())
    };
    bench.say(newer, FromAgent::Hello(Box::new(said)));
    assert!(
        matches!(&bench.heard(newer)[..], [ToAgent::Refused { message, .. }] if message.contains("upgrade the server"))
    );
    let liar = bench.open(host(1));
    bench.hello(liar, host(2), None, Vec::new());
    assert!(matches!(
        &bench.heard(liar)[..],
        [ToAgent::Refused { retry: false, .. }]
    ));
    assert_eq!(bench.closed.len(), 3);
    let mute = bench.open(host(1));
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.closed.last().unwrap(), &(mute, "it did not say hello"));
}

#[test]
fn a_host_that_is_removed_is_told_so() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.heard(agent);
    bench.forget(&wish(1));
    assert!(matches!(
        &bench.heard(agent)[..],
        [ToAgent::Refused { retry: false, .. }]
    ));
    assert_eq!(bench.closed.last().unwrap().0, agent);
    bench.pass(Duration::from_secs(20));
}

/// A server that was killed says of hosts that do not come back that they are silent, and lets the others claim.
#[test]
fn after_a_restart_hosts_have_a_while_to_come_back() {
    let mut bench = Bench::new(2);
    bench.join(host(1));
    bench.join(host(2));
    let mut bench = bench.restart();
    bench.pass(HEARTBEAT_EVERY);
    bench.join(host(1));
    bench.pass(SUSPECT_AFTER - Duration::from_millis(1));
    assert!(!bench.observed(host(1)).session.silent);
    assert!(bench.observed(host(2)).session.silent);
}

pub fn status(unit: UnitId, phase: Phase) -> UnitStatus {
    UnitStatus {
        unit,
        host: host(1),
        generation: Generation(1),
        phase,
        health: Default::default(),
        restarts: 0,
        running_since: None,
        message: None,
        containers: Vec::new(),
    }
}

#[test]
fn an_agent_of_too_many_words_has_its_session_all_the_same() {
    let mut bench = Bench::new(1);
    let connection = bench.open(host(1));
    let mut said = hello(host(1), None, vec![]);
    said.facts.hostname = "h".repeat(2 << 20);
    bench.say(connection, FromAgent::Hello(Box::new(said)));
    assert!(words(&bench.heard(connection)).contains(&"welcome"));
    let mut later = facts();
    later.os = "o".repeat(2 << 20);
    bench.say(connection, FromAgent::Facts(Box::new(later)));
    let kept = bench.observed(host(1)).facts;
    assert_eq!((kept.cpus, kept.os.as_str()), (8, ""));
    assert!(kept.engine_error.unwrap().contains("more words"));
    bench.say(connection, FromAgent::Facts(Box::new(facts())));
    assert_eq!(bench.observed(host(1)).facts, facts());
}
