//! Starting containers, beside the same containers started straight through the engine's API.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use bollard::Docker;
use bollard::models::{ContainerCreateBody, NetworkingConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, EventsOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};

use crate::figure::{Figure, median, ms, quantile};
use crate::machine::Machine;

const UNITS: u32 = 30;
const ROUNDS: usize = 5;
/// Parallel creates and starts that the raw side tries; its best one counts.
const PARALLEL: [usize; 3] = [2, 4, 8];
/// Starts of one container, for the tail of the added latency.
const STARTS: u32 = 100;

/// Both figures of starting.
pub async fn measure(machine: &Machine) -> anyhow::Result<Vec<Figure>> {
    Ok(vec![thirty(machine).await?, one(machine).await?])
}

/// Thirty at once: `stack up` until all run, over the best raw time of the same round.
async fn thirty(machine: &Machine) -> anyhow::Result<Figure> {
    let (mut ours, mut raw, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        // Told by the engine, not asked again and again: that would keep it busy in our half only.
        let starts = starts(&machine.docker).take(UNITS as usize);
        let began = Instant::now();
        machine.up("bench", UNITS).await?;
        let ids: Vec<String> = starts.try_collect().await?;
        let our_time = ms(began.elapsed());
        let bodies = bodies(&machine.docker, &ids).await?;
        machine.down("bench").await?;
        let mut best = f64::INFINITY;
        for parallel in PARALLEL {
            best = best.min(ms(start_all(&machine.docker, &bodies, parallel).await?));
        }
        // The first round warms caches on both sides.
        if round > 0 {
            ours.push(our_time);
            raw.push(best);
            ratios.push(our_time / best);
        }
    }
    Ok(Figure {
        name: "30 containers, up to all running",
        value: median(&ours),
        unit: "ms",
        peer: Some(median(&raw)),
        ratio: Some(median(&ratios)),
        goal: "<= 1.15",
    })
}

/// What the engine was asked for: read back from what it made.
pub async fn bodies(docker: &Docker, ids: &[String]) -> anyhow::Result<Vec<ContainerCreateBody>> {
    let mut bodies = Vec::new();
    for id in ids {
        let made = docker.inspect_container(id, None).await?;
        let config = serde_json::to_value(made.config.context("no configuration")?)?;
        let mut body: ContainerCreateBody = serde_json::from_value(config)?;
        body.host_config = made.host_config;
        let endpoints = made
            .network_settings
            .and_then(|settings| settings.networks)
            .unwrap_or_default();
        let wished = endpoints.into_iter().map(|(name, mut endpoint)| {
            // What the engine filled in by itself is not part of the wish.
            endpoint.endpoint_id = None;
            endpoint.network_id = None;
            endpoint.gateway = None;
            endpoint.ip_address = None;
            endpoint.ip_prefix_len = None;
            endpoint.mac_address = None;
            (name, endpoint)
        });
        let endpoints: HashMap<_, _> = wished.collect();
        body.networking_config = Some(NetworkingConfig {
            endpoints_config: Some(endpoints),
        });
        bodies.push(body);
    }
    Ok(bodies)
}

/// Creates and starts them all, so many at a time; removes them afterwards. The time until the last one runs.
async fn start_all(
    docker: &Docker,
    bodies: &[ContainerCreateBody],
    parallel: usize,
) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let starts = stream::iter(
        bodies
            .iter()
            .cloned()
            .enumerate()
            .map(|(n, body)| create_and_start(docker, format!("raw-{n}"), body)),
    );
    let names: Vec<String> = starts.buffer_unordered(parallel).try_collect().await?;
    let time = began.elapsed();
    for name in names {
        let force = RemoveContainerOptionsBuilder::default().force(true).build();
        docker.remove_container(&name, Some(force)).await?;
    }
    Ok(time)
}

/// One container, made and started.
pub async fn create_and_start(
    docker: &Docker,
    name: String,
    body: ContainerCreateBody,
) -> anyhow::Result<String> {
    let options = CreateContainerOptionsBuilder::default().name(&name).build();
    docker.create_container(Some(options), body).await?;
    docker.start_container(&name, None).await?;
    Ok(name)
}

/// One more unit, again and again: from the request to the engine's own start event, less what the engine alone takes.
async fn one(machine: &Machine) -> anyhow::Result<Figure> {
    machine.up("single", 1).await?;
    let ids = machine.until(|ids| ids.len() == 1).await?;
    let body = bodies(&machine.docker, &ids)
        .await?
        .pop()
        .context("one container")?;
    machine.down("single").await?;

    let client = crate::http::Client::open(machine).await?;
    machine.up("single", 0).await?;
    let raw_options = [body];
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    let mut starts = std::pin::pin!(starts(&machine.docker));
    let path = "/v1/environments/default/stacks/single/services/web";
    for _ in 0..STARTS {
        let began = Instant::now();
        client.send("PATCH", path, "{\"scale\":1}").await?;
        let id = starts.next().await.context("the engine's events ended")??;
        ours.push(ms(began.elapsed()));
        listens(&machine.docker, &id).await?;
        client.send("PATCH", path, "{\"scale\":0}").await?;
        machine.until(<[String]>::is_empty).await?;
        raw.push(ms(start_all(&machine.docker, &raw_options, 1).await?));
        starts.next().await.context("the engine's events ended")??;
    }
    machine.down("single").await?;
    let raw_middle = median(&raw);
    let added: Vec<f64> = ours.iter().map(|ours| ours - raw_middle).collect();
    Ok(Figure {
        name: "added latency of one start, p99",
        value: quantile(&added, 0.99),
        unit: "ms",
        peer: Some(raw_middle),
        ratio: None,
        goal: "<= 100",
    })
}

/// The containers that are started from now on, though the engine is asked for them only when the first is awaited.
fn starts(docker: &Docker) -> impl Stream<Item = anyhow::Result<String>> + use<> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let since = format!("{}.{:09}", now.as_secs(), now.subsec_nanos());
    let filters = HashMap::from([("event", vec!["start"])]);
    let options = EventsOptionsBuilder::default()
        .since(&since)
        .filters(&filters)
        .build();
    docker.events(Some(options)).map(|event| {
        let actor = event?.actor.context("an event of nobody")?;
        actor.id.context("an event of something without an id")
    })
}

/// Waits for the container's first line. Until it has set its handler, process 1 does not hear SIGTERM, and a stop takes
/// the whole time of grace: that would end the kept connection.
async fn listens(docker: &Docker, id: &str) -> anyhow::Result<()> {
    let options = LogsOptionsBuilder::default().follow(true).stdout(true).build();
    let mut lines = docker.logs(id, Some(options));
    lines.next().await.context("the container said nothing")??;
    Ok(())
}
