//! Where units may and should run.

use serde::{Deserialize, Serialize};

use crate::{HostId, Name};

/// One rule on where units run, from `io.rancher.scheduler.*` labels or `deploy.placement`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SchedulingRule {
    /// How binding, and which way.
    pub relation: Relation,
    /// What the host must, should or must not have.
    pub subject: RuleSubject,
}

/// How binding a rule is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Only there.
    Must,
    /// Never there.
    MustNot,
    /// There if possible.
    Should,
    /// Elsewhere if possible.
    ShouldNot,
}

/// What a scheduling rule looks at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleSubject {
    /// A label of the host.
    HostLabel {
        /// Its key.
        key: String,
        /// Its value; none means that the key exists.
        value: Option<String>,
    },
    /// The host's name.
    HostName(String),
    /// The host's id.
    HostId(HostId),
    /// What its engine runs containers of, such as `linux`.
    System(String),
    /// Its processors, in the engine's words, such as `amd64`.
    Architecture(String),
    /// A label of a container that runs there.
    ContainerLabel {
        /// Its key.
        key: String,
        /// Its value.
        value: String,
    },
    /// A service that has a unit there: of the same stack unless a stack is named.
    Service {
        /// The stack's name.
        stack: Option<Name>,
        /// The service's name.
        service: Name,
    },
}
