//! Containers in a line, and waiting for conditions.

use std::future::Future;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, StartContainerOptions,
};
use muster_lab::{Host, Lab, UNIT, load_unit};

pub async fn host() -> Host {
    Lab::new().unwrap().host("a").await.unwrap()
}

/// A host whose engine has the image of `lab-unit`.
pub async fn host_with_unit() -> Host {
    let host = host().await;
    load_unit(&host.docker()).await.unwrap();
    host
}

/// Starts a container of `lab-unit` with these arguments.
pub async fn run_unit(docker: &Docker, name: &str, words: &[&str]) {
    let body = ContainerCreateBody {
        image: Some(UNIT.into()),
        cmd: Some(words.iter().map(|word| (*word).to_owned()).collect()),
        host_config: Some(HostConfig::default()),
        ..Default::default()
    };
    run(docker, name, body).await;
}

pub async fn run(docker: &Docker, name: &str, body: ContainerCreateBody) {
    let options = CreateContainerOptionsBuilder::default().name(name).build();
    docker.create_container(Some(options), body).await.unwrap();
    docker
        .start_container(name, None::<StartContainerOptions>)
        .await
        .unwrap();
}

/// (running, process number, exit code)
pub async fn state(docker: &Docker, name: &str) -> (bool, i64, i64) {
    let seen = docker
        .inspect_container(name, None::<InspectContainerOptions>)
        .await
        .unwrap();
    let state = seen.state.unwrap();
    (
        state.running.unwrap(),
        state.pid.unwrap(),
        state.exit_code.unwrap(),
    )
}

pub async fn address(docker: &Docker, name: &str) -> String {
    let seen = docker
        .inspect_container(name, None::<InspectContainerOptions>)
        .await
        .unwrap();
    let networks = seen.network_settings.unwrap().networks.unwrap();
    networks["bridge"].ip_address.clone().unwrap()
}

/// Asks again until `ask` answers something, for ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "{what} did not happen within ten seconds"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
