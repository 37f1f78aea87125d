//! All hosts that this server speaks with, or did.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_control::{TablePart, World};
use muster_model::limits::LEASE_MARGIN;
use muster_model::link::FromAgent;
use muster_model::{HostId, ServerId, SessionId, Timestamp};
use muster_store::KeyError;

use super::leadership::Reign;
use super::marks;
use super::mirror::{Mirror, Seen};
use super::session::{Common, Session};
use super::tickets::Answer;
use super::{ConnectionId, Now, Output};

/// An alarm that comes so late says that this process, or its machine, stood still.
const OVERSLEPT: Duration = Duration::from_millis(200);

/// The sessions. An event costs what it touches: each is looked at only when something happened to its host, when it
/// waits for the mirror, or when its alarm is due.
#[derive(Debug)]
pub(super) struct Sessions {
    common: Common,
    hosts: BTreeMap<HostId, Session>,
    connections: BTreeMap<ConnectionId, HostId>,
    /// To be looked at in the next step.
    due: BTreeSet<HostId>,
    /// To be looked at whenever the mirror advances.
    waiting: BTreeSet<HostId>,
    alarms: BTreeSet<(Timestamp, HostId)>,
    alarm_of: BTreeMap<HostId, Timestamp>,
    /// Hosts that the store says are silent: which session fell silent, and since when this server sees that.
    silent: BTreeMap<HostId, Silence>,
}

/// A silent host.
#[derive(Debug, Clone, Copy)]
struct Silence {
    session: SessionId,
    seen: Timestamp,
    /// The longest lease that its agent may hold; none is as long as the leader's page says.
    lease: Option<Duration>,
}

impl Sessions {
    pub(super) fn new(server: ServerId, lease: Duration) -> Self {
        Self {
            common: Common {
                server,
                lease,
                stopping: false,
                epoch: None,
                sessions: 0,
            },
            hosts: BTreeMap::new(),
            connections: BTreeMap::new(),
            due: BTreeSet::new(),
            waiting: BTreeSet::new(),
            alarms: BTreeSet::new(),
            alarm_of: BTreeMap::new(),
            silent: BTreeMap::new(),
        }
    }

    /// The mirror begins anew. Hosts that were in touch with an earlier life of this server have a while to come back.
    pub(super) fn reloaded(&mut self, now: Timestamp, mirror: &Mirror, before: &World) {
        let known = before
            .all_hosts()
            .map(|host| host.id)
            .chain(mirror.world().all_hosts().map(|host| host.id));
        for host in known.collect::<BTreeSet<_>>() {
            if mirror
                .observed(host)
                .is_some_and(|record| record.session.server == self.common.server)
            {
                self.hosts.entry(host).or_insert_with(|| Session::new(host, now));
            }
            self.follow(now, mirror, host);
        }
        for (host, session) in &mut self.hosts {
            if let Some(outbox) = session.outbox() {
                outbox.refresh(mirror.world(), *host);
            }
            self.due.insert(*host);
        }
    }

    /// The mirror has advanced.
    pub(super) fn touched(&mut self, now: Timestamp, mirror: &Mirror, seen: &Seen) {
        for part in &seen.tables {
            let host = host_of(*part);
            if let Some(session) = self.hosts.get_mut(&host)
                && let Some(outbox) = session.outbox()
            {
                outbox.touch(mirror.world(), *part);
                self.due.insert(host);
            }
        }
        for host in &seen.hosts {
            self.follow(now, mirror, *host);
            self.due.insert(*host);
        }
        self.due.append(&mut self.waiting);
        if mirror.is_loading() {
            self.due.extend(self.connections.values());
        }
    }

    pub(super) fn opened(
        &mut self,
        now: Timestamp,
        connection: ConnectionId,
        host: HostId,
        out: &mut Vec<Output>,
    ) {
        let session = self.hosts.entry(host).or_insert_with(|| Session::new(host, now));
        if let Some(before) = session.connection() {
            self.connections.remove(&before);
        }
        session.opened(now, connection, out);
        self.connections.insert(connection, host);
        self.due.insert(host);
    }

    pub(super) fn heard(
        &mut self,
        now: Timestamp,
        mirror: &Mirror,
        connection: ConnectionId,
        message: FromAgent,
        out: &mut Vec<Output>,
    ) {
        // A connection that was closed may have had words under way.
        let Some(host) = self.connections.get(&connection) else {
            marks::WRONG_WORDS.reach();
            return;
        };
        if let Some(session) = self
            .hosts
            .get_mut(host)
            .filter(|session| session.connection() == Some(connection))
        {
            session.heard(now, mirror, &self.common, message, out);
            self.due.insert(*host);
        }
    }

    pub(super) fn closed(&mut self, connection: ConnectionId) {
        let Some(host) = self.connections.remove(&connection) else {
            return;
        };
        if let Some(session) = self
            .hosts
            .get_mut(&host)
            .filter(|session| session.connection() == Some(connection))
        {
            session.closed();
            self.due.insert(host);
        }
    }

    pub(super) fn answered(&mut self, now: Timestamp, host: HostId, answer: Answer) {
        if let Some(session) = self.hosts.get_mut(&host) {
            session.answered(now, answer);
            self.due.insert(host);
        }
    }

    /// This server is about to stop: agents are given leases that last until it is back.
    pub(super) fn stop(&mut self) {
        self.common.stopping = true;
        self.due.extend(self.connections.values());
    }

    /// Whether it was told to stop, and no exclusive unit ends soon if it does.
    pub(super) fn may_stop(&self, mirror: &Mirror) -> bool {
        self.common.stopping && self.hosts.values().all(|session| session.may_be_left(mirror))
    }

    /// Looks at those that are due.
    pub(super) fn step(&mut self, now: &mut Now<'_>, epoch: Option<u32>) -> Result<(), KeyError> {
        if std::mem::replace(&mut self.common.epoch, epoch) != epoch {
            self.due.append(&mut self.waiting);
        }
        self.wakes(now.at);
        while let Some((at, host)) = self.alarms.first().copied()
            && at <= now.at
        {
            self.set_alarm(host, None);
            self.due.insert(host);
        }
        while let Some(host) = self.due.pop_first() {
            self.look(now, host)?;
        }
        Ok(())
    }

    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// When the leases of silent hosts have surely run out: the longest one that may be out, counted from the last
    /// acknowledgement if the session was this server's, else from when the silence was seen, and never from before the election.
    pub(super) fn fences(&self, reign: &Reign) -> BTreeMap<HostId, Timestamp> {
        let fence = |(host, silence): (&HostId, &Silence)| {
            let known = self.hosts.get(host);
            let own = known.and_then(|known| known.last_acknowledged(silence.session));
            let from = own.unwrap_or(silence.seen).max(reign.since);
            (*host, from + silence.lease.unwrap_or(reign.lease) + LEASE_MARGIN)
        };
        self.silent.iter().map(fence).collect()
    }

    /// Whoever finds an alarm long due was itself away: what hosts said meanwhile lies unread, and is no silence.
    fn wakes(&mut self, now: Timestamp) {
        if self.alarms.first().is_some_and(|(at, _)| *at + OVERSLEPT <= now) {
            marks::OVERSLEPT.reach();
            self.hosts.values_mut().for_each(|session| session.excuse(now));
        }
    }

    fn look(&mut self, now: &mut Now<'_>, host: HostId) -> Result<(), KeyError> {
        let Some(session) = self.hosts.get_mut(&host) else {
            return Ok(());
        };
        let before = session.connection();
        session.step(now, &mut self.common)?;
        if session.connection().is_none()
            && let Some(before) = before
        {
            self.connections.remove(&before);
        }
        if session.has_work() {
            self.waiting.insert(host);
        }
        // An alarm in the past has had its turn just now; what is left waits for an answer or the mirror.
        let alarm = session
            .wake_at(now.mirror, &self.common)
            .filter(|at| *at > now.at);
        if session.is_over(now.mirror) {
            self.hosts.remove(&host);
        }
        self.set_alarm(host, alarm);
        Ok(())
    }

    fn set_alarm(&mut self, host: HostId, at: Option<Timestamp>) {
        let before = match at {
            Some(at) => self.alarm_of.insert(host, at),
            None => self.alarm_of.remove(&host),
        };
        if before != at {
            if let Some(before) = before {
                self.alarms.remove(&(before, host));
            }
            self.alarms.extend(at.map(|at| (at, host)));
        }
    }

    /// Keeps in mind since when a host is silent.
    fn follow(&mut self, now: Timestamp, mirror: &Mirror, host: HostId) {
        let record = mirror.observed(host).map(|record| &record.session);
        let Some(silent) = record.filter(|session| session.silent) else {
            self.silent.remove(&host);
            return;
        };
        let lease = silent.lease_ms.map(Duration::from_millis);
        let silence = Silence {
            session: silent.id,
            seen: now,
            lease,
        };
        let known = self.silent.entry(host).or_insert(silence);
        known.lease = lease;
        if known.session != silent.id {
            *known = silence;
        }
    }
}

fn host_of(part: TablePart) -> HostId {
    match part {
        TablePart::Networks(host) | TablePart::Credentials(host) => host,
        TablePart::Unit(host, _) | TablePart::Volume(host, _) => host,
    }
}
