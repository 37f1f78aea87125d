//! Server and agent as they are: a host near its certificate's end gets the next one, and is let in with it.

use std::future::pending;
use std::path::Path;
use std::time::{Duration, Instant};

use muster_agent::AgentConfig;
use muster_model::link::StreamRequest;
use muster_server::ServerConfig;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(30);

fn agent(directory: &Path, server: &str) -> JoinHandle<()> {
    let mut config = AgentConfig::new(vec![server.parse().unwrap()], directory.to_owned());
    config.run_dir = directory.join("run");
    config.engine_socket = directory.join("no-engine.sock");
    tokio::spawn(async { muster_agent::run(config, pending()).await.unwrap() })
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "{what} did not come to pass");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_gets_its_next_certificate_and_comes_back_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = ServerConfig::local(directory.path().join("server"));
    config.listen.set_port(0);
    // They begin an hour before they are made, so this is the last sixth of one.
    config.agent_certificate_life = Duration::from_secs(600);
    let server = muster_server::build(config).await.unwrap();
    let (url, agents) = (format!("https://{}", server.address()), server.agents());
    let joined = server.local_join("here", None).await.unwrap();
    let _serving = tokio::spawn(server.run(pending()));

    let data = directory.path().join("agent");
    std::fs::create_dir(&data).unwrap();
    let file = data.join("identity.json");
    let first = json!({
        "host": joined.host, "key_pem": joined.key.expose(),
        "certificate_pem": joined.certificate_pem, "ca_pem": joined.ca_pem,
    });
    std::fs::write(&file, first.to_string()).unwrap();
    let kept = || serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()).unwrap();
    // Dates are whole seconds, and one that ends no later does not take the first one's place.
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    let running = agent(&data, &url);
    eventually("a new certificate", async || {
        kept()["certificate_pem"] != first["certificate_pem"]
    })
    .await;
    assert_ne!(kept()["key_pem"], first["key_pem"], "a new key with it");
    assert_eq!(kept()["host"], first["host"]);
    let host = joined.host.parse().unwrap();
    let is_in_touch = async || agents.open(host, StreamRequest::ImageList).await.is_ok();
    assert!(is_in_touch().await, "the link it came by stands");

    running.abort();
    eventually("the end of the first agent", async || !is_in_touch().await).await;
    let _again = agent(&data, &url);
    eventually("the host is back", is_in_touch).await;
}
