//! One container, as Compose describes it, in typed values.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::image::{ImageRef, PullPolicy};
use super::mounts::{FileMount, Mount};
use super::resources::{DeviceRequest, Resources, Ulimit};
use super::restart::{RestartPace, RestartPolicy};
use crate::limits::STOP_GRACE_DEFAULT;
use crate::net::Protocol;

/// One container, after interpolation and merging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// What it runs.
    pub image: ImageRef,
    /// When the image is pulled.
    #[serde(default)]
    pub pull: PullPolicy,
    /// The variant of the image, such as `linux/arm64`; none is the one that fits the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// What runs it, of the engine's runtimes; none is the engine's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
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
    /// Notes for the runtime.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
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
    /// Further names in the managed network: `db` is one in the stack, `db.example.com` in the environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// Hardware address in the managed network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac_address: Option<String>,
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
    /// How soon, and what counts as a start that went well.
    #[serde(default, skip_serializing_if = "RestartPace::is_default")]
    pub restart_pace: RestartPace,
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
    /// own words (`host`, `private`, `none`), or `primary`: that of the unit's primary container.
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
    /// Rules for devices, such as `c 1:3 mr`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_cgroup_rules: Vec<String>,
    /// Devices that a driver of the engine chooses, such as graphics processors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub device_requests: Vec<DeviceRequest>,
    /// Control group that it is put below; none is the engine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup_parent: Option<String>,
    /// Options of the engine's storage driver for its root filesystem.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub storage_opt: BTreeMap<String, String>,
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
            platform: None,
            runtime: None,
            entrypoint: None,
            command: None,
            environment: BTreeMap::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            working_dir: None,
            user: None,
            hostname: None,
            domainname: None,
            ports: Vec::new(),
            expose: Vec::new(),
            aliases: Vec::new(),
            mac_address: None,
            mounts: Vec::new(),
            files: Vec::new(),
            healthcheck: None,
            restart: RestartPolicy::default(),
            restart_pace: RestartPace::default(),
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
            device_cgroup_rules: Vec::new(),
            device_requests: Vec::new(),
            cgroup_parent: None,
            storage_opt: BTreeMap::new(),
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

    /// Whether its health is asked, of an image that has a check of its own or has none.
    pub fn is_checked(&self, image_has_check: bool) -> bool {
        match self.healthcheck.as_ref().map(|check| &check.test) {
            Some(HealthcheckTest::Disabled) => false,
            Some(HealthcheckTest::OfImage) | None => image_has_check,
            Some(HealthcheckTest::Command(_) | HealthcheckTest::Shell(_)) => true,
        }
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
    /// The image's own, if it has one, at other times.
    OfImage,
    /// A program with arguments.
    Command(Vec<String>),
    /// A line for the container's shell.
    Shell(String),
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
