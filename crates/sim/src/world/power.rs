//! Machines that lose their power, are started again, or whose processes stop taking anything in.

use muster_model::Name;

use super::agents::Disk;
use super::{Event, World};
use crate::judge::EXCLUSIVE_LABEL;
use crate::link::{Life, Way};
use crate::time::Moment;

/// The part of a lease, in percent, after which an agent must be awake to end what it binds.
const AWAKE_AT: u64 = 75;

impl World {
    /// A machine stops: whatever ran there has ended, and nobody is told.
    pub(super) fn power_goes(&mut self, of: usize, off_ms: u64) {
        if !self.hosts[of].powered {
            return;
        }
        self.vanishes(of, self.now.after(off_ms));
        let host = &mut self.hosts[of];
        let (id, wall, number) = (host.id, host.clocks.wall(self.now), host.life);
        let until = self.now.after(off_ms);
        self.trace.tell(
            self.now,
            "FAULT",
            format_args!("{id} has no power for {off_ms} ms"),
        );
        (host.powered, host.engine_up, host.core) = (false, false, None);
        host.engine_run += 1;
        (host.listens, host.dialling, host.connection) = (None, None, None);
        host.engine.restart(wall);
        self.troubles.host(id, until);
        self.settle_engine(of);
        self.falls_silent(Life { of, number });
        self.soon(off_ms, off_ms, Event::PowerReturns(of));
    }

    /// A machine that ended says no goodbye: its servers are told some time later, or find out.
    fn falls_silent(&mut self, agent: Life) {
        for connection in self.links.which(|one| one.agent == agent) {
            if let Some(one) = self.links.get(connection) {
                one.shut(Way::Up);
                one.end(Way::Down);
            }
            if self.faults.rng().chance(500) {
                let (at, way) = (self.now.after(self.faults.rng().between(0, 20_000)), Way::Up);
                self.queue.put(at, Event::Breaks { connection, way });
            }
        }
        self.links.sweep();
    }

    /// Somebody saw that a machine is dead, and says so. If it comes back, it does so with an empty disk.
    pub(super) fn is_said_to_be_dead(&mut self, name: &Name) {
        if let Some(of) = self.host_named(name).filter(|of| !self.hosts[*of].powered) {
            self.hosts[of].is_empty = true;
            self.troubles.host(self.hosts[of].id, self.now);
        }
    }

    /// What was on its disk is there, and maybe its engine has forgotten its containers or its networks.
    pub(super) fn power_returns(&mut self, of: usize) {
        let rng = self.faults.rng();
        let (loses_containers, loses_networks) = (rng.chance(200), rng.chance(300));
        self.power_is_back(of, loses_containers, loses_networks);
    }

    pub(super) fn power_is_back(&mut self, of: usize, loses_containers: bool, loses_networks: bool) {
        let rng = self.faults.rng();
        let host = &mut self.hosts[of];
        if host.powered {
            return;
        }
        let is_empty = std::mem::take(&mut host.is_empty);
        if is_empty {
            host.disk = Disk::default();
        }
        let loses_containers = loses_containers || is_empty;
        host.clocks.boot_anew(self.now, rng);
        let wall = host.clocks.wall(self.now);
        (host.powered, host.boots) = (true, host.boots + 1);
        host.disk.lease = None;
        host.engine.boot_anew(wall, loses_containers, loses_networks);
        let (id, boots) = (host.id, host.boots);
        self.trace
            .tell(self.now, id, format_args!("has power again, boot {boots}"));
        self.settle_engine(of);
        self.soon(100, 10_000, Event::EngineReturns(of));
        self.soon(200, 10_000, Event::AgentBegins(of));
    }

    /// By when an agent that is dead or wedged has to be awake again: nothing but itself ends its exclusive units in time, as long
    /// as the platform has no watchdog.
    pub(super) fn awake_by(&self, of: usize) -> Moment {
        let host = &self.hosts[of];
        let binding = host.disk.lease.as_ref().filter(|_| self.has_exclusive(of));
        binding.map_or(Moment(u64::MAX), |lease| {
            let part = std::time::Duration::from_millis(lease.lease_ms * AWAKE_AT / 100);
            host.clocks.moment(lease.sent + part)
        })
    }

    /// An agent takes nothing in for a while. While it does not, that is not made longer or shorter: what waits would be overtaken.
    pub(super) fn wedge_agent(&mut self, of: usize) {
        let length = self.faults.rng().between(500, 40_000);
        let host = &self.hosts[of];
        if host.core.is_none() || self.now < host.wedged_until {
            return;
        }
        let (id, until) = (host.id, self.now.after(length).min(self.awake_by(of)));
        if until > self.now {
            self.hosts[of].wedged_until = until;
            self.troubles.host(id, until);
            self.trace.tell(
                self.now,
                "FAULT",
                format_args!("the agent of {id} is wedged until {until}"),
            );
        }
    }

    fn has_exclusive(&self, of: usize) -> bool {
        let id = self.hosts[of].id;
        let exclusive = |made: &crate::ledger::Made| made.runs.labels.contains_key(EXCLUSIVE_LABEL);
        self.ledger
            .standing()
            .any(|one| one.host == id && exclusive(&one.made))
    }

    /// When the process that this event is for takes it in, if that is not now.
    pub(super) fn taken_in_at(&mut self, event: &Event) -> Option<Moment> {
        let awake = match self.taken_in_by(event)? {
            Taker::Agent(life) => {
                let host = &self.hosts[life.of];
                host.is_life(life).then_some(host.wedged_until)
            }
            Taker::Server(life) => {
                let server = &self.servers[life.of];
                server.is_life(life).then_some(server.paused_until)
            }
        };
        awake.filter(|awake| self.now < *awake)
    }

    fn taken_in_by(&mut self, event: &Event) -> Option<Taker> {
        match event {
            Event::AgentWakes(life)
            | Event::AgentHears(life, _)
            | Event::AgentDials(life)
            | Event::DialFails(life, _)
            | Event::DiskWrites(life, ..)
            | Event::EngineLost(life)
            | Event::EngineFound(life) => Some(Taker::Agent(*life)),
            Event::CallAnswers(call, _) => Some(Taker::Agent(call.agent)),
            Event::ServerLoads(life)
            | Event::ServerWakes(life)
            | Event::Purges(life)
            | Event::WatchTells(life)
            | Event::StoreTells { server: life, .. } => Some(Taker::Server(*life)),
            Event::Arrives { connection, way, .. } | Event::Breaks { connection, way } => {
                let one = self.links.get(*connection)?;
                Some(match way {
                    Way::Down => Taker::Agent(one.agent),
                    Way::Up => Taker::Server(one.server),
                })
            }
            _ => None,
        }
    }
}

/// The process that an event is for.
enum Taker {
    Agent(Life),
    Server(Life),
}
