//! What is. Written by the server that holds the host's session, and by nobody else.

mod host;
mod unit;

pub use host::{Finding, HostFacts, HostObserved, SessionRecord};
pub use unit::{ContainerStatus, Health, Phase, UnitStatus};
