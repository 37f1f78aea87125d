//! Agents and watchdogs as processes of their own: this very program, begun with another purpose.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use muster_agent::{AgentConfig, run, watchdog};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

const PURPOSE: &str = "MUSTER_TEST_PURPOSE";

/// Not a test: the program of an agent, if that is its purpose.
#[test]
fn as_an_agent() {
    let Ok(purpose) = std::env::var(PURPOSE) else {
        return;
    };
    let words: Vec<&str> = purpose.split('\n').collect();
    let ["agent", server, token, name, dir, socket] = words[..] else {
        return;
    };
    let config = AgentConfig {
        run_dir: Path::new(dir).join("run"),
        engine_socket: socket.into(),
        join_token: Some(token.to_owned()),
        name: name.to_owned(),
        watchdog: Some(program("life::as_a_watchdog")),
        ..AgentConfig::new(vec![server.parse().unwrap()], Path::new(dir).join("data"))
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(config, std::future::pending())).unwrap();
}

/// Not a test: the program of a watchdog, if that is its purpose.
#[test]
fn as_a_watchdog() {
    if std::env::var(PURPOSE).is_ok_and(|purpose| purpose.starts_with("agent")) {
        let run_dir = PathBuf::from(std::env::args_os().next_back().unwrap());
        watchdog::run(&run_dir).unwrap();
    }
}

fn program(test: &str) -> Vec<OsString> {
    let this = std::env::current_exe().unwrap().into();
    let arguments = ["--exact", "--nocapture", test].map(OsString::from);
    [this].into_iter().chain(arguments).collect()
}

/// An agent with a watchdog, in a process of its own, which is killed when this is dropped.
pub struct AgentProcess {
    child: Child,
    run_dir: PathBuf,
}

impl AgentProcess {
    pub fn start(config: &AgentConfig) -> Self {
        let dir = config.run_dir.parent().unwrap();
        std::fs::create_dir_all(dir).unwrap();
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(dir.join("log"))
            .unwrap();
        let purpose = [
            "agent",
            &config.servers[0].to_string(),
            config.join_token.as_deref().unwrap(),
            &config.name,
            dir.to_str().unwrap(),
            config.engine_socket.to_str().unwrap(),
        ];
        let program = program("life::as_an_agent");
        let child = Command::new(&program[0])
            .args(&program[1..])
            .env(PURPOSE, purpose.join("\n"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            child,
            run_dir: config.run_dir.clone(),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap());
        kill_process(pid.unwrap(), signal).unwrap();
    }

    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// The watchdog's number, if one runs.
    pub fn watchdog(&self) -> Option<Pid> {
        watchdog_of(&self.run_dir)
    }
}

/// The number of the watchdog of a run directory, if one runs.
pub fn watchdog_of(run_dir: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(run_dir.join("watchdog.lock")).ok()?;
    let pid = Pid::from_raw(text.trim().parse().ok()?)?;
    let command = std::fs::read(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).ok()?;
    String::from_utf8_lossy(&command)
        .contains("as_a_watchdog")
        .then_some(pid)
}
