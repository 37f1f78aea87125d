//! What happens, as it happens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{HostView, ServiceView, StackView, UnitView};
use crate::Revision;

/// One change in an environment: the data of an SSE `change`. Other events of the stream are `progress` (a
/// [`Progress`](crate::link::Progress)), `ready` (what was missed has been told) and `compacted` (some of it cannot
/// be told: read what you need again).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventView {
    /// The platform's revision that made the change; also the SSE id.
    pub revision: Revision,
    /// What changed.
    pub kind: EventKind,
    /// Its id, or its name where it has none.
    pub id: String,
    /// Its name for people, such as `shop/web-2`.
    pub name: String,
    /// It is no longer there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
    /// What changed, in one line.
    pub message: String,
    /// How it is by now, where there is more to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectView>,
}

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The environment itself.
    Environment,
    /// A host.
    Host,
    /// A stack.
    Stack,
    /// A service.
    Service,
    /// The move of a service to its next spec.
    Rollout,
    /// A unit.
    Unit,
    /// A volume.
    Volume,
    /// A secret.
    Secret,
    /// A config.
    Config,
    /// Credentials of a registry.
    Registry,
}

/// How something is by now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ObjectView {
    /// A host.
    Host(Box<HostView>),
    /// A stack.
    Stack(Box<StackView>),
    /// A service.
    Service(Box<ServiceView>),
    /// A unit.
    Unit(Box<UnitView>),
}
