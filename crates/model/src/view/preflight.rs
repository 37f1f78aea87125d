//! How a machine looks from a server, before it joins and after.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::WallTime;

/// Asks how a machine looks from a server.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreflightRequest {
    /// With a join token's text, hosts that say they are the same machine are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Hash of its machine id.
    #[serde(default)]
    pub machine: String,
    /// UDP ports on which it listens now; the server sends to them, at the address that asks and nowhere else.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Bytes of each datagram that is sent.
    #[serde(default)]
    pub sizes: Vec<u16>,
    /// With what datagrams begin; whoever listens sends those back.
    #[serde(default)]
    pub nonce: String,
}

/// How it looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreflightReply {
    /// The server's clock when it was asked.
    pub now: WallTime,
    /// Where the question came from.
    pub from: IpAddr,
    /// Hosts that say they are the same machine, and what to do.
    #[serde(default)]
    pub twins: Vec<String>,
    /// Datagrams that came back.
    #[serde(default)]
    pub echoes: Vec<Echo>,
}

/// A datagram that went to the machine and came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Echo {
    /// The machine's port.
    pub port: u16,
    /// Its bytes.
    pub bytes: u16,
}
