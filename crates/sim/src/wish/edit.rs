//! What users ask for.

use std::fmt;
use std::sync::Arc;

use muster_model::Name;
use muster_model::desired::StackSpec;

/// The label that says in which room a host stands.
pub const ROOM: &str = "room";

/// Something a user asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A stack becomes what its files say.
    Deploy {
        /// Its name.
        stack: Name,
        /// What its files say.
        spec: Arc<StackSpec>,
    },
    /// A service gets another number of units.
    Scale {
        /// The stack.
        stack: Name,
        /// The service.
        service: Name,
        /// Units.
        units: u32,
    },
    /// A stack becomes what an earlier revision said.
    Rollback {
        /// The stack.
        stack: Name,
        /// That revision.
        to: u64,
    },
    /// All units of a service are made anew.
    Restart {
        /// The stack.
        stack: Name,
        /// The service.
        service: Name,
    },
    /// A stack goes, with its volumes.
    Remove {
        /// The stack.
        stack: Name,
    },
    /// Rollouts of a service wait, or go on.
    Pause {
        /// The stack.
        stack: Name,
        /// The service.
        service: Name,
        /// Whether they wait.
        paused: bool,
    },
    /// Nothing new is placed on a host, or something may be again.
    Cordon {
        /// The host's name.
        host: Name,
        /// Whether nothing is.
        cordoned: bool,
    },
    /// Whatever may move is to leave a host.
    Evacuate {
        /// The host's name.
        host: Name,
    },
    /// Somebody knows that a host is dead.
    Dead {
        /// The host's name.
        host: Name,
    },
    /// Hosts that fell silent together are to be given up all the same.
    ReleaseBrake,
    /// A host is said to stand in a room, or in none.
    Label {
        /// The host's name.
        host: Name,
        /// The value of its label [`ROOM`].
        room: Option<String>,
    },
    /// A volume is made by itself, or goes with its data.
    Volume {
        /// Its name.
        name: Name,
        /// Whether it is made.
        made: bool,
    },
    /// What images are pulled with is set, or no longer.
    Login {
        /// The name of whoever pulls.
        username: Option<String>,
    },
}

impl Edit {
    /// The stack that it is about, if it is about one.
    pub const fn stack(&self) -> Option<&Name> {
        match self {
            Self::Deploy { stack, .. }
            | Self::Scale { stack, .. }
            | Self::Rollback { stack, .. }
            | Self::Restart { stack, .. }
            | Self::Pause { stack, .. }
            | Self::Remove { stack } => Some(stack),
            Self::Cordon { .. }
            | Self::Evacuate { .. }
            | Self::Dead { .. }
            | Self::ReleaseBrake
            | Self::Label { .. }
            | Self::Volume { .. }
            | Self::Login { .. } => None,
        }
    }
}

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deploy { stack, spec } => {
                write!(f, "deploy {stack}:")?;
                spec.services.iter().try_for_each(|(name, spec)| {
                    write!(f, " {name}={}", spec.unit.primary.image)?;
                    spec.scale.iter().try_for_each(|scale| write!(f, "×{scale}"))
                })
            }
            Self::Scale {
                stack,
                service,
                units,
            } => write!(f, "scale {stack}/{service} to {units}"),
            Self::Rollback { stack, to } => write!(f, "roll {stack} back to revision {to}"),
            Self::Restart { stack, service } => write!(f, "restart {stack}/{service}"),
            Self::Remove { stack } => write!(f, "remove {stack}"),
            Self::Pause {
                stack,
                service,
                paused,
            } => {
                let word = if *paused { "pause" } else { "resume" };
                write!(f, "{word} {stack}/{service}")
            }
            Self::Label { host, room } => {
                write!(f, "put {host} into {}", room.as_deref().unwrap_or("no room"))
            }
            Self::Volume { name, made } => {
                let word = if *made { "make" } else { "remove" };
                write!(f, "{word} the volume {name}")
            }
            Self::Login { username } => {
                write!(f, "pull as {}", username.as_deref().unwrap_or("nobody"))
            }
            Self::Evacuate { host } => write!(f, "evacuate {host}"),
            Self::Dead { host } => write!(f, "say that {host} is dead"),
            Self::ReleaseBrake => write!(f, "release the brake"),
            Self::Cordon { host, cordoned } => {
                let word = if *cordoned { "cordon" } else { "uncordon" };
                write!(f, "{word} {host}")
            }
        }
    }
}
