//! The API, driven as a whole: the real router over a memory store and a mirror of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod authz;
mod bad_input;
mod canary;
mod deploy;
mod environments;
mod events;
mod harness;
mod joining;
mod leaving;
mod lists;
mod metrics;
mod objects;
mod openapi;
mod proposals;
mod signing_in;
mod streams;
mod trouble;
mod why;
