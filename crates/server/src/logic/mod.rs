//! What a server decides, without I/O: no clock, socket, file or randomness below this line.
//!
//! ```text
//!   watch batch ─► mirror ─► Publish(world) ─► sessions: tables to agents ─► controller: a round, under the fence ─► Commit
//!   agents' messages ─► sessions: claims, acknowledgements, reports ─► Commit
//! ```
//!
//! [`ServerCore::handle`] is the whole of it: one event enters one part, then every part does what it now can, in one
//! visible order. All four parts decide on the mirror alone and never on what they have just asked for: a commit is true
//! when the mirror shows it. An answer that is lost is looked up by its request id ([`Output::Find`]).

mod controller;
mod leadership;
mod lease;
pub mod marks;
mod mirror;
mod outbox;
mod reports;
mod session;
mod sessions;
mod tickets;

use std::collections::BTreeSet;
use std::time::Duration;

use muster_control::World;
use muster_model::document::DocumentError;
use muster_model::limits::LEASE_SINGLE_SERVER;
use muster_model::link::{FromAgent, Progress, ToAgent};
use muster_model::{Core, Digest, HostId, RequestId, Revision, ServerId, Timestamp, WallTime};
use muster_store::{Commit, Committed, KeyError, Snapshot, StoreError, WatchBatch};

use controller::Controller;
use leadership::Leadership;
use mirror::Mirror;
use sessions::Sessions;
use tickets::{Answer, Tickets};

/// A commit under way; never given twice by one core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// An agent's control link; the shell numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// One thing that happened.
#[derive(Debug)]
pub struct Input {
    /// The time on the wall then, for what is written down for people.
    pub wall: WallTime,
    /// What happened.
    pub event: Event,
}

/// What can happen.
#[derive(Debug)]
pub enum Event {
    /// Everything in the store: at the start, and when a watch could not go on where it was.
    Loaded(Snapshot),
    /// The next change in the store.
    Store(WatchBatch),
    /// The answer to [`Output::Commit`].
    Committed {
        /// Of which.
        ticket: Ticket,
        /// What the store said.
        result: Result<Committed, StoreError>,
    },
    /// The answer to [`Output::Find`].
    Found {
        /// Of which.
        ticket: Ticket,
        /// What the store said.
        result: Result<Option<Revision>, StoreError>,
    },
    /// An agent, known by its certificate, opened a control link.
    Opened {
        /// The link.
        connection: ConnectionId,
        /// Whose it is.
        host: HostId,
    },
    /// An agent said something.
    Message {
        /// On this link.
        connection: ConnectionId,
        /// What.
        message: FromAgent,
    },
    /// A link is over.
    Closed {
        /// Which.
        connection: ConnectionId,
    },
    /// Somebody wants this server to stop: it says [`Output::MayStop`] when agents can do without it for a while.
    Stopping,
    /// Time has passed.
    Tick,
}

/// What the core wants done, in this order.
#[derive(Debug)]
pub enum Output {
    /// The mirror has advanced: this is the newest world.
    Publish(Box<World>),
    /// The epoch of this process was drawn: its API may make ids under it.
    Epoch(u32),
    /// Ask the store for this; answer with [`Event::Committed`].
    Commit {
        /// For the answer.
        ticket: Ticket,
        /// The commit; it has a request id.
        commit: Commit,
    },
    /// Ask the store what became of a request; answer with [`Event::Found`].
    Find {
        /// For the answer.
        ticket: Ticket,
        /// The request.
        request: RequestId,
    },
    /// Say this to an agent.
    Send {
        /// On this link.
        connection: ConnectionId,
        /// To this host.
        host: HostId,
        /// What.
        message: ToAgent,
        /// Contents to be opened and put into a table's `blobs`.
        blobs_needed: BTreeSet<Digest>,
    },
    /// End a link, after what was sent on it before.
    Close {
        /// Which.
        connection: ConnectionId,
        /// For the log.
        why: &'static str,
    },
    /// An agent tells how far a pull is.
    Progress {
        /// Which host.
        host: HostId,
        /// How far.
        progress: Progress,
    },
    /// The leadership was won (an epoch) or lost.
    Leads(Option<u32>),
    /// A round looked at so many subjects.
    Looked {
        /// How many.
        subjects: usize,
    },
    /// Control met what it should not have; the subject is left alone.
    Alarm {
        /// Whom it is about.
        subject: String,
        /// What was found.
        message: String,
    },
    /// It was told to stop, and nothing ends soon because of that.
    MayStop,
    /// The mirror cannot follow the store any more; nothing is decided until [`Event::Loaded`].
    Halt(CoreError),
}

/// Why a core cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CoreError {
    /// A stored document cannot be read.
    #[error("the store holds something that this server cannot read, so it decides nothing more")]
    Document(#[source] DocumentError),
    /// A document of ours has no valid key.
    #[error("a document has no valid key; please report this as a bug")]
    Key(#[from] KeyError),
}

/// What a core is told once.
#[derive(Debug, Clone)]
pub struct CoreConfig {
    /// This server's place in the platform.
    pub server: ServerId,
    /// Text that no other life of any server has: begins its request ids. At most 40 of `A-Z a-z 0-9 _ . -`.
    pub label: String,
    /// How long a lease its agents get.
    pub lease: Duration,
}

impl CoreConfig {
    /// The only server of its store.
    pub fn sole(server: ServerId, label: String) -> Self {
        Self {
            server,
            label,
            lease: LEASE_SINGLE_SERVER,
        }
    }
}

/// The server's logic.
#[derive(Debug)]
pub struct ServerCore {
    mirror: Mirror,
    leadership: Leadership,
    sessions: Sessions,
    controller: Controller,
    tickets: Tickets<Purpose>,
    /// What was last told in [`Output::Epoch`] and [`Output::Leads`].
    told_epoch: Option<u32>,
    told_leads: Option<u32>,
    told_may_stop: bool,
}

/// What a commit is for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Leadership,
    Round,
    Session(HostId),
}

/// What every part is given beside its own.
struct Now<'a> {
    at: Timestamp,
    wall: WallTime,
    mirror: &'a Mirror,
    tickets: &'a mut Tickets<Purpose>,
    out: &'a mut Vec<Output>,
}

impl ServerCore {
    /// A core that knows nothing yet: begin with [`Event::Loaded`].
    pub fn new(config: CoreConfig) -> Self {
        Self {
            mirror: Mirror::default(),
            leadership: Leadership::new(config.server, config.lease),
            sessions: Sessions::new(config.server, config.lease),
            controller: Controller::default(),
            tickets: Tickets::new(config.label),
            told_epoch: None,
            told_leads: None,
            told_may_stop: false,
        }
    }

    /// The world as this server knows it.
    pub fn world(&self) -> &World {
        self.mirror.world()
    }

    /// The epoch of the leadership, while it leads.
    pub fn leads(&self) -> Option<u32> {
        self.leadership.reign(&self.mirror).map(|reign| reign.epoch)
    }

    fn enter(&mut self, now: Timestamp, event: Event, out: &mut Vec<Output>) -> Result<(), CoreError> {
        match event {
            Event::Loaded(snapshot) => {
                if self.told_epoch.is_some() {
                    marks::RELOADED.reach();
                }
                let before = self.mirror.load(snapshot).map_err(CoreError::Document)?;
                self.controller.forget();
                self.sessions.reloaded(now, &self.mirror, &before);
                out.push(Output::Publish(Box::new(self.mirror.world().clone())));
            }
            Event::Store(batch) => {
                let Some(seen) = self.mirror.apply(batch).map_err(CoreError::Document)? else {
                    return Ok(());
                };
                out.push(Output::Publish(Box::new(self.mirror.world().clone())));
                self.sessions.touched(now, &self.mirror, &seen);
                self.controller.touched(seen.subjects);
            }
            Event::Committed { ticket, result } => {
                if let Some((purpose, answer)) = self.tickets.committed(now, ticket, result, out) {
                    self.answered(now, purpose, answer);
                }
            }
            Event::Found { ticket, result } => {
                if let Some((purpose, answer)) = self.tickets.found(now, ticket, result) {
                    self.answered(now, purpose, answer);
                }
            }
            Event::Opened { connection, host } => self.sessions.opened(now, connection, host, out),
            Event::Message { connection, message } => {
                self.sessions.heard(now, &self.mirror, connection, message, out)
            }
            Event::Closed { connection } => self.sessions.closed(connection),
            Event::Stopping => self.sessions.stop(),
            Event::Tick => {}
        }
        Ok(())
    }

    fn answered(&mut self, now: Timestamp, purpose: Purpose, answer: Answer) {
        match purpose {
            Purpose::Leadership => self.leadership.answered(now, answer),
            Purpose::Round => self.controller.answered(now, answer),
            Purpose::Session(host) => self.sessions.answered(now, host, answer),
        }
    }

    /// Every part does what it now can. Agents come before the round, which takes longer.
    fn proceed(&mut self, at: Timestamp, wall: WallTime, out: &mut Vec<Output>) -> Result<(), CoreError> {
        self.tickets.step(at, out);
        let mut now = Now {
            at,
            wall,
            mirror: &self.mirror,
            tickets: &mut self.tickets,
            out,
        };
        self.leadership.step(&mut now)?;
        let epoch = self.leadership.own_epoch();
        if std::mem::replace(&mut self.told_epoch, epoch) != epoch {
            now.out.extend(epoch.map(Output::Epoch));
        }
        self.sessions.step(&mut now, epoch)?;
        let reign = self.leadership.reign(&self.mirror);
        self.controller.step(&mut now, reign, &self.sessions)?;
        let leads = reign.map(|reign| reign.epoch);
        if std::mem::replace(&mut self.told_leads, leads) != leads {
            out.push(Output::Leads(leads));
        }
        if !self.told_may_stop && self.sessions.may_stop(&self.mirror) {
            self.told_may_stop = true;
            out.push(Output::MayStop);
        }
        Ok(())
    }
}

impl Core for ServerCore {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        let entered = self.enter(now, input.event, &mut out);
        if let Err(error) = entered.and_then(|()| self.proceed(now, input.wall, &mut out)) {
            self.mirror.close();
            out.push(Output::Halt(error));
        }
        out
    }

    fn wake_at(&self) -> Option<Timestamp> {
        let controller = self
            .controller
            .wake_at(&self.mirror, self.leadership.reign(&self.mirror));
        let parts = [
            self.tickets.wake_at(),
            self.leadership.wake_at(&self.mirror),
            self.sessions.wake_at(),
            controller,
        ];
        parts.into_iter().flatten().min()
    }
}
