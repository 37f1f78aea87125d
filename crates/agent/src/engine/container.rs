//! A container as the engine shows it, as far as the agent cares.

use muster_model::observed::Health;
use muster_model::{Generation, HostId, Name, UnitId, WallTime};

/// One of our containers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The engine's id of it.
    pub id: String,
    /// Its name, without the engine's leading slash.
    pub name: String,
    /// Whose it is, by its labels.
    pub owner: Owner,
    /// How it is.
    pub state: ContainerState,
}

/// What our labels say of a container. Without all of them it is a stranger's and is never touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The platform's incarnation.
    pub platform: String,
    /// The host it was made for.
    pub host: HostId,
    /// Its unit.
    pub unit: UnitId,
    /// The unit's generation.
    pub generation: Generation,
    /// The sidekick's name; none is the primary.
    pub sidekick: Option<Name>,
    /// The hash of the unit's spec, as text.
    pub spec: String,
}

/// How a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// It runs.
    Running {
        /// What its check says.
        health: Health,
        /// Since when, as far as the engine told.
        since: Option<WallTime>,
    },
    /// It runs but was frozen by hand; it is left so.
    Paused,
    /// It ran and ended.
    Exited {
        /// With which exit code, if the engine told.
        code: Option<i64>,
        /// The kernel ended it for want of memory.
        out_of_memory: bool,
    },
    /// The engine could not remove it whole; only removing it again helps.
    Dead,
}

impl ContainerState {
    /// What a list says of a container of which `known` was known before: a list tells less.
    #[must_use]
    pub fn after(self, known: Self) -> Self {
        match (self, known) {
            (
                Self::Running { health, .. },
                Self::Running {
                    since: Some(known), ..
                },
            ) => Self::Running {
                health,
                since: Some(known),
            },
            (Self::Exited { .. }, Self::Exited { code: Some(_), .. }) => known,
            _ => self,
        }
    }

    /// Whether it has processes.
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Running { .. } | Self::Paused)
    }
}

/// What an engine tells by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineEvent {
    /// One of our containers changed.
    Container {
        /// Its name.
        name: String,
        /// The engine's id of it.
        id: String,
        /// How.
        change: ContainerChange,
        /// When, by the engine's wall clock.
        at: WallTime,
    },
    /// Images came or went.
    Images,
}

/// How a container changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerChange {
    /// It runs now.
    Started,
    /// It ended.
    Ended {
        /// Its exit code, if the engine told.
        code: Option<i64>,
    },
    /// The kernel is about to end it for want of memory.
    OutOfMemory,
    /// Its check decided.
    Health(Health),
    /// It is not there any more.
    Removed,
}
