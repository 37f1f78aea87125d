//! The shell around the logic: it waits for the next input, asks the core, and does what the core wants.
//!
//! It holds what the core must not know: the clock, the engine's socket, the notebook's files, the connection.

mod connection;
mod engine;
mod renewal;
mod watchdog;
mod work;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use muster_link::{Applicant, ServerUrl};
use muster_model::{Core as _, Timestamp};
use rustix::fs::{FlockOperation, flock};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::address::Addressing;
use crate::durable::private_directory;
use crate::engine::docker::DockerEngine;
use crate::engine::fake::{FakeEngine, Served};
use crate::engine::{Engine, EngineEvent};
use crate::error::AgentError;
use crate::facts::{self, Own};
use crate::files::Places;
use crate::identity::Identity;
use crate::logic::{AgentCore, Bounds, CoreConfig, Input, Lane, Output, Page, Started};
use crate::metrics::{self, Ids, Rings};
use crate::notebook::{Notebook, Opened};
use crate::standing::StandingFile;

/// Inputs that wait for the core. Whoever makes more waits with them.
const INPUTS_MAX: usize = 1_024;

/// Who this host is, in the data directory.
pub(crate) const IDENTITY_FILE: &str = "identity.json";

/// How an agent is set up.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// Servers to dial, in turn.
    pub servers: Vec<ServerUrl>,
    /// Where notebook, keys and configs are kept. One agent at a time.
    pub data_dir: PathBuf,
    /// Where secrets and the lease are kept: a directory on a tmpfs.
    pub run_dir: PathBuf,
    /// The engine's socket.
    pub engine_socket: PathBuf,
    /// With which to join, if this host has not joined yet.
    pub join_token: Option<String>,
    /// What this host calls itself when it joins.
    pub name: String,
    /// The environment that it is to join; the token's, if it is not told.
    pub environment: Option<String>,
    /// Labels that it brings when it joins.
    pub labels: BTreeMap<String, String>,
    /// Where other hosts reach it; found by the way to the server if it is not told.
    pub address: Option<IpAddr>,
    /// How much is done at once.
    pub bounds: Bounds,
    /// A program, with its arguments, that calls [`crate::watchdog::run`] with the directory that comes after them.
    /// Without one nobody ends exclusive units when this process cannot.
    pub watchdog: Option<Vec<OsString>>,
}

/// What an agent keeps until the next boot. Two agents on one machine must not share it, and one agent must find it again.
pub(crate) fn run_dir(data_dir: &Path) -> PathBuf {
    let digest = muster_model::Digest::of(data_dir.as_os_str().as_encoded_bytes()).short();
    PathBuf::from("/run/muster").join(digest)
}

impl AgentConfig {
    /// The usual setup for a data directory.
    pub fn new(servers: Vec<ServerUrl>, data_dir: PathBuf) -> Self {
        Self {
            servers,
            run_dir: run_dir(&data_dir),
            data_dir,
            engine_socket: PathBuf::from("/var/run/docker.sock"),
            join_token: None,
            name: facts::hostname(),
            environment: None,
            labels: BTreeMap::new(),
            address: None,
            bounds: Bounds::default(),
            watchdog: None,
        }
    }
}

impl AgentConfig {
    /// This machine as it asks to be let in.
    pub(crate) fn applicant(&self) -> Applicant {
        Applicant {
            name: self.name.clone(),
            environment: self.environment.clone(),
            labels: self.labels.clone(),
            machine: facts::machine(),
        }
    }
}

/// Runs the agent until `shutdown`; then it ends and leaves all containers running.
pub async fn run(config: AgentConfig, shutdown: impl Future<Output = ()>) -> Result<(), AgentError> {
    let docker = Arc::new(DockerEngine::new(&config.engine_socket));
    drive(config, docker.clone(), Some(docker), shutdown).await
}

/// Runs an agent whose engine is the little one in memory, and all else of it as it is: for tests of size. There is nothing
/// to stream from it, and it forgets its containers when it ends.
pub async fn run_hollow(config: AgentConfig, shutdown: impl Future<Output = ()>) -> Result<(), AgentError> {
    let engine = Arc::new(Served::new(FakeEngine::with_every_image()));
    drive(config, engine, None, shutdown).await
}

async fn drive(
    config: AgentConfig,
    engine: Arc<dyn Engine>,
    docker: Option<Arc<DockerEngine>>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), AgentError> {
    if config.servers.is_empty() {
        return Err(AgentError::NoServer);
    }
    let _lock = claim(&config)?;
    tokio::pin!(shutdown);
    let path = config.data_dir.join(IDENTITY_FILE);
    let applicant = config.applicant();
    let identity = Identity::obtain(&path, &config.servers, config.join_token.as_deref(), &applicant);
    let identity = tokio::select! {
        identity = identity => identity?,
        () = &mut shutdown => return Ok(()),
    };
    Shell::start(&config, identity, engine, docker)?
        .run(shutdown)
        .await;
    Ok(())
}

/// Makes the directories and takes the lock, which goes with the returned file.
pub(crate) fn claim(config: &AgentConfig) -> Result<std::fs::File, AgentError> {
    for path in [&config.data_dir, &config.run_dir] {
        private_directory(path).map_err(|source| AgentError::Directory {
            path: path.clone(),
            source,
        })?;
    }
    let path = config.data_dir.join("lock");
    let failed = |source| AgentError::Lock {
        path: path.clone(),
        source,
    };
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => Err(AgentError::Locked {
            path: config.data_dir.clone(),
        }),
        Err(error) => Err(failed(error.into())),
    }
}

struct Shell {
    core: AgentCore,
    inputs: mpsc::Receiver<Input>,
    send: mpsc::Sender<Input>,
    engine: Arc<dyn Engine>,
    notebook: Arc<Notebook>,
    places: Places,
    connection: connection::Handle,
    /// To tell streams what runs here.
    page: watch::Sender<Option<Page>>,
    /// To tell what is to be sampled.
    running: watch::Sender<Ids>,
    /// Of actions under way, to give them up.
    under_way: BTreeMap<Lane, CancellationToken>,
    /// Whether a watchdog is needed.
    bound: watch::Sender<bool>,
    host: muster_model::HostId,
    work: JoinSet<()>,
}

impl Shell {
    fn start(
        config: &AgentConfig,
        identity: Identity,
        engine: Arc<dyn Engine>,
        docker: Option<Arc<DockerEngine>>,
    ) -> Result<Self, AgentError> {
        let places = Places {
            secrets: config.run_dir.join("secrets"),
            configs: config.data_dir.join("configs"),
        };
        let (
            notebook,
            Opened {
                page,
                blobs_missing,
                lease,
            },
        ) = Notebook::open(&config.data_dir, &config.run_dir)?;
        let (send, inputs) = mpsc::channel(INPUTS_MAX);
        let (page_sender, pages) = watch::channel(page.clone());
        let mut work = JoinSet::new();
        let (host, ends) = (identity.host, identity.validity.not_after);
        let (identity, identities) = watch::channel(Arc::new(identity));
        let (streams, streams_seen) = watch::channel(None);
        let serving = connection::Serving {
            identity: identities.clone(),
            docker,
            pages,
            streams,
            inputs: send.clone(),
            rings: Rings::default(),
        };
        let (running, running_seen) = watch::channel(Ids::new());
        let data = config.data_dir.clone();
        work.spawn(metrics::sample(serving.rings.clone(), running_seen, data));
        let standing = StandingFile::of(&config.run_dir);
        let dialing = connection::Dialing::new(config.servers.clone(), send.clone(), serving, standing);
        let connection = dialing.start(&mut work);
        let socket = config.engine_socket.display().to_string();
        let told = engine::Telling {
            addressing: Addressing {
                given: config.address,
                servers: config.servers.clone(),
            },
            data_dir: config.data_dir.clone(),
            identity: identities,
            send: send.clone(),
        };
        work.spawn(engine::watch(engine.clone(), socket, told));
        let file = config.data_dir.join(IDENTITY_FILE);
        work.spawn(renewal::Keeper::new(file, identity, streams_seen).run());
        let bound = watch::Sender::new(lease.as_ref().is_some_and(|lease| !lease.binds.is_empty()));
        let keeper = watchdog::Keeper {
            program: config.watchdog.clone(),
            run_dir: config.run_dir.clone(),
            needed: bound.subscribe(),
            send: send.clone(),
        };
        work.spawn(keeper.run());
        let started = Started {
            page,
            blobs_missing,
            lease,
            boot: facts::boot_id(),
            facts: facts::gather(
                crate::engine::EngineFacts::default(),
                Own {
                    certificate_ends: ends,
                    address: config.address,
                    findings: Vec::new(),
                },
            ),
        };
        let core = AgentCore::new(CoreConfig {
            host,
            bounds: config.bounds,
            files: places.clone(),
        });
        let mut shell = Self {
            core,
            inputs,
            send,
            engine,
            notebook: Arc::new(notebook),
            places,
            connection,
            page: page_sender,
            running,
            under_way: BTreeMap::new(),
            bound,
            host,
            work,
        };
        shell.handle(Input::Started(Box::new(started)));
        Ok(shell)
    }

    async fn run(mut self, shutdown: std::pin::Pin<&mut impl Future<Output = ()>>) {
        tokio::pin!(shutdown);
        loop {
            let wake = self.core.wake_at().map(|at| at.since(now()));
            let input = tokio::select! {
                () = &mut shutdown => return,
                input = self.inputs.recv() => input.unwrap_or(Input::Tick),
                () = tokio::time::sleep(wake.unwrap_or(Duration::from_secs(3_600))) => Input::Tick,
            };
            self.handle(input);
            while self.work.try_join_next().is_some() {}
        }
    }

    fn handle(&mut self, input: Input) {
        if let Input::Done { lane, .. } = &input {
            self.under_way.remove(lane);
        }
        let saved = matches!(input, Input::NotebookSaved { .. });
        let changed = matches!(
            input,
            Input::Looked(_) | Input::Event(EngineEvent::Container { .. }) | Input::Done { .. }
        );
        for output in self.core.handle(now(), input) {
            self.perform(output);
        }
        if changed {
            let ids = self.core.running_containers();
            self.running.send_if_modified(|known| {
                let differs = *known != ids;
                *known = ids;
                differs
            });
        }
        if saved {
            self.page.send_replace(self.core.page().cloned());
        }
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::Send(message) => self.connection.send(*message),
            Output::Disconnect { why } => self.connection.cut(&why),
            Output::SaveNotebook { page, blobs } => {
                let (notebook, places, send) =
                    (self.notebook.clone(), self.places.clone(), self.send.clone());
                self.work.spawn(work::save(notebook, places, page, blobs, send));
            }
            Output::KeepLease(lease) => {
                if let Err(error) = self.notebook.keep_lease(&lease) {
                    tracing::error!(
                        error = work::chain(&error),
                        "the lease is not kept over a restart of the agent"
                    );
                }
                self.bound.send_if_modified(|bound| {
                    let before = std::mem::replace(bound, !lease.binds.is_empty());
                    before != *bound
                });
            }
            Output::Look => {
                self.work
                    .spawn(work::look(self.engine.clone(), self.host, self.send.clone()));
            }
            Output::Perform { lane, action } => {
                let token = CancellationToken::new();
                self.under_way.insert(lane.clone(), token.clone());
                let job = work::Job {
                    engine: self.engine.clone(),
                    notebook: self.notebook.clone(),
                    places: self.places.clone(),
                    send: self.send.clone(),
                    lane,
                    token,
                };
                self.work.spawn(job.run(action));
            }
            Output::Abandon { lane } => {
                if let Some(token) = self.under_way.get(&lane) {
                    token.cancel();
                }
            }
        }
    }
}

/// This machine's clock that never jumps and counts suspends.
pub(crate) fn now() -> Timestamp {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    Timestamp(part(time.tv_sec) * 1_000 + part(time.tv_nsec) / 1_000_000)
}
