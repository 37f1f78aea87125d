//! What can happen, as values.

use muster_agent::engine::{Answer, Failure, Verb};
use muster_agent::logic::{Input, Lane, Page};
use muster_model::{RequestId, Revision};
use muster_server::logic::Ticket;

use crate::engine::Later;
use crate::fault::{CallFate, CommitFate, Kind};
use crate::link::{Life, Parcel, Way};
use crate::store::{Ask, Told};
use crate::wish::Edit;

/// Who asked the store something.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asker {
    Core(Ticket),
    /// A handler, on behalf of this user.
    User(usize),
    /// The job that removes what nobody needs any more.
    Purge,
}

/// A call to an engine under way.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) id: u64,
    pub(super) agent: Life,
    /// The engine that was asked.
    pub(super) engine_run: u32,
    pub(super) lane: Lane,
    pub(super) verb: Verb,
    pub(super) fate: CallFate,
}

/// A request that was answered.
#[derive(Debug)]
pub(super) struct Echo {
    pub(super) edit: Edit,
    pub(super) request: RequestId,
    /// What the user was told.
    pub(super) done: Revision,
}

/// What can happen.
#[derive(Debug)]
pub(super) enum Event {
    ServerBegins(usize),
    ServerLoads(Life),
    ServerWakes(Life),
    ServerLeaves(Life),
    Purges(Life),
    WatchTells(Life),
    StoreDoes {
        server: Life,
        asker: Asker,
        ask: Ask,
        fate: CommitFate,
    },
    StoreTells {
        server: Life,
        asker: Asker,
        told: Told,
    },

    AgentBegins(usize),
    AgentWakes(Life),
    AgentHears(Life, Box<Input>),
    AgentDials(Life),
    DialFails(Life, u64),
    DiskWrites(Life, Box<Page>, bool),

    Arrives {
        connection: u64,
        way: Way,
        parcel: Parcel,
    },
    Breaks {
        connection: u64,
        way: Way,
    },

    EngineLists(Life),
    CallDoes(Box<Call>),
    CallEnds(Box<Call>),
    CallAnswers(Box<Call>, Result<Answer, Failure>),
    InEngine(usize, Later),
    EngineLost(Life),
    EngineFound(Life),
    EngineReturns(usize),
    PowerReturns(usize),

    UserActs(usize),
    UserTries(usize),
    /// A request of a user's, sent once more long after it was answered.
    UserEchoes(usize, Box<Echo>),
    Mishap(Kind),
    /// A host that flaps is cut off again, so often.
    Flaps {
        host: usize,
        times: u64,
    },
    Heal,
}
