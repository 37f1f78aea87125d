//! Both sides by the same verbs.

use bollard::Docker;

use super::hosts::Fleet;
use super::swarm::Swarm;

/// Ours or theirs.
pub enum Cluster<'a> {
    /// Ours.
    Muster(&'a Fleet),
    /// The peer.
    Swarm(&'a Swarm),
}

impl Cluster<'_> {
    pub fn engines(&self) -> Vec<Docker> {
        match self {
            Self::Muster(fleet) => fleet.engines(),
            Self::Swarm(swarm) => swarm.engines(),
        }
    }

    pub async fn up(&self, units: u32) -> anyhow::Result<()> {
        match self {
            Self::Muster(fleet) => deploy(fleet, units, "v1").await,
            Self::Swarm(swarm) => swarm.up(units).await,
        }
    }

    pub async fn change(&self, units: u32, version: &str) -> anyhow::Result<()> {
        match self {
            Self::Muster(fleet) => deploy(fleet, units, version).await,
            Self::Swarm(swarm) => swarm.change(units, version).await,
        }
    }

    pub async fn down(&self) -> anyhow::Result<()> {
        match self {
            Self::Muster(fleet) => {
                fleet.server.muster(&["stack", "rm", "bench", "--yes"]).await?;
                Ok(())
            }
            Self::Swarm(swarm) => swarm.down().await,
        }
    }
}

async fn deploy(fleet: &Fleet, units: u32, version: &str) -> anyhow::Result<()> {
    let text = format!(
        "services:\n  web:\n    image: muster/whoami\n    environment: {{ VERSION: {version} }}\n    deploy:\n      \
         replicas: {units}\n      update_config: {{ parallelism: 5, delay: 0s, monitor: 1s }}\n"
    );
    fleet.server.deploy("bench", &text).await
}
