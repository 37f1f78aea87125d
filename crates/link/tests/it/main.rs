//! The link as it is used: real sockets, real certificates, both ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod control;
mod faults;
mod frames;
mod joining;
mod platform;
mod streams;
mod urls;
mod websocket;

use std::time::Duration;

/// Waits for what must happen, and no longer than a stuck test should take.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work)
        .await
        .expect("this must not take so long")
}
