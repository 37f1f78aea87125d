use std::path::PathBuf;

/// Why the agent cannot begin, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// A directory it needs could not be made.
    #[error("could not make the directory {}; check the permissions of what is above it", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Another agent uses the data directory.
    #[error("another agent uses {}; stop it, or give this one a data directory of its own", path.display())]
    Locked {
        /// The data directory.
        path: PathBuf,
    },
    /// The lock could not be taken.
    #[error("could not lock {}; the data directory must lie on a local filesystem", path.display())]
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file of the data directory could not be read or written.
    #[error("could not {doing} {}; check its permissions and the free space of its disk", path.display())]
    File {
        /// `read`, `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Who this host is cannot be read.
    #[error("{} does not say who this host is: {why}; remove it and join again with a join token", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The host has not joined and cannot.
    #[error(
        "this host has not joined a platform yet; make a token with `muster host token` and give it with --token"
    )]
    NotJoined,
    /// The token is of another platform than the one that this machine is a host of.
    #[error(
        "this machine is a host of another platform than the token's; to leave that one, run \
         `muster agent uninstall --forget` and remove the host there, then join anew"
    )]
    OtherPlatform,
    /// No server was named.
    #[error("no server is known; give at least one, such as --to https://muster.example.org:8080")]
    NoServer,
    /// The platform does not take this host in.
    #[error("could not join")]
    Join {
        /// What the link said.
        #[source]
        source: muster_link::LinkError,
    },
    /// Keys or certificates are not in order.
    #[error("this host's keys are not in order")]
    Trust {
        /// What is wrong.
        #[source]
        source: muster_trust::Error,
    },
    /// The thread that drives the agent ended early.
    #[error("the agent's own work ended unexpectedly; please report this as a bug")]
    Ended,
}
