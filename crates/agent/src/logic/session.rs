//! What is said to a server and what comes from it.

use std::collections::BTreeSet;

use muster_model::link::{FromAgent, HeartbeatAck, Hello, PROTOCOL, TableDelta, ToAgent};
use muster_model::observed::HostFacts;
use muster_model::{Timestamp, VolumeId};

use super::marks;
use super::pages::Received;
use super::{AgentCore, Hold, LeaseRecord, Output};

impl AgentCore {
    pub(super) fn message(&mut self, now: Timestamp, message: ToAgent) {
        match message {
            ToAgent::Welcome(welcome) => {
                self.pages.speak_with(&welcome.incarnation);
                self.link.welcome(now, &welcome);
            }
            ToAgent::Table(delta) => self.table(&delta),
            ToAgent::HeartbeatAck(ack) => self.acknowledged(now, &ack),
            ToAgent::Refused { message, .. } => {
                self.leave(format!("the server refuses this host: {message}"))
            }
            ToAgent::Unknown => {}
        }
    }

    fn table(&mut self, delta: &TableDelta) {
        match self.pages.receive(delta) {
            Received::Taken | Received::Older => {}
            Received::Unfit => self.send(FromAgent::Resync),
        }
    }

    fn acknowledged(&mut self, now: Timestamp, ack: &HeartbeatAck) {
        let Some(sent) = self.link.acknowledged(now, ack) else {
            return;
        };
        let lease = LeaseRecord {
            boot: self.boot.clone(),
            session: ack.session,
            sent,
            lease_ms: ack.lease_ms,
            binds: self.bound.clone(),
            containers: self.bound_containers.clone(),
        };
        let before = self.hold(now);
        self.lease = Some(lease.clone());
        if !self.bound.is_empty() {
            self.out.push(Output::KeepLease(lease));
        }
        if before != self.hold(now) {
            let bound: Vec<_> = self.bound.keys().copied().collect();
            bound.into_iter().for_each(|unit| self.touch(unit));
        }
    }

    /// What the lease allows exclusive units.
    pub(super) fn hold(&self, now: Timestamp) -> Hold {
        self.lease.as_ref().map_or(Hold::Over, |lease| lease.hold(now))
    }

    /// When the lease allows less than it does.
    pub(super) fn lease_wake(&self) -> Option<Timestamp> {
        let lease = self.lease.as_ref().filter(|_| !self.bound.is_empty())?;
        lease.changes_at(self.now)
    }

    /// When exclusive units that may not run are to be ended by name, if the engine does not say before what it has.
    pub(super) fn fence_wake(&self) -> Option<Timestamp> {
        let binds = !self.bound.is_empty() && self.hold(self.now) != Hold::Held;
        self.view.stale_from().filter(|at| binds && *at > self.now)
    }

    pub(super) fn facts(&mut self, facts: HostFacts) {
        self.facts = HostFacts {
            engine_error: self.facts.engine_error.take(),
            volumes_gone: std::mem::take(&mut self.facts.volumes_gone),
            warnings: std::mem::take(&mut self.facts.warnings),
            missing_images: std::mem::take(&mut self.facts.missing_images),
            ..facts
        };
        self.tell_facts();
    }

    /// Tells which volumes are gone, as they were to be; then they leave the table.
    pub(super) fn tell_volumes(&mut self) {
        let volumes = self.pages.acting().map(|page| &page.table.volumes);
        let removed = volumes.into_iter().flatten().filter(|(_, volume)| volume.removed);
        let is_gone = |id: &VolumeId| {
            let entry = self.shared.volumes.get(id);
            entry.is_some_and(|entry| entry.state.is_some())
        };
        let gone: BTreeSet<_> = removed.map(|(id, _)| *id).filter(is_gone).collect();
        if self.facts.volumes_gone != gone {
            self.facts.volumes_gone = gone;
            self.tell_facts();
        }
    }

    pub(super) fn tell_facts(&mut self) {
        if self.link.is_greeted() {
            self.send(FromAgent::Facts(Box::new(self.facts.clone())));
        }
    }

    pub(super) fn send(&mut self, message: FromAgent) {
        self.out.push(Output::Send(Box::new(message)));
    }

    fn leave(&mut self, why: String) {
        self.link.leave();
        self.out.push(Output::Disconnect { why });
    }

    /// Says what is due.
    pub(super) fn converse(&mut self, now: Timestamp) {
        if let Some(why) = self.link.given_up(now) {
            marks::LEFT_UNANSWERED.reach();
            self.leave(why);
        }
        // Units are spoken of only once the engine was asked: what runs must not be called waiting.
        if self.link.wants_hello() && self.judged {
            self.hello(now);
        }
        if let Some(beat) = self.link.beat(now) {
            self.send(FromAgent::Heartbeat(beat));
        }
        if self.link.is_welcome() {
            let units = self.reports.take_due(now);
            if !units.is_empty() {
                self.send(FromAgent::Observed { units });
            }
        }
    }

    fn hello(&mut self, now: Timestamp) {
        let hello = Hello {
            protocol: PROTOCOL,
            host: self.config.host,
            boot: self.boot.clone(),
            have: self.pages.have().filter(|_| !self.blobs_missing),
            facts: self.facts.clone(),
            units: self.reports.all(),
        };
        self.send(FromAgent::Hello(Box::new(hello)));
        self.link.greeted(now);
    }
}
