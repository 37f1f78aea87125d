//! A lab: real hosts with Muster on them, on one machine, to try things out and to pull plugs.
//!
//! `muster lab up` starts one *keeper* process a lab and talks to it over its standard input and output; every other
//! command is a client of the keeper over a socket in the lab's directory. The keeper owns the hosts (`muster-lab`) and
//! the server and the agents that run in them. So a keeper that is killed ends its lab: the kernel sees to that. What
//! is left of a dead lab is files and empty control groups, which `down` and a later `up` of that name remove.
//!
//! Hosts are reached from the machine in two ways only: programs are run in a host's namespaces (`exec`), and the
//! keeper listens on one loopback port and passes its connections on to the lab's server. There is no route.

mod asking;
mod door;
mod faults;
mod keeper;
mod machine;
mod making;
mod plan;
mod protocol;
mod site;
mod ssh;
pub mod units;

pub use asking::{Keeper, living, start};
pub use keeper::keep;
pub use machine::SETTINGS;
pub use plan::UpSpec;
pub use protocol::{Fault, MachineStatus, Part, Request};

/// The keeper's socket, in the lab's directory.
const SOCKET: &str = "keeper.sock";
/// What the keeper says, in the lab's directory.
const LOG: &str = "keeper.log";
/// How the command line reaches the lab's server from the machine.
pub const CONTEXT: &str = "context.json";
/// The same inside hosts.
pub const CONTEXT_INSIDE: &str = "context-inside.json";
