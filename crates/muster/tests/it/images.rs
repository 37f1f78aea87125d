//! Images that no registry gives reach the hosts that need them from one that has them.

use bollard::query_parameters::{RemoveImageOptions, TagImageOptionsBuilder};
use serde_json::Value;

use crate::fleet::Fleet;
use crate::machine::{Machine, until};

const OWN: &str = "
services:
  web:
    image: own/thing:1
    deploy: { replicas: 2 }
";

/// The sample image gets another name on this machine only, and loses its own everywhere.
async fn rename_on(fleet: &Fleet, name: &str) {
    let to = TagImageOptionsBuilder::default()
        .repo("own/thing")
        .tag("1")
        .build();
    let docker = fleet.hosts[name].host.docker();
    docker.tag_image("muster/whoami:latest", Some(to)).await.unwrap();
    for machine in fleet.hosts.values() {
        let docker = machine.host.docker();
        let gone = docker.remove_image("muster/whoami:latest", None::<RemoveImageOptions>, None);
        gone.await.unwrap();
    }
}

async fn has_image(machine: &Machine) -> bool {
    machine.host.docker().inspect_image("own/thing:1").await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_one_host_has_is_copied_to_another_that_needs_it() {
    let fleet = Fleet::of(2).await;
    rename_on(&fleet, "h1").await;
    assert!(!has_image(&fleet.hosts["h2"]).await);
    let file = fleet.server.write("shop/docker-compose.yml", OWN);
    fleet
        .server
        .ok(&["stack", "up", "shop", "-f", &file, "--yes"])
        .await;
    let running = fleet.running().await;
    assert!(
        running.values().all(|containers| containers.len() == 1),
        "{running:?}"
    );
    assert!(has_image(&fleet.hosts["h2"]).await);
    let why = fleet.server.json(&["why", "shop/web"]).await;
    assert_eq!((&why["state"], &why["well"]), (&"steady".into(), &2.into()));
    until("both hosts say that they have it", async || {
        let hosts = fleet.server.json(&["host", "ls"]).await;
        let says = |host: &Value| host["facts"]["local_images"]["own/thing:1"].is_string();
        hosts.as_array().unwrap().iter().all(says)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_nobody_has_is_named_in_words_and_comes_with_a_load() {
    let fleet = Fleet::of(2).await;
    let docker = fleet.hosts["h1"].host.docker();
    let file = fleet.server.write("shop/docker-compose.yml", OWN);
    let up = ["stack", "up", "shop", "-f", &file, "--yes", "--detach"];
    fleet.server.ok(&up).await;
    until("somebody says that it is missing", async || {
        let why = fleet.server.ok(&["why", "shop/web"]).await;
        why.contains("could not pull own/thing:1") && why.contains("muster image load")
    })
    .await;
    let to = TagImageOptionsBuilder::default()
        .repo("own/thing")
        .tag("1")
        .build();
    docker.tag_image("muster/whoami:latest", Some(to)).await.unwrap();
    until("both run it", async || fleet.running_count().await == 2).await;
}
