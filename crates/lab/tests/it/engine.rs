//! An engine's deaths and returns.

use std::time::Duration;

use muster_lab::Error;

use crate::support::{host, host_with_unit, run_unit, state};

#[tokio::test]
async fn a_container_survives_the_kill_of_its_engine() {
    let host = host_with_unit().await;
    let docker = host.docker();
    run_unit(&docker, "web", &["serve", "80"]).await;
    let (_, before, _) = state(&docker, "web").await;
    let first_engine = host.engine_pid().await.unwrap();

    host.kill_engine().await.unwrap();
    assert!(docker.ping().await.is_err());
    assert_eq!(host.engine_pid().await, None);

    host.start_engine().await.unwrap();
    assert_eq!(state(&docker, "web").await, (true, before, 0));
    assert_ne!(host.engine_pid().await, Some(first_engine));
}

#[tokio::test]
async fn a_container_survives_an_orderly_restart_of_its_engine() {
    let host = host_with_unit().await;
    let docker = host.docker();
    run_unit(&docker, "web", &["serve", "80"]).await;
    let (_, before, _) = state(&docker, "web").await;
    host.stop_engine().await.unwrap();
    host.start_engine().await.unwrap();
    assert_eq!(state(&docker, "web").await, (true, before, 0));
}

#[tokio::test]
async fn a_frozen_engine_answers_only_after_it_thaws() {
    let host = host().await;
    let docker = host.docker();
    host.freeze_engine().await.unwrap();
    let asked = tokio::spawn(async move { docker.ping().await });
    // The one place where time itself is the fact: no answer comes.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!asked.is_finished(), "{:?}", asked.await);
    host.thaw_engine().await.unwrap();
    asked.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_frozen_engine_can_be_killed() {
    let host = host().await;
    host.freeze_engine().await.unwrap();
    host.kill_engine().await.unwrap();
    host.start_engine().await.unwrap();
    host.docker().ping().await.unwrap();
}

#[tokio::test]
async fn starting_twice_and_stopping_twice_say_so() {
    let host = host().await;
    let twice = host.start_engine().await;
    assert!(
        matches!(twice, Err(Error::EngineState { state: "running", .. })),
        "{twice:?}"
    );
    host.stop_engine().await.unwrap();
    let twice = host.kill_engine().await;
    assert!(
        matches!(twice, Err(Error::EngineState { state: "stopped", .. })),
        "{twice:?}"
    );
}

#[tokio::test]
async fn an_engine_that_cannot_start_shows_its_log() {
    let host = host().await;
    host.stop_engine().await.unwrap();
    std::fs::write(host.dir().join("daemon.json"), r#"{"no-such-key": 1}"#).unwrap();
    let said = host.start_engine().await.unwrap_err().to_string();
    assert!(said.contains("no-such-key"), "{said}");
}
