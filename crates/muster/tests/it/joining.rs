//! From the command that is printed to a host that stays: over a killed agent, a reboot, and a removal.

use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Output;

use muster_lab::{Lab, Switch};
use serde_json::Value;

use crate::machine::{Machine, text, until};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

/// A server, and machines with an engine and nothing else.
struct Place {
    server: Machine,
    machines: Vec<Machine>,
    switch: Switch,
}

impl Place {
    async fn of(machines: u8) -> Self {
        let lab = Lab::new().unwrap();
        let switch = lab.switch("switch").unwrap();
        let mut server = Machine::of(&lab, "s1").await;
        switch.plug(&server.host, SERVER, 24).unwrap();
        server.address = Some(SERVER);
        let setup = server.start_server().await.expect("a setup token is printed");
        server.log_in(&setup).await;
        let mut place = Self {
            server,
            machines: Vec::new(),
            switch,
        };
        for number in 1..=machines {
            let machine = Machine::of(&lab, &format!("m{number}")).await;
            let address = Ipv4Addr::new(10, 99, 0, 10 + number);
            place.switch.plug(&machine.host, address, 24).unwrap();
            place.machines.push(machine);
        }
        place
    }

    /// What `muster host token create` prints for pasting.
    async fn printed(&self, more: &[&str]) -> String {
        let words = [&["host", "token", "create"], more].concat();
        self.server.ok(&words).await
    }

    /// All hosts of an environment as the server sees them.
    async fn hosts(&self, environment: &str) -> Vec<Value> {
        let output = self
            .server
            .muster(&["-e", environment, "host", "ls", "-o", "json"])
            .await;
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    async fn one_active(&self) -> Value {
        until("one host is active", async || {
            let hosts = self.hosts("default").await;
            hosts.len() == 1 && hosts[0]["state"] == "active"
        })
        .await;
        self.hosts("default").await.remove(0)
    }
}

/// Runs a line in a shell of the machine, as root would. Only the directories are the test's own: the file system below is
/// shared between machines here.
async fn shell(machine: &Machine, line: &str) -> Output {
    let command = machine.host.command("sh").args(["-c", line]);
    let command = command
        .env("MUSTER_BIN", machine.path("bin/muster"))
        .env("MUSTER_AGENT_DATA", machine.path("agent"));
    let ended = tokio::time::timeout(
        std::time::Duration::from_secs(90),
        command.kill_on_drop(true).output(),
    );
    ended
        .await
        .unwrap_or_else(|_| panic!("`{line}` does not end"))
        .unwrap()
}

#[track_caller]
fn went_well(output: &Output) -> String {
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    said
}

#[track_caller]
fn failed(output: &Output) -> String {
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(!output.status.success(), "{said}");
    said
}

fn muster(machine: &Machine, words: &str) -> String {
    format!("'{}' {words}", machine.path("bin/muster").display())
}

async fn status(machine: &Machine) -> Value {
    let output = shell(machine, &muster(machine, "agent status -o json")).await;
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

/// Waits for an agent other than this one; its process.
async fn next_agent(machine: &Machine, before: &Value) -> Value {
    until("another agent is connected", async || {
        let status = status(machine).await;
        status["pid"].is_number() && status["pid"] != *before && status["trouble"].is_null()
    })
    .await;
    status(machine).await["pid"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_machine_becomes_a_host_by_one_command_and_stays_it() {
    let place = Place::of(2).await;
    let [machine, other] = &place.machines[..] else {
        panic!("two machines")
    };
    let printed = place.printed(&["--label", "zone=a"]).await;
    let token = printed.split_whitespace().last().unwrap();
    assert!(token.starts_with("muster-join-"));
    let line = printed.lines().next().unwrap();
    assert!(line.contains("https://10.99.0.1:8080/v1/install.sh"), "{line}");
    let before_join = shell(machine, "command -v curl").await;
    went_well(&before_join);
    let said = went_well(&shell(machine, line).await);
    assert!(said.contains("connected to https://10.99.0.1:8080"), "{said}");
    // This machine has neither systemd nor anything else that starts things, and says so.
    assert!(
        said.contains("NOTHING ON THIS MACHINE STARTS IT AT BOOT"),
        "{said}"
    );
    assert!(!said.contains(token), "a token is shown once");

    let host = place.one_active().await;
    assert_eq!(host["facts"]["address"], "10.99.0.11");
    assert_eq!(host["labels"]["zone"], "a");
    let mode = |name: &str| {
        let file = std::fs::metadata(machine.path("agent").join(name)).unwrap();
        file.permissions().mode() & 0o777
    };
    assert_eq!((mode("ca.pem"), mode("identity.json")), (0o400, 0o600));
    let secret = token.rsplit('-').nth(1).unwrap();
    let kept = shell(
        machine,
        &format!(
            "grep -rls {secret} '{}' /etc/init.d",
            machine.path("agent").display()
        ),
    )
    .await;
    assert_eq!(text(&kept.stdout), "", "the token lies nowhere");

    // A thief of the command comes too late.
    let said = failed(&shell(other, line).await);
    assert!(
        said.contains("already used") && said.contains("muster host token create"),
        "{said}"
    );

    // Killed, it comes back by itself.
    let first = status(machine).await["pid"].clone();
    went_well(&shell(machine, &format!("kill -9 {first}")).await);
    let second = next_agent(machine, &first).await;

    // The power goes: supervisor and agent are gone at once. At boot the hook is run.
    let supervisor = std::fs::read_to_string(machine.path("agent/supervisor.pid")).unwrap();
    went_well(&shell(machine, &format!("kill -9 {} {second}", supervisor.trim())).await);
    until("nothing runs", async || status(machine).await["pid"].is_null()).await;
    went_well(&shell(machine, "/etc/init.d/muster-agent start").await);
    let third = next_agent(machine, &second).await;
    assert_eq!(place.one_active().await["id"], host["id"], "it is the same host");

    // Again, it repairs, and needs no token for that; the server's name is known to nobody but itself.
    let words = "agent install --to https://muster.test:8080 --add-host muster.test=10.99.0.1 </dev/null";
    let install = muster(machine, words);
    let said = went_well(&shell(machine, &install).await);
    assert!(said.contains("as before"), "{said}");
    next_agent(machine, &third).await;
    assert_eq!(place.one_active().await["id"], host["id"]);

    let name = host["name"].as_str().unwrap();
    let server = &place.server;
    server.ok(&["host", "label", name, "disk=ssd", "zone-"]).await;
    server.ok(&["host", "deactivate", name]).await;
    let changed = place.hosts("default").await.remove(0);
    assert_eq!(changed["labels"], serde_json::json!({ "disk": "ssd" }));
    assert_eq!(changed["state"], "inactive");
    server.ok(&["host", "activate", name]).await;
    assert_eq!(place.one_active().await["id"], host["id"]);

    // Removed, it is cut off, told so, and comes back only as another host.
    server.ok(&["host", "rm", name]).await;
    until("the agent knows", async || {
        let status = status(machine).await;
        status["trouble"]
            .as_str()
            .is_some_and(|why| why.contains("removed"))
    })
    .await;
    let said = failed(&shell(machine, &install).await);
    assert!(said.contains("removed from the platform"), "{said}");
    let printed = place.printed(&[]).await;
    went_well(&shell(machine, printed.lines().next().unwrap()).await);
    assert_ne!(place.one_active().await["id"], host["id"]);

    // And it can be undone.
    went_well(&shell(machine, &muster(machine, "agent uninstall --forget")).await);
    assert!(status(machine).await["pid"].is_null());
    failed(&shell(machine, "test -e /etc/init.d/muster-agent").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_is_not_fit_is_told_what_to_mend_and_its_token_stays_good() {
    let place = Place::of(1).await;
    let machine = &place.machines[0];
    for spoil in [
        "echo 0 > /proc/sys/net/ipv4/ip_forward",
        "ip link set dev eth0 mtu 1400",
        "iptables -I INPUT -p udp --dport 4789 -j DROP",
    ] {
        went_well(&shell(machine, spoil).await);
    }
    let printed = place.printed(&[]).await;
    let line = printed.lines().next().unwrap();
    let made = place.server.json(&["host", "token", "create"]).await;
    assert!(
        made["command"]
            .as_str()
            .unwrap()
            .contains(made["token"].as_str().unwrap())
    );
    // Nothing is fetched from a server that has another key than the command says, and nothing sent to it.
    let (before, rest) = line.split_once("sha256//").unwrap();
    let (pin, after) = rest.split_once('\'').unwrap();
    let other = "A".repeat(pin.len() - 1) + "=";
    failed(&shell(machine, &format!("{before}sha256//{other}'{after}")).await);
    failed(&shell(machine, &line.replace(pin, &other)).await);
    failed(
        &shell(
            machine,
            &format!("test -e '{}'", machine.path("bin/muster").display()),
        )
        .await,
    );

    let said = failed(&shell(machine, line).await);
    for told in [
        "ip forwarding: off",
        "sysctl -w net.ipv4.ip_forward=1",
        "UDP 4789",
        "--dports 4789",
        "--ignore-checks",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(place.hosts("default").await.is_empty());
    let said = went_well(&shell(machine, &format!("{line} --ignore-checks")).await);
    assert!(said.contains("ip forwarding"), "{said}");
    let host = place.one_active().await;
    let shown = place
        .server
        .ok(&["host", "show", host["name"].as_str().unwrap()])
        .await;
    assert!(
        shown.contains("failing") && shown.contains("ip forwarding"),
        "{shown}"
    );

    for mend in [
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "iptables -D INPUT -p udp --dport 4789 -j DROP",
    ] {
        went_well(&shell(machine, mend).await);
    }
    let check = muster(machine, "agent check --to https://10.99.0.1:8080");
    let said = went_well(&shell(machine, &check).await);
    assert!(said.contains("UDP 4789,4242,51820 both ways"), "{said}");
    assert!(said.contains("packets of 1400 bytes come through"), "{said}");
}

const WEB: &str = "
services:
  web:
    image: muster/whoami
    deploy: { replicas: 5 }
";

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_in_one_environment_never_runs_on_a_host_of_another() {
    let place = Place::of(2).await;
    place.server.ok(&["env", "create", "prod"]).await;
    // One is the other's copy. The second one knows the server by its CA.
    for machine in &place.machines {
        let copied = "echo 0123456789abcdef0123456789abcdef > /etc/machine-id";
        went_well(&shell(machine, copied).await);
    }
    for (machine, words) in place.machines.iter().zip([&[][..], &["-e", "prod", "--by-ca"]]) {
        let printed = place.printed(words).await;
        went_well(&shell(machine, printed.lines().next().unwrap()).await);
    }
    for environment in ["default", "prod"] {
        until("each has its host", async || {
            let hosts = place.hosts(environment).await;
            hosts.len() == 1 && hosts[0]["state"] == "active"
        })
        .await;
    }
    // Whoever may not see the other learns that there is one.
    let [host] = &place.hosts("prod").await[..] else {
        panic!("one host")
    };
    let shown = place
        .server
        .ok(&["-e", "prod", "host", "show", host["name"].as_str().unwrap()])
        .await;
    assert!(
        shown.contains("a host of another environment has the same machine id"),
        "{shown}"
    );
    let [default, prod] = &place.machines[..] else {
        panic!("two machines")
    };
    let tar = place.server.muster(&["whoami", "--image"]).await;
    let file = place.server.path("whoami.tar");
    std::fs::write(&file, &tar.stdout).unwrap();
    let file = file.to_str().unwrap();
    place.server.ok(&["-e", "prod", "image", "load", file]).await;
    let stack = place.server.write("web/docker-compose.yml", WEB);
    place
        .server
        .ok(&["-e", "prod", "stack", "up", "web", "-f", &stack, "--yes"])
        .await;
    let running = async |machine: &Machine| {
        let containers = machine.containers().await;
        containers.values().filter(|container| container.running).count()
    };
    assert_eq!((running(default).await, running(prod).await), (0, 5));

    let refused = place.server.muster(&["env", "rm", "prod", "--yes"]).await;
    let said = failed(&refused);
    assert!(said.contains("stack web") && said.contains("host "), "{said}");
    let unasked = place.server.muster(&["env", "rm", "prod"]).await;
    assert!(failed(&unasked).contains("--yes"));

    // A token of one environment does not bring a machine into another.
    let printed = place.printed(&[]).await;
    let line = printed.lines().next().unwrap();
    went_well(&shell(prod, &muster(prod, "agent uninstall --forget")).await);
    let said = failed(&shell(prod, &line.replace("--environment default", "--environment prod")).await);
    assert!(said.contains("for the environment `default`"), "{said}");
}
