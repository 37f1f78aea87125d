//! Stories of one machine: what is deployed runs, and goes on running.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::machine::{Machine, repository, text, until};

const WEB: &str = "
services:
  web:
    image: muster/whoami
    ports: ['8088:80']
  back:
    image: muster/whoami
    deploy: { replicas: 3 }
";

async fn deployed(machine: &Machine) {
    let file = machine.write("shop/docker-compose.yml", WEB);
    machine.ok(&["stack", "up", "shop", "-f", &file, "--yes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_is_deployed_and_answers() {
    let machine = Machine::with_dev().await;
    let sample = repository("examples/whoami/docker-compose.yml");
    let plan = machine.ok(&["stack", "plan", "sample", "-f", &sample]).await;
    assert!(plan.contains("to create"), "{plan}");
    machine
        .ok(&["stack", "up", "sample", "-f", &sample, "--yes"])
        .await;
    let answer = machine
        .http_get(8088)
        .await
        .expect("the sample answers on its port");
    assert!(answer.contains("hostname: "), "{answer}");

    let again = machine.muster(&["stack", "up", "sample", "-f", &sample]).await;
    assert!(
        again.status.success(),
        "nothing to change needs no answer: {}",
        text(&again.stderr)
    );
    assert!(
        text(&again.stderr).contains("0 to create, 0 to replace, 0 to remove"),
        "{}",
        text(&again.stderr)
    );

    let stacks = machine.json(&["stack", "ls"]).await;
    assert_eq!(stacks[0]["state"], "steady");
    machine.ok(&["stack", "rm", "sample", "--yes"]).await;
    until("all containers are gone", async || {
        machine.containers().await.is_empty()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_web_database_cache_example_runs() {
    let machine = Machine::with_dev().await;
    let file = repository("examples/web-db-cache/docker-compose.yml");
    machine.ok(&["stack", "up", "shop", "-f", &file, "--yes"]).await;
    let stack = machine.json(&["stack", "show", "shop"]).await;
    assert_eq!(stack["state"], "steady");
    assert_eq!(stack["healthy"], stack["wanted"]);
}

/// The check of `side` passes only in the network of `net`; the job's units run to their end.
const TOGETHER: &str = "
services:
  net: {image: muster/whoami}
  side:
    image: muster/whoami
    command: [--port, '81']
    network_mode: service:net
    healthcheck: {test: [CMD, /muster, whoami, --probe, '80'], interval: 200ms}
  job:
    image: muster/whoami
    entrypoint: [/muster, --version]
    deploy: {mode: replicated-job, replicas: 2}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_job_ends_and_who_lives_in_anothers_network_is_there() {
    let machine = Machine::with_dev().await;
    let file = machine.write("shop/docker-compose.yml", TOGETHER);
    machine.ok(&["stack", "up", "shop", "-f", &file, "--yes"]).await;
    let stack = machine.json(&["stack", "show", "shop"]).await;
    assert_eq!(stack["state"], "steady", "{stack}");
    let ended = async || -> BTreeSet<String> {
        let all = machine.containers().await.into_values();
        all.filter(|c| !c.running).map(|c| c.id).collect()
    };
    let before = ended().await;
    assert_eq!((machine.containers().await.len(), before.len()), (4, 2));
    machine.ok(&["service", "restart", "shop/job"]).await;
    until("the job ran again", async || {
        let stack = machine.json(&["stack", "show", "shop"]).await;
        let now = ended().await;
        stack["state"] == "steady" && now.len() == 2 && now.is_disjoint(&before)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_removed_behind_our_back_comes_back() {
    let machine = Machine::with_dev().await;
    deployed(&machine).await;
    let before = machine.containers().await;
    let (name, victim) = before.iter().next().unwrap();
    machine
        .host
        .docker()
        .remove_container(&victim.id, Some(force()))
        .await
        .unwrap();
    until("it is made again under its name", async || {
        machine
            .containers()
            .await
            .get(name)
            .is_some_and(|c| c.running && c.id != victim.id)
    })
    .await;
    let after = machine.containers().await;
    for (other, container) in before.iter().filter(|(other, _)| *other != name) {
        assert_eq!(after.get(other), Some(container), "{other} was not to be touched");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_s_container_is_left_alone() {
    let machine = Machine::with_dev().await;
    let stranger = bollard::models::ContainerCreateBody {
        image: Some("muster/whoami".to_owned()),
        ..Default::default()
    };
    let options = bollard::query_parameters::CreateContainerOptionsBuilder::default()
        .name("stranger")
        .build();
    machine
        .host
        .docker()
        .create_container(Some(options), stranger)
        .await
        .unwrap();
    machine
        .host
        .docker()
        .start_container("stranger", None)
        .await
        .unwrap();
    let before = machine.containers().await["stranger"].clone();
    deployed(&machine).await;
    machine.ok(&["stack", "rm", "shop", "--yes"]).await;
    until("ours are gone", async || machine.containers().await.len() == 1).await;
    assert_eq!(machine.containers().await["stranger"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_seconds_without_a_server_touch_no_container() {
    let mut machine = Machine::apart().await;
    deployed(&machine).await;
    let before = machine.containers().await;
    machine.kill_server().await;
    // The promise is about this length of time; no condition stands for it.
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(machine.containers().await, before);
    machine.start_server().await;
    machine.host_is_active().await;
    let stack = machine.json(&["stack", "show", "shop"]).await;
    assert_eq!(
        (&stack["state"], &stack["running"]),
        (&Value::from("steady"), &Value::from(4))
    );
    assert_eq!(machine.containers().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_alone_restarts_what_crashes() {
    let mut machine = Machine::apart().await;
    deployed(&machine).await;
    machine.kill_server().await;
    let before = machine.containers().await;
    let (name, victim) = before.iter().next().unwrap();
    machine
        .host
        .docker()
        .kill_container(&victim.id, None)
        .await
        .unwrap();
    until("the agent starts it again", async || {
        machine
            .containers()
            .await
            .get(name)
            .is_some_and(|c| c.running && c.started != victim.started)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_agent_adopts_its_containers() {
    let mut machine = Machine::apart().await;
    deployed(&machine).await;
    let before = machine.containers().await;
    machine.kill_agent().await;
    let victim = before.iter().next().unwrap();
    machine
        .host
        .docker()
        .remove_container(&victim.1.id, Some(force()))
        .await
        .unwrap();
    machine.start_agent(None).await;
    until("what was removed meanwhile is made again", async || {
        machine
            .containers()
            .await
            .get(victim.0)
            .is_some_and(|c| c.running)
    })
    .await;
    let after = machine.containers().await;
    assert_eq!(after.len(), before.len());
    for (name, container) in before.iter().skip(1) {
        assert_eq!(
            after.get(name),
            Some(container),
            "{name} was to be adopted as it ran"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_stops_and_starts_has_its_containers_again() {
    let machine = Machine::apart().await;
    deployed(&machine).await;
    let names: Vec<String> = machine.containers().await.into_keys().collect();
    machine.host.stop_engine().await.unwrap();
    until("the server knows that the engine is away", async || {
        let hosts = machine.json(&["host", "ls"]).await;
        !hosts[0]["facts"]["engine_error"].is_null()
    })
    .await;
    machine.host.start_engine().await.unwrap();
    until("all of them run", async || {
        let now = machine.containers().await;
        now.len() == names.len() && names.iter().all(|name| now.get(name).is_some_and(|c| c.running))
    })
    .await;
    machine.host_is_active().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_revision_stops_and_is_rolled_back() {
    let machine = Machine::with_dev().await;
    deployed(&machine).await;
    let bad = WEB.replace(
        "deploy: { replicas: 3 }",
        "deploy: { replicas: 3 }\n    command: ['--port', 'none']",
    );
    let file = machine.write("shop/docker-compose.yml", &bad);
    let output = machine
        .muster(&["stack", "up", "shop", "-f", &file, "--yes"])
        .await;
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("muster stack rollback shop"),
        "{}",
        text(&output.stderr)
    );
    let units = machine.json(&["ps", "shop/back"]).await;
    let good = units
        .as_array()
        .unwrap()
        .iter()
        .filter(|unit| unit["revision"] == 1 && unit["phase"] == "running");
    assert!(
        good.count() >= 2,
        "a rollout takes one at a time and stops at the first that fails: {units}"
    );

    machine.ok(&["stack", "rollback", "shop", "--yes"]).await;
    let stack = machine.json(&["stack", "show", "shop"]).await;
    assert_eq!(
        (&stack["state"], &stack["revision"]),
        (&Value::from("steady"), &Value::from(3))
    );
    let history = machine.json(&["stack", "history", "shop"]).await;
    assert_eq!(history[2]["rollback_of"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn scale_restart_logs_and_exec() {
    let machine = Machine::with_dev().await;
    deployed(&machine).await;
    machine.ok(&["service", "scale", "shop/back=5", "--detach"]).await;
    until("five run", async || {
        machine.json(&["service", "show", "shop/back"]).await["running"] == 5
    })
    .await;

    let before = machine.containers().await;
    machine.ok(&["service", "restart", "shop/web"]).await;
    let changed = machine
        .containers()
        .await
        .into_values()
        .filter(|c| !before.values().any(|b| b.id == c.id))
        .count();
    assert_eq!(changed, 1, "web has one unit");

    let logs = machine.ok(&["logs", "shop"]).await;
    assert_eq!(logs.matches("whoami listens on port 80").count(), 6, "{logs}");
    let found = machine.ok(&["logs", "shop", "--search", "no such line"]).await;
    assert_eq!(found, "");

    let output = machine
        .muster(&["exec", "shop/web", "/muster", "--version"])
        .await;
    assert!(
        text(&output.stdout).starts_with("muster "),
        "{}",
        text(&output.stderr)
    );
    let output = machine
        .muster(&["exec", "shop/web-1", "/muster", "whoami", "--probe", "81"])
        .await;
    assert_eq!(
        output.status.code(),
        Some(1),
        "the program's exit code is the command's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_reaches_the_container_and_nothing_else() {
    const CANARY: &str = "canary-7f3a9c";
    let machine = Machine::apart().await;
    machine.write("shop/password.txt", CANARY);
    let file = machine.write(
        "shop/docker-compose.yml",
        "
services:
  web:
    image: muster/whoami
    secrets: [password]
secrets:
  password: { file: ./password.txt }
",
    );
    let up = machine
        .muster(&["stack", "up", "shop", "-f", &file, "--yes"])
        .await;
    assert!(up.status.success(), "{}", text(&up.stderr));
    let id = machine.containers().await.into_values().next().unwrap().id;
    let inside = machine
        .host
        .docker()
        .download_from_container(&id, Some(at("/run/secrets/password")));
    let bytes = futures_util::TryStreamExt::try_collect::<Vec<_>>(inside)
        .await
        .unwrap()
        .concat();
    assert!(text(&bytes).contains(CANARY), "the container has it");

    let mut seen = vec![text(&up.stdout), text(&up.stderr), machine.server_log()];
    for args in [
        &["stack", "show", "shop"][..],
        &["stack", "history", "shop"],
        &["ps"],
        &["service", "ls"],
    ] {
        seen.push(machine.json(args).await.to_string());
    }
    for text in &seen {
        assert!(!text.contains(CANARY), "{text}");
    }
    for directory in ["server", "agent"] {
        assert!(
            !holds(&machine.path(directory), CANARY.as_bytes()),
            "{directory} has it in the clear"
        );
    }
}

fn holds(directory: &std::path::Path, needle: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, needle);
        }
        std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    })
}

fn at(path: &str) -> bollard::query_parameters::DownloadFromContainerOptions {
    bollard::query_parameters::DownloadFromContainerOptionsBuilder::default()
        .path(path)
        .build()
}

fn force() -> bollard::query_parameters::RemoveContainerOptions {
    bollard::query_parameters::RemoveContainerOptionsBuilder::default()
        .force(true)
        .build()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_whose_certificate_is_lost_is_still_the_host_that_it_was() {
    let mut machine = Machine::with_dev().await;
    deployed(&machine).await;
    let before = machine.containers().await;
    machine.kill_server().await;
    std::fs::remove_file(machine.path("data/agent/identity.json")).unwrap();
    machine.start_dev().await;
    until("it is back", async || {
        machine.json(&["host", "ls"]).await[0]["state"] == "active"
    })
    .await;
    assert_eq!(machine.json(&["host", "ls"]).await.as_array().unwrap().len(), 1);
    assert_eq!(machine.containers().await, before, "nothing was touched");
}
