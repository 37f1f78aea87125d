//! What can fail in a lab, one variant per operation.

use std::io;
use std::path::PathBuf;

use crate::tools::Missing;

/// A failed lab operation. The text says what to do next; the cause is in `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Namespaces and engines need root.
    #[error(
        "a lab needs root: it makes namespaces and starts engines; run this again as root, for example with sudo"
    )]
    NotRoot,
    /// Programs that a lab runs are not installed.
    #[error("{missing}")]
    MissingTools {
        /// Which, and how to get them.
        missing: Missing,
    },
    /// A host's name would not fit into paths or host names.
    #[error("{name:?} cannot name a host: use 1 to 20 of a-z, 0-9 and '-'")]
    BadName {
        /// The name asked for.
        name: String,
    },
    /// A lab's name would not fit, or could be taken for that of a lab without a name.
    #[error("{name:?} cannot name a lab: use 1 to 20 of a-z, 0-9 and '-', a letter first")]
    BadLabName {
        /// The name asked for.
        name: String,
    },
    /// The name is in use.
    #[error("there is a lab named {name} already; end it first, or choose another name")]
    LabExists {
        /// The name asked for.
        name: String,
    },
    /// The lab has no such host.
    #[error("there is no host {name} in this lab")]
    NoHost {
        /// The name asked for.
        name: String,
    },
    /// No setting of an engine.
    #[error(
        "{key:?} cannot be set here: give keys of the engine's daemon.json, without those that say where things are"
    )]
    EngineOption {
        /// The key asked for.
        key: String,
    },
    /// A host must have its power on for this, or off.
    #[error("{host} is {state}")]
    Power {
        /// The host.
        host: String,
        /// `off`, or `on already`.
        state: &'static str,
    },
    /// The lab's own files.
    #[error("cannot {action} {path}; check the disk, or set MUSTER_LAB_DIR to a directory on another one")]
    Files {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The namespaces of a host could not be made.
    #[error("cannot make the namespaces of {host}: {said}")]
    Namespaces {
        /// The host.
        host: String,
        /// What the failed command said, or in which step it was.
        said: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The engine did not come up. The end of its log is in the text.
    #[error("the engine of {host} {what} (MUSTER_LAB_KEEP=1 keeps its log {log}):\n{tail}")]
    EngineStart {
        /// The host.
        host: String,
        /// How it failed.
        what: String,
        /// The whole log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The engine should be running for this, and is not, or the other way round.
    #[error("the engine of {host} is {state} already")]
    EngineState {
        /// The host.
        host: String,
        /// `running` or `stopped`.
        state: &'static str,
    },
    /// A process did not end, or freeze, in time.
    #[error("{what} did not stop within {seconds} s; look at /proc/{pid}/stack")]
    StillRunning {
        /// Which process.
        what: String,
        /// Its number.
        pid: u32,
        /// How long we waited.
        seconds: u64,
    },
    /// A signal could not be sent.
    #[error("cannot signal the engine of {host}")]
    Signal {
        /// The host.
        host: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A command could not be started, waited for, or entered into the host.
    #[error("cannot run {what} in {host}")]
    Run {
        /// The host.
        host: String,
        /// The program, or what else was to run there.
        what: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The engine refused or failed an API call.
    #[error("the engine failed to {action}")]
    Api {
        /// What was asked for, as a verb.
        action: String,
        /// What the engine said.
        #[source]
        source: Box<bollard::errors::Error>,
    },
    /// A sample program for images is not built or not installed.
    #[error("{what} is missing; {hint}")]
    MissingSample {
        /// Which program.
        what: String,
        /// How to get it.
        hint: &'static str,
    },
}

impl Error {
    pub(crate) fn files(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Files { action, path, source }
    }

    pub(crate) fn api(action: impl Into<String>) -> impl FnOnce(bollard::errors::Error) -> Self {
        let action = action.into();
        move |source| Self::Api {
            action,
            source: Box::new(source),
        }
    }
}
