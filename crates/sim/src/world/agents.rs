//! Agent processes on their hosts: the shell around each real core, and the disk that outlives it.

use std::collections::BTreeMap;

use muster_agent::engine::{Answer, Failure};
use muster_agent::files::Places;
use muster_agent::logic::{
    Action, AgentCore, Bounds, CoreConfig, Input, Lane, LeaseRecord, Output, Page, Started,
};
use muster_model::limits::LOST_AFTER;
use muster_model::link::FromAgent;
use muster_model::observed::HostFacts;
use muster_model::{Core as _, HostId};

use super::dialling::Dials;
use super::{Event, World};
use crate::engine::Engine;
use crate::link::{Life, Parcel, Way};
use crate::telling;
use crate::time::{Clocks, Moment};

/// A machine with an engine, a disk, and an agent in whatever life.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) id: HostId,
    pub(super) clocks: Clocks,
    pub(super) life: u32,
    /// None while it is dead.
    pub(super) core: Option<AgentCore>,
    /// It dies after so many more outputs.
    pub(super) doomed: Option<usize>,
    pub(super) engine: Engine,
    /// The engine answers.
    pub(super) engine_up: bool,
    /// The agent hears the engine's events; none later is heard before this moment.
    pub(super) listens: Option<Moment>,
    /// How often its engine ended: a call to one that ended since is lost.
    pub(super) engine_run: u32,
    /// How often the machine was started.
    pub(super) boots: u32,
    /// It has power.
    pub(super) powered: bool,
    /// Nothing is on its disks any more: it is a machine in another one's place.
    pub(super) is_empty: bool,
    /// Its agent takes nothing in until then.
    pub(super) wedged_until: Moment,
    /// Nothing can be written until then.
    pub(super) disk_full_until: Moment,
    /// Calls under way that the agent waits for.
    pub(super) under_way: BTreeMap<Lane, u64>,
    /// Whom the agent dials.
    pub(super) dials: Dials,
    /// The connection that is being made.
    pub(super) dialling: Option<u64>,
    /// The connection that is up.
    pub(super) connection: Option<u64>,
    /// Its network is gone until then.
    pub(super) cut_until: Moment,
    pub(super) disk: Disk,
    wakes_at: Option<Moment>,
}

/// What a restart of the agent finds.
#[derive(Debug, Default)]
pub(super) struct Disk {
    pub(super) page: Option<Page>,
    /// The contents that the page needs cannot be read any more.
    pub(super) contents_torn: bool,
    /// Kept in memory: it does not outlive the machine.
    pub(super) lease: Option<LeaseRecord>,
}

impl Host {
    pub(super) fn new(id: HostId, clocks: Clocks, engine: Engine, dials: Dials) -> Self {
        Self {
            id,
            clocks,
            life: 0,
            core: None,
            doomed: None,
            engine,
            engine_up: true,
            engine_run: 1,
            boots: 1,
            powered: true,
            is_empty: false,
            wedged_until: Moment(0),
            disk_full_until: Moment(0),
            listens: None,
            under_way: BTreeMap::new(),
            dials,
            dialling: None,
            connection: None,
            cut_until: Moment(0),
            disk: Disk::default(),
            wakes_at: None,
        }
    }

    pub(super) const fn is_life(&self, life: Life) -> bool {
        self.life == life.number && self.core.is_some()
    }

    fn started(&self) -> Started {
        let facts = HostFacts {
            hostname: self.id.to_string(),
            cpus: 4,
            memory: 8_000_000_000,
            engine: "a simulated engine".to_owned(),
            architecture: "amd64".to_owned(),
            live_restore: true,
            ..HostFacts::default()
        };
        let (page, lease) = (self.disk.page.clone(), self.disk.lease.clone());
        let needs = |page: &Page| !page.table.blobs_needed().is_empty();
        Started {
            blobs_missing: self.disk.contents_torn && page.as_ref().is_some_and(needs),
            page,
            lease,
            boot: format!("boot {} of {}", self.boots, self.id),
            facts,
        }
    }
}

impl World {
    pub(super) fn agent_begins(&mut self, of: usize) {
        let host = &mut self.hosts[of];
        if host.core.is_some() || !host.powered {
            return;
        }
        host.life += 1;
        let config = CoreConfig {
            host: host.id,
            bounds: Bounds::default(),
            files: Places::default(),
        };
        host.core = Some(AgentCore::new(config));
        (host.doomed, host.listens, host.wakes_at) = (None, None, None);
        host.wedged_until = Moment(0);
        (host.dialling, host.connection) = (None, None);
        host.dials.begin_anew();
        host.under_way.clear();
        let life = Life {
            of,
            number: host.life,
        };
        let started = Input::Started(Box::new(host.started()));
        self.trace.tell(
            self.now,
            self.hosts[of].id,
            format_args!("agent begins, life {}", life.number),
        );
        self.history.pace.agent_begins(self.hosts[of].id);
        self.agent_takes(life, started);
        self.soon(5, 200, Event::EngineFound(life));
        self.soon(5, 100, Event::AgentDials(life));
    }

    pub(super) fn agent_dies(&mut self, of: usize) {
        let host = &mut self.hosts[of];
        if host.core.take().is_none() {
            return;
        }
        let (id, number) = (host.id, host.life);
        self.troubles.host(id, self.now.after(20_000));
        self.trace.tell(self.now, id, format_args!("agent is killed"));
        for connection in self.links.which(|one| one.agent == Life { of, number }) {
            self.hang_up(connection, Way::Up);
        }
        let (awake, ms) = (self.awake_by(of), self.rng.between(200, 20_000));
        let at = self.now.after(ms).min(awake).max(self.now.after(100));
        self.queue.put(at, Event::AgentBegins(of));
    }

    pub(super) fn agent_wakes(&mut self, life: Life) {
        let host = &mut self.hosts[life.of];
        if host.is_life(life) && host.wakes_at.is_some_and(|at| at <= self.now) {
            host.wakes_at = None;
            self.agent_takes(life, Input::Tick);
        }
    }

    pub(super) fn agent_hears(&mut self, life: Life, input: Input) {
        if self.hosts[life.of].is_life(life) {
            self.agent_takes(life, input);
        }
    }

    /// The core takes an input, and what it wants is done, in order.
    pub(super) fn agent_takes(&mut self, life: Life, input: Input) {
        let now = self.now;
        let host = &mut self.hosts[life.of];
        let Some(core) = host.core.as_mut() else { return };
        let outputs = core.handle(host.clocks.boot(now), input);
        let wake = core.wake_at().map(|at| host.clocks.moment(at).max(now));
        let doomed = host.doomed;
        self.takes_input("an agent");
        for output in outputs.into_iter().take(doomed.unwrap_or(usize::MAX)) {
            self.agent_wants(life, output);
        }
        if doomed.is_some() {
            return self.agent_dies(life.of);
        }
        let host = &mut self.hosts[life.of];
        if let Some(wake) = wake.filter(|wake| host.wakes_at.is_none_or(|before| *wake < before)) {
            host.wakes_at = Some(wake);
            self.queue.put(wake, Event::AgentWakes(life));
        }
    }

    fn agent_wants(&mut self, life: Life, output: Output) {
        let id = self.hosts[life.of].id;
        match output {
            Output::Send(message) => {
                if !matches!(*message, FromAgent::Heartbeat(_)) {
                    self.trace.tell(
                        self.now,
                        id,
                        format_args!("says {}", telling::from_agent(&message)),
                    );
                }
                if let Some(connection) = self.hosts[life.of].connection {
                    self.send(connection, Way::Up, Parcel::FromAgent(message));
                }
            }
            Output::Disconnect { why } => {
                self.trace
                    .tell(self.now, id, format_args!("leaves its server: {why}"));
                if let Some(connection) = self.hosts[life.of].connection.take() {
                    self.hang_up(connection, Way::Up);
                }
                // The others may take it for lost before one of them welcomes it.
                if self.servers.len() > 1 {
                    self.troubles
                        .host(id, self.now.after(LOST_AFTER.as_secs() * 1_000));
                }
                self.dials_next(life);
            }
            Output::SaveNotebook { page, blobs } => {
                let brings = !blobs.is_empty();
                self.soon(1, 20, Event::DiskWrites(life, Box::new(page), brings));
            }
            Output::KeepLease(lease) => {
                let host = &mut self.hosts[life.of];
                if self.now >= host.disk_full_until {
                    host.disk.lease = Some(lease);
                }
            }
            Output::Look => self.soon(2, 40, Event::EngineLists(life)),
            Output::Perform {
                lane,
                action: Action::Engine(verb),
            } => self.call_begins(life, lane, verb),
            Output::Perform {
                lane,
                action: Action::PlaceFiles { .. },
            } => {
                let what = "a config".to_owned();
                let result = match self.hosts[life.of].disk.contents_torn {
                    true => Err(Failure::NoContent { what }),
                    false => Ok(Answer::Done),
                };
                self.soon(
                    1,
                    10,
                    Event::AgentHears(life, Box::new(Input::Done { lane, result })),
                );
            }
            Output::Abandon { lane } => self.call_abandoned(life, &lane),
        }
    }

    /// A page is written, and the contents that came with it, if any did.
    pub(super) fn disk_writes(&mut self, life: Life, page: Page, brings: bool) {
        let revision = page.table.revision;
        let host = &self.hosts[life.of];
        let (alive, full) = (host.is_life(life), self.now < host.disk_full_until);
        // What an agent wrote just before it died is there, or is not.
        let written = !full && !self.faults.disk_fails(self.now) && (alive || self.rng.chance(500));
        let id = self.hosts[life.of].id;
        if written {
            let units = page.table.units.len();
            self.trace.tell(
                self.now,
                id,
                format_args!("notebook has revision {revision}, {units} units"),
            );
            let disk = &mut self.hosts[life.of].disk;
            disk.page = Some(page);
            disk.contents_torn &= !brings;
        }
        if !written {
            self.troubles.host(id, self.now);
        }
        let result = if written {
            Ok(())
        } else {
            Err("the disk is full".to_owned())
        };
        self.agent_hears(life, Input::NotebookSaved { revision, result });
    }
}
