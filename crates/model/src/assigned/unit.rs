//! Units: one copy of a service, on one host.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::net::PublishedPort;
use crate::{EnvironmentId, Generation, HostId, Name, Reason, SpecHash, StackId, UnitId, WallTime};

/// One copy of a service and where it runs.
///
/// What it runs stands in its stack's revision `revision`, service `service`; a change of that makes a new unit. The
/// number stays with its place in the service, so `web-2` remains `web-2` over upgrades.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// The environment.
    pub environment: EnvironmentId,
    /// The stack.
    pub stack: StackId,
    /// The service.
    pub service: Name,
    /// Its place in the service, from 1. Two units share one only while one replaces the other.
    pub number: u32,
    /// Where it runs.
    pub host: HostId,
    /// The stack's revision its spec stands in.
    pub revision: u64,
    /// The hash of its spec.
    pub spec: SpecHash,
    /// Grows when its containers are to be made anew with the same spec.
    pub generation: Generation,
    /// The service's `restarts` that it has followed.
    #[serde(default)]
    pub restarts: u64,
    /// Its address in the managed network; none if it lives in another's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// Ports it holds on its host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PublishedPort>,
    /// What is to become of it.
    pub wish: UnitWish,
    /// Why it was made here, and why it is to go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// When it was made.
    pub created: WallTime,
}

/// What is to become of a unit. It only goes forward.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UnitWish {
    /// Keep it running.
    Run,
    /// Stop it, remove its containers, report it gone.
    Remove,
}
