//! What goes wrong with servers: they are away, take nothing in, or their watch of the store fails them.

use muster_server::logic::Event as ServerEvent;

use super::{Event, World};
use crate::link::Life;

/// As in the shell of a server.
const LEAVE_WITHIN_MS: u64 = 5_000;

impl World {
    /// A server dies and is not started for minutes.
    pub(super) fn server_goes_away(&mut self, of: usize) {
        let length = self.faults.rng().between(60_000, 600_000);
        self.server_is_away_for(of, length);
    }

    /// A server is asked to stop: it is gone once it says that agents can do without it, or a little later.
    pub(super) fn server_is_to_stop(&mut self, of: usize) {
        let length = self.faults.rng().between(60_000, 600_000);
        self.server_is_to_stop_for(of, length);
    }

    pub(super) fn server_is_to_stop_for(&mut self, of: usize, length: u64) {
        let server = &mut self.servers[of];
        if server.core.is_none() || server.leaves_for.is_some() {
            return;
        }
        server.leaves_for = Some(length);
        let (id, number) = (server.id, server.life);
        let life = Life { of, number };
        self.tell_fault(format_args!("{id} is asked to stop"));
        self.queue
            .put(self.now.after(LEAVE_WITHIN_MS), Event::ServerLeaves(life));
        self.server_takes(life, ServerEvent::Stopping);
    }

    /// It stops now.
    pub(super) fn server_leaves(&mut self, life: Life) {
        let server = &mut self.servers[life.of];
        if server.is_life(life)
            && let Some(length) = server.leaves_for.take()
        {
            self.server_is_away_for(life.of, length);
        }
    }

    fn server_is_away_for(&mut self, of: usize, length: u64) {
        let server = &mut self.servers[of];
        server.away_until = self.now.after(length);
        let id = server.id;
        self.tell_fault(format_args!("{id} is away for {length} ms"));
        self.server_dies(of);
    }

    /// A server takes nothing in for a while; what it then believes may long be otherwise. As with a wedged agent, one pause ends
    /// before the next.
    pub(super) fn server_pauses(&mut self, of: usize) {
        let length = self.faults.rng().between(500, 40_000);
        let server = &mut self.servers[of];
        if server.core.is_some() && server.paused_until <= self.now {
            server.paused_until = self.now.after(length);
            let id = server.id;
            self.tell_fault(format_args!("{id} takes nothing in for {length} ms"));
            for connection in self.links.which(|one| one.server.of == of) {
                if let Some(agent) = self.links.get(connection).map(|one| one.agent) {
                    self.waits_in_vain(agent.of, of);
                }
            }
        }
    }

    /// A host that speaks with a server that takes nothing in is as cut off for the others: they may take it for lost before it
    /// gives that server up.
    pub(super) fn waits_in_vain(&mut self, host: usize, server: usize) {
        let until = self.servers[server].paused_until;
        if self.servers.len() > 1 && self.now < until {
            self.troubles.host(self.hosts[host].id, until);
        }
    }

    /// The watch cannot go on where it was.
    pub(super) fn watch_is_lost(&mut self, of: usize) {
        let server = &mut self.servers[of];
        if server.watch.take().is_some() && server.core.is_some() {
            let life = Life {
                of,
                number: server.life,
            };
            self.soon(10, 2_000, Event::ServerLoads(life));
        }
    }

    /// What the watch has to tell comes later.
    pub(super) fn watch_falls_behind(&mut self, of: usize) {
        let rng = self.faults.rng();
        let length = if rng.chance(800) {
            rng.between(500, 10_000)
        } else {
            rng.between(10_000, 90_000)
        };
        let server = &mut self.servers[of];
        if let Some(watch) = &mut server.watch {
            watch.last = watch.last.max(self.now.after(length));
            let id = server.id;
            self.tell_fault(format_args!("the watch of {id} tells nothing for {length} ms"));
        }
    }
}
