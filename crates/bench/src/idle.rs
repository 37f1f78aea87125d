//! What server and agent in one process use while 30 containers just run.

use std::time::Duration;

use anyhow::Context as _;

use crate::figure::Figure;
use crate::machine::Machine;

const WINDOW: Duration = Duration::from_secs(60);
/// The kernel's USER_HZ on every Linux we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// Memory and processor time.
pub async fn measure(machine: &Machine) -> anyhow::Result<Vec<Figure>> {
    machine.up("bench", 30).await?;
    machine.until(|ids| ids.len() == 30).await?;
    // What the deploy has still to do is not idleness.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let before = ticks(machine.pid()?)?;
    tokio::time::sleep(WINDOW).await;
    let used = (ticks(machine.pid()?)? - before) / TICKS_PER_SECOND;
    let memory = resident(machine.pid()?)?;
    machine.down("bench").await?;
    Ok(vec![
        Figure {
            name: "idle with 30 containers, resident",
            value: memory,
            unit: "MB",
            peer: None,
            ratio: None,
            goal: "<= 60",
        },
        Figure {
            name: "idle with 30 containers, processor",
            value: 100.0 * used / WINDOW.as_secs_f64(),
            unit: "% of a core",
            peer: None,
            ratio: None,
            goal: "<= 0.5",
        },
    ])
}

/// User and system time of a process (proc(5), fields 14 and 15 of stat).
fn ticks(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |n: usize| {
        after_name
            .split_whitespace()
            .nth(n - 3)
            .and_then(|text| text.parse::<f64>().ok())
    };
    field(14)
        .zip(field(15))
        .map(|(user, system)| user + system)
        .context("a stat line of another form")
}

fn resident(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1024.0 / 1e6)
}
