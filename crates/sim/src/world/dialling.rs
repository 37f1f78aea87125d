//! Which server an agent dials: one after another, in its own order, and a pause after each time through all of them.

use super::{Event, World};
use crate::link::{Connection, Life, Parcel, Way};
use crate::rng::Rng;
use crate::time::Moment;

/// How long an agent waits for a connection to stand.
const DIAL_WITHIN_MS: u64 = 10_000;

/// The servers that an agent was told of.
#[derive(Debug)]
pub(super) struct Dials {
    order: Vec<usize>,
    /// The place in the order of the one that is dialled next.
    next: usize,
    /// Those that this host cannot reach, each until when.
    out_of_reach: Vec<(usize, Moment)>,
}

impl Dials {
    /// All servers, in an order of this host's own.
    pub(super) fn draw(servers: usize, rng: &mut Rng) -> Self {
        let mut left: Vec<usize> = (0..servers).collect();
        let order = (0..servers).map(|_| left.remove(rng.below(left.len())));
        Self::all(order.collect())
    }

    /// These servers, in this order.
    pub(super) const fn all(order: Vec<usize>) -> Self {
        Self {
            order,
            next: 0,
            out_of_reach: Vec::new(),
        }
    }

    /// There is one server more.
    pub(super) fn learn(&mut self, server: usize) {
        self.order.push(server);
    }

    /// A new life of the agent begins with the first.
    pub(super) const fn begin_anew(&mut self) {
        self.next = 0;
    }

    /// Nothing new reaches this server before then.
    pub(super) fn lose(&mut self, server: usize, until: Moment) {
        self.out_of_reach.push((server, until));
    }

    /// All of them can be reached again.
    pub(super) fn heal(&mut self) {
        self.out_of_reach.clear();
    }

    fn take(&mut self) -> Option<usize> {
        let server = self.order.get(self.next).copied();
        self.next = (self.next + 1) % self.order.len().max(1);
        server
    }

    fn reaches(&self, server: usize, now: Moment) -> bool {
        let lost = |(of, until): &(usize, Moment)| *of == server && now < *until;
        !self.out_of_reach.iter().any(lost)
    }
}

impl World {
    /// The agent dials the next server.
    pub(super) fn agent_dials(&mut self, life: Life) {
        let now = self.now;
        let host = &mut self.hosts[life.of];
        if !host.is_life(life) || host.connection.is_some() || host.dialling.is_some() {
            return;
        }
        let Some(of) = host.dials.take() else { return };
        let server = &self.servers[of];
        if now < host.cut_until || !host.dials.reaches(of, now) || server.core.is_none() {
            return self.dials_next(life);
        }
        let number = server.life;
        let connection = self.links.add(Connection::new(life, Life { of, number }));
        self.trace.tell(
            now,
            self.hosts[life.of].id,
            format_args!("dials {}, link {connection}", self.servers[of].id),
        );
        self.waits_in_vain(life.of, of);
        self.hosts[life.of].dialling = Some(connection);
        self.soon(DIAL_WITHIN_MS, DIAL_WITHIN_MS, Event::DialFails(life, connection));
        self.send(connection, Way::Up, Parcel::Opened);
        self.send(connection, Way::Down, Parcel::Opened);
    }

    /// The next one is dialled soon; the first one again after a pause.
    pub(super) fn dials_next(&mut self, life: Life) {
        let (from, to) = if self.hosts[life.of].dials.next == 0 {
            (200, 3_000)
        } else {
            (1, 50)
        };
        self.soon(from, to, Event::AgentDials(life));
    }

    /// Nobody answered in time.
    pub(super) fn dial_fails(&mut self, life: Life, connection: u64) {
        let host = &mut self.hosts[life.of];
        if host.is_life(life) && host.dialling == Some(connection) {
            host.dialling = None;
            self.hang_up(connection, Way::Up);
            self.dials_next(life);
        }
    }
}
