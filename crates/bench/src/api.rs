//! The API at a steady 100 requests a second: reads and writes of single objects.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::figure::{Figure, ms, quantile};
use crate::http::Client;
use crate::machine::Machine;

const EVERY: Duration = Duration::from_millis(10);
const REQUESTS: u32 = 2_000;
const CONNECTIONS: u32 = 8;

/// Both tails.
pub async fn measure(machine: &Machine) -> anyhow::Result<Vec<Figure>> {
    machine.up("bench", 10).await?;
    machine.until(|ids| ids.len() == 10).await?;
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(Arc::new(Client::open(machine).await?));
    }
    let read = steady(&clients, |_| {
        (
            "GET",
            "/v1/environments/default/stacks/bench".to_owned(),
            String::new(),
        )
    })
    .await?;
    let write = steady(&clients, |n| {
        let path = format!("/v1/environments/default/configs/bench-{}", n % 50);
        ("PUT", path, format!("{{\"content\":\"{:04}\"}}", n % 10_000))
    })
    .await?;
    machine.down("bench").await?;
    let figure = |name, times: &[f64]| Figure {
        name,
        value: quantile(times, 0.99),
        unit: "ms",
        peer: None,
        ratio: None,
        goal: "<= 25",
    };
    Ok(vec![
        figure("API read of one object at 100/s, p99", &read),
        figure("API write of one object at 100/s, p99", &write),
    ])
}

/// Sends on time whatever the answers take, so that a slow answer is not hidden by waiting for it.
async fn steady(
    clients: &[Arc<Client>],
    request: impl Fn(u32) -> (&'static str, String, String),
) -> anyhow::Result<Vec<f64>> {
    let began = Instant::now();
    let mut sent = Vec::new();
    for n in 0..REQUESTS {
        let due = began + EVERY * n;
        tokio::time::sleep_until(due.into()).await;
        let client = clients[(n % CONNECTIONS) as usize].clone();
        let (method, path, body) = request(n);
        sent.push(tokio::spawn(async move {
            client.send(method, &path, &body).await?;
            anyhow::Ok(ms(due.elapsed()))
        }));
    }
    let mut times = Vec::new();
    for request in sent {
        times.push(request.await??);
    }
    Ok(times)
}
