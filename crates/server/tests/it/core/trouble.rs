//! Stores that fail, and documents that cannot be read.

use std::time::Duration;

use muster_model::limits::{HEARTBEAT_EVERY, LEASE_MARGIN};
use muster_model::link::{FromAgent, ToAgent};
use muster_model::observed::Phase;
use muster_model::{HostId, Timestamp};
use muster_server::logic::{ConnectionId, Event};
use muster_store::{Commit, Key};

use super::bench::{Bench, StoreMood, host, service};
use super::claims::status;

#[test]
fn agents_are_acknowledged_while_the_disk_is_full() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.deploy(1, service("a", 1));
    let unit = bench.world().units_on(host(1)).next().unwrap().id;
    bench.heard(agent);
    bench.mood = StoreMood::Unavailable;
    for n in 1..=10 {
        bench.pass(HEARTBEAT_EVERY);
        bench.say(
            agent,
            FromAgent::Observed {
                units: vec![status(unit, Phase::Running)],
            },
        );
        bench.beat(agent, n);
    }
    let heard = bench.heard(agent);
    assert!(
        heard.len() == 10 && heard.iter().all(|word| matches!(word, ToAgent::HeartbeatAck(_))),
        "{heard:?}"
    );
    assert!(bench.closed.is_empty());
    assert!(bench.world().status(unit).is_none());
    bench.mood = StoreMood::Well;
    bench.pass(Duration::from_secs(2));
    assert_eq!(
        bench.world().status(unit).unwrap().phase,
        Phase::Running,
        "nothing that was said is lost"
    );
}

#[test]
fn a_round_that_was_not_committed_is_decided_anew() {
    for mood in [
        StoreMood::Unavailable,
        StoreMood::DoneUnknown,
        StoreMood::NotDoneUnknown,
    ] {
        let mut bench = Bench::new(1);
        bench.join(host(1));
        bench.mood = mood;
        bench.deploy(1, service("a", 3));
        bench.mood = StoreMood::Well;
        bench.pass(Duration::from_secs(2));
        assert_eq!(bench.world().units().count(), 3, "{mood:?}");
    }
}

#[test]
fn a_document_of_a_newer_server_halts_and_nothing_is_decided() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    let newer = Commit::new().put(
        Key::parse("desired/host/host-9-7").unwrap(),
        &br#"{"v":99,"doc":{}}"#[..],
    );
    bench.table.commit(&newer).unwrap();
    bench.event(Event::Tick);
    assert!(bench.halted);
    bench
        .table
        .commit(&super::deploy(super::WEB, 1, service("a", 1)))
        .unwrap();
    bench.event(Event::Tick);
    bench.pass(Duration::from_secs(20));
    assert_eq!(bench.world_without_newer(), 0, "decided on half a world");
    bench.delete("desired/host/host-9-7");
    bench.start();
    bench.join(host(1));
    assert_eq!(bench.world().units().count(), 1);
    bench.heard(agent);
}

impl Bench {
    fn world_without_newer(&self) -> usize {
        let units = self
            .table
            .read(&muster_store::Range::under("assigned/unit").unwrap());
        units.entries.len()
    }
}

/// The answer comes before the watch: what was decided must not be decided once more on the world before it.
#[test]
fn a_round_waits_until_the_mirror_shows_the_one_before() {
    let mut bench = Bench::new(1);
    bench.join(host(1));
    bench.mood = StoreMood::Holding;
    bench.deploy(1, service("a", 3));
    bench.watching = false;
    bench.release();
    assert_eq!(bench.world().units().count(), 3);
    // A look at everyone is due meanwhile.
    bench.pass(Duration::from_secs(400));
    bench.watch();
    bench.pass(Duration::from_secs(5));
    assert_eq!(bench.world().units().count(), 3);
}

/// An exclusive unit moves when its host's lease has surely run out, and not a moment before.
#[test]
fn an_exclusive_unit_waits_for_the_lease() {
    let (mut bench, unit, agents) = with_an_exclusive_unit();
    let [dying, living] = agents;
    bench.beat(dying, 1);
    let fence = bench.now + Duration::from_secs(60) + LEASE_MARGIN;
    moves_only_after(&mut bench, unit, fence, living);
}

/// A new leader does not know when the one before acknowledged last: it counts from its own election.
#[test]
fn a_new_leader_counts_leases_from_its_election() {
    let (mut bench, unit, [_, living]) = with_an_exclusive_unit();
    let beat = |bench: &mut Bench, n| {
        bench.beat(living, n);
        bench.pass(HEARTBEAT_EVERY);
    };
    (1..=20).for_each(|n| beat(&mut bench, n));
    let (now, table) = (bench.now, bench.table);
    let mut bench = Bench::on(table);
    (bench.now, bench.mood) = (now, StoreMood::Unavailable);
    bench.start();
    bench.pass(Duration::from_secs(40));
    assert!(bench.core.leads().is_none());
    bench.mood = StoreMood::Well;
    while bench.core.leads().is_none() {
        bench.pass(Duration::from_millis(100));
    }
    let fence = bench.now + Duration::from_secs(60);
    let living = bench.join(if unit == host(1) { host(2) } else { host(1) });
    moves_only_after(&mut bench, unit, fence, living);
}

/// An exclusive unit that runs on one of two hosts: its host, and the connections of that host and the other.
pub(super) fn with_an_exclusive_unit() -> (Bench, HostId, [ConnectionId; 2]) {
    let mut bench = Bench::new(2);
    let agents = [bench.join(host(1)), bench.join(host(2))];
    let exclusive = muster_model::desired::ServiceSpec {
        exclusive: true,
        ..service("a", 1)
    };
    bench.deploy(1, exclusive);
    let unit = bench.world().units().next().unwrap().doc.clone();
    let (its, other) = if unit.host == host(1) { (0, 1) } else { (1, 0) };
    let mut running = status(unit.id, Phase::Running);
    (running.host, running.generation) = (unit.host, unit.generation);
    bench.say(agents[its], FromAgent::Observed { units: vec![running] });
    (bench, unit.host, [agents[its], agents[other]])
}

pub(super) fn moves_only_after(bench: &mut Bench, from: HostId, fence: Timestamp, living: ConnectionId) {
    let elsewhere = |bench: &Bench| bench.world().units().filter(|unit| unit.host != from).count();
    for beat in 100.. {
        bench.beat(living, beat);
        bench.pass(Duration::from_secs(1));
        if elsewhere(bench) > 0 {
            break;
        }
        assert!(
            bench.now < fence + Duration::from_secs(20),
            "it does not move at all"
        );
    }
    assert!(bench.now >= fence, "moved {:?} too early", fence.since(bench.now));
}
