//! Units.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assigned::UnitWish;
use crate::net::PublishedPort;
use crate::observed::{ContainerStatus, Health, Phase};
use crate::{Generation, HostId, Name, Reason, StackId, UnitId, WallTime};

/// One copy of a service: where it is and how it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitView {
    /// Its id.
    pub id: UnitId,
    /// The stack's id.
    pub stack_id: StackId,
    /// The stack.
    pub stack: Name,
    /// The service.
    pub service: Name,
    /// Its place in the service, from 1.
    pub number: u32,
    /// The host's id.
    pub host_id: HostId,
    /// The host.
    pub host: Name,
    /// The image of its primary container.
    pub image: String,
    /// The stack's revision it runs.
    pub revision: u64,
    /// How often its containers were made anew.
    pub generation: Generation,
    /// Its address in the managed network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Ipv4Addr>,
    /// Ports it holds on its host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PublishedPort>,
    /// What is to become of it.
    pub wish: UnitWish,
    /// How far it is.
    pub phase: Phase,
    /// Its health.
    pub health: Health,
    /// Whether its host has been silent, so that this may be old news.
    pub stale: bool,
    /// How often its containers ended and were started again.
    pub restarts: u32,
    /// When it last began to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running_since: Option<WallTime>,
    /// What holds it up, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Each container, the primary first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerStatus>,
    /// Why it was made there, and why it is to go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
    /// When it was made.
    pub created: WallTime,
}
