//! Server and scripted agents together, until what is wished is what runs.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_model::assigned::{ServiceState, UnitWish};
use muster_model::limits::HEARTBEAT_EVERY;
use muster_model::link::{FromAgent, Have, Table, ToAgent};
use muster_model::observed::{Phase, UnitStatus};
use muster_model::{HostId, UnitId};
use muster_server::logic::{ConnectionId, Event};

use super::bench::{Bench, WEB, host, name, service};

/// An agent whose engine does at once what it is told.
struct Agent {
    host: HostId,
    connection: ConnectionId,
    table: Table,
    said: BTreeMap<UnitId, UnitStatus>,
    beats: u64,
}

impl Agent {
    fn join(bench: &mut Bench, host: HostId) -> Self {
        Self {
            host,
            connection: bench.join(host),
            table: Table::default(),
            said: BTreeMap::new(),
            beats: 0,
        }
    }

    fn rejoin(&mut self, bench: &mut Bench) {
        self.connection = bench.open(self.host);
        let have = Have {
            incarnation: "p".to_owned(),
            revision: self.table.revision,
            hash: self.table.hash(),
        };
        bench.hello(
            self.connection,
            self.host,
            Some(have),
            self.said.values().cloned().collect(),
        );
    }

    /// Takes what it was sent, does it, says so. False if there was nothing.
    fn turn(&mut self, bench: &mut Bench) -> bool {
        let heard = bench.heard(self.connection);
        for message in &heard {
            if let ToAgent::Table(delta) = message {
                self.table = delta.apply(&self.table).expect("follows");
            }
        }
        let is = |unit: &muster_model::link::UnitAssignment| UnitStatus {
            unit: unit.unit,
            host: self.host,
            generation: unit.generation,
            phase: if unit.wish == UnitWish::Run {
                Phase::Running
            } else {
                Phase::Gone
            },
            health: Default::default(),
            restarts: 0,
            running_since: None,
            message: None,
            containers: Vec::new(),
        };
        let now: BTreeMap<UnitId, UnitStatus> = self
            .table
            .units
            .values()
            .map(|unit| (unit.unit, is(unit)))
            .collect();
        let news: Vec<UnitStatus> = now
            .values()
            .filter(|status| self.said.get(&status.unit) != Some(*status))
            .cloned()
            .collect();
        self.said = now;
        let busy = heard.iter().any(|word| !matches!(word, ToAgent::HeartbeatAck(_))) || !news.is_empty();
        if !news.is_empty() {
            bench.say(self.connection, FromAgent::Observed { units: news });
        }
        busy
    }

    fn beat(&mut self, bench: &mut Bench) {
        self.beats += 1;
        bench.beat(self.connection, self.beats);
    }
}

fn settle(bench: &mut Bench, agents: &mut [Agent], length: Duration) {
    let until = bench.now + length;
    while bench.now < until {
        for _ in 0..1_000 {
            let busy = agents
                .iter_mut()
                .map(|agent| agent.turn(bench))
                .filter(|busy| *busy)
                .count();
            if busy == 0 {
                break;
            }
        }
        agents.iter_mut().for_each(|agent| agent.beat(bench));
        bench.pass(HEARTBEAT_EVERY);
    }
}

fn running(agents: &[Agent]) -> usize {
    agents
        .iter()
        .flat_map(|agent| agent.table.units.values())
        .filter(|unit| unit.wish == UnitWish::Run)
        .count()
}

fn state(bench: &Bench) -> ServiceState {
    bench.world().verdict(WEB, &name("web")).unwrap().state
}

#[test]
fn what_is_wished_runs_through_rollouts_and_restarts() {
    let mut bench = Bench::new(3);
    let mut agents: Vec<Agent> = (1..=3).map(|n| Agent::join(&mut bench, host(n))).collect();
    bench.deploy(1, service("a:1", 7));
    settle(&mut bench, &mut agents, Duration::from_secs(20));
    assert_eq!((running(&agents), state(&bench)), (7, ServiceState::Steady));

    bench.deploy(2, service("a:2", 7));
    settle(&mut bench, &mut agents, Duration::from_secs(60));
    assert_eq!((running(&agents), state(&bench)), (7, ServiceState::Steady));
    let images = agents.iter().flat_map(|agent| agent.table.units.values());
    assert!(
        images
            .clone()
            .all(|unit| unit.containers[0].spec.image.as_str() == "a:2")
    );

    // The server dies and comes back: nothing of what runs is touched.
    let before: Vec<UnitId> = images.map(|unit| unit.unit).collect();
    let mut bench = bench.restart();
    agents.iter_mut().for_each(|agent| agent.rejoin(&mut bench));
    settle(&mut bench, &mut agents, Duration::from_secs(20));
    let after: Vec<UnitId> = agents
        .iter()
        .flat_map(|agent| agent.table.units.keys().copied())
        .collect();
    assert_eq!((before, state(&bench)), (after, ServiceState::Steady));

    // A host dies: its units are made elsewhere.
    let dead = agents.remove(0);
    bench.event(Event::Closed {
        connection: dead.connection,
    });
    settle(&mut bench, &mut agents, Duration::from_secs(40));
    assert_eq!((running(&agents), state(&bench)), (7, ServiceState::Steady));

    bench.deploy(3, service("a:2", 2));
    settle(&mut bench, &mut agents, Duration::from_secs(30));
    assert_eq!((running(&agents), state(&bench)), (2, ServiceState::Steady));
}

/// Once all is as wished, nothing is written and nothing is asked for.
#[test]
fn a_quiet_platform_is_quiet() {
    let mut bench = Bench::new(2);
    let mut agents: Vec<Agent> = (1..=2).map(|n| Agent::join(&mut bench, host(n))).collect();
    bench.deploy(1, service("a:1", 4));
    settle(&mut bench, &mut agents, Duration::from_secs(30));
    let before = bench.table.revision();
    settle(&mut bench, &mut agents, Duration::from_secs(900));
    assert_eq!(bench.table.revision(), before);
}
