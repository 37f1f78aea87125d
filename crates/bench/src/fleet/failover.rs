//! A machine loses its power: until the last of what it ran runs elsewhere.

use std::time::Instant;

use super::cluster::Cluster;
use super::hosts::Fleet;
use super::starts::Ears;
use super::swarm::Swarm;
use crate::figure::{Figure, median};

const UNITS: u32 = 30;
const ROUNDS: usize = 5;
const PEER_ROUNDS: usize = 3;
const EXCLUSIVE_ROUNDS: usize = 3;
/// How long an exclusive unit may still run where nobody hears its host, with one server: seconds.
const LEASE: f64 = 60.0;

/// Each round on machines of its own.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let (mut ours, mut followers, mut leaders) = (Vec::new(), Vec::new(), Vec::new());
    let mut sample = Vec::new();
    for _ in 0..ROUNDS {
        let mut fleet = Fleet::start(3).await?;
        sample = fleet.server.sample().await?;
        ours.push(told("ours", stateless(&mut fleet).await?));
    }
    for _ in 0..PEER_ROUNDS {
        followers.push(told("swarm", peer(&sample, 2).await?));
        leaders.push(told("swarm, its leader", peer(&sample, 0).await?));
    }
    let mut exclusive = Vec::new();
    for _ in 0..EXCLUSIVE_ROUNDS {
        exclusive.push(told("exclusive", exclusive_once().await?));
    }
    let worst = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
    let figure = |name, value, peer: Option<f64>, ratio, goal| Figure {
        name,
        value,
        unit: "s",
        peer,
        ratio,
        goal,
    };
    let (middle, theirs) = (median(&ours), median(&followers));
    Ok(vec![
        figure(
            "power-off of a host with 10 of 30: all run, median",
            middle,
            None,
            None,
            "<= 11",
        ),
        figure(
            "power-off of a host with 10 of 30: all run, worst",
            worst(&ours),
            None,
            None,
            "<= 12.5",
        ),
        figure(
            "power-off beside Swarm, a follower's host",
            middle,
            Some(theirs),
            Some(middle / theirs),
            "<= 0.8",
        ),
        figure(
            "power-off beside Swarm, its leader's host",
            middle,
            Some(median(&leaders)),
            Some(middle / median(&leaders)),
            "<= 0.8",
        ),
        figure(
            "power-off of an exclusive unit's host, after the lease, worst",
            worst(&exclusive) - LEASE,
            None,
            None,
            "<= 8",
        ),
    ])
}

/// Says how far it is: all of them take minutes.
fn told(whose: &str, seconds: f64) -> f64 {
    eprintln!("{whose}: {seconds:.1} s");
    seconds
}

async fn stateless(fleet: &mut Fleet) -> anyhow::Result<f64> {
    let engines = fleet.engines();
    let mut ears = Ears::on(&engines).await?;
    Cluster::Muster(fleet).up(UNITS).await?;
    let started = ears.next("start", UNITS as usize).await?;
    let victim = engines.len() - 1;
    let lost = started.iter().filter(|told| told.engine == victim).count();
    let mut ears = Ears::on(&engines[..victim]).await?;
    let began = Instant::now();
    fleet.power_off(victim)?;
    Ok(ears.time(began, "start", lost).await? / 1_000.0)
}

/// The first of the three made the swarm and leads it.
async fn peer(sample: &[u8], victim: usize) -> anyhow::Result<f64> {
    let mut swarm = Swarm::start(sample).await?;
    let mut engines = swarm.engines();
    let mut ears = Ears::on(&engines).await?;
    Cluster::Swarm(&swarm).up(UNITS).await?;
    let started = ears.next("start", UNITS as usize).await?;
    let lost = started.iter().filter(|told| told.engine == victim).count();
    engines.remove(victim);
    let mut ears = Ears::on(&engines).await?;
    let began = Instant::now();
    swarm.power_off(victim)?;
    Ok(ears.time(began, "start", lost).await? / 1_000.0)
}

const EXCLUSIVE: &str =
    "services:\n  one:\n    image: muster/whoami\n    labels: { io.muster.exclusive: 'true' }\n";

async fn exclusive_once() -> anyhow::Result<f64> {
    let mut fleet = Fleet::start(3).await?;
    let mut engines = fleet.engines();
    let mut ears = Ears::on(&engines).await?;
    fleet.server.deploy("bench", EXCLUSIVE).await?;
    let victim = ears.next("start", 1).await?[0].engine;
    engines.remove(victim);
    let mut ears = Ears::on(&engines).await?;
    let began = Instant::now();
    fleet.power_off(victim)?;
    Ok(ears.time(began, "start", 1).await? / 1_000.0)
}
