//! The documents that a new platform begins with. Pure, so that the simulator begins with the same.

use muster_model::desired::{Environment, EpochCounter, Platform};
use muster_model::limits::MANAGED_SUBNET;
use muster_model::name::NameError;
use muster_model::net::Subnet;
use muster_model::{Digest, EnvironmentId, Name, NetworkId, WallTime};
use muster_store::Commit;

use super::StartError;

/// The epoch of the first documents; servers draw from the next one on.
pub const FIRST_EPOCH: u32 = 1;

/// The name of the first environment.
pub const DEFAULT_ENVIRONMENT: &str = "default";

/// What is not the same on every platform.
#[derive(Debug, Clone)]
pub struct First {
    /// Random text that tells this platform from every other.
    pub incarnation: String,
    /// When it is made.
    pub now: WallTime,
    /// The range of the first environment's managed network.
    pub subnet: Subnet,
    /// Hash of the setup token; none if there is nobody to set up.
    pub setup_token: Option<Digest>,
}

/// One commit that makes a platform where there is none.
pub fn first_documents(first: &First) -> Result<Commit, StartError> {
    let platform = Platform {
        incarnation: first.incarnation.clone(),
        created: first.now,
        setup_token: first.setup_token,
        loading: false,
    };
    let counter = EpochCounter {
        next: FIRST_EPOCH + 1,
    };
    let environment = default_environment(first.subnet, first.now)?;
    Ok(Commit::new()
        .create(&platform)?
        .create(&counter)?
        .create(&environment)?)
}

/// The environment that every platform begins with.
pub fn default_environment(subnet: Subnet, now: WallTime) -> Result<Environment, NameError> {
    let name = Name::parse(DEFAULT_ENVIRONMENT)?;
    let (id, network) = (EnvironmentId::new(FIRST_EPOCH, 1), NetworkId::new(FIRST_EPOCH, 1));
    Ok(Environment::new(id, name, network, subnet, now))
}

pub(super) fn usual_subnet() -> Result<Subnet, StartError> {
    Ok(MANAGED_SUBNET.parse()?)
}
