//! What server and agent in one process use while 30 containers just run.

use std::time::Duration;

use crate::figure::Figure;
use crate::machine::Machine;
use crate::usage::Usage;

const WINDOW: Duration = Duration::from_secs(60);

/// Memory and processor time.
pub async fn measure(machine: &Machine) -> anyhow::Result<Vec<Figure>> {
    machine.up("bench", 30).await?;
    machine.until(|ids| ids.len() == 30).await?;
    // What the deploy has still to do is not idleness.
    tokio::time::sleep(Duration::from_secs(10)).await;
    let before = Usage::of(machine.pid()?)?;
    tokio::time::sleep(WINDOW).await;
    let now = Usage::of(machine.pid()?)?;
    machine.down("bench").await?;
    Ok(vec![
        Figure {
            name: "idle with 30 containers, resident",
            value: now.resident_mb,
            unit: "MB",
            peer: None,
            ratio: None,
            goal: "<= 60",
        },
        Figure {
            name: "idle with 30 containers, processor",
            value: 100.0 * (now.seconds - before.seconds) / WINDOW.as_secs_f64(),
            unit: "% of a core",
            peer: None,
            ratio: None,
            goal: "<= 0.5",
        },
    ])
}
