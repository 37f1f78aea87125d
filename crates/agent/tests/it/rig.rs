//! The core over the little engine, in virtual time, with a notebook that is a variable.

use std::collections::VecDeque;
use std::time::Duration;

use muster_agent::engine::fake::FakeEngine;
use muster_agent::engine::{Failure, Verb};
use muster_agent::files::Places;
use muster_agent::logic::{
    Action, AgentCore, Bounds, CoreConfig, Input, Lane, LeaseRecord, Output, Page, Started,
};
use muster_model::link::{FromAgent, HeartbeatAck, Table, ToAgent, Welcome};
use muster_model::observed::{Phase, UnitStatus};
use muster_model::{Core, SessionId, Timestamp, UnitId, WallTime};

use crate::wish::{PLATFORM, host, whole};

/// When the agent is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kill {
    /// As the engine is called for the n-th time: it does nothing.
    Before(usize),
    /// After the engine did what it was called for the n-th time: nobody hears of it.
    After(usize),
}

pub struct Rig {
    pub core: AgentCore,
    pub engine: FakeEngine,
    pub now: Timestamp,
    pub disk: Option<Page>,
    pub lease: Option<LeaseRecord>,
    pub said: Vec<FromAgent>,
    pub verbs: Vec<Verb>,
    pub kill: Option<Kill>,
    pub dead: bool,
    /// The server answers heartbeats with a lease of this length.
    pub lease_ms: Option<u64>,
    /// Verbs that fail, by their text.
    pub failing: Vec<(String, Failure)>,
    /// Verbs that take until [`Rig::answer_slow`], by their text.
    pub slow: Vec<String>,
    /// Lists are never answered.
    pub list_hangs: bool,
    waiting: Vec<(Lane, Verb)>,
    pub platform: String,
    session: u32,
    connection: u64,
    boot: u32,
}

impl Rig {
    pub fn new() -> Self {
        let mut engine = FakeEngine::new();
        ["app:latest", "log:latest"]
            .iter()
            .for_each(|image| engine.load_image(image, false));
        Self {
            core: new_core(),
            engine,
            now: Timestamp(1_000_000),
            disk: None,
            lease: None,
            said: vec![],
            verbs: vec![],
            kill: None,
            dead: false,
            lease_ms: Some(15_000),
            failing: vec![],
            slow: vec![],
            list_hangs: false,
            waiting: vec![],
            platform: PLATFORM.to_owned(),
            session: 0,
            connection: 0,
            boot: 1,
        }
    }

    /// An agent with this table that has come to rest.
    pub fn with(table: &Table) -> Self {
        let mut rig = Self::new();
        rig.start();
        rig.connect();
        rig.send_table(table);
        rig.settle();
        rig
    }

    /// The agent's process begins, with what is on disk.
    pub fn start(&mut self) {
        (self.core, self.dead) = (new_core(), false);
        let started = Started {
            page: self.disk.clone(),
            lease: self.lease.clone(),
            boot: format!("boot-{}", self.boot),
            ..Started::default()
        };
        self.engine.take_events();
        self.feed(Input::Started(Box::new(started)));
        self.feed(Input::EngineBack);
    }

    /// The machine begins again, and with it the agent.
    pub fn reboot(&mut self) {
        self.boot += 1;
        self.engine.reboot();
        self.now = Timestamp(5_000);
        self.start();
    }

    pub fn connect(&mut self) {
        self.connection += 1;
        self.session += 1;
        self.feed(Input::LinkUp {
            connection: self.connection,
        });
        let welcome = Welcome {
            session: SessionId::new(1, self.session),
            incarnation: self.platform.clone(),
            heartbeat_ms: 2_000,
        };
        self.hear(ToAgent::Welcome(welcome));
    }

    pub fn disconnect(&mut self) {
        self.feed(Input::LinkDown {
            connection: self.connection,
        });
    }

    pub fn send_table(&mut self, table: &Table) {
        self.hear(ToAgent::Table(Box::new(whole(table))));
    }

    pub fn hear(&mut self, message: ToAgent) {
        self.feed(Input::Message {
            connection: self.connection,
            message: Box::new(message),
        });
    }

    /// Everything that follows from an input at once.
    pub fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front().filter(|_| !self.dead) {
            for output in self.core.handle(self.now, input) {
                inputs.extend(self.perform(output));
                if self.dead {
                    return;
                }
            }
        }
    }

    fn perform(&mut self, output: Output) -> Vec<Input> {
        match output {
            Output::Send(message) => self.sent(*message),
            Output::SaveNotebook { page, .. } => {
                let revision = page.table.revision;
                self.disk = Some(page);
                vec![Input::NotebookSaved {
                    revision,
                    result: Ok(()),
                }]
            }
            Output::KeepLease(lease) => {
                self.lease = Some(lease);
                vec![]
            }
            Output::Look if self.list_hangs => vec![],
            Output::Look => vec![Input::Looked(Ok(self.engine.list(host())))],
            Output::Perform {
                lane,
                action: Action::PlaceFiles { .. },
            } => {
                vec![Input::Done {
                    lane,
                    result: Ok(muster_agent::engine::Answer::Done),
                }]
            }
            Output::Perform {
                lane,
                action: Action::Engine(verb),
            } => {
                if self.slow.iter().any(|text| verb.to_string().starts_with(text)) {
                    self.waiting.push((lane, verb));
                    return vec![];
                }
                let Some(result) = self.call(verb) else {
                    return vec![];
                };
                let events = self.engine.take_events().into_iter().map(Input::Event);
                events.chain([Input::Done { lane, result }]).collect()
            }
            Output::Disconnect { .. } => vec![Input::LinkDown {
                connection: self.connection,
            }],
            Output::Abandon { .. } => vec![],
        }
    }

    fn call(&mut self, verb: Verb) -> Option<Result<muster_agent::engine::Answer, Failure>> {
        let number = self.verbs.len();
        self.verbs.push(verb.clone());
        self.assert_bound(&verb);
        self.dead = matches!(self.kill, Some(Kill::Before(n) | Kill::After(n)) if n == number);
        if self.kill == Some(Kill::Before(number)) {
            return None;
        }
        self.engine.now = WallTime(self.now.0);
        let failure = self
            .failing
            .iter()
            .find(|(text, _)| verb.to_string().starts_with(text));
        let result = match failure {
            Some((_, failure)) => Err(failure.clone()),
            None => self.engine.perform(&verb),
        };
        (!self.dead).then_some(result)
    }

    /// A bound container is in the lease's record before it can begin: only so a watchdog finds it.
    fn assert_bound(&self, verb: &Verb) {
        let Verb::Start { name } = verb else { return };
        let containers = self.engine.list(host());
        let Some(container) = containers.iter().find(|container| container.name == *name) else {
            return;
        };
        let unit = container.owner.unit;
        if let Some(lease) = self
            .lease
            .as_ref()
            .filter(|lease| lease.binds.contains_key(&unit))
        {
            let known = lease.containers.get(&unit);
            assert!(
                known.is_some_and(|known| known.contains(&container.id)),
                "{name} is started and the lease's record does not know it: {lease:?}"
            );
        }
    }

    fn sent(&mut self, message: FromAgent) -> Vec<Input> {
        self.said.push(message.clone());
        match (message, self.lease_ms) {
            (FromAgent::Heartbeat(beat), Some(lease_ms)) => {
                let session = SessionId::new(1, self.session);
                let ack = HeartbeatAck {
                    sequence: beat.sequence,
                    lease_ms,
                    session,
                };
                vec![Input::Message {
                    connection: self.connection,
                    message: Box::new(ToAgent::HeartbeatAck(ack)),
                }]
            }
            _ => vec![],
        }
    }

    /// The slow verbs are done now; before anyone hears of it, `meanwhile` happens and is told.
    pub fn answer_slow(&mut self, meanwhile: impl Fn(&mut FakeEngine)) {
        self.slow.clear();
        for (lane, verb) in std::mem::take(&mut self.waiting) {
            let result = self.engine.perform(&verb);
            meanwhile(&mut self.engine);
            self.engine_speaks();
            self.feed(Input::Done { lane, result });
        }
    }

    /// The slow verbs are done now, and nobody hears of it.
    pub fn begin_slow(&mut self) {
        for (_, verb) in std::mem::take(&mut self.waiting) {
            self.engine.perform(&verb).unwrap();
        }
        self.engine.take_events();
    }

    /// Tells the core what happened in the engine by itself.
    pub fn engine_speaks(&mut self) {
        for event in self.engine.take_events() {
            self.feed(Input::Event(event));
        }
    }

    /// Lets time pass, waking the core when it asks for it.
    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.core.wake_at().filter(|at| *at <= end && !self.dead) {
            self.now = at.max(self.now);
            self.feed(Input::Tick);
        }
        self.now = end;
    }

    /// Long enough for every pause.
    pub fn settle(&mut self) {
        self.pass(Duration::from_secs(130));
    }

    /// What the server last heard of the unit.
    pub fn told(&self, unit: UnitId) -> Option<UnitStatus> {
        let units = self.said.iter().flat_map(|message| match message {
            FromAgent::Hello(hello) => hello.units.clone(),
            FromAgent::Observed { units } => units.clone(),
            _ => vec![],
        });
        units.filter(|status| status.unit == unit).last()
    }

    /// What the server last heard that a person should look at.
    pub fn warnings(&self) -> Vec<String> {
        let facts = self.said.iter().rev().find_map(|message| match message {
            FromAgent::Hello(hello) => Some(&hello.facts),
            FromAgent::Facts(facts) => Some(facts.as_ref()),
            _ => None,
        });
        facts.map(|facts| facts.warnings.clone()).unwrap_or_default()
    }

    pub fn phase(&self, unit: UnitId) -> Option<Phase> {
        self.told(unit).map(|status| status.phase)
    }

    pub fn verb_texts(&self) -> Vec<String> {
        self.verbs.iter().map(Verb::to_string).collect()
    }
}

fn new_core() -> AgentCore {
    AgentCore::new(CoreConfig {
        host: host(),
        bounds: Bounds::default(),
        files: Places::default(),
    })
}
