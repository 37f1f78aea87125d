//! A machine of its own with Muster on it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bollard::Docker;
use bollard::query_parameters::ListContainersOptionsBuilder;
use muster_lab::{Host, Lab};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Child;

/// Where Muster listens inside the machine.
pub const ADDRESS: ([u8; 4], u16) = ([127, 0, 0, 1], 8080);

/// An engine, and `muster dev` or a server if one was started.
pub struct Machine {
    /// The machine.
    pub host: Host,
    /// Its engine.
    pub docker: Docker,
    directory: TempDir,
    muster: Option<Child>,
    _lab: Lab,
}

impl Machine {
    /// An engine alone.
    pub async fn bare() -> anyhow::Result<Self> {
        Self::in_lab(&Lab::new()?, "bench").await
    }

    /// A machine of a lab that has more of them, with nothing on it.
    pub async fn in_lab(lab: &Lab, name: &str) -> anyhow::Result<Self> {
        let host = lab.host(name).await?;
        Ok(Self {
            docker: host.docker(),
            host,
            directory: tempfile::tempdir()?,
            muster: None,
            _lab: lab.clone(),
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
        machine.muster = Some(dev);
        machine.wait_for_hosts(1).await?;
        machine.load_sample().await?;
        Ok(machine)
    }

    /// Starts the server of several machines, which others reach under this name, and logs in.
    pub async fn start_server(&mut self, name: &str) -> anyhow::Result<()> {
        let log = std::fs::File::create(self.path("server.log"))?;
        let mut server = self
            .host
            .command(binary()?)
            .args(["server", "--listen", "0.0.0.0:8080", "--name", name, "--data"])
            .arg(self.path("data"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let said = server.stdout.take().context("the server's output")?;
        let mut lines = BufReader::new(said).lines();
        let mut setup = None;
        while let Some(line) = lines.next_line().await? {
            if let Some(token) = line.strip_prefix("Setup token: ") {
                setup = Some(token.trim().to_owned());
            }
            if line.starts_with("Listening") {
                break;
            }
        }
        // Who stopped reading would end the server with its next line.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.muster = Some(server);
        self.log_in(&setup.context("the server printed no setup token")?)
            .await
    }

    async fn log_in(&self, setup: &str) -> anyhow::Result<()> {
        let mut login = self
            .host
            .command(binary()?)
            .args([
                "login",
                "http://127.0.0.1:8080",
                "--password-stdin",
                "--setup",
                setup,
            ])
            .env("MUSTER_CONTEXT", self.path("context.json"))
            .stdin(Stdio::piped())
            .spawn()?;
        let mut password = login.stdin.take().context("the login's input")?;
        password.write_all(b"correct horse battery\n").await?;
        drop(password);
        ensure!(login.wait().await?.success(), "the login failed");
        Ok(())
    }

    /// A token with which so many hosts may join.
    pub async fn join_token(&self, uses: u32) -> anyhow::Result<String> {
        let said = self
            .muster(&["host", "token", "--uses", &uses.to_string()])
            .await?;
        let said = String::from_utf8(said)?;
        said.split_whitespace()
            .last()
            .map(str::to_owned)
            .context("no token was printed")
    }

    /// The sample image, as `docker save` writes it.
    pub async fn sample(&self) -> anyhow::Result<Vec<u8>> {
        self.muster(&["whoami", "--image"]).await
    }

    /// Brings the sample image to every host.
    pub async fn load_sample(&self) -> anyhow::Result<()> {
        let tar = self.path("whoami.tar");
        std::fs::write(&tar, self.sample().await?)?;
        self.muster(&["image", "load", &tar.to_string_lossy()]).await?;
        Ok(())
    }

    /// Waits until so many hosts are active.
    pub async fn wait_for_hosts(&self, count: usize) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let hosts = self
                .muster(&["host", "ls", "-o", "json"])
                .await
                .unwrap_or_default();
            let hosts: Vec<Value> = serde_json::from_slice(&hosts).unwrap_or_default();
            let active = hosts.iter().filter(|host| host["state"] == "active").count();
            if active == count {
                return Ok(());
            }
            ensure!(
                began.elapsed() < Duration::from_secs(600),
                "{active} of {count} hosts are active"
            );
            // A list of many costs the server much.
            tokio::time::sleep(Duration::from_millis(50) + Duration::from_millis(2) * u32::try_from(count)?)
                .await;
        }
    }

    /// The process of `muster dev`, or of the server.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.muster
            .as_ref()
            .and_then(Child::id)
            .context("muster has ended")
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
        let text = format!("services:\n  web:\n    image: muster/whoami\n    scale: {units}\n");
        self.deploy(stack, &text).await
    }

    /// Deploys a stack from the text of its file, without waiting.
    pub async fn deploy(&self, stack: &str, text: &str) -> anyhow::Result<()> {
        let file = self.path(&format!("{stack}.yml"));
        std::fs::write(&file, text)?;
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
