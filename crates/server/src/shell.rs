//! Drives the core: waits for the next event, calls it, performs what it wants, in order.
//!
//! ```text
//!   follow ──snapshot, batches──┐                          ┌─► worlds (API, hub)
//!   hub ──agents' words─────────┼─► ServerCore::handle ────┼─► hub: words to agents, contents opened
//!   store ──answers─────────────┘        ▲ time            └─► store: commits, each on a task of its own
//! ```
//!
//! Nothing is decided here.

mod follow;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_control::World;
use muster_model::link::{Progress, ToAgent};
use muster_model::{Core as _, Digest, HostId};
use muster_store::{Commit, Store, StoreError};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::hub::{Hub, contents};
use crate::logic::{ConnectionId, CoreConfig, CoreError, Event, Input, Output, ServerCore, Ticket};
use crate::metrics::{Ended, Metrics};
use crate::vault::Vault;

/// Timers follow `CLOCK_MONOTONIC`, the core `CLOCK_BOOTTIME`: after a suspend it is looked again within this.
const SLEEP_MAX: Duration = Duration::from_secs(5);
/// Events on their way to the core; whoever brings more waits.
pub(crate) const INBOX: usize = 1_024;

/// What the rest of the server sees of the core.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    /// The newest world.
    pub(crate) worlds: watch::Receiver<World>,
    /// The epoch of this process, once it is drawn.
    pub(crate) epoch: watch::Receiver<Option<u32>>,
    /// The epoch of the leadership, while this server leads.
    pub(crate) leads: watch::Receiver<Option<u32>>,
    /// Pulls under way.
    pub(crate) progress: broadcast::Sender<Progress>,
    /// Why the core cannot go on, if it ever could not.
    pub(crate) halted: watch::Receiver<Option<Arc<CoreError>>>,
    /// Whether agents can do without this server for a while, once it was told to stop.
    pub(crate) may_stop: watch::Receiver<bool>,
}

/// The other side of the windows.
struct Doors {
    worlds: watch::Sender<World>,
    epoch: watch::Sender<Option<u32>>,
    leads: watch::Sender<Option<u32>>,
    progress: broadcast::Sender<Progress>,
    halted: watch::Sender<Option<Arc<CoreError>>>,
    may_stop: watch::Sender<bool>,
}

pub(crate) struct Shell {
    core: ServerCore,
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    hub: Arc<Hub>,
    metrics: Metrics,
    doors: Doors,
    inbox: mpsc::Receiver<Event>,
    /// Answers of the store: at most as many as the core has asked.
    answers: (mpsc::UnboundedSender<Event>, mpsc::UnboundedReceiver<Event>),
    asks: JoinSet<()>,
}

/// Windows without a room behind them yet; the shell takes the doors.
pub(crate) struct Plan {
    doors: Doors,
}

pub(crate) fn plan() -> (Plan, Windows) {
    let (worlds, worlds_seen) = watch::channel(World::default());
    let (epoch, epoch_seen) = watch::channel(None);
    let (leads, leads_seen) = watch::channel(None);
    let (halted, halted_seen) = watch::channel(None);
    let (may_stop, may_stop_seen) = watch::channel(false);
    let (progress, _) = broadcast::channel(256);
    let windows = Windows {
        worlds: worlds_seen,
        epoch: epoch_seen,
        leads: leads_seen,
        progress: progress.clone(),
        halted: halted_seen,
        may_stop: may_stop_seen,
    };
    (
        Plan {
            doors: Doors {
                worlds,
                epoch,
                leads,
                progress,
                halted,
                may_stop,
            },
        },
        windows,
    )
}

impl Shell {
    pub(crate) fn new(
        plan: Plan,
        config: CoreConfig,
        store: Arc<dyn Store>,
        vault: Arc<Vault>,
        hub: Arc<Hub>,
        metrics: Metrics,
        inbox: mpsc::Receiver<Event>,
    ) -> Self {
        let core = ServerCore::new(config);
        let (doors, answers) = (plan.doors, mpsc::unbounded_channel());
        Self {
            core,
            store,
            vault,
            hub,
            metrics,
            doors,
            inbox,
            answers,
            asks: JoinSet::new(),
        }
    }

    /// Runs until told to stop; then nothing of it holds the store any more.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = self.drive() => {}
            () = stop.cancelled() => {}
        }
        self.asks.shutdown().await;
    }

    async fn drive(&mut self) {
        let (batches, mut followed) = mpsc::channel(64);
        let again = Arc::new(Notify::new());
        self.asks
            .spawn(follow::follow(self.store.clone(), again.clone(), batches));
        loop {
            let event = tokio::select! {
                Some(event) = self.answers.1.recv() => event,
                Some(event) = followed.recv() => event,
                Some(event) = self.inbox.recv() => event,
                () = until(self.core.wake_at()) => Event::Tick,
            };
            while self.asks.try_join_next().is_some() {}
            let began = Instant::now();
            let outputs = self.core.handle(
                clock::boot(),
                Input {
                    wall: clock::wall(),
                    event,
                },
            );
            if outputs
                .iter()
                .any(|output| matches!(output, Output::Looked { .. }))
            {
                self.metrics.round_seconds.observe(began.elapsed().as_secs_f64());
            }
            for output in outputs {
                self.perform(output, &again);
            }
        }
    }

    fn perform(&mut self, output: Output, again: &Notify) {
        match output {
            Output::Publish(world) => {
                self.metrics
                    .revision
                    .set(i64::try_from(world.revision().0).unwrap_or(i64::MAX));
                let braked = i64::try_from(world.hosts_braked()).unwrap_or(i64::MAX);
                self.metrics.hosts_braked.set(braked);
                self.doors.worlds.send_replace(*world);
                self.doors.halted.send_if_modified(|why| why.take().is_some());
            }
            Output::Epoch(epoch) => drop(self.doors.epoch.send_replace(Some(epoch))),
            Output::Commit { ticket, commit } => self.commit(ticket, commit),
            Output::Find { ticket, request } => {
                let (store, answers) = (self.store.clone(), self.answers.0.clone());
                self.asks.spawn(async move {
                    let result = store.committed(request).await;
                    let _ = answers.send(Event::Found { ticket, result });
                });
            }
            Output::Send {
                connection,
                host,
                message,
                blobs_needed,
            } => {
                self.send(connection, host, message, &blobs_needed);
            }
            Output::Close { connection, why } => self.hub.close(connection, why),
            // Nobody may be looking.
            Output::Progress { progress, .. } => drop(self.doors.progress.send(progress)),
            Output::Leads(epoch) => self.leads(epoch),
            Output::MayStop => drop(self.doors.may_stop.send_replace(true)),
            Output::Looked { subjects } => drop(self.metrics.subjects.inc_by(subjects as u64)),
            Output::Alarm { subject, message } => {
                self.metrics.alarms.inc();
                tracing::error!(
                    subject,
                    message,
                    "control left a subject alone after an inconsistency: please report this as a bug"
                );
            }
            Output::Halt(error) => {
                tracing::error!(
                    error = chain(&error),
                    "nothing is decided until the store can be read again"
                );
                self.doors.halted.send_replace(Some(Arc::new(error)));
                again.notify_one();
            }
        }
    }

    fn leads(&self, epoch: Option<u32>) {
        match epoch {
            Some(epoch) => tracing::info!(epoch, "this server leads"),
            None => tracing::warn!("this server leads no more"),
        }
        self.metrics.leads.set(i64::from(epoch.is_some()));
        self.doors.leads.send_replace(epoch);
    }

    fn commit(&mut self, ticket: Ticket, commit: Commit) {
        let (store, answers, metrics) = (self.store.clone(), self.answers.0.clone(), self.metrics.clone());
        self.asks.spawn(async move {
            let began = Instant::now();
            let result = store.commit(commit).await;
            metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
            metrics
                .commits
                .get_or_create(&Ended {
                    result: word(&result),
                })
                .inc();
            if let Err(error) = &result
                && !matches!(error, StoreError::Conflict { .. })
            {
                tracing::error!(error = chain(error), "the store did not take a commit");
            }
            let _ = answers.send(Event::Committed { ticket, result });
        });
    }

    /// Puts the contents into a table that it needs, and hands the words over.
    fn send(&self, connection: ConnectionId, host: HostId, mut message: ToAgent, needed: &BTreeSet<Digest>) {
        if let ToAgent::Table(delta) = &mut message
            && !needed.is_empty()
        {
            delta.blobs = contents::open(&self.vault, self.core.world(), host, needed);
        }
        self.hub.send(connection, message);
    }
}

fn word<T>(result: &Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(StoreError::Conflict { .. }) => "conflict",
        Err(StoreError::Unknown { .. }) => "unknown",
        Err(_) => "not_done",
    }
}

async fn until(at: Option<muster_model::Timestamp>) {
    let length = at.map_or(SLEEP_MAX, |at| at.since(clock::boot()).min(SLEEP_MAX));
    tokio::time::sleep(length).await;
}

/// An error with its causes, on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
