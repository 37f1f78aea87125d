//! The platform's REST API: one table of routes, and behind each row a handler.
//!
//! ```text
//!   request ─► route ─► who asks, may they ─► body ─► handler ─┬─► reads: the mirror's world ─► view
//!                                                             └─► writes: desired::propose ─► store ─► mirror has it ─► view
//! ```
//!
//! [`table`] is the table. The router, the permission check before every handler, the OpenAPI document and the page at
//! `/docs` are all made from it; a row without a permission cannot be written. Errors become answers in `problem` and
//! nowhere else. Handlers never decide what is right: that is [`crate::desired`] for writes and control for all that follows.
//!
//! This room does not know sockets and TLS (the listener hands it requests with a [`ClientAddress`]), sessions with agents (it
//! speaks with them through [`Agents`]) or who leads.

mod app;
mod body;
mod browser;
mod call;
mod cursor;
mod dispatch;
mod docs;
mod error;
mod handlers;
mod listing;
mod openapi;
mod problem;
mod query;
mod resolve;
mod route;
mod routes;
mod selector;
mod show;
mod sse;
mod traffic;
mod write;

pub use app::{AgentError, AgentStream, Agents, App, Clock, Mirror, Reach};
pub use call::ClientAddress;
pub use cursor::{Cursor, CursorError};
pub use dispatch::router;
pub use error::ApiError;
pub use openapi::document;
pub use route::{Gives, Param, ParamKind, Row, Takes};
pub use routes::table;
pub use selector::{Selector, SelectorError};
pub use traffic::Traffic;
