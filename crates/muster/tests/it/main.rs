//! The binary as people use it: whole commands on real engines, and the order of the house.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets something else has failed"
)]

mod bad_input;
mod check;
mod config;
mod faults;
mod fleet;
mod house;
mod images;
mod joining;
mod lab;
mod machine;
mod many_hosts;
mod one_machine;
mod renewal;
mod stats;
mod upgrade;
