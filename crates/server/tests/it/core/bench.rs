//! A core, a store as a plain value, and whatever stands between them under the test's control.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use muster_control::World;
use muster_model::desired::{
    ContainerSpec, HostWish, ImageRef, RevisionBody, ServiceSpec, Stack, StackRevision, StackSpec,
    UpdatePolicy,
};
use muster_model::document::Document;
use muster_model::link::{FromAgent, Have, Heartbeat, Hello, PROTOCOL, TableDelta, ToAgent};
use muster_model::observed::{HostFacts, HostObserved, UnitStatus};
use muster_model::{
    AccountId, Core as _, EnvironmentId, HostId, Name, RequestId, Revision, ServerId, StackId, Timestamp,
    WallTime,
};
use muster_server::bootstrap::{First, first_documents};
use muster_server::logic::{ConnectionId, CoreConfig, Event, Input, Output, ServerCore, Ticket};
use muster_store::memory::Table;
use muster_store::{Commit, Incarnation, Key, Range, StoreError, typed};

pub const ENV: EnvironmentId = EnvironmentId::new(1, 1);
pub const SERVER: ServerId = ServerId::new(1, 1);
pub const WEB: StackId = StackId::new(9, 1);

/// What the store does with commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreMood {
    /// Answers at once.
    Well,
    /// Takes commits and does nothing yet.
    Holding,
    /// Refuses for now.
    Unavailable,
    /// Does it and cannot say so.
    DoneUnknown,
    /// Does not do it and cannot say so.
    NotDoneUnknown,
}

pub struct Bench {
    pub core: ServerCore,
    pub table: Table,
    pub now: Timestamp,
    pub mood: StoreMood,
    /// Whether the watch delivers.
    pub watching: bool,
    pub sent: Vec<(ConnectionId, ToAgent)>,
    pub closed: Vec<(ConnectionId, &'static str)>,
    pub epochs: Vec<u32>,
    pub led: Vec<Option<u32>>,
    pub halted: bool,
    pub may_stop: bool,
    pub finds: usize,
    held: VecDeque<(Ticket, Commit)>,
    seen: Revision,
    connections: u64,
}

pub fn host(n: u32) -> HostId {
    HostId::new(9, n)
}

pub fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

impl Bench {
    /// A platform with so many hosts and a server that leads it.
    pub fn new(hosts: u32) -> Self {
        let mut table = Table::new(Incarnation(1));
        let first = First {
            incarnation: "p".to_owned(),
            now: WallTime(0),
            subnet: "10.42.0.0/16".parse().unwrap(),
            setup_token: None,
        };
        table.commit(&first_documents(&first).unwrap()).unwrap();
        let mut bench = Self::on(table);
        for n in 1..=hosts {
            bench.put(&wish(n));
        }
        bench.start();
        bench
    }

    /// A server that knows nothing yet, over this store.
    pub fn on(table: Table) -> Self {
        let label = format!("boot{}", table.revision());
        Self {
            core: ServerCore::new(CoreConfig::sole(SERVER, label)),
            table,
            now: Timestamp(1_000_000),
            mood: StoreMood::Well,
            watching: true,
            sent: Vec::new(),
            closed: Vec::new(),
            epochs: Vec::new(),
            led: Vec::new(),
            halted: false,
            may_stop: false,
            finds: 0,
            held: VecDeque::new(),
            seen: Revision(0),
            connections: 0,
        }
    }

    pub fn start(&mut self) {
        let snapshot = self.table.read(&Range::All);
        self.seen = snapshot.revision;
        self.event(Event::Loaded(snapshot));
    }

    /// The server is killed and started again on what it left.
    pub fn restart(self) -> Self {
        let now = self.now;
        let mut next = Self::on(self.table);
        (next.now, next.connections) = (now, self.connections);
        next.start();
        next
    }

    /// Something happens, and everything that follows at once.
    pub fn event(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        loop {
            while let Some(event) = events.pop_front() {
                self.handle(event, &mut events);
            }
            if let Some(batch) = self.next_batch() {
                events.push_back(Event::Store(batch));
            } else if self.core.wake_at().is_some_and(|at| at <= self.now) {
                events.push_back(Event::Tick);
            } else {
                return;
            }
        }
    }

    fn next_batch(&mut self) -> Option<muster_store::WatchBatch> {
        let batch = self
            .table
            .next_batch(&Range::All, self.seen)
            .unwrap()
            .filter(|_| self.watching)?;
        self.seen = batch.revision;
        Some(batch)
    }

    fn handle(&mut self, event: Event, events: &mut VecDeque<Event>) {
        let wall = WallTime(self.now.0);
        for output in self.core.handle(self.now, Input { wall, event }) {
            match output {
                Output::Commit { ticket, commit } => match self.mood {
                    StoreMood::Holding => self.held.push_back((ticket, commit)),
                    _ => events.push_back(self.answer(ticket, &commit)),
                },
                Output::Find { ticket, request } => {
                    self.finds += 1;
                    events.push_back(Event::Found {
                        ticket,
                        result: Ok(self.table.committed(&request)),
                    });
                }
                Output::Send {
                    connection, message, ..
                } => self.sent.push((connection, message)),
                Output::Close { connection, why } => self.closed.push((connection, why)),
                Output::Epoch(epoch) => self.epochs.push(epoch),
                Output::Leads(epoch) => self.led.push(epoch),
                Output::Halt(_) => self.halted = true,
                Output::Alarm { subject, message } => panic!("{subject}: {message}"),
                Output::MayStop => self.may_stop = true,
                Output::Publish(_) | Output::Progress { .. } | Output::Looked { .. } => {}
            }
        }
    }

    fn answer(&mut self, ticket: Ticket, commit: &Commit) -> Event {
        let unknown = |commit: &Commit| StoreError::Unknown {
            request: commit.request.clone(),
            source: "cut".into(),
        };
        let result = match self.mood {
            StoreMood::Well | StoreMood::Holding => self.table.commit(commit),
            StoreMood::Unavailable => Err(StoreError::Unavailable {
                operation: "commit",
                help: "free some space".to_owned(),
                source: None,
            }),
            StoreMood::DoneUnknown => self.table.commit(commit).and_then(|_| Err(unknown(commit))),
            StoreMood::NotDoneUnknown => Err(unknown(commit)),
        };
        Event::Committed { ticket, result }
    }

    /// The store does what it held back, and is well again.
    pub fn release(&mut self) {
        self.mood = StoreMood::Well;
        while let Some((ticket, commit)) = self.held.pop_front() {
            let event = self.answer(ticket, &commit);
            self.event(event);
        }
    }

    /// The watch delivers again.
    pub fn watch(&mut self) {
        self.watching = true;
        self.event(Event::Tick);
    }

    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Time passes, second by second.
    pub fn pass(&mut self, length: Duration) {
        let until = self.now + length;
        while self.now < until {
            let next = self.core.wake_at().filter(|at| *at > self.now).unwrap_or(until);
            self.now = next.min(until);
            self.event(Event::Tick);
        }
    }

    /// Somebody else writes a document.
    pub fn put<D: Document>(&mut self, doc: &D) -> Revision {
        let committed = self.table.commit(&Commit::new().write(doc).unwrap()).unwrap();
        committed.revision
    }

    pub fn delete(&mut self, key: &str) {
        self.table
            .commit(&Commit::new().delete(Key::parse(key).unwrap()))
            .unwrap();
    }

    /// What is in the store now.
    pub fn world(&self) -> World {
        let mut world = World::default();
        for entry in self.table.read(&Range::All).entries {
            world.apply(entry.modified, entry.key.as_str(), Some(entry.record().unwrap()));
        }
        world
    }

    pub fn observed(&self, host: HostId) -> HostObserved {
        (*self.world().host(host).unwrap().observed.unwrap().doc).clone()
    }

    pub fn open(&mut self, host: HostId) -> ConnectionId {
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        self.event(Event::Opened { connection, host });
        connection
    }

    pub fn say(&mut self, connection: ConnectionId, message: FromAgent) {
        self.event(Event::Message { connection, message });
    }

    pub fn hello(
        &mut self,
        connection: ConnectionId,
        host: HostId,
        have: Option<Have>,
        units: Vec<UnitStatus>,
    ) {
        self.say(connection, FromAgent::Hello(Box::new(hello(host, have, units))));
    }

    pub fn beat(&mut self, connection: ConnectionId, sequence: u64) {
        self.say(connection, FromAgent::Heartbeat(Heartbeat::new(sequence)));
    }

    /// Opens a link, says hello with nothing in hand.
    pub fn join(&mut self, host: HostId) -> ConnectionId {
        let connection = self.open(host);
        self.hello(connection, host, None, Vec::new());
        connection
    }

    /// What was said on a connection since it was last asked.
    pub fn heard(&mut self, connection: ConnectionId) -> Vec<ToAgent> {
        let (heard, rest) = std::mem::take(&mut self.sent)
            .into_iter()
            .partition(|(on, _)| *on == connection);
        self.sent = rest;
        let heard: Vec<(ConnectionId, ToAgent)> = heard;
        heard.into_iter().map(|(_, message)| message).collect()
    }

    /// The tables among them.
    pub fn tables(&mut self, connection: ConnectionId) -> Vec<TableDelta> {
        let table = |message| match message {
            ToAgent::Table(table) => Some(*table),
            _ => None,
        };
        self.heard(connection).into_iter().filter_map(table).collect()
    }
}

pub fn wish(n: u32) -> HostWish {
    HostWish::new(host(n), ENV, name(&format!("h{n}")), WallTime(0))
}

pub fn facts() -> HostFacts {
    HostFacts {
        cpus: 8,
        memory: 16 << 30,
        engine: "Docker Engine 20.10".to_owned(),
        ..HostFacts::default()
    }
}

pub fn hello(host: HostId, have: Option<Have>, units: Vec<UnitStatus>) -> Hello {
    Hello {
        protocol: PROTOCOL,
        host,
        boot: "b".to_owned(),
        have,
        facts: facts(),
        units,
    }
}

pub fn service(image: &str, scale: u32) -> ServiceSpec {
    ServiceSpec {
        scale: Some(scale),
        update: UpdatePolicy {
            monitor_ms: 0,
            ..UpdatePolicy::default()
        },
        ..ServiceSpec::new(ContainerSpec::new(ImageRef::parse(image).unwrap()))
    }
}

/// A commit that makes this revision of the stack the wanted one.
pub fn deploy(stack: StackId, revision: u64, service: ServiceSpec) -> Commit {
    let spec = StackSpec {
        services: BTreeMap::from([(name("web"), Arc::new(service))]),
        ..StackSpec::default()
    };
    let accepted = StackRevision {
        stack,
        number: revision,
        by: AccountId::new(1, 1),
        at: WallTime(0),
        rollback_of: None,
        body: RevisionBody::Inline(Arc::new(spec)),
    };
    let head = Stack {
        id: stack,
        environment: ENV,
        name: name(&format!("shop{}", stack.counter)),
        revision,
        removed: false,
        volumes_go: false,
        created: WallTime(0),
        request: RequestId::parse(&format!("r{revision}")).unwrap(),
    };
    Commit::new().write(&accepted).unwrap().write(&head).unwrap()
}

impl Bench {
    pub fn deploy(&mut self, revision: u64, service: ServiceSpec) {
        self.table.commit(&deploy(WEB, revision, service)).unwrap();
        self.event(Event::Tick);
    }

    /// Deletes a document and lets it be seen.
    pub fn forget<D: Document>(&mut self, doc: &D) {
        let key = typed::key(doc).unwrap();
        self.delete(key.as_str());
        self.event(Event::Tick);
    }
}
