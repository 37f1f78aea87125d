//! Why a service is as it is, and why a host does not take a unit of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assigned::ServiceState;
use crate::reason::Misfit;
use crate::{Name, Reason};

/// Why a service is as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhyView {
    /// The stack.
    pub stack: Name,
    /// The service.
    pub service: Name,
    /// How it stands.
    pub state: ServiceState,
    /// Units wanted.
    pub wanted: u32,
    /// Units that run and are healthy, as far as they can be asked, or that ran to their end as they were meant to.
    pub well: u32,
    /// How it stands, in one sentence.
    pub summary: String,
    /// What is not as wished.
    pub matters: Vec<MatterView>,
    /// Its units, and why each is where it is.
    pub units: Vec<UnitWhyView>,
}

/// One thing that is not as wished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MatterView {
    /// What it is, for programs; none if control has no say in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What it is, for people.
    pub what: String,
    /// Why each host does not do, if that is what it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<ObstacleView>,
    /// What the platform does about it, and when it looks again.
    pub platform: String,
    /// What a person can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
}

/// What keeps a unit off a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObstacleView {
    /// The host.
    pub host: Name,
    /// What it is, for programs.
    pub why: Misfit,
    /// What it is, for people.
    pub what: String,
    /// What a person can do about it.
    pub next_step: String,
}

/// Why a unit is where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitWhyView {
    /// Its place in the service, from 1.
    pub number: u32,
    /// The host.
    pub host: Name,
    /// How it is, in a word or two.
    pub state: String,
    /// Why it was made there, and why it is to go: one line each.
    pub why: Vec<String>,
    /// What holds it up, in its agent's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Whether a unit of a service would be placed on a host now, and if not, why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WhyNotView {
    /// The stack.
    pub stack: Name,
    /// The service.
    pub service: Name,
    /// The host.
    pub host: Name,
    /// Whether the host can take one more unit.
    pub fits: bool,
    /// The answer in one sentence.
    pub summary: String,
    /// Each thing that keeps a unit off it.
    pub obstacles: Vec<ObstacleView>,
    /// Units of the service that it has.
    pub units_here: u32,
    /// Where the next unit would go; none if no host can take one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Name>,
    /// What speaks for that host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_because: Option<String>,
}
