//! The server's logic by itself: over a store that is a value, with time that the test moves.

mod bench;
mod claims;
mod converge;
mod leads;
mod leases;
mod several;
mod tables;
mod trouble;

pub use bench::{Bench, WEB, deploy, hello, host, service};
