//! What an engine is asked to do, as values: so that a simulator can do one, not do it, or lose its answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use muster_model::assigned::NetworkAssigned;
use muster_model::desired::{ContainerSpec, ImageRef};
use muster_model::link::{PullCredential, UnitAssignment, VolumeAssignment};
use muster_model::secret::SecretBytes;
use muster_model::{Name, WallTime};

use super::Owner;

/// One thing an engine does. Each may be asked again after its answer was lost.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// Is the image there? Answers [`Answer::Image`].
    FindImage {
        /// The image.
        image: ImageRef,
        /// The variant of it, if one is asked for.
        platform: Option<String>,
    },
    /// Get the image from its registry. Answers [`Answer::Image`].
    Pull {
        /// The image.
        image: ImageRef,
        /// The variant of it, if one is asked for.
        platform: Option<String>,
        /// How to log in, if the registry wants that.
        login: Option<Login>,
    },
    /// Make the network unless it is there. A different one of that name is an error.
    EnsureNetwork(NetworkAssigned),
    /// Make the volume unless it is there.
    EnsureVolume(VolumeAssignment),
    /// Remove the volume, with its data.
    RemoveVolume {
        /// The engine's name for it.
        name: String,
    },
    /// Make a container. One of that name that is ours is the answer; a stranger's is an error. Answers [`Answer::Created`].
    Create(Box<CreateContainer>),
    /// Start a container. One that runs is started already. Answers [`Answer::Started`].
    Start {
        /// Its name.
        name: String,
    },
    /// Ask a container to end, and end it by force after `grace`. Returns when it has ended.
    Stop {
        /// Its name.
        name: String,
        /// How long it may take; none is what it was made with.
        grace: Option<Duration>,
    },
    /// Send a signal to a container's first process.
    Kill {
        /// Its name.
        name: String,
        /// Such as `SIGTERM`.
        signal: String,
    },
    /// Remove a container with its anonymous volumes.
    Remove {
        /// Its name.
        name: String,
    },
}

impl Verb {
    /// The name of the container it is about, if it is about one that is there already.
    pub fn container(&self) -> Option<String> {
        match self {
            Self::Start { name }
            | Self::Stop { name, .. }
            | Self::Kill { name, .. }
            | Self::Remove { name } => Some(name.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for Verb {
    /// As in "could not `start unit-1-2-1`".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FindImage { image, .. } => write!(f, "look for the image {image}"),
            Self::Pull { image, .. } => write!(f, "pull {image}"),
            Self::EnsureNetwork(network) => write!(f, "make the network {}", network.name),
            Self::EnsureVolume(volume) => write!(f, "make the volume {}", volume.engine_name),
            Self::RemoveVolume { name } => write!(f, "remove the volume {name}"),
            Self::Create(create) => write!(f, "create {}", create.name()),
            Self::Start { name } => write!(f, "start {name}"),
            Self::Stop { name, .. } => write!(f, "stop {name}"),
            Self::Kill { name, signal } => write!(f, "send {signal} to {name}"),
            Self::Remove { name } => write!(f, "remove {name}"),
        }
    }
}

/// How to log in at a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Where, who, and which password.
    pub credential: PullCredential,
    /// The password; the shell puts it in, for the core holds no secrets.
    pub password: Option<SecretBytes>,
}

/// A container to make.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateContainer {
    /// Whose it will be; gives its name.
    pub owner: Owner,
    /// The unit it is of.
    pub unit: Arc<UnitAssignment>,
    /// What it runs.
    pub spec: Arc<ContainerSpec>,
    /// Where each of the spec's files lies on the host, in their order.
    pub files: Vec<String>,
}

impl CreateContainer {
    /// Its name.
    pub fn name(&self) -> String {
        self.owner.container_name()
    }

    /// The container whose network it lives in, if it is a sidekick that says nothing else.
    pub fn primary(&self) -> Option<String> {
        self.sidekick().filter(|_| self.spec.on_managed_network())?;
        Some(super::labels::container_name(
            self.owner.unit,
            self.owner.generation,
            None,
        ))
    }

    /// The sidekick's name; none is the primary.
    pub fn sidekick(&self) -> Option<&Name> {
        self.owner.sidekick.as_ref()
    }
}

/// What an engine answers when it did what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Done; there is nothing to say.
    Done,
    /// The image, if it is there.
    Image(Option<ImageFacts>),
    /// The container is there.
    Created {
        /// The engine's id of it.
        id: String,
    },
    /// The container runs.
    Started {
        /// Since when.
        at: WallTime,
    },
}

/// What the agent must know of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// The engine's id of it.
    pub id: String,
    /// It brings a health check of its own.
    pub has_check: bool,
}
