//! An agent is replaced by another program: nothing that runs is touched.

use std::collections::BTreeMap;

use crate::machine::{Machine, until};

const SHOP: &str = "
services:
  web:
    image: muster/whoami
    deploy: { replicas: 3 }
  only:
    image: muster/whoami
    labels: { io.muster.exclusive: 'true' }
";

/// The watchdog's memory that is its own, not the program's text that it shares with the agent. Measured: 2.9 MB, unoptimised.
const WATCHDOG_KB_MAX: u64 = 6_000;

/// The number of the watchdog's process, as the machine itself counts.
fn watchdog(machine: &Machine) -> Option<u32> {
    let run = format!("/proc/{}/root/run/muster", machine.host.pid());
    let directory = std::fs::read_dir(run).ok()?.flatten().next()?.path();
    let text = std::fs::read_to_string(directory.join("watchdog.lock")).ok()?;
    text.trim().parse().ok()
}

/// Lines of its `/proc/…/status`, by name.
async fn status(machine: &Machine, pid: u32) -> BTreeMap<String, String> {
    let file = format!("/proc/{pid}/status");
    let output = machine.host.command("cat").arg(file).output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_agent_program_touches_no_container_and_keeps_the_watchdog() {
    let mut machine = Machine::apart().await;
    let file = machine.write("shop/docker-compose.yml", SHOP);
    machine.ok(&["stack", "up", "shop", "-f", &file, "--yes"]).await;
    let before = machine.containers().await;
    assert!(
        before.len() == 4 && before.values().all(|container| container.running),
        "{before:?}"
    );
    until("a watchdog", async || watchdog(&machine).is_some()).await;
    let dog = watchdog(&machine).unwrap();

    // Another file, as an upgrade leaves it; the old one is gone.
    for round in ["first", "second"] {
        let program = machine.path(round);
        std::fs::copy(&machine.program, &program).unwrap();
        machine.kill_agent().await;
        machine.program = program;
        machine.start_agent(None).await;
        assert_eq!(machine.containers().await, before, "same ids, same start times");
        assert_eq!(watchdog(&machine), Some(dog));
    }
    let status = status(&machine, dog).await;
    assert_eq!(status["Threads"], "1", "it has no runtime");
    let memory = |name: &str| -> u64 { status[name].split(' ').next().unwrap().parse().unwrap() };
    println!(
        "the watchdog has {} kB, {} kB of its own",
        memory("VmRSS"),
        memory("RssAnon")
    );
    assert!(memory("RssAnon") <= WATCHDOG_KB_MAX, "{status:?}");
}
