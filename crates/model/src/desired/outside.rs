//! Services that are names and no containers: for what lies outside, and for other services.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Name;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// Addresses outside of the platform.
    Addresses(Vec<IpAddr>),
    /// Another name outside of the platform.
    HostName(String),
    /// All units of these services together.
    Services(Vec<ServiceRef>),
}

/// A service: of the same stack unless a stack is named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ServiceRef {
    /// The stack's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<Name>,
    /// The service's name.
    pub service: Name,
}
