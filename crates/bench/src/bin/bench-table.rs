//! Shows measured figures, JSON lines in the file that `MUSTER_LINES` names, as columns.

use anyhow::Context as _;
use serde_json::Value;

fn main() -> anyhow::Result<()> {
    let file = std::env::var("MUSTER_LINES").context("MUSTER_LINES names no file; run `make bench`")?;
    println!(
        "{:<62} {:>12} {:>12} {:>8}  {:<10} MET",
        "FIGURE", "OURS", "PEER", "RATIO", "GOAL"
    );
    for line in std::fs::read_to_string(file)?.lines() {
        let figure: Value = serde_json::from_str(line)?;
        let number = |key: &str| figure[key].as_f64();
        let shown = |key: &str| number(key).map(|n| format!("{n:.2}")).unwrap_or_default();
        let goal = figure["goal"].as_str().unwrap_or_default();
        let name = format!(
            "{} ({})",
            figure["name"].as_str().unwrap_or_default(),
            figure["unit"].as_str().unwrap_or_default()
        );
        let judged = number("ratio").or(number("value"));
        let met = judged
            .and_then(|value| is_met(value, goal))
            .map_or("", |met| if met { "yes" } else { "no" });
        println!(
            "{name:<62} {:>12} {:>12} {:>8}  {goal:<10} {met}",
            shown("value"),
            shown("peer"),
            shown("ratio")
        );
    }
    Ok(())
}

fn is_met(value: f64, goal: &str) -> Option<bool> {
    let (sign, bound) = goal.split_once(' ')?;
    let bound: f64 = bound.parse().ok()?;
    match sign {
        "<=" => Some(value <= bound),
        ">=" => Some(value >= bound),
        _ => None,
    }
}
