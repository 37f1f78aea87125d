//! Stories of what goes wrong on several machines while a service runs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::fleet::Fleet;
use crate::machine::{Container, text, until, until_for};

const WEB: &str = "
services:
  web:
    image: muster/whoami
    deploy: { replicas: 6 }
  data:
    image: muster/whoami
    volumes: ['data:/data']
  one:
    image: muster/whoami
    labels: { io.muster.exclusive: 'true' }
volumes: {data: {}}
";
const UNITS: usize = 8;

type Running = BTreeMap<String, BTreeMap<String, Container>>;

/// All of them may move.
const FREE: &str = "
services:
  web:
    image: muster/whoami
    deploy: { replicas: 6 }
";
const FREE_UNITS: usize = 6;

/// Hosts that run stateless units, a pinned one and an exclusive one.
async fn busy(hosts: u8) -> (Fleet, Running) {
    let (fleet, before) = running_all(hosts, WEB).await;
    assert_eq!(before.values().map(BTreeMap::len).sum::<usize>(), UNITS);
    (fleet, before)
}

async fn running_all(hosts: u8, text: &str) -> (Fleet, Running) {
    let fleet = Fleet::of(hosts).await;
    let file = fleet.server.write("shop/docker-compose.yml", text);
    fleet
        .server
        .ok(&["stack", "up", "shop", "-f", &file, "--yes"])
        .await;
    let before = running(&fleet).await;
    (fleet, before)
}

async fn running(fleet: &Fleet) -> Running {
    let all = fleet.running().await;
    all.into_iter()
        .map(|(name, found)| (name.to_owned(), found))
        .collect()
}

/// What runs of one service, by host and name: who it is was asked while a server was there to tell.
async fn of(fleet: &Fleet, running: &Running, service: &str) -> Running {
    let units = fleet.server.json(&["ps"]).await;
    let units: Vec<String> = units
        .as_array()
        .unwrap()
        .iter()
        .filter(|unit| unit["service"] == service)
        .map(|unit| unit["id"].as_str().unwrap().to_owned())
        .collect();
    let mut mine = running.clone();
    for found in mine.values_mut() {
        found.retain(|name, _| units.iter().any(|unit| name.starts_with(&format!("{unit}-"))));
    }
    mine.retain(|_, found| !found.is_empty());
    mine
}

/// The same without some of it.
fn without(running: &Running, some: &Running) -> Running {
    let mut rest = running.clone();
    for (host, found) in &mut rest {
        found.retain(|name, _| !some.get(host).is_some_and(|some| some.contains_key(name)));
    }
    rest
}

/// Long enough for every lease to end: one server gives leases of a minute.
const AWAY: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_only_exclusive_units_end_and_they_start_again_where_they_were() {
    let (mut fleet, before) = busy(2).await;
    let exclusive = of(&fleet, &before, "one").await;
    let others = without(&before, &exclusive);
    let crashes = others["h1"].keys().next().unwrap().clone();
    fleet.server.kill_server().await;
    let gone = Instant::now();
    fleet.hosts["h1"]
        .host
        .docker()
        .kill_container(&crashes, None)
        .await
        .unwrap();
    let anew = async || running(&fleet).await["h1"].get(&crashes).cloned();
    until("the agent starts by itself what exits", async || {
        anew()
            .await
            .is_some_and(|now| now.started != others["h1"][&crashes].started)
    })
    .await;
    let mut expected = others.clone();
    expected
        .get_mut("h1")
        .unwrap()
        .insert(crashes.clone(), anew().await.unwrap());
    until_for(AWAY, "the exclusive unit ends by its lease", async || {
        running(&fleet).await == expected
    })
    .await;
    tokio::time::sleep(AWAY.saturating_sub(gone.elapsed())).await;
    assert_eq!(running(&fleet).await, expected, "nothing else is touched");

    fleet.server.start_server().await;
    until("the exclusive unit runs again", async || {
        fleet.running_count().await == UNITS
    })
    .await;
    let after = running(&fleet).await;
    let again = of(&fleet, &after, "one").await;
    assert_eq!(
        again.keys().collect::<Vec<_>>(),
        exclusive.keys().collect::<Vec<_>>()
    );
    assert_eq!(without(&after, &again), expected, "nor when the server is back");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_stops_and_starts_again_keeps_its_containers() {
    let (fleet, before) = busy(2).await;
    let host = &fleet.hosts["h1"].host;
    host.kill_engine().await.unwrap();
    until("the platform says that the engine is away", async || {
        !fleet.engine_error("h1").await.is_null()
    })
    .await;
    host.start_engine().await.unwrap();
    until("the engine is back", async || {
        fleet.engine_error("h1").await.is_null()
    })
    .await;
    assert_eq!(running(&fleet).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cordoned_host_keeps_what_it_has_and_gets_nothing_new() {
    let (fleet, before) = busy(2).await;
    fleet.server.ok(&["host", "cordon", "h1"]).await;
    fleet
        .server
        .ok(&["service", "scale", "shop/web=9", "--yes"])
        .await;
    let now = running(&fleet).await;
    assert_eq!(now["h1"], before["h1"]);
    assert_eq!(now["h2"].len(), before["h2"].len() + 3);
}

/// Waits until the others run all that is wished.
async fn replaced(fleet: &Fleet, host: &str) {
    until("the others run what it ran", async || {
        let mut now = running(fleet).await;
        now.remove(host);
        now.values().map(BTreeMap::len).sum::<usize>() == FREE_UNITS
    })
    .await;
}

/// Waits until a host that was lost is back, and no more runs than is wished.
async fn back(fleet: &Fleet, host: &str) {
    until("the host is back, and its surplus gone", async || {
        fleet.host_states().await[host] == "active" && fleet.running_count().await == FREE_UNITS
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_freezes_is_replaced_and_ends_its_surplus_when_it_goes_on() {
    let (fleet, _) = running_all(2, FREE).await;
    let host = &fleet.hosts["h2"].host;
    host.freeze().await.unwrap();
    until("it counts as lost", async || {
        fleet.host_states().await["h2"] == "lost"
    })
    .await;
    until("the other one runs all", async || {
        fleet.hosts["h1"]
            .containers()
            .await
            .values()
            .filter(|found| found.running)
            .count()
            == FREE_UNITS
    })
    .await;
    host.thaw().unwrap();
    back(&fleet, "h2").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hears_or_speaks_only_is_replaced() {
    let (fleet, _) = running_all(2, FREE).await;
    let host = &fleet.hosts["h2"].host;
    for (from, to) in [(Some(host), None), (None, Some(host))] {
        fleet.switch.cut_way(from, to).unwrap();
        replaced(&fleet, "h2").await;
        fleet.switch.heal(host).unwrap();
        back(&fleet, "h2").await;
        // So that there is something to replace again.
        fleet.server.ok(&["host", "evacuate", "h1"]).await;
        fleet.server.ok(&["host", "activate", "h1"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evacuated_host_is_empty_and_never_is_one_unit_missing() {
    let (fleet, before) = running_all(3, FREE).await;
    assert!(!before["h1"].is_empty());
    let leaving = fleet.server.muster(&["host", "evacuate", "h1"]);
    tokio::pin!(leaving);
    let mut least = FREE_UNITS;
    let ended = loop {
        tokio::select! {
            ended = &mut leaving => break ended,
            count = fleet.running_count() => least = least.min(count),
        }
    };
    assert!(ended.status.success(), "{}", text(&ended.stderr));
    assert_eq!(least, FREE_UNITS);
    let after = running(&fleet).await;
    assert!(after["h1"].is_empty(), "{after:?}");
    assert_eq!(fleet.host_states().await["h1"], "evacuating");
    fleet.server.ok(&["host", "activate", "h1"]).await;
    assert_eq!(fleet.host_states().await["h1"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_that_boots_while_the_server_is_away_runs_again_what_it_may() {
    let (mut fleet, before) = busy(2).await;
    let exclusive = of(&fleet, &before, "one").await;
    let host = exclusive.keys().next().unwrap().clone();
    let free: Vec<String> = before[&host]
        .keys()
        .filter(|name| !exclusive[&host].contains_key(*name))
        .cloned()
        .collect();
    fleet.server.kill_server().await;
    fleet.reboot(&host).await;
    until("the agent starts by its notebook what it may", async || {
        running(&fleet).await[&host].keys().eq(&free)
    })
    .await;
    fleet.server.start_server().await;
    until("what runs only once runs again, there too", async || {
        let now = running(&fleet).await;
        now.values().map(BTreeMap::len).sum::<usize>() == UNITS && now[&host].len() == before[&host].len()
    })
    .await;
}
