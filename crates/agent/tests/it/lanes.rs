//! How many containers an engine is best given at once. Prints figures; `Bounds` stands on them.

use std::time::{Duration, Instant};

use muster_agent::engine::Engine as _;
use muster_agent::logic::Bounds;
use muster_model::link::FromAgent;
use muster_model::observed::Phase;

use crate::real::serving;
use crate::server::{Agent, Stage, eventually};
use crate::wish::{host, id, table};

const UNITS: u32 = 30;
const ROUNDS: u64 = 5;
const LANES: [usize; 4] = [1, 2, 4, 8];

/// From the table to the last unit's running.
async fn up(stage: &mut Stage, lanes: usize, revision: u64) -> Duration {
    if let Some(agent) = stage.agent.take() {
        agent.kill().await;
    }
    stage.server.forget_heard();
    let mut config = stage.server.config(&stage.lab);
    config.bounds = Bounds {
        work: lanes,
        ..Bounds::default()
    };
    stage.agent = Some(Agent::start(config));
    eventually("the agent is there", async || {
        let heard = stage.server.heard();
        let greets = |message: &FromAgent| matches!(message, FromAgent::Hello(_));
        heard.iter().any(greets).then_some(())
    })
    .await;
    let began = Instant::now();
    stage.server.wish(table(revision, (1..=UNITS).map(serving)));
    for unit in 1..=UNITS {
        stage.server.until(id(unit), Phase::Running).await;
    }
    let took = began.elapsed();
    stage.server.wish(table(revision + 1, []));
    eventually("nothing is left", async || {
        let left = stage.engine().list(host()).await.unwrap();
        left.is_empty().then_some(())
    })
    .await;
    took
}

#[tokio::test]
#[ignore = "takes minutes and asserts nothing: cargo test -p muster-agent --test it lanes -- --ignored --nocapture"]
async fn lanes() {
    let mut stage = Stage::new().await;
    let mut revision = 1;
    // The first run finds everything cold.
    up(&mut stage, 4, revision).await;
    let mut all = LANES.map(|_| Vec::new());
    for round in 0..ROUNDS {
        for (lanes, times) in LANES.iter().zip(&mut all) {
            revision += 2;
            let took = up(&mut stage, *lanes, revision).await;
            println!("round {round}: {lanes} at once: {:.2} s", took.as_secs_f64());
            times.push(took);
        }
    }
    for (lanes, times) in LANES.iter().zip(&mut all) {
        times.sort();
        let seconds: Vec<String> = times.iter().map(|t| format!("{:.2}", t.as_secs_f64())).collect();
        println!("{lanes} at once: {} s", seconds.join(", "));
    }
}
