//! `muster lab` as people use it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use muster_lab::Trace;
use serde_json::Value;

use crate::machine::{host_states, text, until};

const MUSTER: &str = env!("CARGO_BIN_EXE_muster");
static MADE: AtomicU32 = AtomicU32::new(0);

/// A lab of this test's own; it goes with the test.
struct Lab {
    name: String,
}

impl Lab {
    /// Not made yet.
    fn named() -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}-{number}", std::process::id());
        Self { name }
    }

    fn up(words: &[&str]) -> Self {
        let lab = Self::named();
        // A test that is killed takes it along.
        let me = std::process::id().to_string();
        lab.ok(&[&["up", "--until-end-of", &me], words].concat());
        lab
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(MUSTER);
        command
            .args(["lab", "--name", &self.name])
            .args(words)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    fn ok(&self, words: &[&str]) -> String {
        good(&words.join(" "), &self.run(words))
    }

    /// A program in a machine, which must end well.
    fn exec(&self, host: &str, words: &[&str]) -> String {
        self.ok(&[&["exec", host, "--"], words].concat())
    }

    /// A command of the machine's shell after `eval "$(muster lab env)"`.
    fn outside(&self, words: &[&str]) -> Output {
        let exports = self.ok(&["env"]);
        let pairs = exports
            .lines()
            .filter_map(|line| line.strip_prefix("export ")?.split_once('='));
        let mut command = Command::new(MUSTER);
        command
            .args(words)
            .env("MUSTER_CONTEXT", "/nonexistent")
            .envs(pairs);
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// What the lab's server says of its hosts.
    fn hosts(&self) -> BTreeMap<String, String> {
        host_states(&self.outside(&["host", "ls", "-o", "json"]))
    }

    fn dir(&self) -> PathBuf {
        Trace::find(&self.name).unwrap().dir().to_owned()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.run(&["down"]);
    }
}

fn good(what: &str, output: &Output) -> String {
    assert!(
        output.status.success(),
        "{what} ended with {}\n{}\n{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn active(names: &[&str]) -> BTreeMap<String, String> {
    names
        .iter()
        .map(|name| ((*name).to_owned(), "active".to_owned()))
        .collect()
}

/// Processes whose command line names the lab's directory; engines' and agents' do.
fn processes(dir: &Path) -> Vec<String> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let line = |path: PathBuf| std::fs::read(path.join("cmdline")).unwrap_or_default();
    let named = |line: &String| line.contains(dir.to_str().unwrap());
    all.map(|entry| text(&line(entry.path()))).filter(named).collect()
}

fn groups(lab: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir("/sys/fs/cgroup").unwrap().flatten();
    let inner = all.flat_map(|entry| std::fs::read_dir(entry.path()).into_iter().flatten().flatten());
    let ours = |path: &PathBuf| path.to_str().unwrap().contains(&format!("/mlab-{lab}-"));
    inner.map(|entry| entry.path()).filter(ours).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_comes_up_joined_and_its_machines_are_entered() {
    let lab = Lab::up(&["--hosts", "2"]);
    assert_eq!(lab.hosts(), active(&["h1", "h2"]));

    let mut cat = lab
        .command(&["exec", "h1", "--", "sh", "-c", "cat; hostname; exit 7"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut cat.stdin.take().unwrap(), b"typed\n").unwrap();
    let ended = cat.wait_with_output().unwrap();
    assert_eq!(
        (text(&ended.stdout).as_str(), ended.status.code()),
        ("typed\nh1\n", Some(7))
    );
    let killed = lab.run(&["exec", "h1", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.status.code(), Some(128 + 9));

    let images = ["docker", "images", "-q", "muster/whoami"];
    assert_eq!(lab.exec("h1", &images), lab.exec("h2", &images));
    assert_ne!(
        lab.exec("h1", &["docker", "info", "-f", "{{.ID}}"]),
        lab.exec("h2", &["docker", "info", "-f", "{{.ID}}"])
    );
    assert!(lab.exec("h2", &["muster", "host", "ls"]).contains("active"));
    let listed: Value = serde_json::from_str(&lab.ok(&["ls", "-o", "json"])).unwrap();
    let listed = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|seen| seen["name"] == lab.name.as_str())
        .unwrap();
    let names: Vec<_> = listed["machines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|machine| &machine["name"])
        .collect();
    assert_eq!(names, ["s1", "h1", "h2"]);
    assert!(!lab.run(&["exec", "h3", "--", "true"]).status.success());
    assert!(!lab.run(&["up"]).status.success(), "there is one of that name");

    let dir = lab.dir();
    lab.ok(&["down"]);
    assert!(!dir.exists() && processes(&dir).is_empty() && groups(&lab.name).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_labs_do_not_meet() {
    let (a, b) = (
        Lab::up(&["--hosts", "1", "--combined"]),
        Lab::up(&["--hosts", "1"]),
    );
    good(
        "a name in one",
        &a.outside(&["environment", "create", "only-here"]),
    );
    assert!(text(&a.outside(&["environment", "ls"]).stdout).contains("only-here"));
    assert!(!text(&b.outside(&["environment", "ls"]).stdout).contains("only-here"));
    let routes = b.exec("h1", &["ip", "route"]);
    assert!(!routes.contains("default"), "{routes}");
    a.ok(&["down"]);
    assert_eq!(b.hosts(), active(&["h1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_keeper_takes_its_lab_along_and_down_removes_the_rest() {
    let lab = Lab::up(&["--hosts", "1"]);
    lab.exec("h1", &["docker", "run", "-d", "muster/whoami"]);
    let dir = lab.dir();
    let clean = || Command::new("../../scripts/clean-lab.sh").status().unwrap();
    assert!(clean().success());
    assert!(!processes(&dir).is_empty() && !groups(&lab.name).is_empty());
    let owner = Trace::find(&lab.name).unwrap().owner().unwrap();
    assert!(
        Command::new("kill")
            .args(["-9", &owner.to_string()])
            .status()
            .unwrap()
            .success()
    );
    until("no process is left", async || processes(&dir).is_empty()).await;
    assert!(text(&lab.run(&["ls"]).stdout).contains("dead"));
    assert!(!lab.run(&["exec", "h1", "--", "true"]).status.success());
    lab.ok(&["down"]);
    assert!(!dir.exists() && groups(&lab.name).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lab_ends_with_the_process_that_it_is_for() {
    let mut user = Command::new("sleep").arg("1000").spawn().unwrap();
    let lab = Lab::named();
    lab.ok(&[
        "up",
        "--bare",
        "--hosts",
        "1",
        "--until-end-of",
        &user.id().to_string(),
    ]);
    assert!(!lab.run(&["env"]).status.success(), "there is no server");
    let dir = lab.dir();
    user.kill().unwrap();
    user.wait().unwrap();
    until("the lab is gone", async || {
        !dir.exists() && processes(&dir).is_empty()
    })
    .await;
    assert!(groups(&lab.name).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_waiting_for_a_lab_has_none() {
    let lab = Lab::named();
    let mut up = lab.command(&["up", "--bare", "--hosts", "2"]).spawn().unwrap();
    until("the lab is begun", async || Trace::find(&lab.name).is_some()).await;
    up.kill().unwrap();
    up.wait().unwrap();
    until("nothing is left", async || Trace::find(&lab.name).is_none()).await;
    assert!(groups(&lab.name).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_needs_its_network_at_once_boots() {
    let lab = Lab::up(&["--bare", "--hosts", "1", "--engine-opt", "live-restore=false"]);
    lab.exec(
        "h1",
        &["docker", "swarm", "init", "--advertise-addr", "10.99.0.11"],
    );
    lab.ok(&["power-off", "h1"]);
    lab.ok(&["power-on", "h1"]);
    assert!(
        lab.exec("h1", &["docker", "info", "-f", "{{.Swarm.LocalNodeState}}"])
            .contains("active")
    );
}

#[test]
fn a_lab_that_cannot_be_is_refused_and_leaves_nothing() {
    for (words, said) in [
        (["--hosts", "0"], "1 to 200"),
        (["--servers", "3"], "one server yet"),
        (["--engine-opt", "data-root=/"], "data-root"),
    ] {
        let lab = Lab::named();
        let refused = lab.run(&[&["up"], &words[..]].concat());
        assert!(
            !refused.status.success() && text(&refused.stderr).contains(said),
            "{}",
            text(&refused.stderr)
        );
        assert!(Trace::find(&lab.name).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plugs_are_pulled_and_put_back() {
    let lab = Lab::up(&["--hosts", "2"]);
    let machine = |name: &str| {
        let listed: Value = serde_json::from_str(&lab.ok(&["ls", "-o", "json"])).unwrap();
        let all = listed.as_array().unwrap();
        let ours = all.iter().find(|seen| seen["name"] == lab.name.as_str()).unwrap();
        let machines = ours["machines"].as_array().unwrap();
        machines
            .iter()
            .find(|machine| machine["name"] == name)
            .unwrap()
            .clone()
    };

    assert_eq!(lab.exec("h1", &["ssh", "h2", "hostname"]), "h2\n");
    let cut = ["ssh", "-o", "ConnectTimeout=1", "h2", "true"];
    lab.ok(&["cut", "h2", "--from", "h1"]);
    assert!(
        !lab.run(&[&["exec", "h1", "--"], &cut[..]].concat())
            .status
            .success()
    );
    lab.ok(&["delay", "h2", "10ms"]);
    assert_eq!(machine("h2")["link"], "cut from h1, delay 10ms");
    lab.ok(&["heal"]);
    lab.exec("h1", &cut);
    assert!(machine("h2").get("link").is_none());

    lab.ok(&["kill", "s1"]);
    assert!(machine("s1")["server"].as_str().unwrap().contains("ended"));
    assert!(lab.hosts().is_empty(), "nobody answers");
    assert!(
        !lab.run(&["kill", "s1"]).status.success(),
        "nothing is left to kill"
    );
    lab.ok(&["start", "s1"]);
    until("the hosts are back", async || {
        lab.hosts() == active(&["h1", "h2"])
    })
    .await;
    lab.ok(&["kill", "h1", "--agent"]);
    until("the server sees that", async || lab.hosts()["h1"] == "suspect").await;
    lab.ok(&["start", "h1"]);
    until("the agent is back", async || lab.hosts() == active(&["h1", "h2"])).await;

    lab.ok(&["freeze", "h1"]);
    assert_eq!(machine("h1")["power"], "frozen");
    lab.ok(&["thaw", "h1"]);

    lab.exec("h2", &["docker", "run", "--name", "kept", "-d", "muster/whoami"]);
    lab.ok(&["power-off", "h2"]);
    let refused = lab.run(&["exec", "h2", "--", "true"]);
    assert!(
        text(&refused.stderr).contains("h2 is off"),
        "{}",
        text(&refused.stderr)
    );
    until("the server sees that", async || lab.hosts()["h2"] != "active").await;
    lab.ok(&["power-on", "h2"]);
    until("the host is back", async || lab.hosts() == active(&["h1", "h2"])).await;
    assert!(lab.exec("h2", &["docker", "ps", "-a"]).contains("kept"));
    assert_eq!(lab.exec("h1", &["ssh", "h2", "hostname"]), "h2\n");
}

const MANY: &str = "
services:
  web:
    image: muster/whoami
    deploy: { replicas: 60 }
";

#[tokio::test(flavor = "multi_thread")]
async fn hollow_hosts_join_take_units_and_are_lost_together_without_a_move() {
    let lab = Lab::up(&["--hollow", "20"]);
    assert_eq!(lab.hosts().len(), 20);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("compose.yaml");
    std::fs::write(&file, MANY).unwrap();
    let file = file.to_str().unwrap();
    let up = lab.outside(&["stack", "up", "shop", "-f", file, "--yes"]);
    good("stack up", &up);
    lab.ok(&["cut", "hollow"]);
    until("all are suspect", async || {
        lab.hosts().values().all(|state| state == "suspect")
    })
    .await;
    lab.ok(&["heal"]);
    until("all are back", async || {
        lab.hosts().values().all(|state| state == "active")
    })
    .await;
    let units = lab.outside(&["ps", "-o", "json"]);
    let units: Value = serde_json::from_slice(&units.stdout).unwrap();
    assert_eq!(units.as_array().map(Vec::len), Some(60));
}
