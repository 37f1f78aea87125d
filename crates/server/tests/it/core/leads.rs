//! Epochs, the leader's page, and what a server that was replaced can do no more.

use muster_model::assigned::Leader;
use muster_model::desired::{EpochCounter, Platform};
use muster_model::{ServerId, WallTime};
use muster_store::{Incarnation, Range};
use std::time::Duration;

use super::bench::{Bench, SERVER, StoreMood, host, service, wish};
use muster_server::logic::Event;

#[test]
fn every_start_draws_epochs_of_its_own() {
    let bench = Bench::new(0);
    let (first, led) = (bench.epochs.clone(), bench.core.leads().unwrap());
    assert_eq!((first.as_slice(), led), (&[2][..], 3));
    let bench = bench.restart();
    assert_eq!((bench.epochs.as_slice(), bench.core.leads()), (&[4][..], Some(5)));
    assert_eq!(bench.led, [Some(5)]);
    assert_eq!(bench.world().leader().unwrap().server, SERVER);
}

#[test]
fn two_that_draw_at_once_get_different_epochs() {
    let table = Bench::new(0).table;
    let mut bench = Bench::on(table);
    bench.watching = false;
    bench.put(&EpochCounter { next: 20 });
    // The core was given what was in the store before.
    let snapshot = bench.table.read(&Range::All);
    bench.put(&EpochCounter { next: 40 });
    bench.event(Event::Loaded(snapshot));
    assert!(bench.epochs.is_empty(), "20 may have been drawn by another");
    bench.watching = true;
    bench.pass(Duration::from_secs(1));
    assert_eq!(
        (bench.epochs.as_slice(), bench.core.leads()),
        (&[40][..], Some(41))
    );
}

#[test]
fn a_lost_answer_wastes_an_epoch_at_most() {
    for mood in [StoreMood::DoneUnknown, StoreMood::NotDoneUnknown] {
        let table = Bench::new(0).table;
        let mut bench = Bench::on(table);
        bench.mood = mood;
        bench.start();
        assert!(bench.finds > 0);
        bench.mood = StoreMood::Well;
        bench.pass(Duration::from_secs(3));
        assert!(bench.core.leads().is_some(), "{mood:?}");
        assert_eq!(bench.epochs.len(), 1);
    }
}

#[test]
fn the_leader_that_was_replaced_writes_nothing() {
    let mut bench = Bench::new(1);
    bench.join(host(1));
    let old = **bench.world().leader().unwrap();
    bench.watching = false;
    let new = Leader {
        epoch: 50,
        server: ServerId::new(50, 1),
        lease_ms: old.lease_ms,
    };
    bench.put(&new);
    bench.deploy(1, service("a", 3));
    assert_eq!(bench.world().units().count(), 0);
    bench.watch();
    bench.pass(Duration::from_secs(400));
    assert_eq!(bench.world().units().count(), 0, "another leads");
    assert_eq!(bench.led.last(), Some(&None));
    assert_eq!(**bench.world().leader().unwrap(), new);
}

/// The fence itself, not the mirror: the page changes after the round and before its commit.
#[test]
fn a_round_in_flight_is_refused_by_the_fence() {
    let mut bench = Bench::new(1);
    bench.join(host(1));
    bench.mood = StoreMood::Holding;
    bench.deploy(1, service("a", 3));
    assert!(bench.held() > 0);
    let leader = **bench.world().leader().unwrap();
    bench.put(&Leader { epoch: 50, ..leader });
    bench.release();
    bench.pass(Duration::from_secs(10));
    assert_eq!(bench.world().units().count(), 0);
}

#[test]
fn a_longer_lease_stands_until_it_has_run_out() {
    let mut bench = Bench::new(1);
    let leader = **bench.world().leader().unwrap();
    bench.put(&Leader {
        lease_ms: 1_800_000,
        ..leader
    });
    let mut bench = bench.restart();
    let agent = bench.join(host(1));
    assert_eq!(
        bench.world().leader().unwrap().lease_ms,
        1_800_000,
        "an agent may still hold it"
    );
    bench.heard(agent);
    bench.beat(agent, 1);
    let muster_model::link::ToAgent::HeartbeatAck(ack) = bench.heard(agent).pop().unwrap() else {
        panic!()
    };
    assert_eq!(ack.lease_ms, 60_000, "no longer one is given");
    bench.pass(Duration::from_secs(1_801));
    assert_eq!(bench.world().leader().unwrap().lease_ms, 1_800_000);
    bench.pass(Duration::from_secs(2));
    assert_eq!(bench.world().leader().unwrap().lease_ms, 60_000);
    assert!(bench.core.leads().is_some());
    bench.join(host(1));
    bench.deploy(1, service("a", 1));
    assert_eq!(
        bench.world().units().count(),
        1,
        "it leads on under its new fence"
    );
}

#[test]
fn while_a_store_is_being_filled_nobody_leads_and_no_agent_is_served() {
    let mut table = muster_store::memory::Table::new(Incarnation(1));
    let platform = |loading| Platform {
        incarnation: "p".to_owned(),
        created: WallTime(0),
        setup_token: None,
        loading,
    };
    let commit = muster_store::Commit::new().write(&platform(true)).unwrap();
    table
        .commit(
            &commit
                .write(&EpochCounter { next: 9 })
                .unwrap()
                .write(&wish(1))
                .unwrap(),
        )
        .unwrap();
    let mut bench = Bench::on(table);
    bench.start();
    let agent = bench.join(host(1));
    bench.pass(Duration::from_secs(5));
    assert!(bench.epochs.is_empty() && bench.heard(agent).is_empty());
    bench.put(&platform(false));
    bench.event(Event::Tick);
    assert!(bench.core.leads().is_some());
    assert_eq!(bench.heard(agent).len(), 2);
    // And again, in the middle of the day.
    bench.put(&platform(true));
    bench.event(Event::Tick);
    bench.beat(agent, 1);
    assert!(bench.heard(agent).is_empty());
    assert_eq!(bench.closed, [(agent, "the platform is being restored")]);
}
