//! The server, from its logic by itself to a whole one with real links.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed test ends by a panic"
)]

mod api;
mod boot;
mod core;
mod link;
mod removal;
mod renewal;
