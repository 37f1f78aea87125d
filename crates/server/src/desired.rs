//! What people ask for, as commits to `desired/…`, or why not. Pure: a request and a world in, a [`Proposal`] or a [`Denial`] out.
//!
//! The API proposes on the newest world it has, commits, and proposes again if somebody was quicker; the simulator's users do
//! the same, so the rules of the API are inside the simulation.
//!
//! Every proposal's preconditions are the documents it was judged on. Two things with one name are prevented the same way:
//! whoever makes or renames something also writes its parent (the environment, or the platform's page) unchanged, so that of two
//! at the same moment only one happens. A stack too large for one commit is first written as parts that nobody reads.

mod access;
mod environment;
mod host;
mod object;
mod parts;
mod rights;
mod service;
mod stack;

use muster_control::{Plan, Versioned};
use muster_model::document::Document;
use muster_model::{AccountId, Name, Refusal, RequestId, WallTime};
use muster_store::{Commit, KeyError, Precondition, typed};

pub(crate) use access::expiry;
pub use access::{
    Join, JoinDenial, add_account, add_join_token, add_key, drop_account, drop_join_token, drop_key, set_up,
    use_join_token,
};
pub use environment::{add_environment, change_member, change_timings, drop_environment, release_brake};
pub use host::{HostChange, change_host, drop_host};
pub use object::{add_volume, drop_blob, drop_registry, drop_volume, put_blob, put_registry};
pub use rights::host_rights;
pub use service::{ServiceChange, change_service, restart_service};
pub use stack::{Accepted, Base, Deploy, deploy, removal, rollback};

/// On whose behalf, when, and under which id.
#[derive(Debug, Clone)]
pub struct Author {
    /// Who asks.
    pub account: AccountId,
    /// When.
    pub now: WallTime,
    /// The request, as the store knows it.
    pub request: RequestId,
}

/// What to commit: first each of `before` by itself (they may be repeated at will), then `commit`.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal<T> {
    /// Parts of what is too large for one commit.
    pub before: Vec<Commit>,
    /// The change. It carries the request id.
    pub commit: Commit,
    /// What it makes.
    pub value: T,
}

/// Why nothing is proposed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Denial {
    /// The platform will not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The plan that was shown is not the one that would be carried out now.
    #[error("{refusal}")]
    PlanChanged {
        /// Why it is not carried out.
        refusal: Refusal,
        /// The plan as it is now.
        plan: Box<Plan>,
    },
}

impl From<KeyError> for Denial {
    fn from(error: KeyError) -> Self {
        let (what, given) = (
            "the name".to_owned(),
            "too long or of other characters".to_owned(),
        );
        Self::Refused(Refusal::OutOfBounds {
            what,
            given,
            allowed: error.to_string(),
        })
    }
}

/// A commit that makes `value`.
fn proposal<T>(author: &Author, commit: Commit, value: T) -> Proposal<T> {
    Proposal {
        before: Vec::new(),
        commit: commit.request(author.request.clone()),
        value,
    }
}

/// Expects that a document is as it was when it was looked at.
fn unchanged<D: Document>(commit: Commit, seen: &Versioned<D>) -> Result<Commit, KeyError> {
    Ok(commit.expect(Precondition::At(typed::key(&*seen.doc)?, seen.modified)))
}

/// Expects and writes a document.
fn replace<D: Document>(commit: Commit, seen: &Versioned<D>, new: &D) -> Result<Commit, KeyError> {
    unchanged(commit, seen)?.write(new)
}

/// Expects and removes a document.
fn remove<D: Document>(commit: Commit, seen: &Versioned<D>) -> Result<Commit, KeyError> {
    Ok(unchanged(commit, seen)?.delete(typed::key(&*seen.doc)?))
}

/// Writes a parent as it is, so that of two changes below it at the same moment only one happens.
fn alone_in<D: Document>(commit: Commit, parent: &Versioned<D>) -> Result<Commit, KeyError> {
    replace(commit, parent, &*parent.doc)
}

fn not_found(kind: &str, name: &str) -> Refusal {
    Refusal::NotFound {
        kind: kind.to_owned(),
        name: name.chars().take(80).collect(),
    }
}

fn exists(kind: &str, name: &Name) -> Refusal {
    Refusal::Exists {
        kind: kind.to_owned(),
        name: name.to_string(),
    }
}

fn being_removed(kind: &str, name: &Name) -> Refusal {
    Refusal::BeingRemoved {
        kind: kind.to_owned(),
        name: name.to_string(),
    }
}

/// Refuses unless the asker saw what is there now.
fn still_at(kind: &str, name: &str, expected: Option<u64>, actual: u64) -> Result<(), Refusal> {
    match expected {
        Some(expected) if expected != actual => Err(Refusal::Moved {
            kind: kind.to_owned(),
            name: name.to_owned(),
            expected,
            actual,
        }),
        _ => Ok(()),
    }
}

fn out_of_bounds(what: impl Into<String>, given: impl ToString, allowed: impl Into<String>) -> Refusal {
    Refusal::OutOfBounds {
        what: what.into(),
        given: given.to_string(),
        allowed: allowed.into(),
    }
}
