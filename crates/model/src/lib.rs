//! The nouns of Muster.
//!
//! Everything two rooms must agree on is here, and nothing else: ids and names, the documents that the store
//! holds, the messages that server and agent exchange, what the API shows, limits, diagnostics, reasons.
//!
//! Documents come in three kinds, and data runs one way through them:
//!
//! ```text
//!   people ─► desired ── control decides ─► assigned ── agent acts ─► observed ─► people look, control looks
//! ```
//!
//! * [`desired`] is written by API handlers on someone's behalf,
//! * [`assigned`] by the leader's control round, under its fence,
//! * [`observed`] by the server that holds the host's session.
//!
//! Every kind has exactly one writer, so only two conflicts exist: two people editing the same thing (told to
//! them) and an old leader writing late (refused).
//!
//! This crate does no I/O, reads no clock and draws no random number; it knows no other crate of the workspace.

mod advice;
pub mod assigned;
pub mod desired;
pub mod diagnostic;
pub mod document;
pub mod hash;
pub mod id;
pub mod limits;
pub mod link;
pub mod logic;
pub mod mark;
pub mod name;
pub mod net;
pub mod observed;
pub mod reason;
pub mod refusal;
pub mod revision;
pub mod secret;
pub mod time;
pub mod view;

pub use diagnostic::{Diagnostic, Severity};
pub use document::Document;
pub use hash::{Digest, SpecHash};
pub use id::{
    AccountId, EnvironmentId, HostId, JoinTokenId, KeyId, NetworkId, ServerId, SessionId, StackId, UnitId,
    VolumeId,
};
pub use logic::Core;
pub use name::Name;
pub use reason::Reason;
pub use refusal::Refusal;
pub use revision::{Generation, RequestId, Revision};
pub use time::{Timestamp, WallTime};
