//! Why a request is not done: one variant per thing that goes wrong, in words that say what to do next.

use std::sync::Arc;
use std::time::Duration;

use muster_model::view::PlanView;
use muster_model::{Diagnostic, Refusal};
use muster_store::StoreError;

use crate::desired::JoinDenial;
use crate::logic::CoreError;

/// Why a request is not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No key, an unknown one, or one that has expired: all the same to whoever tries.
    #[error(
        "sign in first: send `Authorization: Bearer …` with a key, or with a session from `muster login`"
    )]
    SignedOut,
    /// A machine that may not join.
    #[error("{0}")]
    NotJoined(JoinDenial),
    /// Name and password do not belong together, or there is no such name.
    #[error("the name or the password is wrong; try again")]
    WrongPassword,
    /// Too many wrong passwords.
    #[error("too many wrong passwords; try again in {} s", .wait.as_secs() + 1)]
    TooManyAttempts {
        /// How long to wait.
        wait: Duration,
    },
    /// Setup from elsewhere, or a setup token that is wrong or used up.
    #[error("{why}")]
    Setup {
        /// What is wrong and what to do.
        why: &'static str,
    },
    /// The platform will not.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The plan that was shown is not the one that would be carried out now.
    #[error("{refusal}")]
    PlanChanged {
        /// Why it is not carried out.
        refusal: Refusal,
        /// The plan as it is now.
        plan: Box<PlanView>,
    },
    /// The files have errors.
    #[error("the files have {} error(s) and nothing was done; mend them, then repeat", errors(.0))]
    Files(Vec<Diagnostic>),
    /// A part of the request cannot be understood.
    #[error("`{field}`: {why}")]
    Field {
        /// Which part.
        field: String,
        /// What is wrong with it, and what to write.
        why: String,
    },
    /// The body is larger than any that is taken here.
    #[error("the body is larger than {limit} bytes; send less at once")]
    BodyTooLarge {
        /// What is taken.
        limit: usize,
    },
    /// The body broke off.
    #[error("the body broke off before its end; send it again")]
    BodyCut(#[source] axum::Error),
    /// The body is not JSON.
    #[error("the body must be `{wanted}`; say so in `Content-Type`")]
    ContentType {
        /// What is taken.
        wanted: &'static str,
    },
    /// There is no such address.
    #[error("there is nothing at this address; see /docs for what there is")]
    NoRoute,
    /// The address does not take this method.
    #[error("this address does not take that method; it takes {allow}")]
    Method {
        /// What it takes.
        allow: String,
    },
    /// A browser page of another site asks.
    #[error("a page of another site may not do this; open Muster's own address")]
    Origin,
    /// It must be asked for as a WebSocket.
    #[error("ask for this as a WebSocket (`Connection: upgrade`)")]
    NotUpgraded,
    /// The request id was used for something else.
    #[error("the request id was used before, for something else; choose a new one")]
    RequestReused,
    /// It was done before under this request id, and its answer is shown only once.
    #[error(
        "this was done already and its secret was in the first answer; delete it and ask anew with another id"
    )]
    AnsweredOnce,
    /// The host cannot be reached, or will not.
    #[error("{message}")]
    Host {
        /// What is wrong and what to do.
        message: String,
    },
    /// The store did not do it.
    #[error("the change could not be stored")]
    Store(#[source] StoreError),
    /// Someone else was quicker, again and again.
    #[error("others change the same thing all the time; try again")]
    Contended,
    /// This server has not caught up with the store yet.
    #[error("this server is behind the store; what you asked for is done, look again in a moment")]
    Behind,
    /// What is in the store cannot be taken in, so nothing is decided.
    #[error(
        "this server decides nothing until its store can be read again; agents keep running what runs; its log says what to do"
    )]
    Halted(#[source] Arc<CoreError>),
    /// It is starting or stopping.
    #[error("this server is not ready yet; try again in a moment")]
    NotReady,
    /// Keys, passwords or seals failed.
    #[error("{0}")]
    Trust(#[source] muster_trust::Error),
    /// A name that stands in no store key.
    #[error("{0}")]
    Key(#[from] muster_store::KeyError),
    /// Something that cannot be; the log knows more.
    #[error("the server made a mistake; its log has the details under this request id")]
    Internal {
        /// For the log.
        what: String,
    },
}

impl ApiError {
    /// A part of the request that cannot be understood.
    pub(crate) fn field(field: &str, why: String) -> Self {
        Self::Field {
            field: field.chars().take(80).collect(),
            why: why.chars().take(600).collect(),
        }
    }

    /// There is no such thing, or the asker may not know of it.
    pub(crate) fn not_found(kind: &str, name: &str) -> Self {
        Self::Refused(Refusal::NotFound {
            kind: kind.to_owned(),
            name: name.chars().take(80).collect(),
        })
    }
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics
        .iter()
        .filter(|d| d.severity == muster_model::Severity::Error)
        .count()
}
