//! `make run` on a machine that has the engine and a built binary: from start to the sample answering.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::figure::{Figure, median};
use crate::machine::Machine;

const ROUNDS: usize = 3;

/// Each round on a new machine.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        times.push(once().await?);
    }
    Ok(vec![Figure {
        name: "make run, engine and binary there, to the sample answering",
        value: median(&times),
        unit: "s",
        peer: None,
        ratio: None,
        goal: "<= 20",
    }])
}

async fn once() -> anyhow::Result<f64> {
    let machine = Machine::bare().await?;
    let script = Path::new("scripts/run.sh").canonicalize()?;
    let began = Instant::now();
    let command = machine
        .host
        .command(script)
        .arg("-y")
        .env("MUSTER_DATA", machine.path("data"))
        .env("MUSTER_CONTEXT", machine.path("context.json"));
    let output = command.output().await?;
    ensure!(
        output.status.success(),
        "make run failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut stream = machine.host.tcp_connect(([127, 0, 0, 1], 8088).into()).await?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    ensure!(
        answer.contains("hostname:"),
        "the sample answered something else: {answer}"
    );
    Ok(began.elapsed().as_secs_f64())
}
