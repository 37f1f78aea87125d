//! What a machine and its containers used, without a word from the engine.

use crate::machine::{Machine, until};

const WEB: &str = "
services:
  web:
    image: muster/whoami
    ports: ['8090:8080']
";

#[tokio::test(flavor = "multi_thread")]
async fn use_is_told_while_the_engine_hangs() {
    let machine = Machine::with_dev().await;
    let file = machine.write("shop/docker-compose.yml", WEB);
    machine.ok(&["stack", "up", "shop", "-f", &file, "--yes"]).await;
    machine.host.freeze_engine().await.unwrap();
    until("the container was sampled", async || {
        let stats = machine.json(&["stats", "shop/web"]).await;
        let last = &stats["containers"][0]["samples"][0];
        last["memory"].as_u64() > Some(0) && last["pids"].as_u64() > Some(0)
    })
    .await;
    let hosts = machine.json(&["host", "ls"]).await;
    let host = hosts[0]["name"].as_str().unwrap();
    let stats = machine.json(&["host", "stats", host]).await;
    let samples = stats["samples"].as_array().unwrap();
    assert!(
        samples.len() >= 2 && samples[1]["memory"].as_u64() > Some(0),
        "{stats}"
    );
    machine.host.thaw_engine().await.unwrap();
    let told = machine.ok(&["stats", "shop"]).await;
    assert!(told.contains("shop/web-1") && told.contains("PIDS"), "{told}");
    let told = machine.ok(&["host", "stats", host]).await;
    assert!(
        told.contains("cores busy") && told.contains("network in"),
        "{told}"
    );
}
