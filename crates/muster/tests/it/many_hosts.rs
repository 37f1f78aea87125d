//! Stories of several machines: one goes, and what ran there runs elsewhere.

use std::time::Instant;

use muster_model::limits::LOST_AFTER;
use serde_json::Value;

use crate::fleet::Fleet;
use crate::machine::until;

const WEB: &str = "
services:
  web:
    image: muster/whoami
    deploy: { replicas: 6 }
  data:
    image: muster/whoami
    volumes: ['data:/data']
volumes: {data: {}}
";

#[tokio::test(flavor = "multi_thread")]
async fn what_ran_on_a_host_that_is_cut_off_runs_elsewhere_and_its_surplus_ends_when_it_is_back() {
    let fleet = Fleet::of(3).await;
    let file = fleet.server.write("shop/docker-compose.yml", WEB);
    fleet
        .server
        .ok(&["stack", "up", "shop", "-f", &file, "--yes"])
        .await;
    let before = fleet.running().await;
    let spread: Vec<_> = before.values().map(|containers| containers.len()).collect();
    assert_eq!(spread.iter().sum::<usize>(), 7);
    assert!(spread.iter().all(|count| (2..=3).contains(count)), "{spread:?}");

    // One without the volume: all that it runs may move.
    let units = fleet.server.json(&["ps"]).await;
    let is_data = |unit: &&Value| unit["service"] == "data";
    let pinned_to = units.as_array().unwrap().iter().find(is_data).unwrap()["host"].clone();
    let victim = *before.keys().find(|name| pinned_to != **name).unwrap();
    let machine = &fleet.hosts[victim];
    fleet.switch.cut(&machine.host).unwrap();
    until("the others run what it ran", async || {
        let now = fleet.running().await;
        let others = now.iter().filter(|(name, _)| **name != victim);
        others.map(|(_, containers)| containers.len()).sum::<usize>() == 7
    })
    .await;
    let cut_off = fleet.running().await;
    assert_eq!(
        cut_off[victim], before[victim],
        "who is cut off keeps what it has"
    );

    fleet.switch.heal(&machine.host).unwrap();
    until("as many run as are wished", async || {
        fleet.running_count().await == 7
    })
    .await;
    until("the host is back", async || {
        fleet.host_states().await.values().all(|state| state == "active")
    })
    .await;
}

const BACK: &str = "
services:
  back:
    image: muster/whoami
    deploy: { replicas: 8 }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_host_without_power_is_replaced_and_can_be_removed() {
    let mut fleet = Fleet::of(2).await;
    let file = fleet.server.write("shop/docker-compose.yml", BACK);
    fleet
        .server
        .ok(&["stack", "up", "shop", "-f", &file, "--yes"])
        .await;
    drop(fleet.hosts.remove("h2"));
    until("the other one runs all", async || {
        fleet.running_count().await == 8
    })
    .await;
    assert_eq!(fleet.host_states().await["h2"], "lost");
    fleet.server.ok(&["host", "rm", "h2"]).await;
    assert_eq!(fleet.host_states().await.into_keys().collect::<Vec<_>>(), ["h1"]);
    until("the stack is as wished", async || {
        let stack = fleet.server.json(&["stack", "show", "shop"]).await;
        stack["state"] == "steady"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_most_hosts_fall_silent_together_nothing_moves() {
    let fleet = Fleet::of(4).await;
    let file = fleet.server.write("shop/docker-compose.yml", BACK);
    fleet
        .server
        .ok(&["stack", "up", "shop", "-f", &file, "--yes"])
        .await;
    let before = fleet.running().await;
    let gone = ["h1", "h2", "h3"];
    for name in gone {
        fleet.switch.cut(&fleet.hosts[name].host).unwrap();
    }
    let cut = Instant::now();
    until("three are suspect", async || {
        let states = fleet.host_states().await;
        gone.iter().all(|name| states[*name] == "suspect")
    })
    .await;
    // A single one would be lost by then, and replaced.
    until("half as long again has passed", async || {
        let states = fleet.host_states().await;
        assert!(states.values().all(|state| state != "lost"), "{states:?}");
        cut.elapsed() > LOST_AFTER * 3 / 2
    })
    .await;
    assert_eq!(fleet.running().await, before);
    for name in gone {
        fleet.switch.heal(&fleet.hosts[name].host).unwrap();
    }
    until("all are back", async || {
        fleet.host_states().await.values().all(|state| state == "active")
    })
    .await;
    assert_eq!(fleet.running().await, before, "nothing was restarted");
}
