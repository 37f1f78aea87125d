//! One Docker Engine inside a host: its configuration, its life and its deaths.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use bollard::{API_DEFAULT_VERSION, Docker};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::command::HostCommand;
use crate::process::{self, POLL, Process, child_named};
use crate::{EngineOptions, Error, Result};

/// An engine comes up in 0.3 s; with many containers to take back on a busy machine it may take long.
const START_LIMIT: Duration = Duration::from_secs(60);
/// An engine told to stop that keeps its containers (live restore) is gone in well under a second.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// For one call; image loads on a busy machine are the longest.
const API_TIMEOUT_SECONDS: u64 = 120;
const LOG_TAIL_LINES: usize = 15;

/// Where everything of one host's engine is, and what is known about its process.
#[derive(Debug)]
pub(crate) struct Engine {
    host: String,
    dir: PathBuf,
    holder: u32,
    options: EngineOptions,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// The engine's own containerd; the kernel kills it when the engine dies.
    containerd: Option<Process>,
}

impl Engine {
    /// Writes the configuration; starts nothing.
    pub(crate) fn new(host: &str, dir: &Path, holder: u32, options: EngineOptions) -> Result<Self> {
        let engine = Self {
            host: host.to_owned(),
            dir: dir.to_owned(),
            holder,
            options,
            running: None,
        };
        let file = engine.dir.join("daemon.json");
        fs::write(&file, format!("{:#}\n", engine.configuration())).map_err(Error::files("write", &file))?;
        Ok(engine)
    }

    fn configuration(&self) -> serde_json::Value {
        let mut all = json!({
            "hosts": [format!("unix://{}", self.socket().display())],
            "data-root": self.dir.join("data"),
            "exec-root": self.dir.join("exec"),
            "pidfile": self.pid_file(),
            "live-restore": true,
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
            "cgroup-parent": format!("/{}", self.host),
        });
        for (key, value) in &self.options.0 {
            all[key] = value.clone();
        }
        all
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.join("docker.sock")
    }

    fn pid_file(&self) -> PathBuf {
        self.dir.join("engine.pid")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("engine.log")
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    /// A client for a host that will not have an engine: each question fails. It wants to see a file, though.
    pub(crate) fn client(&self) -> Result<Docker> {
        File::create(self.socket()).map_err(Error::files("make", self.socket()))?;
        unagreed(&self.socket()).map_err(Error::api("be asked over its socket"))
    }

    /// The host has other namespaces now; what ran in the old ones is gone.
    pub(crate) fn moved_to(&mut self, holder: u32) {
        self.reap();
        self.holder = holder;
    }

    /// Starts it and waits until it answers.
    pub(crate) async fn start(&mut self) -> Result<Docker> {
        if self.running.is_some() {
            return Err(self.state("running"));
        }
        // A killed engine leaves it; the new one would ask whether that number is a process.
        let _ = fs::remove_file(self.pid_file());
        let child = self.spawn()?;
        self.running = Some(Running {
            child,
            containerd: None,
        });
        let docker = self.answering().await?;
        self.note_containerd()?;
        Ok(docker)
    }

    fn spawn(&self) -> Result<Child> {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.map_err(Error::files("open", self.log()))?;
        let errors = log.try_clone().map_err(Error::files("open", self.log()))?;
        let child = HostCommand::new(&self.host, self.holder, "dockerd".as_ref())
            .arg("--config-file")
            .arg(self.dir.join("daemon.json"))
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn_std()?;
        self.record(Process::of(child.id()), "dockerd")?;
        Ok(child)
    }

    fn note_containerd(&mut self) -> Result<()> {
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let found = child_named(running.child.id(), "containerd").map_err(Error::files("read", "/proc"))?;
        running.containerd = found;
        found.map_or(Ok(()), |containerd| self.record(Ok(containerd), "containerd"))
    }

    fn record(&self, process: std::io::Result<Process>, role: &str) -> Result<()> {
        let file = self.dir.join("pids");
        process
            .and_then(|process| process.record(&file, role))
            .map_err(Error::files("write", &file))
    }

    /// Waits for the first answer, and agrees with the engine on a version of its API.
    async fn answering(&mut self) -> Result<Docker> {
        let socket = self.socket();
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Ok(docker) = connect(&socket).await {
                return Ok(docker);
            }
            if let Some(status) = self.exited() {
                self.running = None;
                return Err(self.did_not_start(format!("ended at once ({status})")));
            }
            if Instant::now() > deadline {
                return Err(self.did_not_start(format!("did not answer within {} s", START_LIMIT.as_secs())));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn exited(&mut self) -> Option<std::process::ExitStatus> {
        self.running.as_mut()?.child.try_wait().ok().flatten()
    }

    fn did_not_start(&self, what: String) -> Error {
        let log = self.log();
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join("\n");
        Error::EngineStart {
            host: self.host.clone(),
            what,
            log,
            tail,
        }
    }

    /// Sends a signal to the engine's process alone.
    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        let running = self.running.as_ref().ok_or_else(|| self.state("stopped"))?;
        let sent = Pid::from_child(&running.child);
        kill_process(sent, signal).map_err(|e| Error::Signal {
            host: self.host.clone(),
            source: e.into(),
        })
    }

    pub(crate) async fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)?;
        let pid = self.pid().unwrap_or_default();
        if process::stopped_within(pid, STOP_LIMIT).await {
            return Ok(());
        }
        Err(self.still_running("the engine", pid))
    }

    /// Sends a signal that ends the engine, and waits until it and its containerd are gone.
    pub(crate) async fn end(&mut self, signal: Signal) -> Result<()> {
        self.signal(signal)?;
        let deadline = Instant::now() + STOP_LIMIT;
        while self.exited().is_none() {
            if Instant::now() > deadline {
                return Err(self.still_running("the engine", self.pid().unwrap_or_default()));
            }
            tokio::time::sleep(POLL).await;
        }
        let containerd = self.running.take().and_then(|running| running.containerd);
        match containerd {
            Some(containerd) if !containerd.ended_within(STOP_LIMIT).await => {
                Err(self.still_running("the containerd", containerd.pid))
            }
            _ => Ok(()),
        }
    }

    /// The host's end is the engine's too; this leaves no zombie behind, in whichever order the two end.
    fn reap(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.kill();
            let _ = running.child.wait();
        }
    }

    fn still_running(&self, what: &str, pid: u32) -> Error {
        let what = format!("{what} of {}", self.host);
        Error::StillRunning {
            what,
            pid,
            seconds: STOP_LIMIT.as_secs(),
        }
    }

    fn state(&self, state: &'static str) -> Error {
        Error::EngineState {
            host: self.host.clone(),
            state,
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.reap();
    }
}

fn unagreed(socket: &Path) -> std::result::Result<Docker, bollard::errors::Error> {
    let path = socket.to_string_lossy();
    Docker::connect_with_unix(&path, API_TIMEOUT_SECONDS, API_DEFAULT_VERSION)
}

async fn connect(socket: &Path) -> std::result::Result<Docker, bollard::errors::Error> {
    unagreed(socket)?.negotiate_version().await
}
