//! What the agent decides, without a clock, socket or file.
//!
//! [`AgentCore`] is told what happens ([`Input`]) and says what it wants ([`Output`]); [`crate::run`] does it, and so does
//! the simulator. Inside, three pictures are kept: what is wished ([`pages`]), what the engine has ([`view`]), and
//! what is remembered of each unit ([`memory`]). After every input each lane that was touched is asked for its one next
//! action ([`decide`]); when that is done the lane is looked at again.
//!
//! Read [`core`](self::core) first, then [`decide`].

mod action;
mod alarms;
mod backoff;
mod bound;
mod core;
pub mod decide;
mod done;
mod images;
mod intake;
mod lanes;
mod lease;
mod link;
pub mod marks;
mod memory;
mod next;
mod pages;
mod reports;
mod session;
mod shared;
mod status;
mod turn;
mod view;

pub use self::core::{AgentCore, CoreConfig};
pub use action::{Action, Input, Output, Page, Started, WatchdogNews};
pub use backoff::Backoff;
pub use lanes::{Bounds, Lane, Weight};
pub use lease::{Binds, BoundContainers, Hold, LeaseRecord};
