//! Many hosts whose agents are real and whose engines are not, on one server.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tokio::process::Child;

use crate::figure::Figure;
use crate::machine::{Machine, binary};
use crate::usage::Usage;

const MANY: u32 = 1_000;
const SOME: u32 = 200;
/// Units that each of some hosts has before the stack comes.
const UNITS_EACH: u32 = 30;
const STACK: u32 = 1_000;
const WINDOW: Duration = Duration::from_secs(60);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(600);

/// Joining and being idle with a thousand; a large stack on two hundred busy ones.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let mut figures = thousand().await?;
    figures.push(large_stack().await?);
    Ok(figures)
}

async fn thousand() -> anyhow::Result<Vec<Figure>> {
    let server = server().await?;
    let began = Instant::now();
    let _hosts = join(&server, MANY).await?;
    let joined = began.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let before = Usage::of(server.pid()?)?;
    tokio::time::sleep(WINDOW).await;
    let now = Usage::of(server.pid()?)?;
    Ok(vec![
        figure("1,000 hosts on one server: all joined", joined, "s", "<= 300"),
        figure(
            "1,000 idle hosts: the server, resident",
            now.resident_mb,
            "MB",
            "<= 512",
        ),
        figure(
            "1,000 idle hosts: the server, processor",
            100.0 * (now.seconds - before.seconds) / WINDOW.as_secs_f64(),
            "% of a core",
            "<= 50",
        ),
    ])
}

async fn large_stack() -> anyhow::Result<Figure> {
    let server = server().await?;
    let _hosts = join(&server, SOME).await?;
    server.up("before", SOME * UNITS_EACH).await?;
    running(&server, "before", SOME * UNITS_EACH).await?;
    let began = Instant::now();
    server.up("large", STACK).await?;
    running(&server, "large", STACK).await?;
    let time = began.elapsed().as_secs_f64();
    Ok(figure(
        "200 hosts with 30 units each: a stack of 1,000 up",
        time,
        "s",
        "<= 30",
    ))
}

async fn server() -> anyhow::Result<Machine> {
    let mut server = Machine::bare().await?;
    server.start_server("127.0.0.1").await?;
    Ok(server)
}

/// So many hosts, all active; they go with what is returned.
async fn join(server: &Machine, count: u32) -> anyhow::Result<Child> {
    let token = server.join_token(count).await?;
    let log = std::fs::File::create(server.path("hollow.log"))?;
    let hosts = server
        .host
        .command(binary()?)
        .args(["hollow", "--to", "https://127.0.0.1:8080"])
        .args(["--count", &count.to_string(), "--data"])
        .arg(server.path("hollow"))
        .env("MUSTER_JOIN_TOKEN", &token)
        .env("MUSTER_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true)
        .spawn()?;
    server.wait_for_hosts(count as usize).await?;
    Ok(hosts)
}

/// Waits until so many units of a stack run.
async fn running(server: &Machine, stack: &str, count: u32) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let service = format!("{stack}/web");
        let said = server
            .muster(&["service", "show", &service, "-o", "json"])
            .await?;
        let said: Value = serde_json::from_slice(&said)?;
        let running = said["running"].as_u64().context("a service without a count")?;
        if running == u64::from(count) {
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "{running} of {count} units run");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn figure(name: &'static str, value: f64, unit: &'static str, goal: &'static str) -> Figure {
    Figure {
        name,
        value,
        unit,
        peer: None,
        ratio: None,
        goal,
    }
}
