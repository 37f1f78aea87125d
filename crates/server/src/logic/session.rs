//! The conversation with one host's agent.
//!
//! *Claim first*: nothing is sent and no heartbeat acknowledged before the claim of the session is committed and the
//! mirror has reached it; so all that was assigned until then goes out with it. After a silence, and on every new
//! connection, a new claim is needed. Whatever is written about a host has the session record as precondition: the
//! words of a session that was replaced are refused.

use std::time::Duration;

use muster_model::desired::{UnitClass, heartbeat};
use muster_model::limits::{HEARTBEAT_EVERY, LEASE_BEFORE_STOP};
use muster_model::link::{FromAgent, Heartbeat, HeartbeatAck, Hello, PROTOCOL, TableDelta, ToAgent, Welcome};
use muster_model::observed::{HostObserved, SessionRecord};
use muster_model::{HostId, Revision, ServerId, SessionId, Timestamp};
use muster_store::{Commit, Key, KeyError, Precondition, typed};

use super::lease::Lease;
use super::marks;
use super::mirror::Mirror;
use super::outbox::Outbox;
use super::reports::{Reports, bounded};
use super::tickets::{Answer, LOOK_AGAIN, STORE_RETRY};
use super::{ConnectionId, Now, Output, Purpose};

/// A connection on which nothing is said for so long is closed.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// What all sessions of a server share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) server: ServerId,
    pub(super) lease: Duration,
    /// It is about to stop as planned.
    pub(super) stopping: bool,
    /// The epoch that sessions are numbered under, once it is drawn.
    pub(super) epoch: Option<u32>,
    /// The last session's number.
    pub(super) sessions: u32,
}

/// One host, as this server knows it: in touch, or not (any more).
#[derive(Debug)]
pub(super) struct Session {
    host: HostId,
    connection: Option<Connection>,
    outbox: Option<Outbox>,
    reports: Reports,
    asked: Option<Asked>,
    /// The mirror must show this before more is asked.
    settled: Revision,
    retry_at: Timestamp,
    last_heard: Timestamp,
    /// How often its agent was told to beat.
    heartbeat: Duration,
    /// This server was away itself: until then the host is not called silent.
    excused_until: Option<Timestamp>,
    /// What its session has given.
    lease: Lease,
    /// Its agent was given the lease that lasts while this server is away.
    waits_long: bool,
    /// In which session it last acknowledged a heartbeat, and when.
    last_acknowledged: Option<(SessionId, Timestamp)>,
}

#[derive(Debug)]
struct Connection {
    id: ConnectionId,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Since when nothing was said.
    Quiet(Timestamp),
    /// Said hello; the session is to be claimed.
    Greeted(Box<Hello>),
    /// Claimed by a commit that the mirror has yet to show.
    Claimed {
        session: SessionId,
        at: Revision,
        hello: Box<Hello>,
    },
    /// In session; the agent was sent the table up to a revision.
    Live { session: SessionId, sent: Revision },
}

/// The one commit under way for this host.
#[derive(Debug)]
enum Asked {
    Claim {
        connection: ConnectionId,
        session: SessionId,
    },
    Reports {
        session: SessionId,
        taken: Box<Reports>,
    },
    Silence,
    Lease,
}

impl Session {
    pub(super) fn new(host: HostId, now: Timestamp) -> Self {
        Self {
            host,
            connection: None,
            outbox: None,
            reports: Reports::default(),
            asked: None,
            settled: Revision(0),
            retry_at: Timestamp(0),
            last_heard: now,
            heartbeat: HEARTBEAT_EVERY,
            excused_until: None,
            lease: Lease::default(),
            waits_long: false,
            last_acknowledged: None,
        }
    }

    pub(super) fn connection(&self) -> Option<ConnectionId> {
        self.connection.as_ref().map(|connection| connection.id)
    }

    /// When it last acknowledged a heartbeat of that session.
    pub(super) fn last_acknowledged(&self, session: SessionId) -> Option<Timestamp> {
        let (of, at) = self.last_acknowledged?;
        (of == session).then_some(at)
    }

    pub(super) fn outbox(&mut self) -> Option<&mut Outbox> {
        self.outbox.as_mut()
    }

    /// A newer connection takes the place of an older one.
    pub(super) fn opened(&mut self, now: Timestamp, id: ConnectionId, out: &mut Vec<Output>) {
        if self.connection.is_some() {
            marks::CONNECTED_ANEW.reach();
        }
        self.close("the agent connected anew", out);
        self.connection = Some(Connection {
            id,
            stage: Stage::Quiet(now),
        });
        self.hears(now);
    }

    /// This server was away: the host gets time for another heartbeat, once in a silence, or a server that is always late
    /// would never call a dead host silent.
    pub(super) fn excuse(&mut self, now: Timestamp) {
        self.excused_until.get_or_insert(now + self.heartbeat);
    }

    fn hears(&mut self, now: Timestamp) {
        (self.last_heard, self.excused_until) = (now, None);
    }

    pub(super) fn closed(&mut self) {
        self.connection = None;
    }

    pub(super) fn heard(
        &mut self,
        now: Timestamp,
        mirror: &Mirror,
        common: &Common,
        message: FromAgent,
        out: &mut Vec<Output>,
    ) {
        self.hears(now);
        match (message, self.live()) {
            (FromAgent::Hello(hello), _) => self.greeted(hello, out),
            (FromAgent::Heartbeat(beat), Some(session)) => {
                self.acknowledge(now, mirror, common, beat, session, out)
            }
            (FromAgent::Resync, Some(_)) => {
                marks::RESYNC.reach();
                self.send_table(mirror, |outbox, _, now| outbox.whole(now), out);
            }
            (FromAgent::Progress(progress), Some(_)) => out.push(Output::Progress {
                host: self.host,
                progress,
            }),
            // Reports may come between hello and welcome: they are news about what hello said.
            (FromAgent::Observed { units }, _) => self.reports.heard(self.host, units),
            (FromAgent::Facts(facts), _) => self.reports.facts(*facts),
            (FromAgent::Applied { .. } | FromAgent::Unknown, _) => {}
            (FromAgent::Heartbeat(_) | FromAgent::Resync | FromAgent::Progress(_), None) => {}
        }
    }

    /// Takes the answer to the commit under way.
    pub(super) fn answered(&mut self, now: Timestamp, answer: Answer) {
        match answer {
            Answer::Done(revision) => self.settled = revision,
            Answer::Conflict(found) => {
                self.settled = self.settled.max(found.unwrap_or_default());
                self.retry_at = now + LOOK_AGAIN;
            }
            Answer::NotDone | Answer::Refused => self.retry_at = now + STORE_RETRY,
        }
        match (self.asked.take(), answer) {
            (Some(Asked::Claim { connection, session }), Answer::Done(at)) => {
                self.claimed(connection, session, at)
            }
            (Some(Asked::Claim { .. }), Answer::Conflict(_)) => marks::CLAIM_CONFLICT.reach(),
            // A newer hello says it all anew, and these words are older.
            (Some(Asked::Reports { session, taken }), Answer::Conflict(_) | Answer::NotDone)
                if self.live() == Some(session) =>
            {
                marks::REPORTS_PUT_BACK.reach();
                self.reports.put_back(*taken)
            }
            _ => {}
        }
    }

    /// Everything that can be done now.
    pub(super) fn step(&mut self, now: &mut Now<'_>, common: &mut Common) -> Result<(), KeyError> {
        if now.mirror.is_loading() && self.live().is_some() {
            self.close("the platform is being restored", now.out);
        }
        if !now.mirror.is_open() {
            return Ok(());
        }
        self.check_connection(now);
        self.go_live(now.at, now.mirror, now.out);
        self.send_difference(now.mirror, now.out);
        if self.asked.is_some() || now.mirror.revision() < self.settled || now.at < self.retry_at {
            return Ok(());
        }
        if self.silent_at(now.mirror, common).is_some_and(|at| at <= now.at) {
            return self.fall_silent(now);
        }
        if self.claim(now, common)? {
            return Ok(());
        }
        if self.record_lease(now, common)? {
            return Ok(());
        }
        self.report(now)
    }

    /// When something is due although nothing happens.
    pub(super) fn wake_at(&self, mirror: &Mirror, common: &Common) -> Option<Timestamp> {
        let quiet = match &self.connection {
            Some(Connection {
                stage: Stage::Quiet(since),
                ..
            }) => Some(*since + HELLO_WITHIN),
            _ => None,
        };
        let idle = self.asked.is_none();
        let silence = self
            .silent_at(mirror, common)
            .filter(|_| idle)
            .map(|at| at.max(self.retry_at));
        let retry = Some(self.retry_at).filter(|_| idle && self.has_work());
        [quiet, silence, retry].into_iter().flatten().min()
    }

    /// Whether it has something to do that may have to wait for the mirror.
    pub(super) fn has_work(&self) -> bool {
        let waiting =
            |connection: &Connection| matches!(connection.stage, Stage::Greeted(_) | Stage::Claimed { .. });
        self.connection.as_ref().is_some_and(waiting) || (self.live().is_some() && !self.reports.is_empty())
    }

    /// Whether anything is left to remember.
    pub(super) fn is_over(&self, mirror: &Mirror) -> bool {
        self.connection.is_none() && self.asked.is_none() && mirror.wish(self.host).is_none()
    }

    /// The session, if it is up.
    fn live(&self) -> Option<SessionId> {
        match &self.connection {
            Some(Connection {
                stage: Stage::Live { session, .. },
                ..
            }) => Some(*session),
            _ => None,
        }
    }

    fn close(&mut self, why: &'static str, out: &mut Vec<Output>) {
        if let Some(connection) = self.connection.take() {
            out.push(Output::Close {
                connection: connection.id,
                why,
            });
        }
    }

    fn refuse(&mut self, message: &str, retry: bool, why: &'static str, out: &mut Vec<Output>) {
        self.send(
            ToAgent::Refused {
                message: message.to_owned(),
                retry,
            },
            out,
        );
        self.close(why, out);
    }

    fn send(&self, message: ToAgent, out: &mut Vec<Output>) {
        if let Some(connection) = self.connection() {
            out.push(Output::Send {
                connection,
                host: self.host,
                message,
                blobs_needed: Default::default(),
            });
        }
    }

    fn greeted(&mut self, hello: Box<Hello>, out: &mut Vec<Output>) {
        if hello.protocol.abs_diff(PROTOCOL) > 1 {
            let (theirs, ours) = (hello.protocol, PROTOCOL);
            let older = if theirs < ours { "agent" } else { "server" };
            let message = format!(
                "the agent speaks version {theirs} of the protocol, the server {ours}: upgrade the {older}"
            );
            return self.refuse(&message, true, "its protocol is another", out);
        }
        if hello.host != self.host {
            let message =
                "the agent says it is another host than its certificate says: join this machine again";
            return self.refuse(message, false, "it says it is another host", out);
        }
        self.reports = Reports::default();
        if let Some(connection) = &mut self.connection {
            connection.stage = Stage::Greeted(hello);
        }
    }

    fn acknowledge(
        &mut self,
        now: Timestamp,
        mirror: &Mirror,
        common: &Common,
        beat: Heartbeat,
        session: SessionId,
        out: &mut Vec<Output>,
    ) {
        // Only as long as the record in the store is this session's; if it is not, the next step closes.
        if self.holds(mirror, session) && !mirror.is_loading() {
            let (recorded, wished) = (self.recorded_lease(mirror), self.wished_lease(mirror, common));
            let lease_ms = self.lease.grant(now, beat.sequence, recorded, wished);
            self.waits_long = common.stopping && lease_ms == wished;
            self.lease.confirmed(beat.acknowledged.unwrap_or_default());
            self.last_acknowledged = Some((session, now));
            self.send(
                ToAgent::HeartbeatAck(HeartbeatAck {
                    sequence: beat.sequence,
                    lease_ms,
                    session,
                }),
                out,
            );
        }
    }

    /// The longest lease that the agent may hold.
    fn recorded_lease(&self, mirror: &Mirror) -> u64 {
        let standing = || mirror.leader().map_or(0, |leader| leader.lease_ms);
        let record = mirror.observed(self.host);
        record
            .and_then(|record| record.session.lease_ms)
            .unwrap_or_else(standing)
    }

    /// The longest lease that the agent may hold once this server gives it some: an earlier session's may still be out.
    fn longest_lease(&self, mirror: &Mirror, common: &Common) -> u64 {
        let wished = self.wished_lease(mirror, common);
        match mirror.observed(self.host) {
            Some(_) => self.recorded_lease(mirror).max(wished),
            None => wished,
        }
    }

    /// The lease that the agent should have.
    fn wished_lease(&self, mirror: &Mirror, common: &Common) -> u64 {
        let millis = |lease: Duration| u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        if common.stopping && self.runs_exclusive(mirror) {
            return millis(LEASE_BEFORE_STOP);
        }
        let timings = mirror.world().timings(self.host);
        timings.lease_ms.unwrap_or_else(|| millis(common.lease))
    }

    fn runs_exclusive(&self, mirror: &Mirror) -> bool {
        let world = mirror.world();
        world.units_on(self.host).any(|unit| {
            let facts = world.service_facts(unit.stack, unit.revision, &unit.service);
            facts.is_some_and(|facts| facts.class == UnitClass::Exclusive)
        })
    }

    /// Whether this server may stop without an exclusive unit of the host ending soon.
    pub(super) fn may_be_left(&self, mirror: &Mirror) -> bool {
        self.live().is_none() || self.waits_long || !self.runs_exclusive(mirror)
    }

    /// The record of the longest lease that may be out follows what is wished, by the rule of [`Lease`].
    fn record_lease(&mut self, now: &mut Now<'_>, common: &Common) -> Result<bool, KeyError> {
        let Some(record) = now
            .mirror
            .observed(self.host)
            .filter(|record| self.live() == Some(record.session.id))
        else {
            return Ok(false);
        };
        let (recorded, wished) = (
            self.recorded_lease(now.mirror),
            self.wished_lease(now.mirror, common),
        );
        let Some(lease_ms) = self.lease.recorded(now.at, recorded, wished) else {
            return Ok(false);
        };
        if lease_ms > recorded {
            marks::LEASE_RAISED.reach();
        } else {
            marks::LEASE_LOWERED.reach();
        }
        let session = SessionRecord {
            lease_ms: Some(lease_ms),
            ..record.session.clone()
        };
        let other = HostObserved {
            session,
            ..(*record.doc).clone()
        };
        let unchanged = Precondition::At(typed::key(&other)?, record.modified);
        self.ask(now, Commit::new().expect(unchanged).write(&other)?, Asked::Lease);
        Ok(true)
    }

    /// Whether the store's record is of this session.
    fn holds(&self, mirror: &Mirror, session: SessionId) -> bool {
        mirror
            .observed(self.host)
            .is_some_and(|record| record.session.id == session && !record.session.silent)
    }

    /// Ends connections that have no right to go on.
    fn check_connection(&mut self, now: &mut Now<'_>) {
        let Some(connection) = &self.connection else {
            return;
        };
        match &connection.stage {
            Stage::Quiet(since) if now.at >= *since + HELLO_WITHIN => {
                marks::DID_NOT_GREET.reach();
                self.close("it did not say hello", now.out);
            }
            Stage::Quiet(_) => {}
            _ if now.mirror.wish(self.host).is_none() => {
                let message = "this host was removed from the platform: to use it again, join it anew";
                self.refuse(message, false, "the host was removed", now.out);
            }
            Stage::Live { session, .. } if !self.holds(now.mirror, *session) => {
                marks::TAKEN_OVER.reach();
                self.close("the session was taken over", now.out);
            }
            _ => {}
        }
    }

    fn claimed(&mut self, by: ConnectionId, session: SessionId, at: Revision) {
        let Some(connection) = self.connection.as_mut().filter(|connection| connection.id == by) else {
            return;
        };
        let stage = std::mem::replace(&mut connection.stage, Stage::Quiet(self.last_heard));
        connection.stage = match stage {
            Stage::Greeted(hello) => Stage::Claimed { session, at, hello },
            other => other,
        };
    }

    /// The mirror has reached the claim: welcome, and the table as of now.
    fn go_live(&mut self, now: Timestamp, mirror: &Mirror, out: &mut Vec<Output>) {
        let Some(connection) = &mut self.connection else {
            return;
        };
        let Stage::Claimed { session, at, hello } = &mut connection.stage else {
            return;
        };
        if mirror.revision() < *at {
            return;
        }
        let (session, have, units) = (*session, hello.have.take(), std::mem::take(&mut hello.units));
        let incarnation = mirror
            .world()
            .platform()
            .map(|platform| platform.incarnation.clone())
            .unwrap_or_default();
        connection.stage = Stage::Live {
            session,
            sent: Revision(0),
        };
        (self.lease, self.waits_long) = (Lease::begun(now, self.recorded_lease(mirror)), false);
        if !self.holds(mirror, session) {
            return self.close("the session was taken over", out);
        }
        let mut said = Reports::default();
        said.heard(self.host, units);
        self.reports.put_back(said);
        self.heartbeat = heartbeat(mirror.world().hosts_known());
        let heartbeat_ms = u64::try_from(self.heartbeat.as_millis()).unwrap_or(u64::MAX);
        self.send(
            ToAgent::Welcome(Welcome {
                session,
                incarnation: incarnation.clone(),
                heartbeat_ms,
            }),
            out,
        );
        self.outbox
            .get_or_insert_with(|| Outbox::new(mirror.world(), self.host));
        self.send_table(
            mirror,
            |outbox, _, now| outbox.resume(have.as_ref(), &incarnation, now),
            out,
        );
    }

    fn send_difference(&mut self, mirror: &Mirror, out: &mut Vec<Output>) {
        let Some(Connection {
            stage: Stage::Live { sent, .. },
            ..
        }) = &self.connection
        else {
            return;
        };
        if self
            .outbox
            .as_ref()
            .is_some_and(|outbox| outbox.changed() > *sent)
        {
            self.send_table(mirror, |outbox, sent, now| outbox.since(sent, now), out);
        }
    }

    fn send_table(
        &mut self,
        mirror: &Mirror,
        delta: impl FnOnce(&Outbox, Revision, Revision) -> TableDelta,
        out: &mut Vec<Output>,
    ) {
        let (Some(connection), Some(outbox)) = (&mut self.connection, &self.outbox) else {
            return;
        };
        let Stage::Live { sent, .. } = &mut connection.stage else {
            return;
        };
        let delta = delta(outbox, *sent, mirror.revision());
        *sent = delta.revision;
        let blobs_needed = outbox.blobs_needed(&delta);
        let message = ToAgent::Table(Box::new(delta));
        out.push(Output::Send {
            connection: connection.id,
            host: self.host,
            message,
            blobs_needed,
        });
    }

    /// When the host counts as silent: if the store says that it is in touch with this server, and nothing is heard.
    fn silent_at(&self, mirror: &Mirror, common: &Common) -> Option<Timestamp> {
        let stage = self.connection.as_ref().map(|connection| &connection.stage);
        if matches!(stage, Some(Stage::Greeted(_) | Stage::Claimed { .. })) {
            return None;
        }
        let record = mirror.observed(self.host)?;
        let in_touch = record.session.server == common.server && !record.session.silent;
        let world = mirror.world();
        let patience = world.timings(self.host).suspect_after(world.hosts_known());
        let silent_at =
            (self.last_heard + patience.max(self.heartbeat * 3)).max(self.excused_until.unwrap_or_default());
        (in_touch && mirror.wish(self.host).is_some()).then_some(silent_at)
    }

    fn fall_silent(&mut self, now: &mut Now<'_>) -> Result<(), KeyError> {
        let Some(record) = now.mirror.observed(self.host) else {
            return Ok(());
        };
        marks::FELL_SILENT.reach();
        if self.live().is_some() {
            self.close("the agent fell silent", now.out);
        }
        let session = SessionRecord {
            silent: true,
            since: now.wall,
            ..record.session.clone()
        };
        let silent = HostObserved {
            session,
            ..(*record.doc).clone()
        };
        let unchanged = Precondition::At(typed::key(&silent)?, record.modified);
        self.ask(
            now,
            Commit::new().expect(unchanged).write(&silent)?,
            Asked::Silence,
        );
        Ok(())
    }

    /// Claims the session if the agent has said hello. False if there is nothing to claim.
    fn claim(&mut self, now: &mut Now<'_>, common: &mut Common) -> Result<bool, KeyError> {
        let Some(Connection {
            id,
            stage: Stage::Greeted(hello),
        }) = &self.connection
        else {
            return Ok(false);
        };
        let (Some(epoch), Some(wish), Some(_)) =
            (common.epoch, now.mirror.wish(self.host), now.mirror.leader())
        else {
            return Ok(true);
        };
        common.sessions = common.sessions.saturating_add(1);
        let session = SessionId::new(epoch, common.sessions);
        let record = SessionRecord {
            id: session,
            server: common.server,
            epoch,
            silent: false,
            since: now.wall,
            lease_ms: Some(self.longest_lease(now.mirror, common)),
        };
        let claim = HostObserved {
            host: self.host,
            session: record,
            facts: bounded(hello.facts.clone()),
        };
        let replaced = replaced(now.mirror, self.host, typed::key(&claim)?);
        let member = Precondition::Exists(typed::key(&*wish.doc)?);
        let (connection, commit) = (*id, Commit::new().expect(replaced).expect(member).write(&claim)?);
        self.ask(now, commit, Asked::Claim { connection, session });
        Ok(true)
    }

    fn report(&mut self, now: &mut Now<'_>) -> Result<(), KeyError> {
        let Some(session) = self.live() else {
            return Ok(());
        };
        if let Some((commit, taken)) = self.reports.take(self.host, now.mirror)? {
            let taken = Box::new(taken);
            self.ask(now, commit, Asked::Reports { session, taken });
        }
        Ok(())
    }

    fn ask(&mut self, now: &mut Now<'_>, commit: Commit, asked: Asked) {
        if now.tickets.commit(Purpose::Session(self.host), commit, now.out) {
            self.asked = Some(asked);
        }
    }
}

/// The record that a claim replaces.
fn replaced(mirror: &Mirror, host: HostId, key: Key) -> Precondition {
    match mirror.observed(host) {
        Some(record) => Precondition::At(key, record.modified),
        None => Precondition::Absent(key),
    }
}
