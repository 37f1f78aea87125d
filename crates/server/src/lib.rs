//! The server: what people and agents talk to.
//!
//! ```text
//!   people, CI ─► listen ─► api ─► auth ─► desired::… ─► store ─┐
//!                                   ▲                           │ watch
//!                       world ◄─────┴──── shell ◄── logic ◄─────┘
//!                                           │    (mirror, leadership, sessions, controller)
//!   agents ◄─ words, tables ─ hub ◄─────────┘
//! ```
//!
//! Requests come in at one port ([`config::ServerConfig::listen`]). What people want is proposed on the newest world by
//! [`desired`] and committed; the answer goes out when this server's own mirror shows it. The [`logic`] follows the store and
//! the agents' words, decides what to commit and to say, and has no I/O of its own; the shell carries it out. The hub holds
//! the agents' links, and jobs remove what nobody needs.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let server = muster_server::build(muster_server::ServerConfig::local("/var/lib/muster".into())).await?;
//! println!("https://{}", server.address());
//! server.run(std::future::pending()).await?;
//! # Ok(()) }
//! ```
//!
//! What this room deliberately does not know: how anything is placed or replaced (that is control), what an engine is (that
//! is the agent), what flags and files there are (that is the binary), what a compose file means (that is files).

pub mod api;
pub mod auth;
pub mod bootstrap;
pub mod clock;
pub mod config;
mod copies;
pub mod desired;
mod hub;
mod jobs;
mod listen;
pub mod logic;
mod metrics;
mod server;
mod shell;
mod streams;
pub mod vault;

pub use bootstrap::StartError;
pub use config::ServerConfig;
pub use logic::{CoreConfig, ServerCore};
pub use server::{CoreEnded, Server, build, build_on};
