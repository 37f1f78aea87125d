//! One host made true.
//!
//! The agent is told by a server what its host is to run, writes that into its notebook, makes the container engine run
//! exactly that, one action at a time, and tells what became of it. It goes on doing so with no server at all.
//!
//! ```text
//!   server ──table──► notebook ──► logic ──verbs──► engine
//!   server ◄─reports────────────── logic ◄─lists, events, answers
//! ```
//!
//! The [`logic`] decides and touches nothing; the shell around it ([`run`]) owns the sockets, the files and the clock. The
//! [`engine`] is a trait with two sides: the Docker Engine API, and a little engine in memory. What a person streams
//! out of or into a container (logs, exec, stats, images) goes past the logic, over a second connection.
//!
//! An agent touches only containers that carry its platform's and its host's labels. It leaves everything running
//! when it ends, and finds it again when it comes back.
//!
//! What must not run longer than this host's lease is ended by the [`watchdog`], a process beside the agent, where agent
//! or engine are wedged.
//!
//! It does not know why a unit runs here rather than elsewhere, what a stack is, or how many servers there are.

mod address;
mod durable;
pub mod engine;
mod error;
mod facts;
pub mod files;
mod identity;
pub mod logic;
mod membership;
mod metrics;
mod notebook;
pub mod preflight;
mod shell;
mod standing;
mod streams;
#[cfg(test)]
mod testing;
pub mod watchdog;

pub use error::AgentError;
pub use membership::{Membership, anchor, become_member, enrol, membership};
pub use shell::{AgentConfig, run, run_hollow};
pub use standing::{Standing, standing};
