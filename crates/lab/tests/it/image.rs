//! Images made on the spot.

use bollard::models::{ContainerCreateBody, HealthStatusEnum};
use bollard::query_parameters::{InspectContainerOptions, StopContainerOptionsBuilder};
use futures_util::TryStreamExt;
use muster_lab::{BUSYBOX, Image, UNIT, import_binary, load_busybox, load_unit};
use serde_json::json;

use crate::support::{eventually, host, host_with_unit, run, run_unit, state};

#[tokio::test]
async fn an_image_has_the_configuration_asked_for_and_one_id() {
    let host = host().await;
    let docker = host.docker();
    let binary = std::path::Path::new("/bin/busybox");
    let import = async || {
        import_binary(
            &docker,
            binary,
            "lab/own:7",
            &["/busybox", "echo"],
            &["hi"],
            &[80, 443],
        )
        .await
        .unwrap();
        docker.inspect_image("lab/own:7").await.unwrap()
    };
    let image = import().await;
    let config = image.config.unwrap();
    assert_eq!(config.entrypoint.unwrap(), ["/busybox", "echo"]);
    assert_eq!(config.cmd.unwrap(), ["hi"]);
    let mut ports: Vec<String> = config.exposed_ports.unwrap().into_iter().collect();
    ports.sort();
    assert_eq!(ports, ["443/tcp", "80/tcp"]);
    assert_eq!(import().await.id, image.id);

    run(
        &docker,
        "own",
        ContainerCreateBody {
            image: Some("lab/own:7".into()),
            ..Default::default()
        },
    )
    .await;
    assert_eq!(logs(&docker, "own").await, "hi\n");
}

#[tokio::test]
async fn busybox_has_a_shell() {
    let host = host().await;
    let docker = host.docker();
    load_busybox(&docker).await.unwrap();
    let script = "whoami; ls -d /tmp; cat /etc/passwd | wc -l; exit 7";
    let words = ["sh", "-c", script].map(str::to_owned).to_vec();
    run(
        &docker,
        "sh",
        ContainerCreateBody {
            image: Some(BUSYBOX.into()),
            cmd: Some(words),
            ..Default::default()
        },
    )
    .await;
    assert_eq!(logs(&docker, "sh").await, "root\n/tmp\n2\n");
    assert_eq!(exit_code(&docker, "sh").await, 7);
}

#[tokio::test]
async fn the_unit_exits_prints_and_heeds_or_ignores_its_end() {
    let host = host_with_unit().await;
    let docker = host.docker();
    run_unit(&docker, "exits", &["exit", "3"]).await;
    run_unit(&docker, "prints", &["print", "3"]).await;
    run_unit(&docker, "heeds", &["sleep"]).await;
    run_unit(&docker, "ignores", &["ignore-term"]).await;

    assert_eq!(exit_code(&docker, "exits").await, 3);
    let printed = async || Some(logs_now(&docker, "prints").await).filter(|text| text.ends_with("line 3\n"));
    assert_eq!(
        eventually("three lines", printed).await,
        "line 1\nline 2\nline 3\n"
    );
    for (name, code) in [("heeds", 0), ("ignores", 137)] {
        let patience = StopContainerOptionsBuilder::default().t(1).build();
        docker.stop_container(name, Some(patience)).await.unwrap();
        assert_eq!(exit_code(&docker, name).await, code, "{name}");
    }
}

#[tokio::test]
async fn health_checks_of_an_image_are_run() {
    let host = host_with_unit().await;
    let docker = host.docker();
    let unit = std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .join("lab-unit");
    for (name, path) in [("healthy", "/etc/passwd"), ("unhealthy", "/no/such/file")] {
        let check =
            json!({ "Test": ["CMD", "/u", "check-file", path], "Interval": 50_000_000, "Retries": 1 });
        let tag = format!("lab/{name}:1");
        let image = Image::new(&tag)
            .file("/u", &unit)
            .unwrap()
            .cmd(&["/u", "sleep"])
            .set("Healthcheck", check);
        image.load(&docker).await.unwrap();
        run(
            &docker,
            name,
            ContainerCreateBody {
                image: Some(tag),
                ..Default::default()
            },
        )
        .await;
    }
    let health = async |name: &str| {
        let seen = docker
            .inspect_container(name, None::<InspectContainerOptions>)
            .await
            .unwrap();
        seen.state
            .unwrap()
            .health
            .unwrap()
            .status
            .filter(|s| *s != HealthStatusEnum::STARTING)
    };
    let good = eventually("a verdict", || health("healthy")).await;
    let bad = eventually("a verdict", || health("unhealthy")).await;
    assert_eq!(
        (good, bad),
        (HealthStatusEnum::HEALTHY, HealthStatusEnum::UNHEALTHY)
    );
}

#[tokio::test]
async fn loading_an_image_twice_is_fine() {
    let host = host_with_unit().await;
    load_unit(&host.docker()).await.unwrap();
    host.docker().inspect_image(UNIT).await.unwrap();
}

async fn exit_code(docker: &bollard::Docker, name: &str) -> i64 {
    let ended = async || Some(state(docker, name).await).filter(|(running, _, _)| !running);
    eventually("its end", ended).await.2
}

async fn logs(docker: &bollard::Docker, name: &str) -> String {
    exit_code(docker, name).await;
    logs_now(docker, name).await
}

async fn logs_now(docker: &bollard::Docker, name: &str) -> String {
    use bollard::query_parameters::LogsOptionsBuilder;
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).build();
    let lines: Vec<_> = docker.logs(name, Some(options)).try_collect().await.unwrap();
    lines.into_iter().map(|line| line.to_string()).collect()
}
