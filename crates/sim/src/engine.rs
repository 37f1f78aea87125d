//! One host's engine: the agent's own little engine, with programs that take their time to end, and with books.
//!
//! It does what it is asked at once. That calls take time, fail, or lose their answers is the world's doing, around it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_agent::engine::fake::{Deed as Line, FakeEngine};
use muster_agent::engine::{Answer, Container, CreateContainer, EngineEvent, Failure, Verb};
use muster_model::desired::HealthcheckTest;
use muster_model::limits::STOP_GRACE_DEFAULT;
use muster_model::observed::Health;
use muster_model::{HostId, WallTime};

use crate::ledger::{Deed, Made};
use crate::rng::Rng;

/// A program that does not end when it is asked to, only when it is killed.
const STUBBORN: Duration = Duration::from_secs(3_600);

/// The engine.
#[derive(Debug)]
pub struct Engine {
    host: HostId,
    rng: Rng,
    fake: FakeEngine,
    /// How many lines of its ledger were copied.
    copied: usize,
    /// What was asked to be made, by name.
    asked: BTreeMap<String, Program>,
    refused: Vec<String>,
    later: Vec<(Duration, Later)>,
}

#[derive(Debug)]
struct Program {
    made: Arc<Made>,
    stop_grace: Duration,
    has_check: bool,
    /// How long it takes to end when it is asked to.
    obeys_in: Duration,
}

/// What came of something that was done.
#[derive(Debug)]
pub struct Aftermath {
    /// To be told to whoever listens.
    pub events: Vec<EngineEvent>,
    /// To be written into the ledger: the container, and what became of it.
    pub deeds: Vec<(String, Deed)>,
    /// What will happen by itself, after so long.
    pub later: Vec<(Duration, Later)>,
}

/// Something that happens to a container by itself, if it still runs then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Later {
    /// Its program ends, as it was asked to.
    Ends(String),
    /// Its check passes.
    Healthy(String),
}

impl Engine {
    /// An engine that has nothing yet.
    pub fn new(host: HostId, rng: Rng) -> Self {
        let (asked, refused, later) = (BTreeMap::new(), Vec::new(), Vec::new());
        Self {
            host,
            rng,
            fake: FakeEngine::new(),
            copied: 0,
            asked,
            refused,
            later,
        }
    }

    /// All containers that are ours.
    pub fn list(&self) -> Vec<Container> {
        self.fake.list(self.host)
    }

    /// Names of containers that run.
    pub fn running(&self) -> Vec<String> {
        self.fake.running().into_iter().map(str::to_owned).collect()
    }

    /// Does one thing. A stop takes [`Engine::stops_in`] before.
    pub fn perform(&mut self, at: WallTime, verb: &Verb) -> Result<Answer, Failure> {
        self.fake.now = at;
        match verb {
            // Every registry has everything; that it cannot be reached is a fault of the call.
            Verb::Pull { image, .. } => self.fake.publish_image(&image.tagged()),
            Verb::Create(create) => self.note(create),
            Verb::Kill { name, signal } if signal != "SIGKILL" => return self.ask_to_end(name),
            _ => {}
        }
        let result = self.fake.perform(verb);
        if let (Verb::Start { name }, Err(Failure::PortTaken { .. } | Failure::AddressTaken { .. })) =
            (verb, &result)
        {
            self.refused.push(name.clone());
        }
        result
    }

    /// How long a stop that begins now takes.
    pub fn stops_in(&self, name: &str, grace: Option<Duration>) -> Duration {
        let program = self
            .asked
            .get(name)
            .filter(|_| self.fake.running().contains(&name));
        program.map_or(Duration::ZERO, |program| {
            program.obeys_in.min(grace.unwrap_or(program.stop_grace))
        })
    }

    /// The program of a container ends by itself.
    pub fn exit(&mut self, at: WallTime, name: &str, code: i64) {
        self.fake.now = at;
        self.fake.end(name, code);
    }

    /// Somebody removes a container.
    pub fn remove_by_hand(&mut self, at: WallTime, name: &str) {
        self.fake.now = at;
        self.fake.remove_by_hand(name);
    }

    /// All programs end, and nobody is told.
    pub fn restart(&mut self, at: WallTime) {
        self.fake.now = at;
        self.fake.reboot();
    }

    /// Something that was to happen by itself happens now.
    pub fn happen(&mut self, at: WallTime, later: &Later) {
        self.fake.now = at;
        match later {
            Later::Ends(name) => drop(self.fake.end(name, 143)),
            Later::Healthy(name) => self.fake.set_health(name, Health::Healthy),
        }
    }

    /// What came of everything since the last call.
    pub fn take_aftermath(&mut self) -> Aftermath {
        let mut deeds = Vec::new();
        for line in self.fake.ledger().iter().skip(self.copied) {
            let Some(program) = self.asked.get(&line.name) else {
                continue;
            };
            let deed = match line.deed {
                Line::Created => Deed::Made(program.made.clone()),
                Line::Started => Deed::Started,
                Line::Ended(_) => Deed::Ended,
                Line::Removed => Deed::Removed,
            };
            if deed == Deed::Started && program.has_check {
                let after = Duration::from_millis(self.rng.between(200, 4_000));
                self.later.push((after, Later::Healthy(line.name.clone())));
            }
            deeds.push((line.name.clone(), deed));
        }
        self.copied = self.fake.ledger().len();
        deeds.extend(self.refused.drain(..).map(|name| (name, Deed::Refused)));
        Aftermath {
            events: self.fake.take_events(),
            deeds,
            later: std::mem::take(&mut self.later),
        }
    }

    fn note(&mut self, create: &CreateContainer) {
        let (name, stubborn) = (create.name(), self.rng.chance(100));
        let obeys_in = if stubborn {
            STUBBORN
        } else {
            Duration::from_millis(self.rng.between(1, 1_500))
        };
        let check = create.spec.healthcheck.as_ref();
        let program = Program {
            made: Arc::new(made(create)),
            stop_grace: create
                .spec
                .stop_grace_ms
                .map_or(STOP_GRACE_DEFAULT, Duration::from_millis),
            has_check: check.is_some_and(|check| check.test != HealthcheckTest::Disabled),
            obeys_in,
        };
        // One that is there already stays what it was made as.
        if !self.fake.names().contains(&name.as_str()) {
            self.asked.insert(name, program);
        }
    }

    fn ask_to_end(&mut self, name: &str) -> Result<Answer, Failure> {
        let Some(program) = self.asked.get(name).filter(|_| self.fake.names().contains(&name)) else {
            return Err(Failure::NoSuchContainer {
                name: name.to_owned(),
            });
        };
        if !self.fake.running().contains(&name) {
            return Err(Failure::NotRunning {
                name: name.to_owned(),
            });
        }
        self.later.push((program.obeys_in, Later::Ends(name.to_owned())));
        Ok(Answer::Done)
    }
}

/// What the ledger is told of a container: all of it is what the engine was asked for.
fn made(create: &CreateContainer) -> Made {
    let (unit, is_primary) = (&create.unit, create.sidekick().is_none());
    let attached = unit
        .network
        .as_ref()
        .filter(|_| is_primary && create.spec.on_managed_network());
    Made {
        name: create.name(),
        unit: create.owner.unit,
        generation: create.owner.generation,
        sidekick: create.sidekick().cloned(),
        stack: unit.stack.clone(),
        service: unit.service.clone(),
        runs: create.spec.clone(),
        address: attached.map(|network| network.address),
        ports: if is_primary {
            unit.ports.clone()
        } else {
            Vec::new()
        },
    }
}
