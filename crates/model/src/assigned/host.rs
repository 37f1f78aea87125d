//! What control decided about a host.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::net::Subnet;
use crate::{EnvironmentId, HostId, NetworkId};

/// A host's part in its environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostAssigned {
    /// The host.
    pub host: HostId,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// Networks it takes part in; the managed one first.
    pub networks: Vec<NetworkAssigned>,
    /// Whether control counts on it.
    #[serde(default)]
    pub presence: Presence,
    /// It would be lost, but most hosts fell silent with it: nothing of theirs is moved.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub braked: bool,
    /// How often it was lost of late.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub losses: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A network as one host has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAssigned {
    /// Which.
    pub network: NetworkId,
    /// The engine's name for it.
    pub name: String,
    /// Its range.
    pub subnet: Subnet,
    /// This host's own address in it, where containers send what is not for the range.
    pub gateway: Ipv4Addr,
    /// The slice that the engine may hand out by itself, so that a stray container takes nobody's address.
    pub engine_range: Subnet,
    /// Largest packet, bytes.
    pub mtu: u16,
}

/// Whether control counts on a host.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Joined, but has not been heard of yet.
    #[default]
    Registering,
    /// In touch.
    Active,
    /// Silent a while: what runs there goes on, nothing new is placed.
    Suspect,
    /// Silent so long that its stateless units are placed elsewhere.
    Lost,
}
