//! Exclusive units live by the lease.

use std::time::Duration;

use muster_agent::logic::{Input, WatchdogNews};
use muster_model::desired::{RestartPolicy, UnitClass};
use muster_model::link::{Table, UnitAssignment};
use muster_model::observed::Phase;
use muster_model::{Timestamp, WallTime};

use crate::rig::Rig;
use crate::wish::{id, name, table, unit, with_spec};

const LEASE: u64 = 15_000;
const SECOND: Duration = Duration::from_secs(1);

fn exclusive(n: u32) -> UnitAssignment {
    UnitAssignment {
        class: UnitClass::Exclusive,
        ..unit(n)
    }
}

fn wish() -> Table {
    table(1, [exclusive(1), unit(2)])
}

/// Both units run, and a lease of 15 s is renewed every 2 s.
fn running() -> Rig {
    let mut rig = Rig::new();
    rig.lease_ms = Some(LEASE);
    rig.start();
    rig.connect();
    rig.send_table(&wish());
    rig.pass(5 * SECOND);
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
    rig
}

/// When the last acknowledged heartbeat was sent.
fn sent(rig: &Rig) -> Timestamp {
    rig.lease.as_ref().unwrap().sent
}

fn kills(rig: &Rig) -> Vec<String> {
    rig.verb_texts()
        .into_iter()
        .filter(|verb| verb.starts_with("send"))
        .collect()
}

#[test]
fn an_exclusive_unit_waits_for_a_lease() {
    let mut rig = Rig::new();
    rig.lease_ms = None;
    rig.start();
    rig.connect();
    rig.send_table(&wish());
    rig.pass(5 * SECOND);
    assert_eq!(rig.engine.running(), [name(2)]);
    assert!(
        rig.told(id(1))
            .unwrap()
            .message
            .unwrap()
            .contains("renews this host's lease")
    );
    rig.lease_ms = Some(LEASE);
    rig.pass(3 * SECOND);
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
}

#[test]
fn silence_ends_it_before_the_lease_is_over_and_nothing_else() {
    let mut rig = running();
    rig.disconnect();
    let sent = sent(&rig);
    let until = |rig: &mut Rig, part: u64| {
        rig.pass((sent + Duration::from_millis(LEASE * part / 100)).since(rig.now))
    };
    until(&mut rig, 79);
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
    until(&mut rig, 80);
    assert_eq!(kills(&rig), [format!("send SIGTERM to {}", name(1))]);
    assert_eq!(rig.engine.running(), [name(2)]);
    rig.settle();
    assert_eq!(rig.engine.running(), [name(2)], "it is not started again");
    rig.connect();
    rig.pass(3 * SECOND);
    assert_eq!(rig.engine.running(), [name(1), name(2)], "a session renewed it");
}

#[test]
fn one_that_does_not_end_is_killed_until_it_does() {
    let mut rig = running();
    rig.disconnect();
    // The signals are lost: the engine answers, the container lives on.
    let hung = muster_agent::engine::Failure::Deadline {
        verb: "send".to_owned(),
        limit: SECOND,
    };
    rig.failing.push(("send".to_owned(), hung));
    let end = sent(&rig) + Duration::from_millis(LEASE);
    rig.pass(end.since(rig.now));
    assert_eq!(
        kills(&rig),
        [
            format!("send SIGTERM to {}", name(1)),
            format!("send SIGKILL to {}", name(1)),
            format!("send SIGKILL to {}", name(1))
        ]
    );
    rig.failing.clear();
    rig.pass(SECOND);
    assert_eq!(rig.engine.running(), [name(2)]);
}

#[test]
fn a_restart_of_the_agent_changes_nothing() {
    let mut rig = running();
    rig.disconnect();
    let sent = sent(&rig);
    rig.start();
    rig.pass(SECOND);
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
    let half = (sent + Duration::from_millis(LEASE * 80 / 100)).since(rig.now);
    rig.pass(half);
    assert_eq!(rig.engine.running(), [name(2)]);
}

#[test]
fn after_a_restart_of_the_machine_only_a_session_starts_it() {
    let mut rig = running();
    rig.reboot();
    rig.settle();
    assert_eq!(rig.engine.running(), [name(2)]);
    rig.connect();
    rig.pass(3 * SECOND);
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
}

#[test]
fn a_lost_record_of_the_lease_is_no_lease() {
    let mut rig = running();
    rig.lease = None;
    rig.disconnect();
    rig.start();
    rig.pass(SECOND);
    assert_eq!(rig.engine.running(), [name(2)]);
}

#[test]
fn a_longer_lease_outlives_its_session_until_a_shorter_one_is_given() {
    let mut rig = running();
    rig.lease_ms = Some(1_800_000);
    rig.pass(3 * SECOND);
    rig.disconnect();
    rig.pass(60 * SECOND);
    assert_eq!(rig.engine.running(), [name(1), name(2)], "the long lease holds");
    rig.lease_ms = Some(LEASE);
    rig.connect();
    rig.pass(5 * SECOND);
    rig.disconnect();
    rig.pass(Duration::from_millis(LEASE));
    assert_eq!(rig.engine.running(), [name(2)], "the long one was given up");
}

#[test]
fn an_engine_that_does_not_say_what_it_has_is_told_the_names() {
    let mut rig = running();
    rig.disconnect();
    let end = sent(&rig) + Duration::from_millis(LEASE);
    rig.list_hangs = true;
    rig.start();
    rig.pass((end + Duration::from_millis(LEASE)).since(rig.now));
    assert_eq!(
        rig.engine.running(),
        [name(2)],
        "it never heard of a container, and ended it"
    );
    assert!(kills(&rig).contains(&format!("send SIGTERM to {}", name(1))));
    let killed = kills(&rig).len();
    rig.pass(60 * SECOND);
    assert_eq!(kills(&rig).len(), killed, "what is dead is left alone");
}

#[test]
fn a_lease_that_was_over_before_the_agent_began_is_kept_although_the_engine_hangs() {
    let mut rig = running();
    rig.disconnect();
    rig.now = sent(&rig) + Duration::from_millis(LEASE * 90 / 100);
    rig.list_hangs = true;
    rig.start();
    let end = sent(&rig) + Duration::from_millis(LEASE);
    rig.pass(end.since(rig.now));
    assert_eq!(rig.engine.running(), [name(2)]);
}

#[test]
fn one_that_is_just_being_started_is_killed_until_it_is_known() {
    let mut rig = running();
    rig.engine.remove_by_hand(&name(1));
    rig.slow.push("start".to_owned());
    rig.engine_speaks();
    rig.pass(SECOND);
    rig.disconnect();
    let end = sent(&rig) + Duration::from_millis(LEASE);
    rig.pass((end + 2 * SECOND).since(rig.now));
    rig.slow.clear();
    rig.begin_slow();
    assert_eq!(
        rig.engine.running(),
        [name(1), name(2)],
        "the engine has done it, and says nothing"
    );
    rig.pass(2 * SECOND);
    assert_eq!(rig.engine.running(), [name(2)]);
}

#[test]
fn a_kill_does_not_wait_for_the_answer_to_the_asking() {
    let mut rig = running();
    rig.disconnect();
    rig.slow.push("send SIGTERM".to_owned());
    let end = sent(&rig) + Duration::from_millis(LEASE);
    rig.pass(end.since(rig.now));
    assert_eq!(kills(&rig), [format!("send SIGKILL to {}", name(1))]);
    assert_eq!(rig.engine.running(), [name(2)]);
}

/// The agent's process ends, and its notebook with it.
fn lose_the_notebook(rig: &mut Rig) {
    rig.disconnect();
    rig.disk = None;
    rig.start();
}

#[test]
fn an_agent_without_its_notebook_keeps_the_lease() {
    for list_hangs in [false, true] {
        let mut rig = Rig::new();
        rig.start();
        rig.connect();
        let asked = with_spec(exclusive(1), |spec| spec.stop_signal = Some("SIGQUIT".to_owned()));
        rig.send_table(&table(1, [asked, unit(2)]));
        rig.pass(5 * SECOND);
        rig.list_hangs = list_hangs;
        lose_the_notebook(&mut rig);
        let sent = sent(&rig);
        let part = |percent| Duration::from_millis(LEASE * percent / 100);
        rig.pass((sent + part(79)).since(rig.now));
        assert_eq!(rig.engine.running(), [name(1), name(2)]);
        rig.pass((sent + part(93)).since(rig.now));
        assert_eq!(rig.engine.running(), [name(2)], "lists hang: {list_hangs}");
        assert!(kills(&rig).contains(&format!("send SIGQUIT to {}", name(1))));
        let killed = kills(&rig).len();
        rig.pass(60 * SECOND);
        assert_eq!(kills(&rig).len(), killed, "what is dead is left alone");
    }
}

#[test]
fn an_agent_without_its_notebook_leaves_alone_what_a_session_names_in_time() {
    let mut rig = running();
    lose_the_notebook(&mut rig);
    let done = rig.verbs.len();
    rig.pass(SECOND);
    rig.connect();
    rig.pass(2 * Duration::from_millis(LEASE));
    rig.send_table(&wish());
    rig.pass(SECOND);
    assert_eq!(rig.engine.running(), [name(1), name(2)]);
    let touched = |verb: &&String| !verb.starts_with("make") && !verb.starts_with("find");
    let texts = rig.verb_texts();
    assert_eq!(texts[done..].iter().find(touched), None);
}

#[test]
fn what_begins_between_two_heartbeats_is_bound_too() {
    let mut rig = running();
    rig.send_table(&table(2, [exclusive(1), unit(2), exclusive(3)]));
    assert!(
        rig.engine.running().contains(&name(3).as_str()),
        "before another heartbeat"
    );
    lose_the_notebook(&mut rig);
    rig.pass(Duration::from_millis(LEASE));
    assert_eq!(rig.engine.running(), [name(2)]);
}

/// Its container is found ended, and the watchdog says that it did that.
#[test]
fn what_the_watchdog_ended_did_not_end_by_itself() {
    for said_first in [false, true] {
        let mut rig = Rig::new();
        rig.lease_ms = Some(LEASE);
        rig.start();
        rig.connect();
        // By itself it would be finished now.
        let once = with_spec(exclusive(1), |spec| spec.restart = RestartPolicy::No);
        rig.send_table(&table(1, [once, unit(2)]));
        rig.pass(5 * SECOND);
        rig.disconnect();
        rig.now = sent(&rig) + Duration::from_millis(LEASE);
        rig.engine.end(&name(1), 137);
        let news = WatchdogNews::Ended {
            containers: container_ids(&rig, &name(1)),
            at: WallTime(0),
        };
        if said_first {
            rig.feed(Input::Watchdog(news));
            rig.engine_speaks();
        } else {
            rig.engine_speaks();
            rig.feed(Input::Watchdog(news));
        }
        rig.lease_ms = None;
        rig.connect();
        rig.pass(5 * SECOND);
        assert_eq!(rig.engine.running(), [name(2)], "no session renewed the lease");
        assert_eq!(rig.phase(id(1)), Some(Phase::Waiting));
        let message = rig.told(id(1)).unwrap().message.unwrap();
        assert!(message.contains("the watchdog ended it"), "{message}");
        assert!(
            rig.warnings()
                .iter()
                .any(|text| text.contains("the watchdog ended 1 "))
        );
        rig.lease_ms = Some(LEASE);
        rig.pass(5 * SECOND);
        assert_eq!(rig.engine.running(), [name(1), name(2)], "it is not finished");
        // What ends from now on ends by itself.
        rig.engine.end(&name(1), 0);
        rig.engine_speaks();
        rig.pass(5 * SECOND);
        assert_eq!(rig.phase(id(1)), Some(Phase::Finished));
    }
}

fn container_ids(rig: &Rig, name: &str) -> std::collections::BTreeSet<String> {
    let containers = rig.engine.list(crate::wish::host());
    let named = containers.into_iter().filter(|container| container.name == name);
    named.map(|container| container.id).collect()
}

#[test]
fn an_agent_without_its_notebook_still_tells_the_watchdog_what_is_bound() {
    let mut rig = running();
    let before = rig.lease.clone().unwrap().containers;
    assert_eq!(
        before.get(&id(1)),
        Some(&container_ids(&rig, &name(1))),
        "and not the other unit's"
    );
    assert_eq!(before.len(), 1);
    lose_the_notebook(&mut rig);
    rig.pass(SECOND);
    rig.connect();
    rig.pass(5 * SECOND);
    assert_eq!(rig.lease.clone().unwrap().containers, before);
}
