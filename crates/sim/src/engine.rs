//! One host's engine: the agent's own little engine, with programs that take their time to end, and with books.
//!
//! It does what it is asked at once. That calls take time, fail, or lose their answers is the world's doing, around it.

mod by_itself;
mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use muster_agent::engine::fake::{Deed as Line, FakeEngine};
use muster_agent::engine::{Answer, Container, CreateContainer, EngineEvent, Failure, Verb};
use muster_model::limits::STOP_GRACE_DEFAULT;
use muster_model::observed::Health;
use muster_model::{HostId, WallTime};

use crate::ledger::{By, Deed, Made};
use crate::rng::Rng;
use made::made;

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
    /// Volumes and networks that it has.
    volumes: BTreeSet<String>,
    networks: BTreeSet<String>,
    /// Deeds that its own ledger does not know, each after so many lines of that.
    besides: Vec<(usize, String, Deed)>,
    later: Vec<(Duration, Later)>,
}

#[derive(Debug)]
struct Program {
    made: Arc<Made>,
    stop_grace: Duration,
    /// How long it takes to end when it is asked to.
    obeys_in: Duration,
    /// How often it was started.
    runs: u32,
    /// The platform asked for its end, since it last began.
    told: bool,
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

/// Something that happens to a container by itself, if it still runs then as it did before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Later {
    /// The container.
    pub name: String,
    /// How often it was started by then.
    run: u32,
    what: Change,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Ends(i64),
    Health(Health),
}

impl Engine {
    /// An engine that has nothing yet.
    pub fn new(host: HostId, rng: Rng) -> Self {
        Self {
            host,
            rng,
            fake: FakeEngine::new(),
            copied: 0,
            asked: BTreeMap::new(),
            volumes: BTreeSet::new(),
            networks: BTreeSet::new(),
            besides: Vec::new(),
            later: Vec::new(),
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

    /// What a container was made as.
    pub fn made(&self, name: &str) -> Option<&Arc<Made>> {
        self.asked.get(name).map(|program| &program.made)
    }

    /// Volumes that it has.
    pub const fn volumes(&self) -> &BTreeSet<String> {
        &self.volumes
    }

    /// Nobody is to be blamed for this volume.
    pub fn forget_volume(&mut self, name: &str) {
        self.volumes.remove(name);
    }

    /// Does one thing. A stop takes [`Engine::stops_in`] before.
    pub fn perform(&mut self, at: WallTime, verb: &Verb) -> Result<Answer, Failure> {
        self.fake.now = at;
        match verb {
            // Every registry has everything; that it has not is a fault of the call.
            Verb::Pull { image, .. } => self.fake.publish_image(&image.tagged()),
            Verb::Create(create) => self.note(create),
            Verb::Stop { name, .. } | Verb::Remove { name } => self.tell(name),
            Verb::Kill { name, signal } => {
                self.tell(name);
                if signal != "SIGKILL" {
                    return self.ask_to_end(name);
                }
            }
            _ => {}
        }
        let result = self.fake.perform(verb);
        self.keep_books(verb, &result);
        result
    }

    fn tell(&mut self, name: &str) {
        if let Some(program) = self.asked.get_mut(name) {
            program.told = true;
        }
    }

    fn keep_books(&mut self, verb: &Verb, result: &Result<Answer, Failure>) {
        match (verb, result) {
            (Verb::Start { name }, Err(Failure::PortTaken { .. } | Failure::AddressTaken { .. })) => {
                self.besides(name, Deed::Refused);
            }
            (Verb::EnsureVolume(volume), Ok(_)) => {
                self.volumes.insert(volume.engine_name.clone());
            }
            (Verb::RemoveVolume { name }, Ok(_)) => {
                self.volumes.remove(name);
            }
            (Verb::EnsureNetwork(network), Ok(_)) => {
                self.networks.insert(network.name.clone());
            }
            _ => {}
        }
    }

    fn besides(&mut self, name: &str, deed: Deed) {
        self.besides
            .push((self.fake.ledger().len(), name.to_owned(), deed));
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

    /// What came of everything since the last call.
    pub fn take_aftermath(&mut self) -> Aftermath {
        let (mut deeds, mut besides) = (
            Vec::new(),
            std::mem::take(&mut self.besides).into_iter().peekable(),
        );
        let lines = self.fake.ledger().len();
        for at in self.copied..=lines {
            while let Some((_, name, deed)) = besides.next_if(|(after, _, _)| *after <= at) {
                deeds.push((name, deed));
            }
            let line = self
                .fake
                .ledger()
                .get(at)
                .map(|line| (line.name.clone(), line.deed));
            if let Some((name, line)) = line
                && let Some(deed) = self.became(&name, line)
            {
                deeds.push((name, deed));
            }
        }
        self.copied = lines;
        Aftermath {
            events: self.fake.take_events(),
            deeds,
            later: std::mem::take(&mut self.later),
        }
    }

    /// What a line of the little engine's ledger says of one of ours.
    fn became(&mut self, name: &str, line: Line) -> Option<Deed> {
        let program = self.asked.get_mut(name)?;
        let by = |told| if told { By::Platform } else { By::Itself };
        Some(match line {
            Line::Created => Deed::Made(program.made.clone()),
            Line::Started => {
                program.runs += 1;
                program.told = false;
                if program.made.is_checked() {
                    let most = program.made.starts_within_ms().unwrap_or(4_000);
                    let (run, after) = (program.runs, self.rng.between(200, most));
                    self.later(name, run, after, Change::Health(Health::Healthy));
                }
                Deed::Started
            }
            Line::Ended(_) => Deed::Ended(by(program.told)),
            Line::Removed => Deed::Removed(by(program.told)),
        })
    }

    fn note(&mut self, create: &CreateContainer) {
        let (name, stubborn) = (create.name(), self.rng.chance(100));
        let obeys_in = if stubborn {
            STUBBORN
        } else {
            Duration::from_millis(self.rng.between(1, 1_500))
        };
        let program = Program {
            made: Arc::new(made(create)),
            stop_grace: create
                .spec
                .stop_grace_ms
                .map_or(STOP_GRACE_DEFAULT, Duration::from_millis),
            obeys_in,
            runs: 0,
            told: false,
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
        let (run, after) = (program.runs, program.obeys_in.as_millis());
        let after = u64::try_from(after).unwrap_or(u64::MAX);
        self.later(name, run, after, Change::Ends(143));
        Ok(Answer::Done)
    }
}
