//! What people want. Written by API handlers, on someone's behalf, and by nobody else.

mod account;
mod container;
mod environment;
mod host;
mod object;
mod platform;
mod service;
mod stack;

pub use account::{Account, ApiKey, JoinToken, Role};
pub use container::{
    ContainerSpec, FileMount, Healthcheck, HealthcheckTest, ImageRef, ImageRefError, Logging, Mount,
    MountSource, PortSpec, PullPolicy, Resources, RestartPolicy, Ulimit,
};
pub use environment::Environment;
pub use host::HostWish;
pub use object::{Blob, BlobObject, RegistryCredential, VolumeWish};
pub use platform::{EpochCounter, Platform};
pub use service::{
    Condition, FailureAction, Relation, RuleSubject, SchedulingRule, ServiceKind, ServiceSpec, ServiceWish,
    UnitClass, UnitSpec, UpdateOrder, UpdatePolicy,
};
pub use stack::{Part, RevisionBody, Stack, StackRevision, StackSpec, VolumeSpec};
