//! The simulator as a process: how long it takes over many seeds, each of the same length.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::figure::Figure;

const SEEDS: &str = "500";
const HOSTS: &str = "5";
/// Ten minutes; what follows until all is at rest comes on top.
const UNREST_MS: &str = "600000";

/// `MUSTER_SIM` is the simulator's binary.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let simulator = std::env::var("MUSTER_SIM").context("MUSTER_SIM is to name the simulator's binary")?;
    let mut command = Command::new(simulator);
    command.args(["--seeds", SEEDS, "--hosts", HOSTS, "--unrest-ms", UNREST_MS]);
    let began = Instant::now();
    let output = command.output().await?;
    let took = began.elapsed();
    ensure!(
        output.status.success(),
        "a seed failed: {}",
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(vec![Figure {
        name: "500 seeds of 10 simulated minutes, 5 hosts",
        value: took.as_secs_f64(),
        unit: "s",
        peer: None,
        ratio: None,
        goal: "<= 60",
    }])
}
