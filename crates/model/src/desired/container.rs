//! One container, as Compose describes it, in typed values.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::STOP_GRACE_DEFAULT;
use crate::net::Protocol;
use crate::{Digest, Name};

/// A reference to an image, such as `nginx`, `muster/whoami:1` or `registry:5000/a/b@sha256:…`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ImageRef(String);

/// The text is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an image reference; write one like `nginx:1.27` or `registry.example.com/team/app@sha256:…`"
)]
pub struct ImageRefError(String);

impl ImageRef {
    /// Checks that `text` has the characters and length of a reference; the engine judges the rest.
    pub fn parse(text: &str) -> Result<Self, ImageRefError> {
        let fits =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b':' | b'@' | b'+');
        let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if !starts || text.len() > 512 || !text.bytes().all(fits) || text.contains("//") {
            return Err(ImageRefError(text.chars().take(80).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with its tag, which is `latest` where none was written.
    pub fn tagged(&self) -> String {
        let after_registry = self.0.rsplit('/').next().unwrap_or(&self.0);
        if after_registry.contains([':', '@']) {
            self.0.clone()
        } else {
            format!("{}:latest", self.0)
        }
    }

    /// The registry it is pulled from; `docker.io` where none was written.
    pub fn registry(&self) -> &str {
        match self.0.split_once('/') {
            Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
            _ => "docker.io",
        }
    }
}

impl TryFrom<String> for ImageRef {
    type Error = ImageRefError;

    fn try_from(text: String) -> Result<Self, ImageRefError> {
        Self::parse(&text)
    }
}

impl From<ImageRef> for String {
    fn from(image: ImageRef) -> Self {
        image.0
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When an image is asked for elsewhere. An image that the engine has is not, unless `Always`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    /// If the engine does not have it.
    #[default]
    Missing,
    /// Before every create.
    Always,
    /// Never: the engine has it or the unit fails.
    Never,
}

/// When a container that ended is started again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestartPolicy {
    /// Whatever its exit code. What a file that says nothing gets: services are kept running.
    #[default]
    Always,
    /// Only after a failure, at most this often if a number is given.
    OnFailure(Option<u32>),
    /// Never: it runs once.
    No,
}

/// One container, after interpolation and merging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// What it runs.
    pub image: ImageRef,
    /// When the image is pulled.
    #[serde(default)]
    pub pull: PullPolicy,
    /// Instead of the image's entrypoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// Instead of the image's command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// Variables of its environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Labels on the container. The prefix `io.muster.` is ours.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Directory it starts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// User and group it runs as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Its host name; none means one made of stack, service and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Its domain name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domainname: Option<String>,
    /// Ports published on the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortSpec>,
    /// Ports said to be open, not published.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose: Vec<(u16, Protocol)>,
    /// Volumes, host paths and tmpfs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mounts: Vec<Mount>,
    /// Secrets and configs, as files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileMount>,
    /// How its health is asked; none means the image's own check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
    /// When it is started again.
    #[serde(default)]
    pub restart: RestartPolicy,
    /// The signal that asks it to stop, such as `SIGTERM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// How long it may take to stop, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_grace_ms: Option<u64>,
    /// What it may use.
    #[serde(default, skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// Namespaces shared with the host or others: `network`, `pid`, `ipc`, `uts`, `userns`, `cgroup` to the engine's
    /// own words (`host`, `private`, `none`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub namespaces: BTreeMap<String, String>,
    /// All rights on the host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub privileged: bool,
    /// Its root filesystem cannot be written to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// The engine's init as process 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<bool>,
    /// Keeps standard input open.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stdin_open: bool,
    /// Gives it a terminal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tty: bool,
    /// Capabilities added.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cap_drop: Vec<String>,
    /// Devices, `host path:container path:permissions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// Security options, in the engine's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub security_opt: Vec<String>,
    /// Kernel parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sysctls: BTreeMap<String, String>,
    /// Resource limits of its processes, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Further groups of its user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_add: Vec<String>,
    /// Lines of its hosts file: name to address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_hosts: Vec<(String, String)>,
    /// Resolvers instead of the platform's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns: Vec<String>,
    /// Search domains before the stack's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns_search: Vec<String>,
    /// Options of its resolver.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dns_opt: Vec<String>,
    /// Where its output goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logging: Option<Logging>,
}

impl ContainerSpec {
    /// A container that runs `image` and says nothing else.
    pub fn new(image: ImageRef) -> Self {
        Self {
            image,
            pull: PullPolicy::default(),
            entrypoint: None,
            command: None,
            environment: BTreeMap::new(),
            labels: BTreeMap::new(),
            working_dir: None,
            user: None,
            hostname: None,
            domainname: None,
            ports: Vec::new(),
            expose: Vec::new(),
            mounts: Vec::new(),
            files: Vec::new(),
            healthcheck: None,
            restart: RestartPolicy::default(),
            stop_signal: None,
            stop_grace_ms: None,
            resources: Resources::default(),
            namespaces: BTreeMap::new(),
            privileged: false,
            read_only: false,
            init: None,
            stdin_open: false,
            tty: false,
            cap_add: Vec::new(),
            cap_drop: Vec::new(),
            devices: Vec::new(),
            security_opt: Vec::new(),
            sysctls: BTreeMap::new(),
            ulimits: BTreeMap::new(),
            group_add: Vec::new(),
            extra_hosts: Vec::new(),
            dns: Vec::new(),
            dns_search: Vec::new(),
            dns_opt: Vec::new(),
            logging: None,
        }
    }

    /// How long it may take to stop.
    pub fn stop_grace(&self) -> Duration {
        self.stop_grace_ms
            .map_or(STOP_GRACE_DEFAULT, Duration::from_millis)
    }

    /// Whether it lives in the managed network, rather than in the host's or none.
    pub fn on_managed_network(&self) -> bool {
        !self.namespaces.contains_key("network")
    }
}

/// A port to publish.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct PortSpec {
    /// Port in the container.
    pub container_port: u16,
    /// Port on the host; none means that the platform picks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_port: Option<u16>,
    /// Address on the host; none means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<Ipv4Addr>,
    /// Transport protocol.
    #[serde(default)]
    pub protocol: Protocol,
}

/// Something of the host or the platform that the container sees at `target`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Absolute path in the container.
    pub target: String,
    /// What is mounted.
    pub source: MountSource,
    /// It cannot be written to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// A new volume is not filled with what the image has at `target`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_copy: bool,
    /// Propagation of a bind mount, in the engine's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagation: Option<String>,
}

/// What a mount shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountSource {
    /// A named volume of the stack.
    Volume(Name),
    /// A volume of the unit's own, which goes with it.
    Anonymous,
    /// An absolute path of the host.
    Bind {
        /// The path.
        path: String,
        /// Make the directory if it is not there.
        create: bool,
    },
    /// Memory.
    Tmpfs {
        /// Bytes at most.
        size: Option<u64>,
        /// Permission bits.
        mode: Option<u32>,
    },
}

impl MountSource {
    /// Whether data stays behind when the unit moves. Host paths do not count: the same path means another
    /// machine's file elsewhere, which is what whoever wrote a host path asked for.
    pub const fn pins(&self) -> bool {
        matches!(self, Self::Volume(_))
    }
}

/// A secret or config shown as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMount {
    /// Its name in the files, for people.
    pub name: Name,
    /// Whether it is a secret; else it is a config.
    pub secret: bool,
    /// Absolute path in the container.
    pub target: String,
    /// Keyed digest of the content, which stands in the revision's blobs or in an object of the environment.
    pub digest: Digest,
    /// Owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
    /// Permission bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<u32>,
}

/// How the engine asks for health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Healthcheck {
    /// What is run.
    pub test: HealthcheckTest,
    /// Between two checks, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
    /// A check that takes longer has failed, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Failures in a row that make it unhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// Failures do not count this long after the start, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_period_ms: Option<u64>,
    /// Between two checks in the start period, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_interval_ms: Option<u64>,
}

/// What a health check runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HealthcheckTest {
    /// None, not even the image's.
    Disabled,
    /// A program with arguments.
    Command(Vec<String>),
    /// A line for the container's shell.
    Shell(String),
}

/// What a container may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Resources {
    /// Memory at most, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Memory set aside when placing, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_reservation: Option<u64>,
    /// Memory and swap at most, bytes; -1 is without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_swap: Option<i64>,
    /// Processor time at most, thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milli_cpus: Option<u64>,
    /// Processor time set aside when placing, thousandths of a core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milli_cpus_reservation: Option<u64>,
    /// Weight against others when processors are short.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_shares: Option<u64>,
    /// Processors it may run on, such as `0-2,4`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpuset: Option<String>,
    /// Processes at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pids: Option<i64>,
    /// Size of /dev/shm, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shm_size: Option<u64>,
    /// Preference of the kernel's out-of-memory killer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i32>,
}

impl Resources {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A limit of a process, soft and hard; -1 is without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Ulimit {
    /// What is enforced.
    pub soft: i64,
    /// How far the process may raise it.
    pub hard: i64,
}

/// Where output goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Logging {
    /// The engine's log driver.
    pub driver: String,
    /// Its options.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_references() {
        let image = |text: &str| ImageRef::parse(text).unwrap();
        assert_eq!(image("nginx").tagged(), "nginx:latest");
        assert_eq!(image("registry:5000/a/b").tagged(), "registry:5000/a/b:latest");
        assert_eq!(image("a/b:1").tagged(), "a/b:1");
        assert_eq!(image("registry:5000/a/b").registry(), "registry:5000");
        assert_eq!(image("muster/whoami").registry(), "docker.io");
        for bad in ["", "a b", "../x", "a\0", "$IMAGE", "a//b", &"x".repeat(513)] {
            assert!(ImageRef::parse(bad).is_err(), "{bad:.20}");
        }
    }
}
