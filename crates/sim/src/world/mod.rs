//! The simulated world: servers, hosts, a store and people in virtual time, with the real cores at its heart.
//!
//! Everything that happens is an [`Event`] on one queue. Taking the next one calls a core, an engine or the store, and what
//! they want becomes events again, each after a time that the seed decides. Nothing else moves, so one seed is one history.

mod agents;
mod calls;
mod dialling;
mod direct;
mod echoes;
mod edits;
mod ending;
mod engines;
mod event;
mod mishaps;
mod people;
mod phases;
mod power;
mod proposals;
mod server_faults;
mod servers;
mod setup;
mod storage;
mod wires;

use std::collections::BTreeMap;

use crate::fault::Faults;
use crate::judge::{self, Activity, History, Scene, Troubles, Violation};
use crate::ledger::{Entry, Ledger};
use crate::link::Links;
use crate::narrow::Narrow;
use crate::rng::Rng;
use crate::store::Store;
use crate::time::{Moment, Queue};
use crate::trace::Trace;
use crate::wish::Wishes;

use agents::Host;
use event::{Asker, Call, Event};
use people::User;
use phases::Phases;
use servers::Server;
pub use setup::Plan;

/// Inputs that one process may take at one moment before it counts as a loop that never rests.
const INPUTS_AT_ONCE_MAX: u32 = 5_000;

/// All there is.
#[derive(Debug)]
pub struct World {
    now: Moment,
    queue: Queue<Event>,
    /// How long things take.
    rng: Rng,
    faults: Faults,
    store: Store,
    links: Links,
    servers: Vec<Server>,
    hosts: Vec<Host>,
    users: Vec<User>,
    wishes: Wishes,
    /// How many wishes users had.
    uttered: u64,
    narrow: Narrow,
    phases: Phases,
    ledger: Ledger,
    activity: Activity,
    history: History,
    trace: Trace,
    violation: Option<Violation>,
    /// All came to rest, and users remove everything.
    is_ending: bool,
    /// When which host had a bad time.
    troubles: Troubles,
    /// Images that end soon after they were started, and that no registry has, each until when.
    bad_images: BTreeMap<String, Moment>,
    missing_images: BTreeMap<String, Moment>,
    calls: u64,
    /// The inputs that were taken at this moment.
    at_once: (Moment, u32),
}

impl World {
    /// The moment.
    pub const fn now(&self) -> Moment {
        self.now
    }

    /// Lets the next thing happen. False if nothing ever will again, or nothing may after what a judge found.
    pub fn step(&mut self) -> bool {
        if self.violation.is_some() {
            return false;
        }
        let Some((at, event)) = self.queue.take() else {
            return false;
        };
        self.now = at;
        self.enter_phase();
        match self.taken_in_at(&event) {
            Some(later) => self.queue.put(later, event),
            None => self.happen(event),
        }
        true
    }

    /// When the next thing happens.
    pub fn next_at(&self) -> Option<Moment> {
        self.queue.next_at()
    }

    /// What a judge found, if one did.
    pub const fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    /// How many wishes users had, those that were left out included.
    pub const fn wishes_drawn(&self) -> u64 {
        self.uttered
    }

    /// Which faults there were.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The story so far.
    pub fn into_story(self) -> String {
        self.trace.into_text()
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::ServerBegins(server) => self.server_begins(server),
            Event::ServerLoads(life) => self.server_loads(life),
            Event::ServerWakes(life) => self.server_wakes(life),
            Event::ServerLeaves(life) => self.server_leaves(life),
            Event::Purges(life) => self.purges(life),
            Event::WatchTells(life) => self.watch_tells(life),
            Event::StoreDoes {
                server,
                asker,
                ask,
                fate,
            } => self.store_does(server, asker, &ask, fate),
            Event::StoreTells { server, asker, told } => self.store_tells(server, asker, told),
            Event::AgentBegins(host) => self.agent_begins(host),
            Event::AgentWakes(life) => self.agent_wakes(life),
            Event::AgentHears(life, input) => self.agent_hears(life, *input),
            Event::AgentDials(life) => self.agent_dials(life),
            Event::DialFails(life, connection) => self.dial_fails(life, connection),
            Event::DiskWrites(life, page, brings) => self.disk_writes(life, *page, brings),
            Event::Arrives {
                connection,
                way,
                parcel,
            } => self.arrives(connection, way, parcel),
            Event::Breaks { connection, way } => self.breaks(connection, way),
            Event::EngineLists(life) => self.engine_lists(life),
            Event::CallDoes(call) => self.call_does(call),
            Event::CallEnds(call) => self.call_ends(call),
            Event::CallAnswers(call, result) => self.call_answers(&call, result),
            Event::InEngine(host, later) => self.in_engine(host, &later),
            Event::EngineLost(life) => self.engine_lost(life),
            Event::EngineFound(life) => self.engine_found(life),
            Event::EngineReturns(host) => self.engine_returns(host),
            Event::PowerReturns(host) => self.power_returns(host),
            Event::UserActs(user) => self.user_acts(user),
            Event::UserTries(user) => self.user_tries(user),
            Event::UserEchoes(user, echo) => self.user_echoes(user, &echo),
            Event::Mishap(kind) => self.mishap(kind),
            Event::Flaps { host, times } => self.flaps_again(host, times),
            Event::Heal => self.heal(),
        }
    }

    /// Something will happen after a time between these.
    fn soon(&mut self, from_ms: u64, to_ms: u64, event: Event) {
        let at = self.now.after(self.rng.between(from_ms, to_ms));
        self.queue.put(at, event);
    }

    /// A core takes an input: too many at one moment, and it never rests.
    fn takes_input(&mut self, who: &str) {
        let count = if self.at_once.0 == self.now {
            self.at_once.1 + 1
        } else {
            1
        };
        self.at_once = (self.now, count);
        if count > INPUTS_AT_ONCE_MAX {
            self.violated(
                "time goes on",
                format!("{who} and others took {count} inputs at one moment"),
            );
        }
    }

    /// Something became of a container.
    fn enter(&mut self, entry: Entry) {
        self.ledger.write(entry);
        let scene = Scene {
            now: self.now,
            ledger: &self.ledger,
            troubles: &self.troubles,
        };
        let judged = judge::at_every_step(&self.ledger).and_then(|()| self.history.judge(scene));
        if let Err(violation) = judged {
            self.violated(violation.judge, violation.found);
        }
    }

    fn violated(&mut self, judge: &'static str, found: String) {
        self.trace
            .tell(self.now, "JUDGE", format_args!("{judge}: {found}"));
        self.violation.get_or_insert(Violation { judge, found });
    }
}
