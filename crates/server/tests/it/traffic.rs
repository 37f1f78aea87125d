//! What an idle host costs its line: both cores, over an engine in memory, an hour of virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use muster_agent::engine::Answer;
use muster_agent::engine::fake::FakeEngine;
use muster_agent::files::Places;
use muster_agent::logic::{Action, AgentCore, Bounds, CoreConfig, Input, Output, Started};
use muster_model::link::ToAgent;
use muster_model::observed::{HostFacts, Phase};
use muster_model::{Core as _, Timestamp, WallTime};
use muster_server::logic::ConnectionId;
use serde::Serialize;

use crate::core::{Bench, host, service};

const UNITS: u32 = 30;
/// Beyond TLS and WebSocket framing, both ways together.
const BYTES_PER_SECOND_MAX: f64 = 100.0;

struct Pair {
    bench: Bench,
    agent: AgentCore,
    engine: FakeEngine,
    connection: ConnectionId,
    bytes: usize,
    messages: usize,
}

impl Pair {
    fn new() -> Self {
        let mut bench = Bench::new(1);
        let connection = bench.open(host(1));
        let mut engine = FakeEngine::new();
        engine.load_image("a:latest", false);
        let agent = AgentCore::new(CoreConfig {
            host: host(1),
            bounds: Bounds::default(),
            files: Places::default(),
        });
        let mut pair = Self {
            bench,
            agent,
            engine,
            connection,
            bytes: 0,
            messages: 0,
        };
        let facts = HostFacts {
            cpus: 8,
            memory: 64 << 30,
            engine: "fake".to_owned(),
            ..HostFacts::default()
        };
        let started = Started {
            boot: "b".to_owned(),
            facts,
            ..Started::default()
        };
        pair.feed(Input::Started(Box::new(started)));
        pair.feed(Input::EngineBack);
        pair.feed(Input::LinkUp { connection: 1 });
        pair
    }

    fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for output in self.agent.handle(self.bench.now, input) {
                inputs.extend(self.perform(output));
            }
            inputs.extend(self.hear());
        }
    }

    /// What the server said since.
    fn hear(&mut self) -> Vec<Input> {
        let heard = self.bench.heard(self.connection);
        let input = |message: ToAgent| {
            self.count(&message);
            Input::Message {
                connection: 1,
                message: Box::new(message),
            }
        };
        heard.into_iter().map(input).collect()
    }

    fn perform(&mut self, output: Output) -> Vec<Input> {
        match output {
            Output::Send(message) => {
                self.count(&message);
                self.bench.say(self.connection, *message);
                vec![]
            }
            Output::SaveNotebook { page, .. } => vec![Input::NotebookSaved {
                revision: page.table.revision,
                result: Ok(()),
            }],
            Output::Look => vec![Input::Looked(Ok(self.engine.list(host(1))))],
            Output::Perform {
                lane,
                action: Action::Engine(verb),
            } => {
                self.engine.now = WallTime(self.bench.now.0);
                let result = self.engine.perform(&verb);
                let events = self.engine.take_events().into_iter().map(Input::Event);
                events.chain([Input::Done { lane, result }]).collect()
            }
            Output::Perform { lane, .. } => vec![Input::Done {
                lane,
                result: Ok(Answer::Done),
            }],
            Output::Disconnect { why } => panic!("{why}"),
            Output::KeepLease(_) | Output::Abandon { .. } => vec![],
        }
    }

    /// As the link frames it: a length, then the text.
    fn count(&mut self, message: &impl Serialize) {
        self.messages += 1;
        self.bytes += 4 + serde_json::to_vec(message).unwrap().len();
    }

    fn pass(&mut self, time: Duration) {
        let end = self.bench.now + time;
        while self.bench.now < end {
            let server = self.bench.core.wake_at();
            let times = [server, self.agent.wake_at()].into_iter().flatten();
            let now = self.bench.now;
            let next = times.filter(|at| *at > now).min().unwrap_or(end).min(end);
            self.bench.pass(next.since(now));
            self.feed(Input::Tick);
        }
    }
}

#[test]
fn an_idle_host_takes_less_than_a_hundred_bytes_a_second() {
    let mut pair = Pair::new();
    pair.pass(Duration::from_secs(5));
    pair.bench.deploy(1, service("a", UNITS));
    pair.pass(Duration::from_secs(120));
    let world = pair.bench.world();
    let running = world
        .units_on(host(1))
        .filter_map(|unit| world.status(unit.id))
        .filter(|status| status.phase == Phase::Running);
    assert_eq!(running.count(), UNITS as usize);
    (pair.bytes, pair.messages) = (0, 0);
    let began = pair.bench.now;
    // A session that stood for long counts its heartbeats in more digits.
    pair.pass(Duration::from_secs(3_600));
    let seconds = pair.bench.now.since(began).as_secs_f64();
    let (rate, messages) = (pair.bytes as f64 / seconds, pair.messages);
    println!("{rate:.1} bytes/s, {messages} messages in an hour");
    assert!(rate <= BYTES_PER_SECOND_MAX, "{rate}");
    assert!(pair.messages >= 3_500, "heartbeats and their answers: {messages}");
    assert!(pair.bench.now > Timestamp(0));
}
