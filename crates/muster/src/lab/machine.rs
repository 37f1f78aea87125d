//! One machine of a lab: a host, and Muster's processes in it.

use std::fs::File;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use bollard::Docker;
use muster_lab::{Host, HostCommand};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::sync::{Mutex, MutexGuard};

use super::plan::{HOLLOW_PREFIX, Planned};
use super::protocol::{MachineStatus, Part};
use super::ssh;

/// Where servers listen.
pub const SERVER_PORT: u16 = 8080;
/// The engine's socket inside a host.
const ENGINE: &str = "/run/docker.sock";
/// How much of a log is shown when its writer did not start.
const LOG_TAIL_LINES: usize = 15;

/// A machine, whose power may be off.
#[derive(Debug)]
pub struct Machine {
    pub plan: Planned,
    /// The muster binary of this lab.
    binary: PathBuf,
    host: Mutex<Host>,
    server: Mutex<Option<Child>>,
    agent: Mutex<Option<Child>>,
    /// Kept so that it is waited for when it ends.
    sshd: Mutex<Option<Child>>,
}

/// What a server says when it starts.
#[derive(Debug, Default)]
pub struct Greeting {
    /// At its first start only.
    pub setup_token: Option<String>,
    pub ca_fingerprint: Option<String>,
}

impl Machine {
    pub fn new(plan: Planned, host: Host, binary: PathBuf) -> Self {
        Self {
            plan,
            binary,
            host: Mutex::new(host),
            server: Mutex::default(),
            agent: Mutex::default(),
            sshd: Mutex::default(),
        }
    }

    /// Starts what every machine runs, whatever it is for: its SSH server.
    pub async fn start_ssh(&self, lab: &Path) -> anyhow::Result<()> {
        let started = ssh::serve(lab, &*self.host().await)?;
        *self.sshd.lock().await = Some(started);
        Ok(())
    }

    /// The host, for as long as nobody else uses it.
    pub async fn host(&self) -> MutexGuard<'_, Host> {
        self.host.lock().await
    }

    /// A client of its engine.
    pub async fn docker(&self) -> anyhow::Result<Docker> {
        let host = self.host().await;
        anyhow::ensure!(host.is_on(), "{} has no power", self.plan.name);
        Ok(host.docker())
    }

    /// Starts the server and waits until it listens.
    pub async fn start_server(&self) -> anyhow::Result<Greeting> {
        let mut slot = self.server.lock().await;
        anyhow::ensure!(!runs(&mut slot), "the server on {} runs already", self.plan.name);
        let host = self.host().await;
        let log = host.dir().join("server.log");
        let mut child = self
            .muster(&host, "server", "server.log")?
            .args(["--listen", &format!("0.0.0.0:{SERVER_PORT}")])
            .args(["--name", &self.plan.address.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        drop(host);
        let greeting = greeting(&mut child).await?;
        *slot = Some(child);
        greeting.with_context(|| did_not_start("the server", &log))
    }

    /// Starts the agent, which joins the server at its first start.
    pub async fn start_agent(&self, server: Ipv4Addr, token: Option<&str>) -> anyhow::Result<()> {
        let mut slot = self.agent.lock().await;
        anyhow::ensure!(!runs(&mut slot), "the agent on {} runs already", self.plan.name);
        let host = self.host().await;
        let server = format!("https://{server}:{SERVER_PORT}");
        let mut command = match self.plan.hollow {
            0 => self.muster(&host, "agent", "agent.log")?.args([
                "--engine",
                ENGINE,
                "--name",
                &self.plan.name,
            ]),
            count => self.muster(&host, "hollow", "agent.log")?.args([
                "--prefix",
                HOLLOW_PREFIX,
                "--count",
                &count.to_string(),
            ]),
        };
        command = command.args(["--to", &server]);
        if let Some(token) = token {
            command = command.args(["--token", token]);
        }
        *slot = Some(command.spawn()?);
        Ok(())
    }

    /// `muster WHAT` with a directory of its own on the host's disk. It does not inherit what the keeper was told.
    fn muster(&self, host: &Host, what: &str, log: &str) -> anyhow::Result<HostCommand> {
        let open = || {
            let path = host.dir().join(log);
            let opened = File::options().create(true).append(true).open(&path);
            opened.with_context(|| format!("could not write {}", path.display()))
        };
        let mut command = host.command(&self.binary);
        for variable in SETTINGS {
            command = command.env_remove(variable);
        }
        let command = command.arg(what).arg("--data").arg(host.dir().join(what));
        Ok(command.stdin(Stdio::null()).stdout(open()?).stderr(open()?))
    }

    pub async fn server_runs(&self) -> bool {
        runs(&mut *self.server.lock().await)
    }

    pub async fn agent_runs(&self) -> bool {
        runs(&mut *self.agent.lock().await)
    }

    /// SIGKILL, and the process is gone.
    pub async fn kill(&self, part: Option<Part>) -> anyhow::Result<()> {
        let server = match part {
            Some(part) => part == Part::Server,
            None => self.server_runs().await,
        };
        let (slot, what) = if server {
            (&self.server, "server")
        } else {
            (&self.agent, "agent")
        };
        let mut slot = slot.lock().await;
        let running = runs(&mut slot);
        let child = slot
            .as_mut()
            .filter(|_| running)
            .with_context(|| format!("no {what} runs on {}", self.plan.name))?;
        child
            .kill()
            .await
            .with_context(|| format!("could not kill the {what} on {}", self.plan.name))
    }

    /// Its power is off: what ran is waited for, and leaves nothing.
    pub async fn reap(&self) {
        for slot in [&self.server, &self.agent, &self.sshd] {
            if let Some(child) = slot.lock().await.as_mut() {
                let _ = child.wait().await;
            }
        }
    }

    /// How it is; `link` says what is wrong with its cable.
    pub async fn status(&self, link: String) -> MachineStatus {
        let host = self.host().await;
        let power = match (host.is_on(), host.is_frozen()) {
            (false, _) => "off",
            (true, true) => "frozen",
            (true, false) => "on",
        };
        drop(host);
        let server = match &self.plan.server {
            Some(name) => Some(format!("{name} {}", state(&mut *self.server.lock().await))),
            None => None,
        };
        let agent = match self.plan.agent {
            true => Some(state(&mut *self.agent.lock().await)),
            false => None,
        };
        MachineStatus {
            name: self.plan.name.clone(),
            address: self.plan.address,
            power: power.to_owned(),
            server,
            agent,
            link,
        }
    }
}

/// What a user's shell may say to the CLI about another server than the lab's.
pub const SETTINGS: [&str; 8] = [
    "MUSTER_SERVER",
    "MUSTER_TOKEN",
    "MUSTER_ENVIRONMENT",
    "MUSTER_CONTEXT",
    "MUSTER_DATA",
    "MUSTER_AGENT_DATA",
    "MUSTER_ENGINE",
    "MUSTER_JOIN_TOKEN",
];

fn runs(slot: &mut Option<Child>) -> bool {
    slot.as_mut()
        .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
}

fn state(slot: &mut Option<Child>) -> String {
    match slot.as_mut().map(Child::try_wait) {
        None => "not started".to_owned(),
        Some(Ok(None)) => "runs".to_owned(),
        Some(Ok(Some(status))) => format!("ended ({status})"),
        Some(Err(_)) => "unknown".to_owned(),
    }
}

/// None if it ended before it listened.
async fn greeting(child: &mut Child) -> anyhow::Result<Option<Greeting>> {
    let Some(stdout) = child.stdout.take() else {
        return Ok(None);
    };
    let mut lines = BufReader::new(stdout).lines();
    let mut greeting = Greeting::default();
    while let Some(line) = lines
        .next_line()
        .await
        .context("could not read what the server says")?
    {
        match line.split_once(": ") {
            Some(("Setup token", token)) => greeting.setup_token = Some(token.trim().to_owned()),
            Some(("CA fingerprint", print)) => greeting.ca_fingerprint = Some(print.trim().to_owned()),
            _ if line.starts_with("Listening") => return Ok(Some(greeting)),
            _ => {}
        }
    }
    Ok(None)
}

fn did_not_start(what: &str, log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let tail = lines
        .get(lines.len().saturating_sub(LOG_TAIL_LINES)..)
        .unwrap_or_default();
    format!(
        "{what} did not start; the end of {} says:\n{}",
        log.display(),
        tail.join("\n")
    )
}
