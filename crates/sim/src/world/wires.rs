//! Links between agents and servers: carrying, cutting.

use muster_agent::logic::Input;
use muster_server::logic::{ConnectionId, Event as ServerEvent};

use super::{Event, World};
use crate::judge::EXCLUSIVE_LABEL;
use crate::link::{Connection, Parcel, Way};
use crate::time::Moment;

/// After so long, nobody can have missed a host for what was wrong with it before.
const CALM_MS: u64 = 20_000;
/// Of hosts that are lost together, some return so much later than others.
const LATER_MS: u64 = 20_000;

impl World {
    pub(super) fn send(&mut self, connection: u64, way: Way, parcel: Parcel) {
        let ms = self.rng.between(1, 20) + self.faults.delay(self.now);
        let arrives = self
            .links
            .get(connection)
            .and_then(|one| one.send(way, self.now, ms));
        if let Some(at) = arrives {
            self.queue.put(
                at,
                Event::Arrives {
                    connection,
                    way,
                    parcel,
                },
            );
        }
    }

    /// One end, the one that sends this way, ends the connection. The other end hears of it after what was said before.
    pub(super) fn hang_up(&mut self, connection: u64, way: Way) {
        self.send(connection, way, Parcel::Closed);
        if let Some(one) = self.links.get(connection) {
            one.shut(way);
            one.end(way.back());
        }
        self.links.sweep();
    }

    /// A server ends a connection after what it said on it. What comes until that has gone out still reaches its core.
    pub(super) fn server_closes(&mut self, connection: u64) {
        self.send(connection, Way::Down, Parcel::Closed);
        if let Some(one) = self.links.get(connection) {
            one.shut(Way::Down);
        }
        let way = Way::Up;
        self.soon(0, 30, Event::Breaks { connection, way });
    }

    pub(super) fn arrives(&mut self, connection: u64, way: Way, parcel: Parcel) {
        let Some(one) = self.links.get(connection).filter(|_| parcel != Parcel::Closed) else {
            if parcel == Parcel::Closed && self.links.get(connection).is_some_and(|one| one.hears(way)) {
                self.breaks(connection, way);
            }
            return;
        };
        if !one.hears(way) {
            return;
        }
        let (agent, server) = (one.agent, one.server);
        match (way, parcel) {
            (Way::Up, Parcel::Opened) if self.servers[server.of].is_life(server) => {
                let host = self.hosts[agent.of].id;
                self.server_takes(
                    server,
                    ServerEvent::Opened {
                        connection: ConnectionId(connection),
                        host,
                    },
                );
            }
            (Way::Up, Parcel::FromAgent(message)) if self.servers[server.of].is_life(server) => {
                if self.hosts[agent.of]
                    .connection
                    .is_some_and(|newest| newest != connection)
                {
                    self.faults.count("words of an old link after a new one's");
                }
                let connection = ConnectionId(connection);
                self.server_takes(
                    server,
                    ServerEvent::Message {
                        connection,
                        message: *message,
                    },
                );
            }
            (Way::Down, Parcel::Opened) if self.hosts[agent.of].dialling == Some(connection) => {
                let host = &mut self.hosts[agent.of];
                (host.dialling, host.connection) = (None, Some(connection));
                self.agent_hears(agent, Input::LinkUp { connection });
            }
            (Way::Down, Parcel::ToAgent(message)) => {
                self.agent_hears(agent, Input::Message { connection, message })
            }
            _ => {}
        }
    }

    /// The receiving end of a direction learns that nothing more comes.
    pub(super) fn breaks(&mut self, connection: u64, way: Way) {
        let Some(one) = self.links.get(connection) else {
            return;
        };
        if !one.end(way) {
            return;
        }
        one.shut(way.back());
        let (agent, server) = (one.agent, one.server);
        self.links.sweep();
        match way {
            Way::Up if self.servers[server.of].is_life(server) => {
                self.server_takes(
                    server,
                    ServerEvent::Closed {
                        connection: ConnectionId(connection),
                    },
                );
            }
            Way::Down if self.hosts[agent.of].is_life(agent) => {
                self.trace.tell(
                    self.now,
                    self.hosts[agent.of].id,
                    format_args!("loses link {connection}"),
                );
                let host = &mut self.hosts[agent.of];
                host.dialling = host.dialling.filter(|current| *current != connection);
                host.connection = host.connection.filter(|current| *current != connection);
                self.agent_takes(agent, Input::LinkDown { connection });
                self.dials_next(agent);
            }
            _ => {}
        }
    }

    /// Sometimes it is only the way between a host and one server that is bad: mostly the one that it speaks with.
    fn only_one_way_is_bad(&mut self, of: usize) -> Option<usize> {
        let servers = self.servers.len();
        if servers < 2 || self.faults.rng().chance(500) {
            return None;
        }
        let any = self.faults.rng().below(servers);
        let speaks = self.hosts[of].connection;
        Some(
            speaks
                .and_then(|one| self.links.get(one))
                .map_or(any, |one| one.server.of),
        )
    }

    /// No new connection of this host reaches that server before then, or any server.
    fn is_out_of_reach(&mut self, of: usize, server: Option<usize>, until: Moment) -> String {
        let host = &mut self.hosts[of];
        self.troubles.host(host.id, until);
        match server {
            None => {
                host.cut_until = host.cut_until.max(until);
                host.id.to_string()
            }
            Some(server) => {
                host.dials.lose(server, until);
                format!("{} with {}", host.id, self.servers[server].id)
            }
        }
    }

    /// No server hears this host before then.
    pub(super) fn vanishes(&mut self, of: usize, until: Moment) {
        let (host, now) = (self.hosts[of].id, self.now);
        let calm = self.troubles.is_calm(host, now, CALM_MS);
        self.history.brake.vanishes(&self.ledger, host, now, until, calm);
    }

    /// A host's network is gone for a while. Each end of what was open is told some time later, or never.
    pub(super) fn cut(&mut self, of: usize) {
        // Mostly shorter than it takes to be lost, sometimes longer than any lease.
        let rng = self.faults.rng();
        let length = if rng.chance(700) {
            rng.between(500, 15_000)
        } else {
            rng.between(15_000, 120_000)
        };
        let only = self.only_one_way_is_bad(of);
        self.cut_for(of, only, length);
    }

    /// The same for so long, with one server or with all.
    fn cut_for(&mut self, of: usize, only: Option<usize>, length: u64) {
        if only.is_none() {
            self.vanishes(of, self.now.after(length));
        }
        let who = self.is_out_of_reach(of, only, self.now.after(length));
        self.tell_fault(format_args!("{who} is cut off for {length} ms"));
        let is_cut =
            |one: &Connection| one.agent.of == of && only.is_none_or(|server| one.server.of == server);
        for connection in self.links.which(is_cut) {
            let lost = self.faults.rng().chance(500);
            if let Some(one) = self.links.get(connection) {
                one.cut(lost);
            }
            for way in [Way::Up, Way::Down] {
                if self.faults.rng().chance(600) {
                    let at = self.now.after(self.faults.rng().between(0, 20_000));
                    self.queue.put(at, Event::Breaks { connection, way });
                }
            }
        }
    }

    /// A host's network carries words one way only for a while: what goes the other way is lost, and nobody is told.
    pub(super) fn carry_one_way(&mut self, of: usize) {
        let rng = self.faults.rng();
        let (length, lost) = (
            rng.between(2_000, 60_000),
            if rng.chance(500) { Way::Up } else { Way::Down },
        );
        let connection = self.hosts[of].connection;
        let only = self.only_one_way_is_bad(of);
        let who = self.is_out_of_reach(of, only, self.now.after(length));
        if only.is_none() && lost == Way::Up {
            self.vanishes(of, self.now.after(length));
        }
        let spoken = connection.filter(|one| {
            let server = self.links.get(*one).map(|one| one.server.of);
            only.is_none() || only == server
        });
        if let Some(one) = spoken.and_then(|connection| self.links.get(connection)) {
            one.shut(lost);
        }
        let words = if lost == Way::Up { "says" } else { "is told" };
        self.tell_fault(format_args!("what {who} {words} is lost for {length} ms"));
    }

    /// What is said one way on a host's link is held up for a while.
    pub(super) fn hold_up(&mut self, of: usize) {
        let Some(connection) = self.hosts[of].connection else {
            return;
        };
        let length = self.faults.rng().between(500, 15_000);
        let way = if self.faults.rng().chance(500) {
            Way::Up
        } else {
            Way::Down
        };
        let (until, id) = (self.now.after(length), self.hosts[of].id);
        self.troubles.host(id, until);
        if let Some(one) = self.links.get(connection) {
            one.hold_up(way, until);
        }
        let words = if way == Way::Up { "says" } else { "is told" };
        self.trace.tell(
            self.now,
            "FAULT",
            format_args!("what {id} {words} is held up for {length} ms"),
        );
    }

    /// The host that runs what may run only once is cut off for longer than any usual lease, and only force ends what runs.
    pub(super) fn cut_exclusive(&mut self) {
        let found = (self.ledger.running()).find(|one| one.made.runs.labels.contains_key(EXCLUSIVE_LABEL));
        let Some((id, name)) = found.map(|one| (one.host, one.made.name.clone())) else {
            return;
        };
        let Some(of) = self.hosts.iter().position(|host| host.id == id) else {
            return;
        };
        let length = self.faults.rng().between(70_000, 120_000);
        self.hosts[of].engine.gets_stuck(&name, length);
        self.cut_for(of, None, length);
    }

    /// A host's network is gone for about as long as it takes to be lost, and back for a while, several times over.
    pub(super) fn flaps(&mut self, of: usize) {
        let times = self.faults.rng().between(3, 8);
        self.flaps_again(of, times);
    }

    pub(super) fn flaps_again(&mut self, of: usize, times: u64) {
        if times == 0 || self.now >= self.faults.until() {
            return;
        }
        let rng = self.faults.rng();
        let (away, back) = (rng.between(6_000, 16_000), rng.between(3_000, 20_000));
        self.cut_for(of, None, away);
        let next = Event::Flaps {
            host: of,
            times: times - 1,
        };
        self.queue.put(self.now.after(away + back), next);
    }

    /// More than half of all hosts, and at least three, are gone within moments of one another; each comes back in its own time.
    pub(super) fn most_are_lost(&mut self) {
        let all = self.hosts.len();
        let fewest = (all / 2 + 1).max(3).min(all);
        let rng = self.faults.rng();
        let (without_power, lasts) = (rng.chance(300), rng.between(15_000, 90_000));
        let mut left: Vec<usize> = (0..all).collect();
        let many = usize::try_from(rng.between(fewest as u64, all as u64)).unwrap_or(all);
        let lost: Vec<usize> = (0..many).map(|_| left.remove(rng.below(left.len()))).collect();
        self.users_wait(lasts + LATER_MS);
        for of in lost {
            let length = lasts + self.faults.rng().between(0, LATER_MS);
            if without_power {
                self.power_goes(of, length);
            } else {
                self.cut_for(of, None, length);
            }
        }
    }
}
