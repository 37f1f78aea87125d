//! Why an action failed: plain data that names the culprit and says what to do next.

use std::time::Duration;

/// Why an engine, or the shell around it, did not do what it was asked. Texts in `detail` are the engine's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nobody answers at the engine's socket.
    #[error(
        "the container engine at {socket} does not answer ({detail}); start it, for example with `systemctl start docker`"
    )]
    Unreachable {
        /// The path of its socket.
        socket: String,
        /// What the system said.
        detail: String,
    },
    /// The engine took too long. What was asked may have been done.
    #[error("the container engine did not finish to {verb} within {} s; see its log, for example with `journalctl -u docker`", limit.as_secs())]
    Deadline {
        /// What was asked, such as `start unit-1-2-1`.
        verb: String,
        /// How long it had.
        limit: Duration,
    },
    /// The image is not on the host.
    #[error("the image {image} is not on this host; bring it in with `muster image load FILE`")]
    NoSuchImage {
        /// The image.
        image: String,
    },
    /// The image could not be pulled.
    #[error(
        "could not pull {image}: {detail}; check its name, add the registry's login with `muster registry add`, or bring the image in with `muster image load FILE`"
    )]
    Pull {
        /// The image.
        image: String,
        /// What the engine or registry said.
        detail: String,
    },
    /// There is no such container any more.
    #[error("the container {name} is gone")]
    NoSuchContainer {
        /// Its name.
        name: String,
    },
    /// The container does not run.
    #[error("the container {name} does not run")]
    NotRunning {
        /// Its name.
        name: String,
    },
    /// A network that was there is not any more.
    #[error("the network of {name} is gone from the engine; it is made again")]
    NoSuchNetwork {
        /// What wanted to use it.
        name: String,
    },
    /// The container's name belongs to a container that is not ours.
    #[error(
        "a container called {name} that Muster did not make is in the way; remove it with `docker rm {name}`"
    )]
    NameTaken {
        /// The name.
        name: String,
    },
    /// A port on the host is in use.
    #[error(
        "{port} of this host is in use by something that Muster did not start ({detail}); find it with `ss -tulpn`, stop it, or publish another port"
    )]
    PortTaken {
        /// `port 8080`, or `a port` if the engine did not say which.
        port: String,
        /// What the engine said.
        detail: String,
    },
    /// The address is in use on the network.
    #[error("the address of {name} is in use on its network ({detail}); disconnect whatever holds it")]
    AddressTaken {
        /// The container.
        name: String,
        /// What the engine said.
        detail: String,
    },
    /// The program cannot be run.
    #[error("{name} cannot be started: {detail}; check its command, entrypoint and working directory")]
    NotExecutable {
        /// The container.
        name: String,
        /// What the engine said.
        detail: String,
    },
    /// Something that is to be mounted is not there.
    #[error("{name} cannot be started: {detail}; make that path on this host, or mount another")]
    MountMissing {
        /// The container.
        name: String,
        /// What the engine said.
        detail: String,
    },
    /// A disk is full.
    #[error("this host has no space left ({detail}); free some, for example with `docker image prune`")]
    DiskFull {
        /// What the engine or system said.
        detail: String,
    },
    /// A network of that name is there, and is another.
    #[error(
        "the engine's network {name} has {has} where {wants} is wanted; remove what uses it, then `docker network rm {name}`, and it is made anew"
    )]
    NetworkDiffers {
        /// The network.
        name: String,
        /// How it is.
        has: String,
        /// How it should be.
        wants: String,
    },
    /// The network's range is taken by another network.
    #[error(
        "the range {subnet} of the network {name} is used by another network of this host ({detail}); remove that one, or give the environment another range"
    )]
    RangeTaken {
        /// The network.
        name: String,
        /// Its range.
        subnet: String,
        /// What the engine said.
        detail: String,
    },
    /// A volume is still mounted.
    #[error("the volume {name} is in use ({detail}); it is removed once nothing mounts it")]
    VolumeInUse {
        /// The volume.
        name: String,
        /// What the engine said.
        detail: String,
    },
    /// The content of a secret or config, or of a registry's password, has not come.
    #[error("the content of {what} is not on this host yet; it comes with the next contact to a server")]
    NoContent {
        /// `secret tls-key`, `config nginx.conf`, `the password for registry.example.com`.
        what: String,
    },
    /// A secret or config could not be written for a container to mount.
    #[error("could not write {path}: {detail}; check that directory's permissions and free space")]
    PlaceFile {
        /// The file on the host.
        path: String,
        /// What the system said.
        detail: String,
    },
    /// The engine said no for a reason that has no case of its own.
    #[error("the engine refused to {verb}: {detail}")]
    Refused {
        /// What was asked.
        verb: String,
        /// What the engine said.
        detail: String,
    },
    /// It was no longer wanted.
    #[error("given up, as it is no longer wanted")]
    Abandoned,
}

impl Failure {
    /// Whether what was asked may have been done nevertheless, so that only looking tells.
    pub const fn maybe_done(&self) -> bool {
        matches!(
            self,
            Self::Deadline { .. } | Self::Unreachable { .. } | Self::Abandoned
        )
    }
}
