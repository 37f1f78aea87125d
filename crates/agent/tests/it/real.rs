//! The whole agent over a real engine and a real link.

use std::time::Duration;

use muster_agent::engine::{Container, Engine as _};
use muster_agent::{AgentError, run};
use muster_lab::{BUSYBOX, Host, UNIT};
use muster_model::Digest;
use muster_model::assigned::UnitWish;
use muster_model::desired::{ContainerSpec, FileMount, ImageRef};
use muster_model::link::{FromAgent, UnitAssignment};
use muster_model::observed::Phase;

use crate::server::{Agent, Stage, eventually};
use crate::wish::{host, id, name, table, unit, with_port, with_sidekick, with_spec};

/// A unit that serves HTTP.
pub fn serving(n: u32) -> UnitAssignment {
    with_spec(unit(n), |spec| spec.image = ImageRef::parse(UNIT).unwrap())
}

/// A unit whose busybox runs a line of shell.
pub fn shell(n: u32, line: &str) -> UnitAssignment {
    with_spec(unit(n), |spec| {
        spec.image = ImageRef::parse(BUSYBOX).unwrap();
        spec.command = Some(["sh", "-c", line].map(str::to_owned).to_vec());
        spec.stop_grace_ms = Some(500);
    })
}

async fn list(stage: &Stage) -> Vec<Container> {
    let mut listed = stage.engine().list(host()).await.unwrap();
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    listed
}

/// When the container's process began: another one after a restart.
async fn began(lab: &Host, name: &str) -> String {
    let seen = lab.docker().inspect_container(name, None).await.unwrap();
    format!("{:?}", seen.state.unwrap().started_at)
}

#[tokio::test]
async fn units_run_and_are_adopted_by_the_next_agent() {
    let mut stage = Stage::new().await;
    let mut sidekick = with_sidekick(with_port(serving(1), 8080), "log");
    let spec: ContainerSpec = (*shell(1, "sleep 1000").containers[0].spec).clone();
    sidekick.containers[1].spec = spec.into();
    stage.server.wish(table(1, [sidekick, serving(2)]));
    let told = stage.server.until(id(1), Phase::Running).await;
    assert!(told.running_since.is_some() && told.containers.iter().all(|container| container.running));
    stage.server.until(id(2), Phase::Running).await;
    stage
        .lab
        .tcp_connect("10.42.1.1:80".parse().unwrap())
        .await
        .unwrap();
    stage
        .lab
        .tcp_connect("127.0.0.1:8080".parse().unwrap())
        .await
        .unwrap();
    let before = (list(&stage).await.len(), began(&stage.lab, &name(1)).await);
    stage.agent.take().unwrap().kill().await;
    stage.server.forget_heard();
    stage.agent = Some(Agent::start(stage.server.config(&stage.lab)));
    stage.server.until(id(1), Phase::Running).await;
    assert!(matches!(stage.server.heard()[0], FromAgent::Hello(_)));
    assert_eq!(
        (list(&stage).await.len(), began(&stage.lab, &name(1)).await),
        before
    );
    assert_eq!(before.0, 3);
}

#[tokio::test]
async fn what_is_removed_by_hand_comes_back_and_strangers_stay() {
    let stage = Stage::new().await;
    let script = "docker run -d --name stranger --label io.muster.unit=unit-9-9 lab/unit:1";
    assert!(
        stage
            .lab
            .command("sh")
            .args(["-c", script])
            .output()
            .await
            .unwrap()
            .status
            .success()
    );
    stage.server.wish(table(1, [serving(1)]));
    stage.server.until(id(1), Phase::Running).await;
    let first = list(&stage).await[0].id.clone();
    let stranger = began(&stage.lab, "stranger").await;
    let script = format!("docker rm -f {}", name(1));
    assert!(
        stage
            .lab
            .command("sh")
            .args(["-c", &script])
            .output()
            .await
            .unwrap()
            .status
            .success()
    );
    eventually("it runs again", async || {
        let listed = list(&stage).await;
        listed
            .first()
            .is_some_and(|c| c.state.is_alive() && c.id != first)
            .then_some(())
    })
    .await;
    eventually("that is told", async || {
        stage.server.told(id(1)).filter(|told| told.restarts == 1)
    })
    .await;
    let mut gone = serving(1);
    gone.wish = UnitWish::Remove;
    stage.server.wish(table(2, [gone]));
    stage.server.until(id(1), Phase::Gone).await;
    assert_eq!(list(&stage).await, []);
    assert_eq!(began(&stage.lab, "stranger").await, stranger);
}

#[tokio::test]
async fn what_cannot_run_says_why() {
    let stage = Stage::new().await;
    let absent = with_spec(unit(1), |spec| {
        spec.image = ImageRef::parse("127.0.0.1:9/absent:1").unwrap()
    });
    let program = with_spec(serving(2), |spec| {
        spec.entrypoint = Some(vec!["/no/such/program".to_owned()])
    });
    stage.server.wish(table(1, [absent, program]));
    let told = stage.server.until(id(1), Phase::Backoff).await;
    let message = told.message.unwrap();
    assert!(
        message.contains("127.0.0.1:9/absent:1") && message.contains("muster image load FILE"),
        "{message}"
    );
    let told = stage.server.until(id(2), Phase::Backoff).await;
    let message = told.message.unwrap();
    assert!(
        message.contains("/no/such/program") && message.contains("check its command"),
        "{message}"
    );
}

#[tokio::test]
async fn a_kill_of_the_engine_touches_no_container() {
    let stage = Stage::new().await;
    stage.server.wish(table(1, [serving(1), shell(2, "sleep 1000")]));
    stage.server.until(id(1), Phase::Running).await;
    stage.server.until(id(2), Phase::Running).await;
    let before = (
        began(&stage.lab, &name(1)).await,
        began(&stage.lab, &name(2)).await,
    );
    let engine_error = |wanted: bool| {
        let heard = stage.server.heard();
        let facts = heard.iter().rev().find_map(|message| match message {
            FromAgent::Facts(facts) => Some(facts.engine_error.is_some()),
            _ => None,
        });
        facts.filter(|error| *error == wanted)
    };
    stage.lab.kill_engine().await.unwrap();
    eventually("the engine is missed", async || engine_error(true)).await;
    stage.lab.start_engine().await.unwrap();
    eventually("the engine is back", async || engine_error(false)).await;
    assert_eq!(
        (
            began(&stage.lab, &name(1)).await,
            began(&stage.lab, &name(2)).await
        ),
        before
    );
    let script = format!("docker kill {}", name(1));
    assert!(
        stage
            .lab
            .command("sh")
            .args(["-c", &script])
            .output()
            .await
            .unwrap()
            .status
            .success()
    );
    eventually("events are heard again", async || {
        stage.server.told(id(1)).filter(|told| told.restarts == 1)
    })
    .await;
}

#[tokio::test]
async fn without_a_server_containers_are_kept_running() {
    let mut stage = Stage::new().await;
    stage.server.wish(table(1, [serving(1)]));
    stage.server.until(id(1), Phase::Running).await;
    stage.agent.take().unwrap().kill().await;
    let config = muster_agent::AgentConfig {
        servers: vec!["https://127.0.0.1:9".parse().unwrap()],
        ..stage.server.config(&stage.lab)
    };
    let script = format!("docker rm -f {}", name(1));
    assert!(
        stage
            .lab
            .command("sh")
            .args(["-c", &script])
            .output()
            .await
            .unwrap()
            .status
            .success()
    );
    let _agent = Agent::start(config);
    eventually("it runs", async || {
        list(&stage)
            .await
            .first()
            .filter(|c| c.state.is_alive())
            .map(drop)
    })
    .await;
}

#[tokio::test]
async fn secrets_and_names_reach_the_container() {
    let stage = Stage::new().await;
    let digest = Digest::of(b"key");
    let reader = with_spec(
        shell(
            1,
            "while ! nslookup web.shop >/tmp/names; do sleep 0.1; done; cat /run/secrets/key; cat /etc/resolv.conf; sleep 1000",
        ),
        |spec| {
            spec.files.push(FileMount {
                name: "key".parse().unwrap(),
                secret: true,
                target: "/run/secrets/key".to_owned(),
                digest,
                uid: None,
                gid: None,
                mode: None,
            });
        },
    );
    stage.server.deliver(digest, b"sesame\n");
    stage.server.wish(table(1, [reader, serving(2)]));
    stage.server.until(id(1), Phase::Running).await;
    let script = format!("docker logs {}", name(1));
    let said = eventually("the secret is read", async || {
        let output = stage
            .lab
            .command("sh")
            .args(["-c", &script])
            .output()
            .await
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        said.contains("search shop").then_some(said)
    })
    .await;
    assert!(said.starts_with("sesame\n"), "{said}");
}

#[tokio::test]
async fn further_names_are_the_stacks_own() {
    let stage = Stage::new().await;
    let named = with_spec(serving(1), |spec| {
        spec.aliases = vec!["front".to_owned(), "www.example.com".to_owned()];
    });
    let asks = |names: &str| {
        format!(
            "for name in {names}; do while ! ping -c 1 $name; do sleep 0.1; done; done; echo found; ping -c 1 front && echo own; echo end; sleep 1000"
        )
    };
    // Resolvers of its own are asked for what is outside.
    let asker = with_spec(shell(2, &asks("front www.example.com")), |spec| {
        spec.dns = vec!["10.42.0.1".to_owned()];
    });
    let mut stranger = with_spec(shell(3, &asks("front.shop www.example.com")), |spec| {
        spec.dns_opt = vec!["timeout:1".to_owned(), "attempts:1".to_owned()];
    });
    stranger.stack = "blog".parse().unwrap();
    stage.server.wish(table(1, [named, asker, stranger]));
    let ended = async |n: u32| {
        let script = format!("docker logs {}", name(n));
        eventually("the names are found", async || {
            let output = stage
                .lab
                .command("sh")
                .args(["-c", &script])
                .output()
                .await
                .unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            said.contains("end").then_some(said)
        })
        .await
    };
    assert!(ended(2).await.contains("own"));
    assert!(!ended(3).await.contains("own"));
}

#[tokio::test]
async fn two_agents_do_not_share_a_directory() {
    let stage = Stage::new().await;
    stage.server.wish(table(1, [serving(1)]));
    stage.server.until(id(1), Phase::Running).await;
    let second = run(stage.server.config(&stage.lab), std::future::pending());
    let refused = tokio::time::timeout(Duration::from_secs(5), second)
        .await
        .unwrap();
    assert!(matches!(refused, Err(AgentError::Locked { .. })), "{refused:?}");
}
