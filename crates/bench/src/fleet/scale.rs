//! Thirty units: made, fewer, more again, replaced, and gone.

use std::time::Instant;

use bollard::Docker;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::RemoveContainerOptionsBuilder;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::cluster::Cluster;
use super::hosts::Fleet;
use super::starts::Ears;
use super::swarm::Swarm;
use crate::engine::{bodies, create_and_start};
use crate::figure::{Figure, median, ms};

const UNITS: u32 = 30;
const FEW: u32 = 3;
const ROUNDS: usize = 5;
/// Parallel creates and starts on each engine that the raw side tries; the better one counts.
const PARALLEL: [usize; 2] = [2, 4];

/// Milliseconds of each step.
#[derive(Debug, Default, Clone, Copy)]
struct Times {
    up: f64,
    fewer: f64,
    more: f64,
    replaced: f64,
}

/// All rounds of ours, of the raw engines and of the peer, one after the other in each.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let fleet = Fleet::start(3).await?;
    let sample = fleet.server.sample().await?;
    let swarm = Swarm::start(&sample).await?;
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let (ours, bodies) = once(&Cluster::Muster(&fleet)).await?;
        let (all, some) = raw(&fleet.engines(), &bodies).await?;
        let (theirs, _) = once(&Cluster::Swarm(&swarm)).await?;
        eprintln!("round {round}: ours {ours:?}, raw {all:.0} and {some:.0}, swarm {theirs:?}");
        // The first round warms caches on all sides.
        if round > 0 {
            rounds.push((ours, all, some, theirs));
        }
    }
    let figure = |name, goal, ours: &dyn Fn(&Round) -> f64, peer: &dyn Fn(&Round) -> f64| {
        let of = |side: &dyn Fn(&Round) -> f64| median(&rounds.iter().map(side).collect::<Vec<_>>());
        Figure {
            name,
            value: of(ours),
            unit: "ms",
            peer: Some(of(peer)),
            ratio: Some(of(&|round| ours(round) / peer(round))),
            goal,
        }
    };
    Ok(vec![
        figure(
            "three hosts: up of 30, beside raw engines",
            "<= 1.15",
            &|r| r.0.up,
            &|r| r.1,
        ),
        figure(
            "three hosts: up of 30, beside Swarm",
            "<= 0.9",
            &|r| r.0.up,
            &|r| r.3.up,
        ),
        figure(
            "three hosts: 3 to 30, beside raw engines",
            "<= 1.15",
            &|r| r.0.more,
            &|r| r.2,
        ),
        figure("three hosts: 3 to 30, beside Swarm", "", &|r| r.0.more, &|r| {
            r.3.more
        }),
        figure(
            "three hosts: 30 to 3, beside Swarm",
            "<= 0.4",
            &|r| r.0.fewer,
            &|r| r.3.fewer,
        ),
        figure(
            "three hosts: rolling update of 30, beside Swarm",
            "<= 0.4",
            &|r| r.0.replaced,
            &|r| r.3.replaced,
        ),
    ])
}

type Round = (Times, f64, f64, Times);

/// One round of one side, and what each engine was asked to make.
async fn once(cluster: &Cluster<'_>) -> anyhow::Result<(Times, Vec<Vec<ContainerCreateBody>>)> {
    let engines = cluster.engines();
    let mut ears = Ears::on(&engines).await?;
    let (all, change) = (UNITS as usize, (UNITS - FEW) as usize);
    let mut times = Times::default();

    let began = Instant::now();
    cluster.up(UNITS).await?;
    let started = ears.next("start", all).await?;
    times.up = started.last().map_or(0.0, |told| ms(told.at - began));
    let mut made = Vec::new();
    for (number, engine) in engines.iter().enumerate() {
        let here = started.iter().filter(|told| told.engine == number);
        let ids: Vec<String> = here.map(|told| told.id.clone()).collect();
        made.push(bodies(engine, &ids).await?);
    }

    let began = Instant::now();
    cluster.change(FEW, "v1").await?;
    times.fewer = ears.time(began, "destroy", change).await?;
    let began = Instant::now();
    cluster.change(UNITS, "v1").await?;
    times.more = ears.time(began, "start", change).await?;
    let began = Instant::now();
    cluster.change(UNITS, "v2").await?;
    times.replaced = ears.time(began, "start", all).await?;

    cluster.down().await?;
    gone(&engines).await?;
    Ok((times, made))
}

/// Waits until the engines have nothing left, asking seldom.
async fn gone(engines: &[Docker]) -> anyhow::Result<()> {
    for engine in engines {
        let all = || {
            bollard::query_parameters::ListContainersOptionsBuilder::default()
                .all(true)
                .build()
        };
        while !engine.list_containers(Some(all())).await?.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

/// The same containers made by the engines' own API alone: all of them, and as many as are added to few.
async fn raw(engines: &[Docker], made: &[Vec<ContainerCreateBody>]) -> anyhow::Result<(f64, f64)> {
    let few = FEW as usize / engines.len();
    let less: Vec<_> = made
        .iter()
        .map(|bodies| bodies[few.min(bodies.len())..].to_vec())
        .collect();
    let (mut all, mut some) = (f64::INFINITY, f64::INFINITY);
    for parallel in PARALLEL {
        all = all.min(start_all(engines, made, parallel).await?);
        some = some.min(start_all(engines, &less, parallel).await?);
    }
    Ok((all, some))
}

async fn start_all(
    engines: &[Docker],
    made: &[Vec<ContainerCreateBody>],
    parallel: usize,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let on_each = engines.iter().zip(made).map(async |(engine, bodies)| {
        let starts = bodies.iter().cloned().enumerate();
        let starts = starts.map(|(n, body)| create_and_start(engine, format!("raw-{n}"), body));
        let names: Vec<String> = stream::iter(starts)
            .buffer_unordered(parallel)
            .try_collect()
            .await?;
        anyhow::Ok(names)
    });
    let names = futures_util::future::try_join_all(on_each).await?;
    let time = ms(began.elapsed());
    for (engine, names) in engines.iter().zip(names) {
        for name in names {
            let force = RemoveContainerOptionsBuilder::default().force(true).build();
            engine.remove_container(&name, Some(force)).await?;
        }
    }
    Ok(time)
}
