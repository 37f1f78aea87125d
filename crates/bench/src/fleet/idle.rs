//! What it costs that three hosts with ten units each just run.

use std::time::Duration;

use super::cluster::Cluster;
use super::hosts::Fleet;
use super::starts::Ears;
use crate::figure::{Figure, median};
use crate::usage::{Usage, bytes_passed};

const WINDOW: Duration = Duration::from_secs(60);

/// Memory, processor time and traffic.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let fleet = Fleet::start(3).await?;
    let mut ears = Ears::on(&fleet.engines()).await?;
    Cluster::Muster(&fleet).up(30).await?;
    ears.next("start", 30).await?;
    // What the deploy has still to do is not idleness.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let agents: Vec<u32> = fleet
        .hosts
        .iter()
        .map(|host| host.pid())
        .collect::<anyhow::Result<_>>()?;
    let server = fleet.server.pid()?;
    let before: Vec<Usage> = agents
        .iter()
        .map(|pid| Usage::of(*pid))
        .collect::<anyhow::Result<_>>()?;
    let bytes_before = passed(&agents)?;
    tokio::time::sleep(WINDOW).await;
    let seconds = WINDOW.as_secs_f64();
    let bytes = (passed(&agents)? - bytes_before) / seconds / 3.0;
    let mut resident = Vec::new();
    let mut busy = Vec::new();
    for (pid, before) in agents.iter().zip(before) {
        let now = Usage::of(*pid)?;
        resident.push(now.resident_mb);
        busy.push(100.0 * (now.seconds - before.seconds) / seconds);
    }
    let figure = |name, value, unit, goal| Figure {
        name,
        value,
        unit,
        peer: None,
        ratio: None,
        goal,
    };
    Ok(vec![
        figure(
            "an idle agent with 10 units, resident",
            median(&resident),
            "MB",
            "<= 30",
        ),
        figure(
            "an idle agent with 10 units, processor",
            median(&busy),
            "% of a core",
            "<= 0.5",
        ),
        figure(
            "a server with 3 hosts and 30 units, resident",
            Usage::of(server)?.resident_mb,
            "MB",
            "<= 60",
        ),
        figure(
            "an idle host's traffic, all layers, both ways",
            bytes,
            "bytes/s",
            "",
        ),
    ])
}

/// On the cables of all hosts.
fn passed(agents: &[u32]) -> anyhow::Result<f64> {
    agents.iter().map(|pid| bytes_passed(*pid, "eth0")).sum()
}
