//! Faults that come by themselves, and the moment after which none does.

use std::fmt;

use super::{Event, World};
use crate::fault::{KINDS, Kind};
use crate::files;

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
        let (hosts, servers) = (self.hosts.len(), self.servers.len());
        let rng = self.faults.rng();
        let (host, server) = (rng.below(hosts), rng.below(servers));
        match kind {
            Kind::ContainerExit | Kind::ContainerStuck | Kind::ContainerRemoved => {
                self.hit_container(host, kind);
            }
            Kind::ImageBad => self.image_turns_bad(host),
            Kind::ImageMissing => self.image_goes_missing(),
            Kind::EngineAway => self.engine_goes_away(host, false),
            Kind::EngineRestart => self.engine_goes_away(host, true),
            Kind::LinkCut => self.cut(host),
            Kind::LinkOneWay => self.carry_one_way(host),
            Kind::LinkHeldUp => self.hold_up(host),
            Kind::ExclusiveCut => self.cut_exclusive(),
            Kind::HostFlaps => self.flaps(host),
            Kind::MassLoss => self.most_are_lost(),
            Kind::AgentKilled => self.hosts[host].doomed = Some(self.faults.rng().below(4)),
            Kind::AgentWedged => self.wedge_agent(host),
            Kind::HostOff => {
                let off_ms = self.faults.rng().between(15_000, 120_000);
                self.power_goes(host, off_ms);
            }
            Kind::HostReboot => {
                let off_ms = self.faults.rng().between(1_000, 15_000);
                self.power_goes(host, off_ms);
            }
            Kind::DiskFull => self.disk_fills(host),
            Kind::NotebookLost => self.notebook_is_lost(host),
            Kind::ContentsTorn => self.contents_are_torn(host),
            Kind::ClockSet => self.clock_is_set(host, server),
            Kind::ServerKilled => self.servers[server].doomed = Some(self.faults.rng().below(6)),
            Kind::ServerAway => self.server_goes_away(server),
            Kind::ServerStopped => self.server_is_to_stop(server),
            Kind::ServerPaused => self.server_pauses(server),
            Kind::WatchLost => {
                self.tell_fault(format_args!("a watch is lost"));
                self.watch_is_lost(server);
            }
            Kind::WatchLate => self.watch_falls_behind(server),
            Kind::Compaction => self.store_compacts(),
            Kind::UsersHurry => self.users_hurry(),
        }
        if kind != Kind::MassLoss && self.faults.users_meet(self.now) {
            self.users_hurry();
        }
    }

    pub(super) fn tell_fault(&mut self, what: fmt::Arguments<'_>) {
        self.trace.tell(self.now, "FAULT", what);
    }

    fn hit_container(&mut self, of: usize, kind: Kind) {
        let host = &mut self.hosts[of];
        let Some(name) = self.faults.rng().pick(&host.engine.running()).cloned() else {
            return;
        };
        let (id, wall, now) = (host.id, host.clocks.wall(self.now), self.now);
        let rng = self.faults.rng();
        match kind {
            Kind::ContainerRemoved => {
                host.engine.remove_by_hand(wall, &name);
                self.trace
                    .tell(now, "FAULT", format_args!("somebody removes {name} on {id}"));
            }
            Kind::ContainerStuck => {
                let ms = rng.between(5_000, 60_000);
                host.engine.gets_stuck(&name, ms);
                self.trace
                    .tell(now, "FAULT", format_args!("{name} on {id} hangs for {ms} ms"));
            }
            _ => {
                let code = [0, 1, 137][rng.below(3)];
                host.engine.exit(wall, &name, code);
                let told = format_args!("{name} on {id} ends with exit code {code}");
                self.trace.tell(now, "FAULT", told);
            }
        }
        self.troubles.host(id, now);
        self.settle_engine(of);
    }

    /// What runs on a host turns out to be bad, wherever it runs.
    fn image_turns_bad(&mut self, of: usize) {
        let engine = &self.hosts[of].engine;
        let running = engine.running();
        let name = self.faults.rng().pick(&running);
        let Some(image) = name
            .and_then(|name| engine.made(name))
            .map(|made| made.runs.image.tagged())
        else {
            return;
        };
        let length = self.faults.rng().between(5_000, 90_000);
        let until = self.now.after(length);
        self.tell_fault(format_args!("whatever runs {image} ends soon, until {until}"));
        self.troubles.all(until);
        self.bad_images.insert(image.clone(), until);
        for of in 0..self.hosts.len() {
            let engine = &mut self.hosts[of].engine;
            for name in engine.running() {
                if engine
                    .made(&name)
                    .is_some_and(|made| made.runs.image.tagged() == image)
                {
                    engine.will_crash(&name);
                }
            }
            self.settle_engine(of);
        }
    }

    fn image_goes_missing(&mut self) {
        let Some(image) = files::any_image(self.faults.rng()) else {
            return;
        };
        let length = self.faults.rng().between(5_000, 90_000);
        let until = self.now.after(length);
        self.tell_fault(format_args!("no registry has {image} until {until}"));
        self.troubles.all(until);
        self.missing_images.insert(image, until);
    }

    fn disk_fills(&mut self, of: usize) {
        let length = self.faults.rng().between(1_000, 60_000);
        let (until, host) = (self.now.after(length), &mut self.hosts[of]);
        host.disk_full_until = until;
        let id = host.id;
        self.troubles.host(id, until);
        self.tell_fault(format_args!("the disk of {id} is full until {until}"));
    }

    /// An agent finds that out when it is started.
    fn notebook_is_lost(&mut self, of: usize) {
        let host = &mut self.hosts[of];
        host.disk.page = None;
        let id = host.id;
        self.tell_fault(format_args!("the notebook of {id} cannot be read any more"));
        self.agent_dies(of);
    }

    /// A page stays as good as it was; what its units need beside it has to be sent again: when the agent starts, or, if it does
    /// not end now, when it wants to place what it cannot read.
    fn contents_are_torn(&mut self, of: usize) {
        let host = &mut self.hosts[of];
        host.disk.contents_torn = true;
        let id = host.id;
        self.tell_fault(format_args!("the contents in the notebook of {id} are torn"));
        if self.faults.rng().chance(500) {
            self.agent_dies(of);
        }
    }

    fn clock_is_set(&mut self, host: usize, server: usize) {
        let rng = self.faults.rng();
        let most = if rng.chance(500) { 60_000 } else { 86_400_000 };
        let by = rng.between(1, most);
        let (later, earlier) = if rng.chance(500) { (by, 0) } else { (0, by) };
        let (who, clocks) = if rng.chance(300) {
            let server = &mut self.servers[server];
            (server.id.to_string(), &mut server.clocks)
        } else {
            let host = &mut self.hosts[host];
            (host.id.to_string(), &mut host.clocks)
        };
        clocks.set_wall(later, earlier);
        let way = if later > 0 { "forwards" } else { "backwards" };
        self.tell_fault(format_args!("the wall clock of {who} is set {way} by {by} ms"));
    }

    /// From now on nothing new goes wrong; what is still wrong ends by itself, or has to be found out.
    pub(super) fn heal(&mut self) {
        self.tell_fault(format_args!("no more of them"));
        self.bad_images.clear();
        self.missing_images.clear();
        self.history.brake.all_return();
        for host in &mut self.hosts {
            (host.cut_until, host.disk_full_until) = (self.now, self.now);
            host.dials.heal();
            host.doomed = None;
        }
        for of in 0..self.hosts.len() {
            if !self.hosts[of].powered {
                self.soon(0, 5_000, Event::PowerReturns(of));
            }
        }
        for of in 0..self.servers.len() {
            (self.servers[of].doomed, self.servers[of].away_until) = (None, self.now);
            // One that is on its way out comes back at once.
            self.servers[of].leaves_for = self.servers[of].leaves_for.map(|_| 0);
            self.soon(0, 5_000, Event::ServerBegins(of));
        }
    }
}
