//! Who decides.

use serde::{Deserialize, Serialize};

use crate::ServerId;

/// The fence: every commit of a round has this document's modification revision as a precondition, so that an old
/// leader's late write is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leader {
    /// The epoch of the leadership; ids are drawn under it.
    pub epoch: u32,
    /// The server that leads.
    pub server: ServerId,
    /// The longest lease an agent may hold, milliseconds. Raised, committed, before a longer one is sent; lowered
    /// only when the longer one has run out.
    pub lease_ms: u64,
}
