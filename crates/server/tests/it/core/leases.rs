//! How long leases are: before a planned stop, and as an environment says.

use std::time::Duration;

use muster_model::HostId;
use muster_model::desired::Timings;
use muster_model::limits::{LEASE_BEFORE_STOP, LEASE_MARGIN, LEASE_SINGLE_SERVER};
use muster_model::link::{FromAgent, Heartbeat, ToAgent};
use muster_server::logic::{ConnectionId, Event};

use super::bench::{Bench, host};
use super::trouble::{moves_only_after, with_an_exclusive_unit};

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap()
}

/// Beats, and says which lease comes back for that.
fn granted(bench: &mut Bench, agent: ConnectionId, sequence: u64, acknowledged: Option<u64>) -> u64 {
    bench.say(
        agent,
        FromAgent::Heartbeat(Heartbeat {
            sequence,
            acknowledged,
        }),
    );
    let acks = bench
        .heard(agent)
        .into_iter()
        .filter_map(|message| match message {
            ToAgent::HeartbeatAck(ack) => Some(ack.lease_ms),
            _ => None,
        });
    acks.last().unwrap()
}

fn recorded(bench: &Bench, host: HostId) -> Option<u64> {
    bench.observed(host).session.lease_ms
}

const USUAL: Duration = LEASE_SINGLE_SERVER;

#[test]
fn before_a_planned_stop_leases_last_until_the_server_is_back_and_are_given_up_then() {
    let (mut bench, exclusive, [agent, _]) = with_an_exclusive_unit();
    assert_eq!(granted(&mut bench, agent, 1, None), millis(USUAL));
    bench.event(Event::Stopping);
    assert!(!bench.may_stop, "the agent does not have it yet");
    assert_eq!(
        recorded(&bench, exclusive),
        Some(millis(LEASE_BEFORE_STOP)),
        "it is recorded first"
    );
    assert_eq!(granted(&mut bench, agent, 2, Some(1)), millis(LEASE_BEFORE_STOP));
    assert!(bench.may_stop);
    let mut bench = bench.restart();
    let agent = bench.join(exclusive);
    assert_eq!(
        recorded(&bench, exclusive),
        Some(millis(LEASE_BEFORE_STOP)),
        "the agent may still hold it"
    );
    assert_eq!(granted(&mut bench, agent, 1, None), millis(USUAL));
    assert_eq!(
        recorded(&bench, exclusive),
        Some(millis(LEASE_BEFORE_STOP)),
        "nor does anybody know that this came"
    );
    granted(&mut bench, agent, 2, Some(1));
    assert_eq!(
        recorded(&bench, exclusive),
        Some(millis(USUAL)),
        "now it was given up"
    );
}

#[test]
fn a_server_without_exclusive_units_stops_at_once() {
    let mut bench = Bench::new(2);
    let agent = bench.join(host(1));
    bench.beat(agent, 1);
    bench.event(Event::Stopping);
    assert!(bench.may_stop);
    assert_eq!(recorded(&bench, host(1)), Some(millis(USUAL)));
}

#[test]
fn an_agent_that_does_not_say_what_it_acted_on_is_waited_for() {
    let (mut bench, exclusive, [agent, _]) = with_an_exclusive_unit();
    with_lease(&mut bench, 90_000);
    bench.beat(agent, 1);
    bench.beat(agent, 2);
    assert_eq!(granted(&mut bench, agent, 3, None), 90_000);
    with_lease(&mut bench, 30_000);
    let mut beat = 4;
    let began = bench.now;
    while recorded(&bench, exclusive) == Some(90_000) {
        assert_eq!(granted(&mut bench, agent, beat, None), 30_000);
        bench.pass(Duration::from_secs(1));
        beat += 1;
    }
    assert!(bench.now.since(began) >= Duration::from_millis(90_000) + LEASE_MARGIN);
    assert_eq!(recorded(&bench, exclusive), Some(30_000));
}

#[test]
fn an_exclusive_unit_moves_when_its_environments_lease_has_run_out() {
    let (mut bench, exclusive, [dying, living]) = with_an_exclusive_unit();
    with_lease(&mut bench, 20_000);
    granted(&mut bench, dying, 1, None);
    granted(&mut bench, dying, 2, Some(1));
    granted(&mut bench, dying, 3, Some(2));
    assert_eq!(recorded(&bench, exclusive), Some(20_000));
    let fence = bench.now + Duration::from_secs(20) + LEASE_MARGIN;
    moves_only_after(&mut bench, exclusive, fence, living);
}

fn with_lease(bench: &mut Bench, lease_ms: u64) {
    let world = bench.world();
    let environment = world.environments().next().unwrap();
    let mut environment = (*environment.doc).clone();
    environment.timings = Timings {
        lease_ms: Some(lease_ms),
        ..Timings::default()
    };
    bench.put(&environment);
    bench.event(Event::Tick);
}
