//! What a host leaves on the machine: nothing, however it ended.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use muster_lab::Lab;

use crate::support::{eventually, host_with_unit, run_unit};

const CHILD: &str = "MUSTER_LAB_TEST_CHILD";

#[tokio::test]
async fn a_removed_host_leaves_nothing() {
    let host = host_with_unit().await;
    run_unit(&host.docker(), "web", &["ignore-term"]).await;
    let mut command = host.command("sleep").arg("1000").spawn().unwrap();
    let traces = Traces::of(host.name(), host.dir());
    assert!(!traces.processes().is_empty() && !traces.groups().is_empty());
    host.remove().unwrap();
    assert!(!command.wait().await.unwrap().success());
    traces.assert_none();
}

#[tokio::test]
async fn a_dropped_host_leaves_nothing_even_with_its_engine_frozen() {
    let host = host_with_unit().await;
    run_unit(&host.docker(), "web", &["serve", "80"]).await;
    host.freeze_engine().await.unwrap();
    let traces = Traces::of(host.name(), host.dir());
    drop(host);
    traces.assert_none();
}

#[tokio::test]
async fn a_lab_without_hosts_leaves_nothing() {
    let lab = Lab::new().unwrap();
    let host = lab.host("a").await.unwrap();
    let dir = host.dir().parent().unwrap().to_owned();
    drop(lab);
    assert!(dir.exists());
    drop(host);
    assert!(!dir.exists());
}

#[tokio::test]
async fn a_killed_test_leaves_no_process_and_the_script_removes_the_rest() {
    let mut test = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "teardown::a_test_to_be_killed",
            "--ignored",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(test.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let told = lines
        .find_map(|line| line.strip_prefix("host ").map(str::to_owned))
        .unwrap();
    let (name, dir) = told.split_once(' ').unwrap();
    let traces = Traces::of(name, Path::new(dir));
    assert!(!traces.processes().is_empty());

    clean();
    assert!(
        traces.dir.exists() && !traces.processes().is_empty(),
        "a lab in use is left alone"
    );

    test.kill().unwrap();
    test.wait().unwrap();
    let ended = async || traces.processes().is_empty().then_some(());
    eventually("the end of all processes", ended).await;
    clean();
    traces.assert_none();
    assert!(!traces.dir.parent().unwrap().exists());
}

/// Not a test: the process that the test above kills.
#[tokio::test]
#[ignore = "started and killed by another test"]
async fn a_test_to_be_killed() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let host = host_with_unit().await;
    run_unit(&host.docker(), "web", &["ignore-term"]).await;
    println!("\nhost {} {}", host.name(), host.dir().display());
    std::future::pending::<()>().await;
}

fn clean() {
    let script = Path::new("../../scripts/clean-lab.sh");
    assert!(Command::new(script).status().unwrap().success());
}

struct Traces {
    group: String,
    dir: PathBuf,
    /// The network namespace, as `net:[4026…]`: every process of the host, a container's excepted, is in it.
    network: String,
}

impl Traces {
    fn of(name: &str, dir: &Path) -> Self {
        let pids = fs::read_to_string(dir.join("pids")).unwrap();
        let holder = pids
            .lines()
            .find_map(|line| line.strip_suffix(" holder"))
            .unwrap();
        let holder = holder.split_once(' ').unwrap().0;
        let network = namespace(holder).unwrap();
        Self {
            group: name.to_owned(),
            dir: dir.to_owned(),
            network,
        }
    }

    /// Those of the host itself, and those of its containers, which its control groups list.
    fn processes(&self) -> Vec<String> {
        let all = fs::read_dir("/proc")
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut found: Vec<String> = all
            .filter(|pid| namespace(pid).is_some_and(|network| network == self.network))
            .collect();
        for group in self.groups() {
            for inner in fs::read_dir(group).into_iter().flatten().flatten() {
                let listed = fs::read_to_string(inner.path().join("cgroup.procs")).unwrap_or_default();
                found.extend(listed.lines().map(str::to_owned));
            }
        }
        found
    }

    fn groups(&self) -> Vec<PathBuf> {
        let hierarchies = fs::read_dir("/sys/fs/cgroup")
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let all = hierarchies
            .chain(["/sys/fs/cgroup".into()])
            .map(|dir| dir.join(&self.group));
        all.filter(|dir| dir.exists()).collect()
    }

    fn assert_none(&self) {
        assert_eq!(self.processes(), Vec::<String>::new());
        assert_eq!(self.groups(), Vec::<PathBuf>::new());
        assert!(!self.dir.exists());
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        assert!(!mounts.contains(&*self.dir.to_string_lossy()), "{mounts}");
    }
}

fn namespace(pid: &str) -> Option<String> {
    let link = fs::read_link(format!("/proc/{pid}/ns/net")).ok()?;
    Some(link.to_string_lossy().into_owned())
}
