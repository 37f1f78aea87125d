//! Stories of several machines: one goes, and what ran there runs elsewhere.

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
