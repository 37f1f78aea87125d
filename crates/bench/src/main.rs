//! Measures the promised figures on a real engine of its own, each beside its peer in the same run.
//!
//! `muster-bench AREA` writes one JSON object a line, as [`figure::Figure`] has it; `scripts/bench.sh` collects them.
//! Rounds of both sides alternate, and what counts is the median of their ratios: a shared machine speeds up and slows down
//! by more than the difference looked for.

mod api;
mod engine;
mod figure;
mod fleet;
mod hollow;
mod http;
mod idle;
mod machine;
mod run;
mod sim;
mod usage;

use anyhow::bail;

use crate::figure::Figure;
use crate::machine::Machine;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let area = std::env::args().nth(1).unwrap_or_default();
    let figures: Vec<Figure> = match area.as_str() {
        "engine" => engine::measure(&Machine::start().await?).await?,
        "idle" => idle::measure(&Machine::start().await?).await?,
        "api" => api::measure(&Machine::start().await?).await?,
        "run" => run::measure().await?,
        "sim" => sim::measure().await?,
        "scale" => fleet::measure_scale().await?,
        "failover" => fleet::measure_failover().await?,
        "hosts" => fleet::measure_idle().await?,
        "hollow" => hollow::measure().await?,
        _ => bail!("name an area: engine, idle, api, run, sim, scale, failover, hosts or hollow"),
    };
    for figure in figures {
        println!("{}", serde_json::to_string(&figure)?);
    }
    Ok(())
}
