//! Prints what control costs at 1,000 hosts and 30,000 units, one JSON object a line.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a benchmark looks at the clock"
)]
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to answer to")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use muster_control::{Agenda, Cx, Round, Subject, World, round};
use muster_model::assigned::UnitWish;
use muster_model::desired::{
    ContainerSpec, Environment, HostWish, ImageRef, RevisionBody, ServiceSpec, Stack, StackRevision,
    StackSpec,
};
use muster_model::document::Record;
use muster_model::id::IdSource;
use muster_model::observed::{Health, HostFacts, HostObserved, Phase, SessionRecord, UnitStatus};
use muster_model::{
    AccountId, EnvironmentId, HostId, Name, NetworkId, RequestId, Revision, ServerId, SessionId, StackId,
    Timestamp, UnitId, WallTime,
};

const HOSTS: u32 = 1_000;
const STACKS: u32 = 1_000;
const SERVICES: u32 = 10;
const SCALE: u32 = 3;
/// How often a round is timed that only decides.
const TIMES: usize = 9;
const ENV: EnvironmentId = EnvironmentId::new(1, 1);

/// As in the binary that ships.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut bench = Bench::new();
    (1..=HOSTS).for_each(|host| bench.host(host));
    bench.settle();
    let before = resident();
    (1..=STACKS).for_each(|stack| bench.stack(stack));
    let took = bench.placed_in_tenths();
    let units = f64::from(STACKS * SERVICES * SCALE);
    assert_eq!(bench.world.units().count(), units as usize);
    report(
        "control placements",
        units / took.iter().sum::<f64>(),
        "1/s",
        ">= 10000",
    );
    report(
        "control last tenth of placements over first",
        took[9] / took[0],
        "ratio",
        "<= 1.1",
    );
    bench.settle();
    report(
        "control memory of the world",
        (resident() - before) as f64 / 1e6,
        "MB",
        "<= 100",
    );
    report(
        "control round after one event",
        bench.one_event() * 1e3,
        "ms",
        "<= 1",
    );
    report("control full scan", bench.full_scan() * 1e3, "ms", "<= 250");
    report(
        "control one host of 1000 lost, all decided",
        bench.host_lost() * 1e3,
        "ms",
        "<= 50",
    );
}

fn report(name: &str, value: f64, unit: &str, goal: &str) {
    println!(
        r#"{{"name":"{name}","value":{value:.3},"unit":"{unit}","peer":null,"ratio":null,"goal":"{goal}"}}"#
    );
}

/// Bytes of memory that the process has.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

struct Bench {
    world: World,
    agenda: Agenda,
    ids: IdSource,
    now: Timestamp,
}

impl Bench {
    fn new() -> Self {
        let (world, agenda) = (World::default(), Agenda::default());
        let mut bench = Self {
            world,
            agenda,
            ids: IdSource::new(2),
            now: Timestamp(1),
        };
        bench.put(Environment::new(
            ENV,
            name("default"),
            NetworkId::new(1, 1),
            "10.42.0.0/16".parse().unwrap(),
            WallTime(0),
        ));
        bench
    }

    fn put(&mut self, doc: impl Into<Record>) {
        let record = doc.into();
        let revision = Revision(self.world.revision().0 + 1);
        self.agenda
            .touch(self.world.apply(revision, &record.key(), Some(record)).subjects);
    }

    fn host(&mut self, number: u32) {
        self.put(HostWish::new(
            HostId::new(1, number),
            ENV,
            name(&format!("host-{number}")),
            WallTime(0),
        ));
        self.session(number, false);
    }

    fn session(&mut self, host: u32, silent: bool) {
        let facts = HostFacts {
            cpus: 8,
            memory: 32_000_000_000,
            engine: "Docker Engine".into(),
            ..HostFacts::default()
        };
        let (id, server) = (SessionId::new(1, host), ServerId::new(1, 1));
        let session = SessionRecord {
            id,
            server,
            epoch: 1,
            silent,
            since: WallTime(0),
            lease_ms: None,
        };
        self.put(HostObserved {
            host: HostId::new(1, host),
            session,
            facts,
        });
    }

    fn stack(&mut self, number: u32) {
        let image = ImageRef::parse("registry.example.com/team/app:1.0").unwrap();
        let mut primary = ContainerSpec::new(image);
        primary
            .environment
            .extend((0..8).map(|key| (format!("KEY_{key}"), "value".repeat(4))));
        let service = Arc::new(ServiceSpec {
            scale: Some(SCALE),
            ..ServiceSpec::new(primary)
        });
        let services = (0..SERVICES)
            .map(|at| (name(&format!("service-{at}")), service.clone()))
            .collect();
        let id = StackId::new(1, number);
        self.put(StackRevision {
            stack: id,
            number: 1,
            by: AccountId::new(1, 1),
            at: WallTime(0),
            rollback_of: None,
            body: RevisionBody::Inline(Arc::new(StackSpec {
                services,
                ..StackSpec::default()
            })),
        });
        self.put(Stack {
            id,
            environment: ENV,
            name: name(&format!("stack-{number}")),
            revision: 1,
            removed: false,
            volumes_go: false,
            created: WallTime(0),
            request: RequestId::parse("r").unwrap(),
        });
    }

    fn round(&mut self, budget: usize) -> Round {
        let fences = BTreeMap::new();
        let cx = Cx {
            now: self.now,
            wall: WallTime(0),
            ids: &mut self.ids,
            fences: &fences,
            budget,
        };
        round(&self.world, &mut self.agenda, cx)
    }

    fn commit(&mut self, round: Round) {
        for (key, record) in round.commits.into_iter().flat_map(|decision| decision.writes) {
            let revision = Revision(self.world.revision().0 + 1);
            self.agenda
                .touch(self.world.apply(revision, &key, record).subjects);
        }
    }

    /// Seconds that each tenth of the placements took to decide: the median of several rounds from the same world.
    fn placed_in_tenths(&mut self) -> Vec<f64> {
        let budget = (STACKS * SERVICES / 10) as usize;
        let subjects = (1..=STACKS).flat_map(|stack| {
            (0..SERVICES)
                .map(move |at| Subject::Service(StackId::new(1, stack), name(&format!("service-{at}"))))
        });
        let all: Vec<Subject> = subjects.collect();
        self.agenda = Agenda::default();
        let mut tenth = |subjects: &[Subject]| {
            let mut took = Vec::new();
            let mut decided = Round::default();
            for _ in 0..TIMES {
                self.agenda = Agenda::default();
                self.agenda.touch(subjects.to_vec());
                drop(decided);
                let start = Instant::now();
                decided = self.round(budget);
                took.push(start.elapsed().as_secs_f64());
            }
            self.commit(decided);
            took.sort_by(f64::total_cmp);
            took[TIMES / 2]
        };
        all.chunks(budget).map(&mut tenth).collect()
    }

    /// Agents say that all runs; rounds until nobody has anything to do.
    fn settle(&mut self) {
        let units: Vec<UnitStatus> = self
            .world
            .units()
            .filter(|unit| unit.wish == UnitWish::Run)
            .map(|unit| running(unit))
            .collect();
        units.into_iter().for_each(|status| self.put(status));
        while self.agenda.wake_at().is_some() {
            let round = self.round(usize::MAX);
            self.commit(round);
        }
    }

    /// Seconds from a unit's report to the end of the round: the worst of the better 99 in a hundred.
    fn one_event(&mut self) -> f64 {
        let units: Vec<UnitId> = self.world.units().map(|unit| unit.id).step_by(30).collect();
        let mut took: Vec<f64> = Vec::new();
        for unit in units {
            let mut status = (*self.world.status(unit).unwrap().doc).clone();
            (status.phase, status.restarts) = (Phase::Backoff, status.restarts + 1);
            let start = Instant::now();
            self.put(status);
            let round = self.round(usize::MAX);
            took.push(start.elapsed().as_secs_f64());
            self.commit(round);
        }
        took.sort_by(f64::total_cmp);
        self.settle();
        took[took.len() * 99 / 100]
    }

    fn full_scan(&mut self) -> f64 {
        let start = Instant::now();
        self.agenda.touch_all(&self.world);
        let round = self.round(usize::MAX);
        let took = start.elapsed().as_secs_f64();
        assert!(round.commits.is_empty(), "the scan found something");
        took
    }

    fn host_lost(&mut self) -> f64 {
        self.session(1, true);
        let round = self.round(usize::MAX);
        self.commit(round);
        self.round(usize::MAX);
        self.now = self.agenda.wake_at().unwrap();
        let start = Instant::now();
        let round = self.round(usize::MAX);
        let took = start.elapsed().as_secs_f64();
        assert!(round.commits.len() > 25, "{} decisions", round.commits.len());
        took
    }
}

fn running(unit: &muster_model::assigned::Unit) -> UnitStatus {
    UnitStatus {
        unit: unit.id,
        host: unit.host,
        generation: unit.generation,
        phase: Phase::Running,
        health: Health::None,
        restarts: 0,
        running_since: Some(WallTime(0)),
        message: None,
        containers: vec![muster_model::observed::ContainerStatus {
            sidekick: None,
            engine_id: Some("0".repeat(64)),
            running: true,
            exit_code: None,
            out_of_memory: false,
        }],
    }
}
