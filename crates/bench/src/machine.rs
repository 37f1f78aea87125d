//! A machine of its own with `muster dev` on it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bollard::Docker;
use bollard::query_parameters::ListContainersOptionsBuilder;
use muster_lab::{Host, Lab};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Child;

/// Where `muster dev` listens inside the machine.
pub const ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);

/// An engine, and `muster dev` if it was started.
pub struct Machine {
    /// The machine.
    pub host: Host,
    /// Its engine.
    pub docker: Docker,
    directory: TempDir,
    dev: Option<Child>,
    _lab: Lab,
}

impl Machine {
    /// An engine alone.
    pub async fn bare() -> anyhow::Result<Self> {
        let lab = Lab::new()?;
        let host = lab.host("bench").await?;
        let docker = host.docker();
        Ok(Self {
            host,
            docker,
            directory: tempfile::tempdir()?,
            dev: None,
            _lab: lab,
        })
    }

    /// With `muster dev` and the sample image.
    pub async fn start() -> anyhow::Result<Self> {
        let mut machine = Self::bare().await?;
        let log = std::fs::File::create(machine.path("dev.log"))?;
        let dev = machine
            .host
            .command(binary()?)
            .args(["dev", "--engine", "/run/docker.sock", "--data"])
            .arg(machine.path("data"))
            .env("MUSTER_CONTEXT", machine.path("context.json"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        machine.dev = Some(dev);
        machine.wait_for_host().await?;
        let image = machine.muster(&["whoami", "--image"]).await?;
        let tar = machine.path("whoami.tar");
        std::fs::write(&tar, image)?;
        machine.muster(&["image", "load", &tar.to_string_lossy()]).await?;
        Ok(machine)
    }

    async fn wait_for_host(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let hosts = self
                .muster(&["host", "ls", "-o", "json"])
                .await
                .unwrap_or_default();
            let hosts: Value = serde_json::from_slice(&hosts).unwrap_or_default();
            if hosts[0]["state"] == "active" {
                return Ok(());
            }
            ensure!(
                began.elapsed() < Duration::from_secs(30),
                "muster dev did not come up"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The process of `muster dev`.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.dev
            .as_ref()
            .and_then(Child::id)
            .context("muster dev has ended")
    }

    /// A file of this run.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The key that the command line uses.
    pub fn key(&self) -> anyhow::Result<String> {
        let context: Value = serde_json::from_slice(&std::fs::read(self.path("context.json"))?)?;
        context["token"]
            .as_str()
            .map(str::to_owned)
            .context("the context has no key")
    }

    /// Runs a command; its output.
    pub async fn muster(&self, args: &[&str]) -> anyhow::Result<Vec<u8>> {
        let command = self
            .host
            .command(binary()?)
            .args(args)
            .env("MUSTER_CONTEXT", self.path("context.json"));
        let output = command.output().await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "muster {} ended with {}: {said}",
            args.join(" "),
            output.status
        );
        Ok(output.stdout)
    }

    /// Deploys a stack with one service of this many units, without waiting.
    pub async fn up(&self, stack: &str, units: u32) -> anyhow::Result<()> {
        let file = self.path(&format!("{stack}.yml"));
        std::fs::write(
            &file,
            format!("services:\n  web:\n    image: muster/whoami\n    scale: {units}\n"),
        )?;
        let file = file.to_string_lossy();
        self.muster(&["stack", "up", stack, "-f", &file, "--yes", "--detach"])
            .await
            .map(drop)
    }

    /// Removes a stack and waits until its containers are gone.
    pub async fn down(&self, stack: &str) -> anyhow::Result<()> {
        self.muster(&["stack", "rm", stack, "--yes"]).await?;
        self.until(|ids| ids.is_empty()).await.map(drop)
    }

    /// Waits until the running containers are as wanted; their ids.
    pub async fn until(&self, wanted: impl Fn(&[String]) -> bool) -> anyhow::Result<Vec<String>> {
        let began = Instant::now();
        loop {
            let options = ListContainersOptionsBuilder::default().build();
            let running = self.docker.list_containers(Some(options)).await?;
            let ids: Vec<String> = running.into_iter().filter_map(|container| container.id).collect();
            if wanted(&ids) {
                return Ok(ids);
            }
            ensure!(
                began.elapsed() < Duration::from_secs(120),
                "{} containers run, which is not what was waited for",
                ids.len()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// The built program, named by `scripts/bench.sh`.
pub fn binary() -> anyhow::Result<PathBuf> {
    std::env::var_os("MUSTER_BIN")
        .map(PathBuf::from)
        .context("MUSTER_BIN names no program; run `make bench`")
}
