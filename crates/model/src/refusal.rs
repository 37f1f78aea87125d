//! What the platform will not do, told to whoever asked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Digest, Name};

/// Why a request is refused, as data; `Display` says it in words, with the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such thing, or the asker may not know of it.
    NotFound {
        /// Its kind, such as `stack`.
        kind: String,
        /// What was asked for.
        name: String,
    },
    /// The name is taken.
    Exists {
        /// Its kind.
        kind: String,
        /// The name.
        name: String,
    },
    /// The asker's role does not allow it.
    Forbidden {
        /// The permission that is missing.
        permission: String,
    },
    /// It was changed by someone else since the asker looked.
    Moved {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// What the asker saw.
        expected: u64,
        /// What it is now.
        actual: u64,
    },
    /// The plan that was shown is not the plan that would be carried out now.
    PlanChanged {
        /// The plan that was shown.
        expected: Digest,
        /// The plan as it is now.
        actual: Digest,
    },
    /// A value is out of bounds.
    OutOfBounds {
        /// Which value.
        what: String,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// It is still in use.
    InUse {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
        /// By whom.
        by: Vec<String>,
    },
    /// A stack names something that the environment does not have.
    Missing {
        /// The service that names it.
        service: Name,
        /// Its kind: `secret`, `config`, `volume`.
        kind: String,
        /// Its name.
        name: Name,
    },
    /// Two services of the platform ask for one port, and there is no host that has it free for both.
    PortConflict {
        /// The service.
        service: Name,
        /// The port.
        port: u16,
        /// Who holds it, as `stack/service`.
        by: String,
    },
    /// It may still live, so nobody can say that it is dead.
    NotSilent {
        /// The host.
        host: Name,
    },
    /// A host that may still run what must not run twice cannot be removed.
    RunsExclusive {
        /// The host.
        host: Name,
        /// The units, as `stack/service-1`.
        units: Vec<String>,
    },
    /// There is nothing to go back to.
    NoEarlierRevision {
        /// The stack.
        stack: Name,
    },
    /// It is being removed.
    BeingRemoved {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
}

/// The command that lists things of a kind.
fn listed_by(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "stack" => "muster stack ls",
        "service" => "muster service ls",
        "unit" => "muster ps",
        "host" => "muster host ls",
        "volume" => "muster volume ls",
        "secret" => "muster secret ls",
        "config" => "muster config ls",
        "registry" => "muster registry ls",
        "environment" => "muster environment ls",
        "key" => "muster key ls",
        _ => return None,
    })
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { kind, name } => {
                write!(f, "there is no {kind} `{name}`")?;
                listed_by(kind).map_or(Ok(()), |command| write!(f, "; `{command}` lists what there is"))
            }
            Self::Exists { kind, name } => write!(f, "a {kind} `{name}` exists already; choose another name"),
            Self::Forbidden { permission } => {
                write!(
                    f,
                    "your role lacks the permission `{permission}`; ask an owner of the environment"
                )
            }
            Self::Moved {
                kind,
                name,
                expected,
                actual,
            } => write!(
                f,
                "{kind} `{name}` is at revision {actual}, not {expected}: someone changed it meanwhile; look again, then repeat"
            ),
            Self::PlanChanged { .. } => f.write_str(
                "what would be done now differs from the plan you saw; look at the new plan, then repeat",
            ),
            Self::OutOfBounds { what, given, allowed } => {
                write!(f, "{what} is {given}; it must be {allowed}")
            }
            Self::InUse { kind, name, by } => write!(
                f,
                "{kind} `{name}` is in use by {}; remove that first",
                by.join(", ")
            ),
            Self::Missing { service, kind, name } => write!(
                f,
                "service `{service}` names the external {kind} `{name}`, which does not exist; make it with `muster {kind} create {name}`"
            ),
            Self::PortConflict { service, port, by } => {
                write!(
                    f,
                    "service `{service}` publishes port {port}, which {by} holds on every host; choose another port"
                )
            }
            Self::NotSilent { host } => write!(
                f,
                "host `{host}` is in touch, so it is not dead; have what runs there leave it with `muster host evacuate {host}`"
            ),
            Self::RunsExclusive { host, units } => write!(
                f,
                "host `{host}` may still run {}, which may run only once; `muster host evacuate {host}` moves it, and if the \
                 machine is dead `muster host confirm-dead {host}` says so",
                units.join(", ")
            ),
            Self::NoEarlierRevision { stack } => {
                write!(
                    f,
                    "stack `{stack}` has no earlier revision to go back to; see `muster stack history {stack}`"
                )
            }
            Self::BeingRemoved { kind, name } => {
                write!(
                    f,
                    "{kind} `{name}` is being removed; wait until it is gone, then repeat"
                )
            }
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_comes_with_the_command_that_lists_what_is() {
        let missing = |kind: &str| {
            let (kind, name) = (kind.to_owned(), "nope".to_owned());
            Refusal::NotFound { kind, name }.to_string()
        };
        assert_eq!(
            missing("stack"),
            "there is no stack `nope`; `muster stack ls` lists what there is"
        );
        assert_eq!(missing("revision"), "there is no revision `nope`");
    }
}
