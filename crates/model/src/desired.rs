//! What people want. Written by API handlers, on someone's behalf, and by nobody else.

mod account;
mod balancer;
mod container;
mod environment;
mod health_check;
mod host;
mod image;
mod mounts;
mod object;
mod outside;
mod platform;
mod resources;
mod restart;
mod scheduling;
mod service;
mod stack;
mod timings;
mod update;

pub use account::{Account, ApiKey, JoinToken, Role};
pub use balancer::{
    Balancer, CookieMode, Locality, PortRule, ProgramCookie, RuleProtocol, RuleTarget, Stickiness,
};
pub use container::{ContainerSpec, Healthcheck, HealthcheckTest, Logging, PortSpec};
pub use environment::Environment;
pub use health_check::{HealthCheck, UnhealthyStrategy};
pub use host::{ConfirmedDead, Evacuation, HostWish};
pub use image::{ImageRef, ImageRefError, PullPolicy};
pub use mounts::{Below, FileMount, Mount, MountSource, Relabel};
pub use object::{Blob, BlobObject, RegistryCredential, VolumeWish};
pub use outside::{Outside, ServiceRef};
pub use platform::{EpochCounter, Platform};
pub use resources::{DeviceRequest, DiskLimits, Resources, Ulimit};
pub use restart::{RestartPace, RestartPolicy};
pub use scheduling::{Relation, RuleSubject, SchedulingRule};
pub use service::{
    Condition, Metadata, ScalePolicy, ServiceKind, ServiceSpec, ServiceWish, UnitClass, UnitSpec,
};
pub use stack::{Part, RevisionBody, Stack, StackRevision, StackSpec, VolumeSpec};
pub use timings::{Timings, heartbeat};
pub use update::{FailureAction, UpdateOrder, UpdatePolicy};
