//! Connections between agents and servers: within one, a prefix of what was said arrives, in order.
//!
//! A connection may be held up, cut for both ends, or half-open: then one end, or both, is told nothing and has to find out
//! by itself. What an old connection carries may arrive after a newer one was opened.

use std::collections::BTreeMap;

use muster_model::link::{FromAgent, ToAgent};

use crate::time::Moment;

/// One process in one of its lives: what is meant for an earlier one is not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    /// Which server or host.
    pub of: usize,
    /// Its life, from 1.
    pub number: u32,
}

/// Which way something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From an agent to a server.
    Up,
    /// From a server to an agent.
    Down,
}

impl Way {
    /// The other one.
    #[must_use]
    pub const fn back(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
}

/// Something under way on a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Parcel {
    /// The connection begins.
    Opened,
    /// An agent's words.
    FromAgent(Box<FromAgent>),
    /// A server's words.
    ToAgent(Box<ToAgent>),
    /// The other end is gone.
    Closed,
}

/// One connection.
#[derive(Debug)]
pub struct Connection {
    /// The agent that dialled.
    pub agent: Life,
    /// The server that it reached.
    pub server: Life,
    up: Lane,
    down: Lane,
}

/// One direction.
#[derive(Debug, Default)]
struct Lane {
    /// The last parcel arrives then; no later one arrives before it.
    last: Moment,
    /// Nothing more goes in: its sender has ended it, or the wire is cut.
    shut: bool,
    /// What is under way is lost.
    lost: bool,
    /// Its receiver is gone, or knows that nothing more comes.
    over: bool,
}

impl Connection {
    /// A connection between these two processes.
    pub fn new(agent: Life, server: Life) -> Self {
        Self {
            agent,
            server,
            up: Lane::default(),
            down: Lane::default(),
        }
    }

    const fn lane(&mut self, way: Way) -> &mut Lane {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    /// When something sent now arrives if it takes `ms`; none if it never does.
    pub fn send(&mut self, way: Way, now: Moment, ms: u64) -> Option<Moment> {
        let lane = self.lane(way);
        if lane.shut {
            return None;
        }
        lane.last = lane.last.max(now.after(ms));
        Some(lane.last)
    }

    /// Nothing more goes in.
    pub fn shut(&mut self, way: Way) {
        self.lane(way).shut = true;
    }

    /// Nothing that is sent from now on arrives before `until`.
    pub fn hold_up(&mut self, way: Way, until: Moment) {
        let lane = self.lane(way);
        lane.last = lane.last.max(until);
    }

    /// The wire is cut: nothing more goes in, and maybe what is under way is lost.
    pub fn cut(&mut self, lost: bool) {
        for way in [Way::Up, Way::Down] {
            self.shut(way);
            self.lane(way).lost = lost;
        }
    }

    /// The receiving end is gone, or knows that nothing more comes. Says whether it was not so before.
    pub fn end(&mut self, way: Way) -> bool {
        !std::mem::replace(&mut self.lane(way).over, true)
    }

    /// Whether what arrives now is heard.
    pub fn hears(&mut self, way: Way) -> bool {
        let lane = self.lane(way);
        !lane.over && !lane.lost
    }

    /// Whether nobody has anything to do with it any more.
    pub const fn is_over(&self) -> bool {
        self.up.over && self.down.over
    }
}

/// All connections, by number. A number is never used twice.
#[derive(Debug, Default)]
pub struct Links {
    dialled: u64,
    open: BTreeMap<u64, Connection>,
}

impl Links {
    /// Adds a connection.
    pub fn add(&mut self, connection: Connection) -> u64 {
        self.dialled += 1;
        self.open.insert(self.dialled, connection);
        self.dialled
    }

    /// One of them.
    pub fn get(&mut self, number: u64) -> Option<&mut Connection> {
        self.open.get_mut(&number)
    }

    /// Numbers of those for which this is true.
    pub fn which(&self, fits: impl Fn(&Connection) -> bool) -> Vec<u64> {
        self.open
            .iter()
            .filter(|(_, connection)| fits(connection))
            .map(|(number, _)| *number)
            .collect()
    }

    /// Forgets those that nobody has anything to do with any more.
    pub fn sweep(&mut self) {
        self.open.retain(|_, connection| !connection.is_over());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_is_a_prefix_in_order() {
        let mut connection = Connection::new(Life { of: 0, number: 1 }, Life { of: 0, number: 1 });
        assert_eq!(connection.send(Way::Up, Moment(0), 50), Some(Moment(50)));
        assert_eq!(
            connection.send(Way::Up, Moment(10), 5),
            Some(Moment(50)),
            "not before the one before it"
        );
        assert_eq!(
            connection.send(Way::Down, Moment(10), 5),
            Some(Moment(15)),
            "the other way goes its own way"
        );
        connection.hold_up(Way::Up, Moment(900));
        assert_eq!(connection.send(Way::Up, Moment(20), 5), Some(Moment(900)));
        connection.shut(Way::Up);
        assert_eq!(connection.send(Way::Up, Moment(901), 5), None);
        assert!(connection.hears(Way::Up), "what is under way still arrives");
    }
}
