//! Server processes: the shell around each real core.

use std::collections::VecDeque;

use muster_model::id::IdSource;
use muster_model::link::{DeliveredBlob, ToAgent};
use muster_model::secret::SecretBytes;
use muster_model::{Core as _, Revision, ServerId};
use muster_server::logic::{CoreConfig, Event as ServerEvent, Input, Output, ServerCore};
use muster_store::Commit;

use super::storage::PURGE_EVERY_MS;
use super::{Asker, Event, World};
use crate::link::{Life, Parcel, Way};
use crate::store::Ask;
use crate::telling;
use crate::time::{Clocks, Moment};

/// One server, in whatever life.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) id: ServerId,
    pub(super) clocks: Clocks,
    pub(super) life: u32,
    /// None while it is dead.
    pub(super) core: Option<ServerCore>,
    /// Its API draws ids from here, once it has an epoch.
    pub(super) ids: Option<IdSource>,
    /// It dies after so many more outputs.
    pub(super) doomed: Option<usize>,
    pub(super) watch: Option<Watch>,
    /// What its job that removes what nobody needs has still to ask for.
    pub(super) purges: VecDeque<Commit>,
    /// It is not started before.
    pub(super) away_until: Moment,
    /// It is asked to stop, and to stay away for so long.
    pub(super) leaves_for: Option<u64>,
    /// It takes nothing in until then.
    pub(super) paused_until: Moment,
    wakes_at: Option<Moment>,
}

#[derive(Debug)]
pub(super) struct Watch {
    /// It has told up to here.
    pub(super) after: Revision,
    /// The next batch comes no earlier.
    pub(super) last: Moment,
}

impl Server {
    pub(super) const fn new(id: ServerId, clocks: Clocks) -> Self {
        Self {
            id,
            clocks,
            life: 0,
            core: None,
            ids: None,
            doomed: None,
            watch: None,
            purges: VecDeque::new(),
            away_until: Moment(0),
            leaves_for: None,
            paused_until: Moment(0),
            wakes_at: None,
        }
    }

    pub(super) const fn is_life(&self, life: Life) -> bool {
        self.life == life.number && self.core.is_some()
    }
}

/// What no other life of any server is called.
pub(super) fn label(life: Life) -> String {
    format!("s{}.{}", life.of, life.number)
}

impl World {
    pub(super) fn server_begins(&mut self, of: usize) {
        let server = &mut self.servers[of];
        if server.core.is_some() {
            return;
        }
        if self.now < server.away_until {
            return self.queue.put(server.away_until, Event::ServerBegins(of));
        }
        server.life += 1;
        (server.paused_until, server.leaves_for) = (Moment(0), None);
        let label = label(Life {
            of,
            number: server.life,
        });
        // As shipped: the lease has one length, however many servers there are.
        server.core = Some(ServerCore::new(CoreConfig::sole(server.id, label)));
        (server.ids, server.doomed, server.watch, server.wakes_at) = (None, None, None, None);
        server.purges.clear();
        let life = Life {
            of,
            number: server.life,
        };
        self.trace
            .tell(self.now, server.id, format_args!("begins, life {}", life.number));
        self.soon(5, 200, Event::ServerLoads(life));
        self.soon(PURGE_EVERY_MS, PURGE_EVERY_MS, Event::Purges(life));
        self.servers_change(true);
    }

    /// A server came or went; whether one leads, or is about to.
    fn servers_change(&mut self, led: bool) {
        self.history.servers_change(self.now, &self.troubles);
        let any = self.servers.iter().any(|server| server.core.is_some());
        self.troubles.servers(self.now, any, led);
    }

    pub(super) fn server_dies(&mut self, of: usize) {
        let server = &mut self.servers[of];
        if server.core.take().is_none() {
            return;
        }
        let (id, number) = (server.id, server.life);
        let mut cores = self.servers.iter().filter_map(|server| server.core.as_ref());
        let led = cores.any(|core| core.leads().is_some());
        self.servers_change(led);
        self.trace.tell(self.now, id, format_args!("is killed"));
        for connection in self.links.which(|one| one.server == Life { of, number }) {
            self.hang_up(connection, Way::Down);
        }
        self.soon(200, 20_000, Event::ServerBegins(of));
    }

    pub(super) fn server_loads(&mut self, life: Life) {
        if !self.servers[life.of].is_life(life) {
            return;
        }
        let snapshot = self.store.read();
        self.servers[life.of].watch = Some(Watch {
            after: snapshot.revision,
            last: self.now,
        });
        self.server_takes(life, ServerEvent::Loaded(snapshot));
    }

    pub(super) fn server_wakes(&mut self, life: Life) {
        let server = &mut self.servers[life.of];
        if server.is_life(life) && server.wakes_at.is_some_and(|at| at <= self.now) {
            server.wakes_at = None;
            self.server_takes(life, ServerEvent::Tick);
        }
    }

    pub(super) fn watch_tells(&mut self, life: Life) {
        let server = &mut self.servers[life.of];
        let Some(watch) = server.watch.as_mut().filter(|_| server.life == life.number) else {
            return;
        };
        match self.store.next_batch(watch.after) {
            Ok(Some(batch)) => {
                watch.after = batch.revision;
                self.server_takes(life, ServerEvent::Store(batch));
            }
            Ok(None) => {}
            Err(_) => self.watch_is_lost(life.of),
        }
    }

    /// The core takes an input, and what it wants is done, in order.
    pub(super) fn server_takes(&mut self, life: Life, event: ServerEvent) {
        let now = self.now;
        let server = &mut self.servers[life.of];
        let (at, wall) = (server.clocks.boot(now), server.clocks.wall(now));
        let Some(core) = server.core.as_mut() else { return };
        let outputs = core.handle(at, Input { wall, event });
        let wake = core.wake_at().map(|at| server.clocks.moment(at).max(now));
        let doomed = server.doomed;
        self.takes_input("a server");
        for output in outputs.into_iter().take(doomed.unwrap_or(usize::MAX)) {
            self.server_wants(life, output);
        }
        if doomed.is_some() {
            return self.server_dies(life.of);
        }
        let server = &mut self.servers[life.of];
        if let Some(wake) = wake.filter(|wake| server.wakes_at.is_none_or(|before| *wake < before)) {
            server.wakes_at = Some(wake);
            self.queue.put(wake, Event::ServerWakes(life));
        }
    }

    fn server_wants(&mut self, life: Life, output: Output) {
        let id = self.servers[life.of].id;
        match output {
            Output::Commit { ticket, commit } => {
                self.ask_store(life, Asker::Core(ticket), Ask::Commit(commit))
            }
            Output::Find { ticket, request } => self.ask_store(life, Asker::Core(ticket), Ask::Find(request)),
            Output::Send {
                connection,
                mut message,
                blobs_needed,
                ..
            } => {
                if !matches!(message, ToAgent::HeartbeatAck(_)) {
                    let told = telling::to_agent(&message);
                    self.trace.tell(
                        self.now,
                        id,
                        format_args!("says on link {}: {told}", connection.0),
                    );
                }
                // What is in them is nothing to the cores.
                let empty = |digest| DeliveredBlob {
                    digest,
                    content: SecretBytes::new(Vec::new()),
                };
                if let ToAgent::Table(delta) = &mut message {
                    delta.blobs = blobs_needed.into_iter().map(empty).collect();
                }
                self.send(connection.0, Way::Down, Parcel::ToAgent(Box::new(message)));
            }
            Output::Close { connection, why } => {
                self.trace
                    .tell(self.now, id, format_args!("closes link {}: {why}", connection.0));
                self.server_closes(connection.0);
            }
            Output::Epoch(epoch) => self.servers[life.of].ids = Some(IdSource::new(epoch)),
            Output::Leads(epoch) => match epoch {
                Some(epoch) => self
                    .trace
                    .tell(self.now, id, format_args!("leads, epoch {epoch}")),
                None => self.trace.tell(self.now, id, format_args!("leads no more")),
            },
            Output::Alarm { subject, message } => {
                self.violated(
                    "control meets nothing that it should not",
                    format!("{subject}: {message}"),
                );
            }
            Output::Halt(error) => self.violated("a server can read its store", format!("{id}: {error:?}")),
            Output::MayStop => self.queue.put(self.now, Event::ServerLeaves(life)),
            Output::Publish(_) | Output::Progress { .. } | Output::Looked { .. } => {}
        }
    }
}
