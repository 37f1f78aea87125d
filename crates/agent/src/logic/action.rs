//! What the core can want, and what can happen to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_model::link::{DeliveredBlob, FromAgent, Table, ToAgent, UnitAssignment};
use muster_model::observed::HostFacts;
use muster_model::{Revision, WallTime};
use serde::{Deserialize, Serialize};

use super::{Lane, LeaseRecord};
use crate::engine::{Answer, Container, EngineEvent, Failure, Verb};

/// All that can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The agent begins; first, and once.
    Started(Box<Started>),
    /// A connection to a server stands. Connections are numbered, growing: what comes from an older one is ignored.
    LinkUp {
        /// Its number.
        connection: u64,
    },
    /// The connection is over.
    LinkDown {
        /// Its number.
        connection: u64,
    },
    /// A server said something.
    Message {
        /// On which connection.
        connection: u64,
        /// What.
        message: Box<ToAgent>,
    },
    /// The engine answers, and its events are listened to from now on.
    EngineBack,
    /// The engine does not answer, or its events ended.
    EngineGone {
        /// Why.
        failure: Failure,
    },
    /// The engine told something.
    Event(EngineEvent),
    /// The answer to [`Output::Look`].
    Looked(Result<Vec<Container>, Failure>),
    /// The action in this lane is over. Exactly one comes for each [`Output::Perform`].
    Done {
        /// Which lane.
        lane: Lane,
        /// How it went.
        result: Result<Answer, Failure>,
    },
    /// The pull in this lane goes on.
    Pulling {
        /// Which lane.
        lane: Lane,
        /// Bytes here.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// An image is being copied from another host, or no longer is.
    Copying {
        /// Its reference, with tag.
        image: String,
        /// How far it is, in words; none is over.
        words: Option<String>,
    },
    /// The answer to [`Output::SaveNotebook`]: the page is on disk, or it is not and why.
    NotebookSaved {
        /// Of its table.
        revision: Revision,
        /// How it went.
        result: Result<(), String>,
    },
    /// The machine or its engine changed.
    Facts(Box<HostFacts>),
    /// The watchdog did something, or there is none.
    Watchdog(WatchdogNews),
    /// Time has passed: [`muster_model::Core::wake_at`] was reached.
    Tick,
}

/// What there is to say of the watchdog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchdogNews {
    /// It ended these containers, by the engine's ids: their lease was over and they still ran.
    Ended {
        /// Which.
        containers: BTreeSet<String>,
        /// When that was heard.
        at: WallTime,
    },
    /// Whether one watches, or why none can.
    Watching(Result<(), String>),
}

/// What the agent knows when it begins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Started {
    /// The notebook's page, if there is one.
    pub page: Option<Page>,
    /// Not all contents that the page's units need are here.
    pub blobs_missing: bool,
    /// The lease that was kept, if there is one.
    pub lease: Option<LeaseRecord>,
    /// The kernel's boot id.
    pub boot: String,
    /// The machine; the engine's part may come later.
    pub facts: HostFacts,
}

/// The notebook's page: what this host is to run, and who says so.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The platform.
    pub incarnation: String,
    /// What to run.
    pub table: Arc<Table>,
}

/// All the core can want. Outputs are performed in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Say this to the server, on the connection that is up.
    Send(Box<FromAgent>),
    /// Cut the connection; dial again later.
    Disconnect {
        /// Why, for the log.
        why: String,
    },
    /// Write the page to disk, the contents first. Nothing of it is acted on before [`Input::NotebookSaved`].
    SaveNotebook {
        /// The page.
        page: Page,
        /// Contents that came with it.
        blobs: Vec<DeliveredBlob>,
    },
    /// Keep the lease where a restart of the agent finds it and a restart of the machine does not.
    KeepLease(LeaseRecord),
    /// List the engine's containers.
    Look,
    /// Do this; [`Input::Done`] comes once.
    Perform {
        /// Under this name.
        lane: Lane,
        /// What.
        action: Action,
    },
    /// The action of this lane is no longer wanted. [`Input::Done`] still comes.
    Abandon {
        /// Which lane.
        lane: Lane,
    },
}

/// What is done for a unit.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// The engine does it.
    Engine(Verb),
    /// Write the unit's secrets and configs where its containers mount them from.
    PlaceFiles {
        /// The unit.
        unit: Arc<UnitAssignment>,
    },
}
