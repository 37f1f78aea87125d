//! Faults that come by themselves, and the moment after which none does.

use super::{Event, World};
use crate::fault::{KINDS, Kind};

impl World {
    /// Puts the first fault of each kind on the queue, and the end of all.
    pub(super) fn expect_mishaps(&mut self) {
        KINDS.into_iter().for_each(|kind| self.expect_next(kind));
        self.queue.put(self.faults.until(), Event::Heal);
    }

    fn expect_next(&mut self, kind: Kind) {
        if let Some(at) = self.faults.next(kind, self.now) {
            self.queue.put(at, Event::Mishap(kind));
        }
    }

    pub(super) fn mishap(&mut self, kind: Kind) {
        self.expect_next(kind);
        if !self.faults.strikes(kind.words()) {
            return;
        }
        let hosts = self.hosts.len();
        let host = self.faults.rng().below(hosts);
        match kind {
            Kind::ContainerExit | Kind::ContainerRemoved => self.hit_container(host, kind),
            Kind::EngineAway => self.engine_goes_away(host, false),
            Kind::EngineRestart => self.engine_goes_away(host, true),
            Kind::LinkCut => self.cut(host),
            Kind::LinkHeldUp => self.hold_up(host),
            Kind::AgentKilled => {
                let outputs = self.faults.rng().below(4);
                self.hosts[host].doomed = Some(outputs);
            }
            Kind::ServerKilled => {
                let servers = self.servers.len();
                let (server, outputs) = (self.faults.rng().below(servers), self.faults.rng().below(6));
                self.servers[server].doomed = Some(outputs);
            }
            Kind::WatchLost => {
                let servers = self.servers.len();
                let server = self.faults.rng().below(servers);
                self.trace
                    .tell(self.now, "FAULT", format_args!("a watch is lost"));
                self.watch_is_lost(server);
            }
        }
    }

    fn hit_container(&mut self, of: usize, kind: Kind) {
        let host = &mut self.hosts[of];
        let Some(name) = self.faults.rng().pick(&host.engine.running()).cloned() else {
            return;
        };
        let wall = host.clocks.wall(self.now);
        match kind {
            Kind::ContainerRemoved => {
                self.trace.tell(
                    self.now,
                    "FAULT",
                    format_args!("somebody removes {name} on {}", host.id),
                );
                host.engine.remove_by_hand(wall, &name);
            }
            _ => {
                let code = [0, 1, 137][self.faults.rng().below(3)];
                self.trace.tell(
                    self.now,
                    "FAULT",
                    format_args!("{name} on {} ends with exit code {code}", host.id),
                );
                host.engine.exit(wall, &name, code);
            }
        }
        self.settle_engine(of);
    }

    /// From now on nothing new goes wrong; what is still wrong ends by itself, or has to be found out.
    pub(super) fn heal(&mut self) {
        self.trace
            .tell(self.now, "FAULT", format_args!("no more of them"));
        for host in &mut self.hosts {
            host.cut_until = self.now;
            host.doomed = None;
        }
        for server in &mut self.servers {
            server.doomed = None;
        }
    }
}
