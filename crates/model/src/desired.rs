//! What people want. Written by API handlers, on someone's behalf, and by nobody else.

mod account;
mod container;
mod environment;
mod host;
mod image;
mod mounts;
mod object;
mod platform;
mod resources;
mod service;
mod stack;

pub use account::{Account, ApiKey, JoinToken, Role};
pub use container::{ContainerSpec, Healthcheck, HealthcheckTest, Logging, PortSpec, RestartPolicy};
pub use environment::Environment;
pub use host::HostWish;
pub use image::{ImageRef, ImageRefError, PullPolicy};
pub use mounts::{Below, FileMount, Mount, MountSource, Relabel};
pub use object::{Blob, BlobObject, RegistryCredential, VolumeWish};
pub use platform::{EpochCounter, Platform};
pub use resources::{DeviceRequest, DiskLimits, Resources, Ulimit};
pub use service::{
    Condition, FailureAction, Relation, RuleSubject, SchedulingRule, ServiceKind, ServiceSpec, ServiceWish,
    UnitClass, UnitSpec, UpdateOrder, UpdatePolicy,
};
pub use stack::{Part, RevisionBody, Stack, StackRevision, StackSpec, VolumeSpec};
