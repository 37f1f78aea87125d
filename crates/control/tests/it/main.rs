//! Control from outside: worlds are built by hand, rounds are run, what was decided is applied, and what agents would
//! say is said.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

mod lab;

mod allot;
mod evacuate;
mod explain;
mod hosts;
mod pace;
mod place;
mod plan;
mod purge;
mod quiet;
mod random;
mod rollouts;
mod services;
mod spec;
mod spread;
mod table;
mod unitless;
mod volumes;
mod world;
