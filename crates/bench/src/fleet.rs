//! Several machines: three hosts of ours, three managers of the peer, on one switch; each figure within one run.

mod cluster;
mod failover;
mod hosts;
mod idle;
mod scale;
mod starts;
mod swarm;

use crate::figure::Figure;

/// Starting, changing and ending thirty units.
pub async fn measure_scale() -> anyhow::Result<Vec<Figure>> {
    scale::measure().await
}

/// Machines that lose their power.
pub async fn measure_failover() -> anyhow::Result<Vec<Figure>> {
    failover::measure().await
}

/// What agents and the server use while nothing happens.
pub async fn measure_idle() -> anyhow::Result<Vec<Figure>> {
    idle::measure().await
}
