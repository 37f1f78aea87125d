//! The agent from outside: its logic over the little engine, its shell over a real one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that finds something missing has failed"
)]

mod anything;
mod babble;
mod conformance;
mod converge;
mod copies;
mod inspect;
mod kill_between;
mod lanes;
mod lease;
mod life;
mod real;
mod renewal;
mod rig;
mod server;
mod session;
mod shapes;
mod streams;
mod transcript;
mod watchdog;
mod wish;
