//! The conversation with a server: hello, heartbeats, and whom to believe.

use std::collections::VecDeque;
use std::time::Duration;

use muster_model::limits::LOST_AFTER;
use muster_model::link::{Heartbeat, HeartbeatAck, Welcome};
use muster_model::{SessionId, Timestamp};

/// A server that did not welcome us after this long is left: there has to be time for another one before we count as lost.
const WELCOME_WITHIN: Duration = Duration::from_secs(5);
const _: () = assert!(2 * WELCOME_WITHIN.as_secs() <= LOST_AFTER.as_secs());
/// A server that acknowledged nothing for this many beats is left: the connection may be half-open.
const BEATS_MISSED_MAX: u32 = 5;

/// Missing content is asked for again after this long.
const RESYNC_EVERY: Duration = Duration::from_secs(60);

/// What is known of the connection and its session.
#[derive(Debug, Default)]
pub struct Link {
    connection: Option<u64>,
    greeted: Option<Timestamp>,
    session: Option<Session>,
}

#[derive(Debug)]
struct Session {
    id: SessionId,
    every: Duration,
    next_beat: Timestamp,
    sequence: u64,
    /// Beats without an answer, oldest first.
    unanswered: VecDeque<(u64, Timestamp)>,
    heard: Timestamp,
    /// The beat whose acknowledgement came last.
    acknowledged: Option<u64>,
    /// Everything was asked for already, because some content was missing.
    resynced: Option<Timestamp>,
}

impl Link {
    /// A connection stands; nothing was said on it yet.
    pub fn up(&mut self, connection: u64) {
        *self = Self {
            connection: Some(connection),
            ..Self::default()
        };
    }

    /// The connection is over. Says whether it was the current one.
    pub fn down(&mut self, connection: u64) -> bool {
        let current = self.is_current(connection);
        if current {
            *self = Self::default();
        }
        current
    }

    /// We leave.
    pub fn leave(&mut self) {
        *self = Self::default();
    }

    /// Whether messages of this connection count.
    pub fn is_current(&self, connection: u64) -> bool {
        self.connection == Some(connection)
    }

    /// Whether hello is still to be said.
    pub fn wants_hello(&self) -> bool {
        self.connection.is_some() && self.greeted.is_none()
    }

    /// Hello was said.
    pub fn greeted(&mut self, now: Timestamp) {
        self.greeted = Some(now);
    }

    /// Whether hello was said, so that changes are to be reported.
    pub fn is_greeted(&self) -> bool {
        self.greeted.is_some()
    }

    /// The session is claimed.
    pub fn welcome(&mut self, now: Timestamp, welcome: &Welcome) {
        self.session = Some(Session {
            id: welcome.session,
            every: Duration::from_millis(welcome.heartbeat_ms.max(100)),
            next_beat: now,
            sequence: 0,
            unanswered: VecDeque::new(),
            heard: now,
            acknowledged: None,
            resynced: None,
        });
    }

    /// Whether the session is claimed.
    pub fn is_welcome(&self) -> bool {
        self.session.is_some()
    }

    /// The beat that is due, if one is.
    pub fn beat(&mut self, now: Timestamp) -> Option<Heartbeat> {
        let session = self.session.as_mut().filter(|session| session.next_beat <= now)?;
        session.sequence += 1;
        session.next_beat = now + session.every;
        session.unanswered.push_back((session.sequence, now));
        Some(Heartbeat {
            sequence: session.sequence,
            acknowledged: session.acknowledged,
        })
    }

    /// A beat was acknowledged. Says when it was sent, unless the answer is none to a beat of this session.
    pub fn acknowledged(&mut self, now: Timestamp, ack: &HeartbeatAck) -> Option<Timestamp> {
        let session = self
            .session
            .as_mut()
            .filter(|session| session.id == ack.session)?;
        let (_, sent) = *session
            .unanswered
            .iter()
            .find(|(sequence, _)| *sequence == ack.sequence)?;
        session
            .unanswered
            .retain(|(sequence, _)| *sequence > ack.sequence);
        session.heard = now;
        session.acknowledged = Some(ack.sequence);
        Some(sent)
    }

    /// Whether to ask for everything because content is missing: not again and again, a server may not have it either.
    pub fn may_resync(&mut self, now: Timestamp) -> bool {
        let Some(session) = &mut self.session else {
            return false;
        };
        let may = session.resynced.is_none_or(|at| at + RESYNC_EVERY <= now);
        if may {
            session.resynced = Some(now);
        }
        may
    }

    /// Why to leave, if the server has been silent for too long.
    pub fn given_up(&self, now: Timestamp) -> Option<String> {
        let until = self.silent_until()?;
        let what = if self.is_welcome() {
            "acknowledged no heartbeat"
        } else {
            "did not welcome this host"
        };
        (until <= now).then(|| format!("the server {what} in time"))
    }

    /// When something is due.
    pub fn wake_at(&self) -> Option<Timestamp> {
        let beat = self.session.as_ref().map(|session| session.next_beat);
        [beat, self.silent_until()].into_iter().flatten().min()
    }

    fn silent_until(&self) -> Option<Timestamp> {
        match &self.session {
            Some(session) => Some(session.heard + session.every * BEATS_MISSED_MAX),
            None => self.greeted.map(|at| at + WELCOME_WITHIN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000;

    fn welcomed() -> Link {
        let mut link = Link::default();
        link.up(1);
        link.greeted(Timestamp(0));
        let session = SessionId::new(1, 1);
        link.welcome(
            Timestamp(0),
            &Welcome {
                session,
                incarnation: "p".to_owned(),
                heartbeat_ms: 2 * SECOND,
            },
        );
        link
    }

    fn ack(sequence: u64, session: u32) -> HeartbeatAck {
        HeartbeatAck {
            sequence,
            lease_ms: 15 * SECOND,
            session: SessionId::new(1, session),
        }
    }

    #[test]
    fn an_acknowledgement_counts_from_when_its_beat_was_sent() {
        let mut link = welcomed();
        assert_eq!(link.beat(Timestamp(0)), Some(Heartbeat::new(1)));
        assert_eq!(link.beat(Timestamp(SECOND)), None);
        assert_eq!(link.beat(Timestamp(2 * SECOND)), Some(Heartbeat::new(2)));
        assert_eq!(
            link.acknowledged(Timestamp(3 * SECOND), &ack(2, 2)),
            None,
            "another session's"
        );
        assert_eq!(
            link.acknowledged(Timestamp(3 * SECOND), &ack(2, 1)),
            Some(Timestamp(2 * SECOND))
        );
        assert_eq!(
            link.acknowledged(Timestamp(3 * SECOND), &ack(1, 1)),
            None,
            "older than one that was heard"
        );
        assert_eq!(
            link.acknowledged(Timestamp(3 * SECOND), &ack(9, 1)),
            None,
            "never sent"
        );
    }

    #[test]
    fn silence_ends_the_connection() {
        let mut link = welcomed();
        link.beat(Timestamp(0));
        assert_eq!(link.given_up(Timestamp(9_999)), None);
        assert!(link.given_up(Timestamp(10_000)).is_some());
        link.acknowledged(Timestamp(9_000), &ack(1, 1));
        assert_eq!(link.given_up(Timestamp(18_999)), None);
        let mut link = Link::default();
        link.up(2);
        assert_eq!(link.wake_at(), None);
        link.greeted(Timestamp(0));
        assert!(link.given_up(Timestamp(0) + WELCOME_WITHIN).is_some());
    }

    #[test]
    fn missing_content_is_asked_for_again_after_a_while() {
        let mut link = welcomed();
        let asks =
            [0, SECOND, 59 * SECOND, 60 * SECOND, 61 * SECOND].map(|at| link.may_resync(Timestamp(at)));
        assert_eq!(asks, [true, false, false, true, false]);
        assert!(!Link::default().may_resync(Timestamp(0)), "whom would it ask");
    }

    #[test]
    fn only_the_last_connection_counts() {
        let mut link = welcomed();
        link.up(2);
        assert!(!link.is_current(1) && !link.is_welcome() && link.wants_hello());
        assert!(!link.down(1));
        assert!(link.is_current(2));
        assert!(link.down(2));
    }
}
