//! Exclusive units end in time although agent or engine are wedged, frozen or gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use muster_agent::logic::LeaseRecord;
use muster_lab::Host;
use muster_model::desired::UnitClass;
use muster_model::link::{FromAgent, UnitAssignment};
use muster_model::observed::Phase;
use rustix::process::{Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};

use crate::life::AgentProcess;
use crate::real::shell;
use crate::server::{Server, Terms, eventually, lab_host};
use crate::wish::{id, name, table};

const LEASE_MS: u64 = 4_000;
/// Where the agent must be first on a machine that is busy with other things.
const LONG_LEASE_MS: u64 = 15_000;
/// What the watchdog's own part takes at most, on a busy machine; others wait for two seconds longer than the lease.
const ENDING_MS: u64 = 1_500;

/// Does not end when asked, and has children.
const STUBBORN: &str = "trap '' TERM; (trap '' TERM; sleep 1000) & sleep 1000 & while :; do wait; done";

fn exclusive(n: u32, line: &str) -> UnitAssignment {
    UnitAssignment {
        class: UnitClass::Exclusive,
        ..shell(n, line)
    }
}

struct Kennel {
    lab: Host,
    server: Server,
    agent: Option<AgentProcess>,
    /// The engine's id of the exclusive unit's container, and of the other one's.
    ids: (String, String),
}

impl Kennel {
    /// Unit 1 is exclusive and runs this, unit 2 is not; both run, under a watchdog.
    async fn with(line: &str) -> Self {
        Self::begun(line, LEASE_MS, |_, _| {}).await
    }

    /// The same; something is done to the agent before it has anything to run.
    async fn begun(line: &str, lease_ms: u64, with_agent: impl FnOnce(&Host, &AgentProcess)) -> Self {
        let lab = lab_host().await;
        let terms = Terms {
            lease_ms,
            ..Terms::default()
        };
        let server = Server::with(terms).await;
        let agent = AgentProcess::start(&server.config(&lab));
        with_agent(&lab, &agent);
        server.wish(table(1, [exclusive(1, line), shell(2, "sleep 1000")]));
        server.until(id(1), Phase::Running).await;
        server.until(id(2), Phase::Running).await;
        let ids = (container(&lab, &name(1)).await, container(&lab, &name(2)).await);
        let kennel = Self {
            lab,
            server,
            agent: Some(agent),
            ids,
        };
        eventually("a watchdog", async || kennel.agent().watchdog()).await;
        kennel
    }

    fn agent(&self) -> &AgentProcess {
        self.agent.as_ref().unwrap()
    }

    fn lease(&self) -> LeaseRecord {
        let path = self.server.config(&self.lab).run_dir.join("lease");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// Waits for the end of the exclusive unit, and says how long after the last heartbeat's sending it came.
    async fn ends(&self) -> u64 {
        eventually("its end", async || {
            processes(&self.ids.0).is_empty().then_some(())
        })
        .await;
        let took = now_ms() - self.lease().sent.0;
        assert!(!processes(&self.ids.1).is_empty(), "the other unit is left alone");
        eprintln!(
            "ended {took} ms after the last acknowledged heartbeat, of a lease of {} ms",
            self.lease().lease_ms
        );
        took
    }

    /// The same, done by the watchdog.
    async fn ends_by_watchdog(&self) {
        let took = self.ends().await;
        let at = LEASE_MS * 95 / 100;
        assert!(
            (at..at + ENDING_MS).contains(&took),
            "{took} ms, wanted from {at}"
        );
    }

    async fn freeze_all(&self) {
        self.lab.freeze_engine().await.unwrap();
        self.agent().signal(Signal::STOP);
    }

    async fn thaw_all(&self) {
        self.agent().signal(Signal::CONT);
        self.lab.thaw_engine().await.unwrap();
    }

    async fn docker(&self, line: &str) {
        let command = self.lab.command("sh").args(["-c", &format!("docker {line}")]);
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "docker {line}: {output:?}");
    }
}

fn now_ms() -> u64 {
    let time = clock_gettime(ClockId::Boottime);
    u64::try_from(time.tv_sec * 1_000 + time.tv_nsec / 1_000_000).unwrap()
}

async fn container(lab: &Host, name: &str) -> String {
    lab.docker()
        .inspect_container(name, None)
        .await
        .unwrap()
        .id
        .unwrap()
}

/// The living processes of a container, found by another way than the watchdog's.
fn processes(container: &str) -> BTreeSet<u32> {
    let numbers = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let inside = |pid: &u32| {
        std::fs::read_to_string(format!("/proc/{pid}/cgroup")).is_ok_and(|text| text.contains(container))
    };
    numbers.filter(inside).collect()
}

#[tokio::test]
async fn it_acts_while_agent_and_engine_are_frozen() {
    let kennel = Kennel::with(STUBBORN).await;
    assert!(processes(&kennel.ids.0).len() >= 3, "it has children");
    kennel.freeze_all().await;
    kennel.ends_by_watchdog().await;
    // Heartbeats are heard and not acknowledged: the session does not hold the lease.
    kennel.server.be_silent(true);
    kennel.server.forget_heard();
    kennel.thaw_all().await;
    let told = eventually("the agent sees it", async || {
        kennel
            .server
            .told(id(1))
            .filter(|told| told.phase == Phase::Waiting)
    })
    .await;
    assert!(told.message.is_some(), "{told:?}");
    eventually("it is told who ended it", async || {
        let heard = kennel.server.heard();
        let warned = |message: &FromAgent| match message {
            FromAgent::Hello(hello) => hello.facts.warnings.clone(),
            FromAgent::Facts(facts) => facts.warnings.clone(),
            _ => vec![],
        };
        let mut warnings = heard.iter().flat_map(warned);
        warnings.find(|text| text.contains("the watchdog ended 1 "))
    })
    .await;
    assert_eq!(processes(&kennel.ids.0), BTreeSet::new());
    kennel.server.be_silent(false);
    kennel.server.until(id(1), Phase::Running).await;
    assert_eq!(
        container(&kennel.lab, &name(1)).await,
        kennel.ids.0,
        "started again, not made anew"
    );
}

#[tokio::test]
async fn what_a_wedged_engine_starts_later_is_ended_too() {
    let kennel = Kennel::with("sleep 1000").await;
    kennel.freeze_all().await;
    kennel.ends_by_watchdog().await;
    // As if the start had been asked of it before. The end may come before the start is through, which then fails.
    kennel.lab.thaw_engine().await.unwrap();
    let start = format!("docker start {}", name(1));
    let start = kennel.lab.command("sh").args(["-c", &start]);
    start.output().await.unwrap();
    let began = Instant::now();
    eventually("its end", async || {
        processes(&kennel.ids.0).is_empty().then_some(())
    })
    .await;
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_frozen_container_ends_too() {
    let kennel = Kennel::with(STUBBORN).await;
    kennel.docker(&format!("pause {}", name(1))).await;
    kennel.freeze_all().await;
    kennel.ends_by_watchdog().await;
}

#[tokio::test]
async fn an_agent_that_begins_again_finds_its_watchdog() {
    let mut kennel = Kennel::with("sleep 1000").await;
    let (dog, before) = (kennel.agent().watchdog(), processes(&kennel.ids.0));
    kennel.agent.take().unwrap().kill().await;
    kennel.agent = Some(AgentProcess::start(&kennel.server.config(&kennel.lab)));
    let sent = kennel.lease().sent;
    eventually(
        "a new session renews the lease past the old one's end",
        async || (kennel.lease().sent.0 > sent.0 + LEASE_MS).then_some(()),
    )
    .await;
    assert_eq!(
        processes(&kennel.ids.0),
        before,
        "neither ended nor started again"
    );
    assert_eq!(kennel.agent().watchdog(), dog, "one watchdog for both agents");
    // Now the agent is gone for good, and its engine is well.
    kennel.agent.take().unwrap().kill().await;
    kennel.ends_by_watchdog().await;
}

#[tokio::test]
async fn a_watchdog_that_dies_is_replaced_and_the_deadline_is_kept() {
    let kennel = Kennel::with("sleep 1000").await;
    let dog = kennel.agent().watchdog().unwrap();
    kill_process(dog, Signal::KILL).unwrap();
    eventually("another watchdog", async || {
        kennel.agent().watchdog().filter(|other| *other != dog)
    })
    .await;
    kennel.freeze_all().await;
    kennel.ends_by_watchdog().await;
}

#[tokio::test]
async fn watchdog_and_engine_die_together() {
    let kennel = Kennel::with(STUBBORN).await;
    kennel.server.be_silent(true);
    kill_process(kennel.agent().watchdog().unwrap(), Signal::KILL).unwrap();
    kennel.lab.kill_engine().await.unwrap();
    kennel.ends_by_watchdog().await;
}

#[tokio::test]
async fn where_all_is_well_the_agent_ends_it_and_no_watchdog_is_needed() {
    let obedient = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
    let kennel = Kennel::begun(obedient, LONG_LEASE_MS, |_, _| {}).await;
    kennel.server.be_silent(true);
    let took = kennel.ends().await;
    assert!(
        took < LONG_LEASE_MS * 93 / 100,
        "it was asked, and ended: {took} ms"
    );
}

/// The hierarchy by which a service manager would know what belongs to a service.
fn managed() -> PathBuf {
    let (old, new) = ("/sys/fs/cgroup/systemd", "/sys/fs/cgroup");
    PathBuf::from(if Path::new(old).is_dir() { old } else { new })
}

/// As when a service manager stops the agent's service: everything that is in its control group.
#[tokio::test]
async fn what_ends_the_agents_whole_service_does_not_end_the_watchdog() {
    let mut kennel = Kennel::begun("sleep 1000", LEASE_MS, |lab, agent| {
        let service = managed().join(lab.name()).join("service");
        std::fs::create_dir_all(&service).unwrap();
        std::fs::write(service.join("cgroup.procs"), agent.pid().to_string()).unwrap();
    })
    .await;
    let dog = kennel.agent().watchdog().unwrap();
    let service = managed().join(kennel.lab.name()).join("service/cgroup.procs");
    let members = std::fs::read_to_string(service).unwrap();
    let members: Vec<u32> = members.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(members, [kennel.agent().pid()], "the watchdog has left it");
    kennel.agent.take().unwrap().kill().await;
    kennel.ends_by_watchdog().await;
    kill_process(dog, Signal::KILL).unwrap();
    // Only when the last one has left it; another test's may be in it.
    eventually("it is gone", async || {
        crate::life::watchdog_of(&kennel.server.config(&kennel.lab).run_dir)
            .is_none()
            .then_some(())
    })
    .await;
    let _ = std::fs::remove_dir(managed().join("muster-watchdog"));
}
