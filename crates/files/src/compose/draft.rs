//! A service while its keys are read, before what refers to other services is resolved.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Name;
use muster_model::desired::{
    Condition, ContainerSpec, ImageRef, Resources, RestartPolicy, ScalePolicy, SchedulingRule, ServiceKind,
    UpdatePolicy,
};

use super::service::build::Build;
use crate::rancher_compose::kept::Kept;
use crate::text::At;

/// What the keys of one service say.
#[derive(Debug, Clone)]
pub(crate) struct ServiceDraft {
    /// Where its name stands.
    pub at: At,
    /// Its container; the image is a stand-in until the end.
    pub container: ContainerSpec,
    pub image: Image,
    /// What its container is called elsewhere.
    pub container_name: Option<String>,
    /// How its image is built elsewhere.
    pub build: Option<Build>,
    /// Profiles that switch it on; none means that it is always on.
    pub profiles: Vec<String>,
    /// From `environment`, over `env_file`.
    pub environment: BTreeMap<String, String>,
    /// Names in `environment` that nothing outside gives a value: the container has none of them.
    pub left_unset: BTreeSet<String>,
    /// Files of variables, which are read once `environment` is known.
    pub env_files: Vec<EnvFile>,
    /// From `labels`, over `label_file`.
    pub labels: BTreeMap<String, String>,
    /// From `deploy.resources`; must agree with the other keys.
    pub deploy_resources: Resources,
    /// From `deploy.restart_policy`, over `restart`.
    pub deploy_restart: Option<RestartPolicy>,
    pub cpu_quota: Option<i64>,
    pub cpu_period: Option<u64>,
    pub files: Vec<FileRef>,
    pub volume_driver: Option<String>,
    /// The key that mounts something at a path, and its place among the mounts.
    pub mounted_by: BTreeMap<String, (&'static str, usize)>,
    /// Where it first mounts a volume.
    pub volume_places: BTreeMap<Name, At>,
    /// Services whose volumes it sees too.
    pub volumes_from: Vec<Named>,
    /// Services whose namespaces it lives in, by namespace.
    pub shares: BTreeMap<&'static str, Named>,
    /// Networks that it names.
    pub networks: Vec<Named>,
    pub sidekicks: Vec<Named>,
    /// Links that have another name for a service.
    pub links: Vec<Link>,
    pub depends_on: BTreeMap<String, Dependency>,
    pub kind: ServiceKind,
    /// Its units run until they have ended well (`deploy.mode`).
    pub is_job: bool,
    pub scale: Option<(At, u32)>,
    pub replicas: Option<(At, u32)>,
    pub exclusive: bool,
    pub rules: Vec<SchedulingRule>,
    pub per_host_max: Option<(At, u32)>,
    /// Labels of hosts that units are spread over.
    pub spread: Vec<String>,
    /// From `deploy.rollback_config`.
    pub rollback: Option<UpdatePolicy>,
    pub scale_policy: Option<ScalePolicy>,
    /// Where `start_on_create: false` stands.
    pub waits: Option<At>,
    /// What is read for capabilities still to come.
    pub kept: Kept,
    pub update: UpdatePolicy,
    /// From `deploy.labels`.
    pub service_labels: BTreeMap<String, String>,
}

/// What is known of a service's image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Image {
    /// The key is not there.
    Absent,
    /// Its text is wrong or hangs on an unset variable; that was said.
    Unknown,
    /// A reference.
    Known(ImageRef),
    /// A part of another platform that is no container here.
    LeftOut,
}

/// The name of something, where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub at: At,
    pub name: String,
}

/// Another name for a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub service: Named,
    pub alias: String,
}

/// A service that must have come some way first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub at: At,
    pub condition: Condition,
    /// False if the service may be missing.
    pub required: bool,
}

/// A file of variables, with its place in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EnvFile {
    pub index: usize,
    pub at: At,
    pub path: String,
    pub required: bool,
    pub raw: bool,
}

/// A secret or config that is to be seen as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRef {
    pub source: Named,
    pub secret: bool,
    pub target: Option<String>,
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    pub mode: Option<u32>,
}

impl ServiceDraft {
    /// A service that says nothing, with a stand-in for its image.
    pub fn new(at: At, stand_in: ImageRef) -> Self {
        Self {
            at,
            container: ContainerSpec::new(stand_in),
            image: Image::Absent,
            container_name: None,
            build: None,
            profiles: Vec::new(),
            environment: BTreeMap::new(),
            left_unset: BTreeSet::new(),
            env_files: Vec::new(),
            labels: BTreeMap::new(),
            deploy_resources: Resources::default(),
            deploy_restart: None,
            cpu_quota: None,
            cpu_period: None,
            files: Vec::new(),
            volume_driver: None,
            mounted_by: BTreeMap::new(),
            volume_places: BTreeMap::new(),
            volumes_from: Vec::new(),
            shares: BTreeMap::new(),
            networks: Vec::new(),
            sidekicks: Vec::new(),
            links: Vec::new(),
            depends_on: BTreeMap::new(),
            kind: ServiceKind::Containers,
            is_job: false,
            scale: None,
            replicas: None,
            exclusive: false,
            rules: Vec::new(),
            per_host_max: None,
            spread: Vec::new(),
            rollback: None,
            scale_policy: None,
            waits: None,
            kept: Kept::default(),
            update: UpdatePolicy::default(),
            service_labels: BTreeMap::new(),
        }
    }

    /// Whether it is run as containers, and not a part of another platform.
    pub fn is_container(&self) -> bool {
        self.kept.kind(self.kind).has_units()
    }
}
