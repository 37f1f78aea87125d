//! A platform in miniature: a world, a leader that runs rounds, agents that do as they are told, and a clock.
//!
//! After every commit it is checked what must never be: a port or an address held twice, a commit beyond a store's limits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use muster_control::{Agenda, Cx, Decision, Plan, Round, Subject, World, round};
use muster_model::assigned::{Leader, Presence, Rollout, ServiceAssigned, ServiceState, Unit, UnitWish};
use muster_model::desired::{
    Environment, HostWish, RevisionBody, ServiceWish, Stack, StackRevision, StackSpec, VolumeWish,
};
use muster_model::document::Record;
use muster_model::id::IdSource;
use muster_model::limits::COMMIT_OPERATIONS_MAX;
use muster_model::observed::{
    ContainerStatus, Health, HostFacts, HostObserved, Phase, SessionRecord, UnitStatus,
};
use muster_model::{
    AccountId, EnvironmentId, HostId, NetworkId, Reason, RequestId, Revision, ServerId, SessionId, StackId,
    Timestamp, UnitId, WallTime,
};

use crate::spec::name;

pub const ENV: EnvironmentId = EnvironmentId::new(1, 1);

/// How agents take to a unit that is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Up,
    Crash,
    Finish,
    Starting,
}

type Fates = Box<dyn Fn(&World, &Unit) -> Fate>;

pub struct Lab {
    pub world: World,
    pub agenda: Agenda,
    pub now: Timestamp,
    pub fences: BTreeMap<HostId, Timestamp>,
    /// Everything that was committed by rounds.
    pub committed: Vec<Decision>,
    pub fate: Fates,
    /// Called on the world after each commit and report.
    pub watch: Box<dyn FnMut(&World)>,
    ids: IdSource,
    drawn: u32,
}

impl Lab {
    /// An environment without hosts.
    pub fn new() -> Self {
        let mut lab = Self {
            world: World::default(),
            agenda: Agenda::default(),
            now: Timestamp(1_000_000),
            fences: BTreeMap::new(),
            committed: Vec::new(),
            fate: Box::new(|_, _| Fate::Up),
            watch: Box::new(|_| {}),
            ids: IdSource::new(7),
            drawn: 0,
        };
        lab.put(Leader {
            epoch: 7,
            server: ServerId::new(1, 1),
            lease_ms: 60_000,
        });
        lab.put(Environment::new(
            ENV,
            name("default"),
            NetworkId::new(1, 1),
            "10.42.0.0/16".parse().unwrap(),
            WallTime(0),
        ));
        lab
    }

    /// With hosts `h1` … `hN` in touch.
    pub fn with_hosts(count: u32) -> Self {
        let mut lab = Self::new();
        for number in 1..=count {
            lab.host(number);
        }
        lab.settle();
        lab
    }

    /// Writes a document, as whoever writes that kind would.
    pub fn put(&mut self, doc: impl Into<Record>) {
        let record = doc.into();
        let key = record.key();
        self.apply(&key, Some(record));
    }

    pub fn delete(&mut self, key: &str) {
        self.apply(key, None);
    }

    fn apply(&mut self, key: &str, record: Option<Record>) {
        let revision = Revision(self.world.revision().0 + 1);
        self.agenda
            .touch(self.world.apply(revision, key, record).subjects);
    }

    pub fn host(&mut self, number: u32) -> HostId {
        let id = HostId::new(1, number);
        self.put(HostWish::new(id, ENV, name(&format!("h{number}")), WallTime(0)));
        self.hear(id);
        id
    }

    pub fn change_host(&mut self, id: HostId, change: impl FnOnce(&mut HostWish)) {
        let mut wish = (*self.world.host(id).unwrap().wish.unwrap().doc).clone();
        change(&mut wish);
        self.put(wish);
    }

    pub fn change_environment(&mut self, change: impl FnOnce(&mut Environment)) {
        let mut environment = (*self.world.environment(ENV).unwrap().doc).clone();
        change(&mut environment);
        self.put(environment);
    }

    /// As the server would.
    pub fn release_brake(&mut self) {
        let sessions = self.world.hosts(ENV).filter_map(|host| {
            let session = &host.observed?.session;
            session.silent.then_some((host.id, session.id))
        });
        let released = sessions.collect();
        self.change_environment(|environment| environment.released = released);
    }

    pub fn change_facts(&mut self, id: HostId, change: impl FnOnce(&mut HostFacts)) {
        let mut observed = (*self.world.host(id).unwrap().observed.unwrap().doc).clone();
        change(&mut observed.facts);
        self.put(observed);
    }

    /// A server claims a session with the host.
    pub fn hear(&mut self, id: HostId) {
        self.session(id, false);
    }

    /// The server says that the host is silent.
    pub fn silence(&mut self, id: HostId) {
        self.session(id, true);
    }

    fn session(&mut self, host: HostId, silent: bool) {
        let former = self
            .world
            .host(host)
            .and_then(|host| host.observed)
            .map(|doc| (*doc.doc).clone());
        let facts = former
            .as_ref()
            .map(|former| former.facts.clone())
            .unwrap_or_else(|| HostFacts {
                cpus: 4,
                memory: 8_000_000_000,
                engine: "Docker Engine 20.10.24".to_owned(),
                ..HostFacts::default()
            });
        self.drawn += 1;
        let id = match former {
            Some(former) if silent => former.session.id,
            _ => SessionId::new(1, self.drawn),
        };
        let server = ServerId::new(1, 1);
        let session = SessionRecord {
            id,
            server,
            epoch: 1,
            silent,
            since: WallTime(0),
            lease_ms: None,
        };
        self.put(HostObserved { host, session, facts });
    }

    /// Deploys a stack, as the server would.
    pub fn deploy(&mut self, title: &str, spec: StackSpec) -> StackId {
        self.accept(title, spec, None)
    }

    /// Makes a spec the wanted revision; perhaps it repeats another.
    pub fn accept(&mut self, title: &str, spec: StackSpec, rollback_of: Option<u64>) -> StackId {
        let known = self
            .world
            .stack_by_name(ENV, &name(title))
            .map(|stack| (stack.id, stack.revision));
        self.drawn += 1;
        let (id, revision) = known.unwrap_or((StackId::new(1, self.drawn), 0));
        self.put(StackRevision {
            stack: id,
            number: revision + 1,
            by: AccountId::new(1, 1),
            at: WallTime(0),
            rollback_of,
            body: RevisionBody::Inline(Arc::new(spec)),
        });
        self.put(Stack {
            id,
            environment: ENV,
            name: name(title),
            revision: revision + 1,
            removed: false,
            volumes_go: false,
            created: WallTime(0),
            request: RequestId::parse("r").unwrap(),
        });
        id
    }

    pub fn remove(&mut self, stack: StackId) {
        self.remove_with(stack, false);
    }

    /// Its volumes go too, if `volumes` says so.
    pub fn remove_with(&mut self, stack: StackId, volumes: bool) {
        let head = (*self.world.stack(stack).unwrap().doc).clone();
        self.put(Stack {
            removed: true,
            volumes_go: volumes,
            ..head
        });
    }

    pub fn wish(&mut self, stack: StackId, service: &str, change: impl FnOnce(&mut ServiceWish)) {
        let former = self
            .world
            .service_wish(stack, &name(service))
            .map(|wish| (*wish.doc).clone());
        let service = name(service);
        let mut wish = former.unwrap_or(ServiceWish {
            stack,
            service,
            scale: None,
            restarts: 0,
            paused: false,
        });
        change(&mut wish);
        self.put(wish);
    }

    pub fn volume_wish(&mut self, volume: &str, removed: bool) {
        self.put(VolumeWish {
            environment: ENV,
            name: name(volume),
            driver: "local".to_owned(),
            options: BTreeMap::new(),
            removed,
            created: WallTime(0),
        });
    }

    /// One round, and what it decided is committed.
    pub fn round(&mut self) -> Round {
        let cx = Cx {
            now: self.now,
            wall: WallTime(self.now.0),
            ids: &mut self.ids,
            fences: &self.fences,
            budget: usize::MAX,
        };
        let round = round(&self.world, &mut self.agenda, cx);
        for decision in &round.commits {
            self.commit(decision.clone());
        }
        assert_eq!(round.quarantined, []);
        round
    }

    fn commit(&mut self, decision: Decision) {
        let operations = decision.expects.len() + decision.writes.len();
        assert!(
            operations < COMMIT_OPERATIONS_MAX,
            "{operations} operations leave no room for the fence"
        );
        let revision = Revision(self.world.revision().0 + 1);
        let keys: BTreeSet<&String> = decision.writes.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), decision.writes.len(), "a key is written twice");
        for (key, record) in &decision.writes {
            assert!(key.starts_with("assigned/"), "control writes {key}");
            let touched = self.world.apply(revision, key, record.clone());
            self.agenda.touch(touched.subjects);
        }
        assert_nothing_is_held_twice(&self.world);
        (self.watch)(&self.world);
        self.committed.push(decision);
    }

    /// Every agent that is heard does what it is told and says so. Says whether there was anything to say.
    pub fn agents(&mut self) -> bool {
        let reports: Vec<UnitStatus> = self.world.units().filter_map(|unit| self.report(unit)).collect();
        for status in &reports {
            self.put(status.clone());
            (self.watch)(&self.world);
        }
        !reports.is_empty()
    }

    fn report(&self, unit: &Unit) -> Option<UnitStatus> {
        let heard = self.world.host(unit.host).is_some_and(|host| host.heard());
        let status = match (unit.wish, (self.fate)(&self.world, unit)) {
            (UnitWish::Remove, _) => status(unit, Phase::Gone),
            (UnitWish::Run, Fate::Up) => status(unit, Phase::Running),
            (UnitWish::Run, Fate::Starting) => status(unit, Phase::Starting),
            (UnitWish::Run, Fate::Finish) => finished(unit),
            (UnitWish::Run, Fate::Crash) => UnitStatus {
                restarts: 1,
                message: Some("exit 1".to_owned()),
                ..status(unit, Phase::Backoff)
            },
        };
        let known = self
            .world
            .status(unit.id)
            .is_some_and(|known| *known.doc == status);
        (heard && !known).then_some(status)
    }

    /// Rounds and agents in turn, time passing to the next wake-up, until nobody has anything to do within a minute.
    pub fn settle(&mut self) {
        for _ in 0..1_000 {
            let decided = !self.round().commits.is_empty();
            let reported = self.agents();
            if decided || reported {
                continue;
            }
            match self.agenda.wake_at() {
                Some(at) if at <= self.now => {}
                Some(at) if at.since(self.now) < Duration::from_secs(60) => self.now = at,
                _ => return,
            }
        }
        panic!("it does not come to rest");
    }

    pub fn advance(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
    }

    /// The units of a service that are to run.
    pub fn running(&self, stack: StackId, service: &str) -> Vec<Unit> {
        let units = self.world.units_of(stack, &name(service));
        units
            .filter(|unit| unit.wish == UnitWish::Run)
            .map(|unit| (*unit.doc).clone())
            .collect()
    }

    /// Numbers of the units that are to run.
    pub fn numbers(&self, stack: StackId, service: &str) -> Vec<u32> {
        self.running(stack, service)
            .iter()
            .map(|unit| unit.number)
            .collect()
    }

    pub fn images(&self, stack: StackId, service: &str) -> Vec<String> {
        let image = |unit: &Unit| {
            let spec = self
                .world
                .service_spec(stack, unit.revision, &unit.service)
                .unwrap();
            spec.unit.primary.image.to_string()
        };
        self.running(stack, service).iter().map(image).collect()
    }

    pub fn verdict(&self, stack: StackId, service: &str) -> ServiceAssigned {
        (*self.world.verdict(stack, &name(service)).unwrap().doc).clone()
    }

    pub fn state(&self, stack: StackId, service: &str) -> ServiceState {
        self.verdict(stack, service).state
    }

    pub fn reasons(&self, stack: StackId, service: &str) -> Vec<Reason> {
        self.verdict(stack, service).reasons
    }

    pub fn rollout(&self, stack: StackId, service: &str) -> Rollout {
        (*self.world.rollout(stack, &name(service)).unwrap().doc).clone()
    }

    pub fn presence(&self, host: HostId) -> Presence {
        self.world.host(host).unwrap().presence()
    }

    /// A new leader, which remembers nothing.
    pub fn new_leader(&mut self) {
        self.agenda = Agenda::all(&self.world);
        self.ids = IdSource::new(self.ids.epoch() + 1);
    }

    pub fn plan(&self, edit: &muster_control::Edit) -> Plan {
        muster_control::plan(&self.world, edit).unwrap()
    }

    pub fn touch(&mut self, stack: StackId, service: &str) {
        self.agenda.touch([Subject::Service(stack, name(service))]);
    }
}

pub fn status(unit: &Unit, phase: Phase) -> UnitStatus {
    UnitStatus {
        unit: unit.id,
        host: unit.host,
        generation: unit.generation,
        phase,
        health: Health::None,
        restarts: 0,
        running_since: None,
        message: None,
        containers: Vec::new(),
    }
}

fn finished(unit: &Unit) -> UnitStatus {
    let ended = ContainerStatus {
        sidekick: None,
        engine_id: None,
        running: false,
        exit_code: Some(0),
        out_of_memory: false,
    };
    UnitStatus {
        containers: vec![ended],
        ..status(unit, Phase::Finished)
    }
}

/// Every port and every address has one holder, those on their way out included.
pub fn assert_nothing_is_held_twice(world: &World) {
    let mut addresses: BTreeMap<_, UnitId> = BTreeMap::new();
    for unit in world.units() {
        if let Some(address) = unit.address {
            let other = addresses.insert((unit.environment, address), unit.id);
            assert_eq!(other, None, "{address} is held twice, by {} too", unit.id);
        }
    }
    for host in world.all_hosts() {
        let units: Vec<_> = world
            .units_on(host.id)
            .filter(|unit| !unit.ports.is_empty())
            .collect();
        for (at, unit) in units.iter().enumerate() {
            let others = units[at + 1..].iter().flat_map(|other| &other.ports);
            for other in others {
                assert!(
                    !unit.ports.iter().any(|port| port.collides(other)),
                    "{} holds {other} too",
                    unit.id
                );
            }
        }
    }
}

/// What a person sees of a world: all but ids, revisions and times.
pub fn picture(world: &World) -> Vec<String> {
    let unit = |unit: &Unit| {
        let (stack, host) = (
            world.stack(unit.stack).map(|doc| doc.name.clone()),
            world.host(unit.host),
        );
        let host = host.and_then(|host| host.wish).map(|wish| wish.name.clone());
        format!(
            "{stack:?} {} {} {host:?} {:?} {:?}",
            unit.service, unit.number, unit.wish, unit.spec
        )
    };
    let mut lines: Vec<String> = world.units().map(|doc| unit(doc)).collect();
    lines.sort();
    lines
}
