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
mod labels;
mod link;
mod link_babble;
mod removal;
mod renewal;
mod slow_line;
mod traffic;
mod transcript;
