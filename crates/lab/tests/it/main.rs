//! Labs with real engines. Needs root and what `scripts/ensure-engine.sh --tests` installs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

mod command;
mod engine;
mod faults;
mod image;
mod isolation;
mod power;
mod support;
mod switch;
mod teardown;
