//! A machine of the tests' own: namespaces, a real engine, and Muster's processes inside them.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use bollard::query_parameters::ListContainersOptionsBuilder;
use muster_lab::{Host, Lab};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Child;

const MUSTER: &str = env!("CARGO_BIN_EXE_muster");
const ENGINE: &str = "/run/docker.sock";
/// Far above what anything here takes; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// A machine with an engine. Muster's processes end with it.
pub struct Machine {
    pub host: Host,
    _lab: Lab,
    directory: TempDir,
    /// Where other machines find it; none if there are no others.
    pub address: Option<Ipv4Addr>,
    server: Option<Child>,
    agent: Option<Child>,
    /// What agents are started from.
    pub program: PathBuf,
}

impl Machine {
    /// An engine and nothing else.
    pub async fn bare() -> Self {
        Self::of(&Lab::new().unwrap(), "one").await
    }

    /// The same, in a lab that may have more of them.
    pub async fn of(lab: &Lab, name: &str) -> Self {
        let host = lab.host(name).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        Self {
            host,
            _lab: lab.clone(),
            directory,
            address: None,
            server: None,
            agent: None,
            program: MUSTER.into(),
        }
    }

    /// `muster dev` is up and the sample image is there.
    pub async fn with_dev() -> Self {
        let mut machine = Self::bare().await;
        machine.start_dev().await;
        machine.load_sample_image().await;
        machine
    }

    /// Server and agent are up, each by itself, and the sample image is there.
    pub async fn apart() -> Self {
        let mut machine = Self::bare().await;
        let token = machine
            .start_server()
            .await
            .expect("the first start prints a setup token");
        machine.log_in(&token).await;
        let join = machine.ok(&["host", "token"]).await;
        let join = join.split_whitespace().last().unwrap().to_owned();
        machine.start_agent(Some(&join)).await;
        machine.load_sample_image().await;
        machine
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn log(&self, name: &str) -> std::fs::File {
        std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.path(name))
            .unwrap()
    }

    pub async fn start_dev(&mut self) {
        let child = self
            .host
            .command(MUSTER)
            .args(["dev", "--engine", ENGINE, "--data"])
            .arg(self.path("data"))
            .env("MUSTER_CONTEXT", self.path("context.json"))
            .stdin(Stdio::null())
            .stdout(self.log("dev.log"))
            .stderr(self.log("dev.log"))
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        self.server = Some(child);
        self.host_is_active().await;
    }

    /// Starts the server; the setup token, if it prints one.
    pub async fn start_server(&mut self) -> Option<String> {
        let mut command = self
            .host
            .command(MUSTER)
            .arg("server")
            .arg("--data")
            .arg(self.path("server"));
        command = match self.address {
            Some(address) => command.args(["--listen", "0.0.0.0:8080", "--name", &address.to_string()]),
            None => command.args(["--listen", "127.0.0.1:8080"]),
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(self.log("server.log"))
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut token = None;
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(found) = line.strip_prefix("Setup token: ") {
                token = Some(found.trim().to_owned());
            }
            if line.starts_with("Listening") {
                break;
            }
        }
        self.server = Some(child);
        token
    }

    pub async fn start_agent(&mut self, token: Option<&str>) {
        self.spawn_agent("http://127.0.0.1:8080", token, None);
        self.host_is_active().await;
    }

    /// Starts an agent that dials this server; the platform calls its host `name`, or as the machine is called.
    pub fn spawn_agent(&mut self, server: &str, token: Option<&str>, name: Option<&str>) {
        let mut command = self
            .host
            .command(&self.program)
            .args(["agent", "--to", server, "--engine", ENGINE, "--data"])
            .arg(self.path("agent"))
            .stdin(Stdio::null())
            .stdout(self.log("agent.log"))
            .stderr(self.log("agent.log"))
            .kill_on_drop(true);
        for (flag, value) in [("--token", token), ("--name", name)] {
            if let Some(value) = value {
                command = command.args([flag, value]);
            }
        }
        self.agent = Some(command.spawn().unwrap());
    }

    pub async fn log_in(&self, token: &str) {
        let mut child = self
            .host
            .command(MUSTER)
            .args([
                "login",
                "http://127.0.0.1:8080",
                "--setup",
                token,
                "--password-stdin",
            ])
            .env("MUSTER_CONTEXT", self.path("context.json"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(b"correct horse battery\n")
            .await
            .unwrap();
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// SIGKILL, and the process is gone.
    pub async fn kill_server(&mut self) {
        self.server.take().unwrap().kill().await.unwrap();
    }

    pub async fn kill_agent(&mut self) {
        self.agent.take().unwrap().kill().await.unwrap();
    }

    pub async fn host_is_active(&self) {
        until("the host is active", async || {
            let output = self.muster(&["host", "ls", "-o", "json"]).await;
            let hosts: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            hosts[0]["state"] == "active" && hosts[0]["facts"]["engine_error"].is_null()
        })
        .await;
    }

    pub async fn load_sample_image(&self) {
        let output = self.muster(&["whoami", "--image"]).await;
        let tar = self.path("whoami.tar");
        std::fs::write(&tar, &output.stdout).unwrap();
        self.ok(&["image", "load", tar.to_str().unwrap()]).await;
    }

    /// Runs the command line as a user would.
    pub async fn muster(&self, args: &[&str]) -> Output {
        let command = self
            .host
            .command(MUSTER)
            .args(args)
            .env("MUSTER_CONTEXT", self.path("context.json"));
        let ended = tokio::time::timeout(PATIENCE, command.kill_on_drop(true).output()).await;
        ended
            .unwrap_or_else(|_| panic!("muster {} does not end", args.join(" ")))
            .unwrap()
    }

    /// Runs it and wants success; standard output.
    pub async fn ok(&self, args: &[&str]) -> String {
        let output = self.muster(args).await;
        assert!(
            output.status.success(),
            "muster {} ended with {}\n{}\n{}",
            args.join(" "),
            output.status,
            text(&output.stdout),
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Runs it with `-o json`.
    pub async fn json(&self, args: &[&str]) -> Value {
        let all: Vec<&str> = args.iter().copied().chain(["-o", "json"]).collect();
        serde_json::from_str(&self.ok(&all).await).unwrap()
    }

    /// All containers the engine has: name to (id, start time, running).
    pub async fn containers(&self) -> BTreeMap<String, Container> {
        let docker = self.host.docker();
        let options = ListContainersOptionsBuilder::default().all(true).build();
        let mut found = BTreeMap::new();
        for summary in docker.list_containers(Some(options)).await.unwrap() {
            let id = summary.id.unwrap();
            // It may go between the two calls.
            let Ok(inspected) = docker.inspect_container(&id, None).await else {
                continue;
            };
            let state = inspected.state.unwrap();
            let name = inspected.name.unwrap().trim_start_matches('/').to_owned();
            let running = state.running.unwrap_or(false);
            found.insert(
                name,
                Container {
                    id,
                    started: state.started_at.unwrap_or_default(),
                    running,
                },
            );
        }
        found
    }

    /// What an HTTP server in the machine answers; none if nobody does.
    pub async fn http_get(&self, port: u16) -> Option<String> {
        let mut stream = self.host.tcp_connect(([127, 0, 0, 1], port).into()).await.ok()?;
        stream
            .write_all(b"GET / HTTP/1.0\r\nHost: test\r\n\r\n")
            .await
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    pub fn server_log(&self) -> String {
        let read = |name| std::fs::read_to_string(self.path(name)).unwrap_or_default();
        [read("dev.log"), read("server.log"), read("agent.log")].concat()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    pub started: String,
    pub running: bool,
}

/// The states in the output of `host ls -o json`, by the hosts' names; none where there is no such output.
pub fn host_states(output: &Output) -> BTreeMap<String, String> {
    let hosts: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let word = |host: &Value, key: &str| host[key].as_str().unwrap_or_default().to_owned();
    hosts
        .iter()
        .map(|host| (word(host, "name"), word(host, "state")))
        .collect()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file of the repository.
pub fn repository(path: &str) -> String {
    Path::new("../..")
        .join(path)
        .canonicalize()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

/// Waits for a condition; fails, and says for what, when it does not come.
pub async fn until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    until_for(PATIENCE, what, condition).await;
}

/// The same for what takes long by its nature.
pub async fn until_for<F: Future<Output = bool>>(patience: Duration, what: &str, condition: impl Fn() -> F) {
    let began = Instant::now();
    while !condition().await {
        assert!(began.elapsed() < patience, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
