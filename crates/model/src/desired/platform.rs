//! What is true of the whole platform.

use serde::{Deserialize, Serialize};

use crate::{Digest, WallTime};

/// The platform's own page; made at the first start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// Drawn once at random; labels every container, so that two platforms on one engine never mistake each other's.
    pub incarnation: String,
    /// When it was made.
    pub created: WallTime,
    /// Hash of the one-time setup token; none once it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup_token: Option<Digest>,
    /// A restore or migration is under way: nobody leads and no agent is served.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loading: bool,
}

/// Hands out epochs: every server start and every leadership takes the next number and commits the one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochCounter {
    /// The next epoch to be handed out, from 1.
    pub next: u32,
}
