use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_model::observed::HostFacts;
use muster_model::{Core, HostId, Timestamp, UnitId};

use super::alarms::Alarms;
use super::bound::Watchdog;
use super::lanes::Lanes;
use super::link::Link;
use super::marks;
use super::memory::UnitMemory;
use super::pages::Pages;
use super::reports::Reports;
use super::shared::{Shared, WantedImage};
use super::view::EngineView;
use super::{Binds, BoundContainers, Bounds, Input, Lane, LeaseRecord, Output, Page, Started};
use crate::files::Places;

/// A page that could not be written is tried again after this.
const WRITE_AGAIN: Duration = Duration::from_secs(1);

/// What a core is told once.
#[derive(Debug, Clone)]
pub struct CoreConfig {
    /// This host.
    pub host: HostId,
    /// How much is done at once.
    pub bounds: Bounds,
    /// Where secrets and configs are put.
    pub files: Places,
}

/// The agent's logic.
#[derive(Debug)]
pub struct AgentCore {
    pub(super) config: CoreConfig,
    pub(super) boot: String,
    pub(super) facts: HostFacts,
    pub(super) pages: Pages,
    /// Not all contents that the page needs are here.
    pub(super) blobs_missing: bool,
    pub(super) link: Link,
    pub(super) lease: Option<LeaseRecord>,
    pub(super) view: EngineView,
    /// The engine was seen, or was seen to be away.
    pub(super) judged: bool,
    pub(super) units: BTreeMap<UnitId, UnitMemory>,
    /// Those that the lease binds: of the table, or as they were kept with the lease while there is no table.
    pub(super) bound: Binds,
    /// Their containers, as the lease's record has them.
    pub(super) bound_containers: BoundContainers,
    /// What the watchdog did.
    pub(super) watchdog: Watchdog,
    pub(super) shared: Shared,
    /// Images that units wait for, by their keys.
    pub(super) images: BTreeMap<String, WantedImage>,
    pub(super) waiters: BTreeMap<Lane, BTreeSet<UnitId>>,
    pub(super) told_progress: BTreeMap<Lane, Timestamp>,
    pub(super) lanes: Lanes,
    pub(super) alarms: Alarms,
    pub(super) reports: Reports,
    /// Units whose state may have changed.
    pub(super) touched: BTreeSet<UnitId>,
    pub(super) write_at: Option<Timestamp>,
    /// The moment of the last input.
    pub(super) now: Timestamp,
    pub(super) out: Vec<Output>,
}

impl AgentCore {
    /// A core that knows nothing yet; [`Input::Started`] is its first input.
    pub fn new(config: CoreConfig) -> Self {
        Self {
            lanes: Lanes::new(config.bounds),
            config,
            boot: String::new(),
            facts: HostFacts::default(),
            pages: Pages::default(),
            blobs_missing: false,
            link: Link::default(),
            lease: None,
            view: EngineView::default(),
            judged: false,
            units: BTreeMap::new(),
            bound: Binds::new(),
            bound_containers: BoundContainers::new(),
            watchdog: Watchdog::default(),
            shared: Shared::default(),
            images: BTreeMap::new(),
            waiters: BTreeMap::new(),
            told_progress: BTreeMap::new(),
            alarms: Alarms::default(),
            reports: Reports::default(),
            touched: BTreeSet::new(),
            write_at: None,
            now: Timestamp::default(),
            out: Vec::new(),
        }
    }

    /// The page that is acted on: what is on disk.
    pub fn page(&self) -> Option<&Page> {
        self.pages.acting()
    }

    /// The engine's ids of the containers that run.
    pub fn running_containers(&self) -> BTreeSet<String> {
        let running = self.view.all().filter(|container| container.state.is_alive());
        running.map(|container| container.id.clone()).collect()
    }

    fn take(&mut self, now: Timestamp, input: Input) {
        match input {
            Input::Started(started) => self.started(*started),
            Input::LinkUp { connection } => self.link.up(connection),
            Input::LinkDown { connection } => drop(self.link.down(connection)),
            Input::Message { connection, message } => {
                if self.link.is_current(connection) {
                    self.message(now, *message);
                }
            }
            Input::EngineBack => self.engine_back(),
            Input::EngineGone { failure } => self.engine_gone(&failure),
            Input::Event(event) => self.event(now, event),
            Input::Looked(Ok(containers)) => self.looked(now, containers),
            Input::Looked(Err(failure)) => self.look_failed(now, &failure),
            Input::Done { lane, result } => self.done(now, lane, result),
            Input::Pulling { lane, bytes, total } => self.pulling(now, &lane, bytes, total),
            Input::Copying { image, words } => self.copying(image, words),
            Input::NotebookSaved {
                revision,
                result: Ok(()),
            } => self.saved(revision),
            Input::NotebookSaved { result: Err(_), .. } => {
                marks::NOTEBOOK_NOT_WRITTEN.reach();
                self.pages.not_written();
                self.write_at = Some(now + WRITE_AGAIN);
            }
            Input::Facts(facts) => self.facts(*facts),
            Input::Watchdog(news) => self.watchdog_news(news),
            Input::Tick => {}
        }
    }

    fn started(&mut self, started: Started) {
        self.view.wants_look(self.now);
        self.boot = started.boot;
        self.facts = started.facts;
        self.blobs_missing = started.blobs_missing;
        // A lease of before a restart of the machine means nothing: its times are of another clock.
        self.lease = started.lease.filter(|lease| lease.boot == self.boot);
        self.bound = self
            .lease
            .as_ref()
            .map(|lease| lease.binds.clone())
            .unwrap_or_default();
        self.bound_containers = self
            .lease
            .as_ref()
            .map(|lease| lease.containers.clone())
            .unwrap_or_default();
        self.pages = Pages::new(started.page);
        self.turn_page(None);
    }

    fn saved(&mut self, revision: muster_model::Revision) {
        if let Some(before) = self.pages.written(revision) {
            self.blobs_missing = false;
            self.turn_page(before);
            if self.link.is_welcome() {
                self.send(muster_model::link::FromAgent::Applied { revision });
            }
        }
    }

    /// Something happened to the unit: it is looked at, and its state is told if it changed.
    pub(super) fn touch(&mut self, unit: UnitId) {
        self.touched.insert(unit);
        self.lanes.ask(Lane::Unit(unit));
    }

    pub(super) fn look(&mut self) {
        if self.view.look(self.now) {
            self.out.push(Output::Look);
        }
    }
}

impl Core for AgentCore {
    type Input = Input;
    type Output = Output;

    fn handle(&mut self, now: Timestamp, input: Input) -> Vec<Output> {
        self.now = now;
        self.take(now, input);
        self.keep_time(now);
        self.note_containers();
        self.advance(now);
        self.report(now);
        self.converse(now);
        std::mem::take(&mut self.out)
    }

    fn wake_at(&self) -> Option<Timestamp> {
        let reports = self.reports.wake_at().filter(|_| self.link.is_welcome());
        let times = [
            self.link.wake_at(),
            self.lease_wake(),
            self.fence_wake(),
            self.view.next_look(),
            self.alarms.wake_at(),
            reports,
            self.write_at,
        ];
        times.into_iter().flatten().min()
    }
}

impl AgentCore {
    /// Does what has come due.
    fn keep_time(&mut self, now: Timestamp) {
        while let Some(lane) = self.alarms.take_due(now) {
            if let Lane::Unit(unit) = lane {
                self.touched.insert(unit);
            }
            self.lanes.ask(lane);
        }
        if self.view.next_look().is_some_and(|at| at <= now) {
            self.look();
        }
        if self.write_at.is_some_and(|at| at <= now) {
            self.write_at = None;
        }
        if self.write_at.is_none()
            && let Some((page, blobs)) = self.pages.write()
        {
            self.out.push(Output::SaveNotebook { page, blobs });
        }
    }
}
