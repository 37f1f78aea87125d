//! The simulator: the real cores in a world where everything that can fail does.
//!
//! ```text
//!   seed ─► Plan ─► World ─┬─ servers: the real ServerCore, with control inside
//!                          ├─ hosts: the real AgentCore, an engine, a disk, clocks of their own
//!                          ├─ a store, links, faults
//!                          └─ users, who ask through the API's own rules
//!                   │
//!                   └─► ledger (what engines really ran) ─► judges ─► Report
//! ```
//!
//! One seed is one history, byte for byte: time is virtual, every choice is drawn from the seed, and nothing in here or in the
//! cores looks at a clock, a thread, an address or the order of a hash. So every failure can be had again, with its
//! story: `muster-sim --seed N --trace`.
//!
//! The judges trust nobody. They look at what the simulated engines ran and at what users were told, never at how the platform
//! thinks it is doing: safety after every deed of an engine; then faults stop, and all must come to be as wished, and to rest.
//!
//! What this room does not know: sockets, files, real engines. Those are for the tests of the shells and the lab.

mod engine;
mod fault;
mod files;
pub mod judge;
pub mod ledger;
mod link;
mod many;
pub mod marks;
pub mod narrow;
pub mod phase;
mod rng;
mod run;
pub mod shrink;
mod store;
pub mod story;
mod telling;
pub mod time;
mod trace;
pub mod wish;
mod world;

pub use link::Life;
pub use many::run_all;
pub use run::{Report, run, tell};
pub use trace::Story;
pub use world::Plan;
