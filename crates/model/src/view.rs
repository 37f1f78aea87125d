//! What the API takes and shows. Filled by hand from documents; every field is a promise to users.
//!
//! Names are for people, ids for programs: a view carries both. Times are milliseconds since 1970-01-01 UTC. No view
//! has a secret's value; what takes one in ([`SecretBytes`](crate::secret::SecretBytes)) is a request only.

mod access;
mod environment;
mod event;
mod host;
mod metrics;
mod object;
mod page;
mod plan;
mod preflight;
mod problem;
mod service;
mod stack;
mod stream;
mod unit;
mod why;

pub use access::{
    AccountCreate, AccountView, KeyCreate, KeyCreated, KeyView, LoginReply, LoginRequest, Me, MemberPut,
    Membership, SetupRequest,
};
pub use environment::{EnvironmentCreate, EnvironmentPatch, EnvironmentView, MemberView};
pub use event::{EventKind, EventView, ObjectView};
pub use host::{
    DeathView, EvacuationView, HostPatch, HostState, HostView, JoinReply, JoinRequest, JoinTokenCreate,
    JoinTokenCreated, JoinTokenView, LeavingView,
};
pub use metrics::{ContainerMetricsView, ContainerSample, HostMetricsView, HostSample, MetricsView};
pub use object::{
    ConfigPut, ConfigView, RegistryPassword, RegistryPut, RegistryView, SecretPut, SecretView, VolumeCreate,
    VolumeView,
};
pub use page::{Gone, Page};
pub use plan::{PlanAction, PlanChange, PlanNote, PlanSummary, PlanView};
pub use preflight::{Echo, PreflightReply, PreflightRequest};
pub use problem::Problem;
pub use service::{RolloutView, ServicePatch, ServiceView};
pub use stack::{
    Deployed, FileContent, RollbackPlan, RollbackRequest, SourceFile, StackDeploy, StackFiles,
    StackRevisionView, StackState, StackView, SupportFile,
};
pub use stream::{ImageLoadLine, ImageView, LogLine, LogStream, StatsView};
pub use unit::UnitView;
pub use why::{MatterView, ObstacleView, UnitWhyView, WhyNotView, WhyView};
