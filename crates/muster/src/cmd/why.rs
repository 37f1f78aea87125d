//! `muster why` and `muster why-not`: what holds up a service, in words.

use std::fmt::Write as _;
use std::process::ExitCode;

use muster_model::view::{MatterView, ObstacleView, UnitWhyView, WhyNotView, WhyView};

use super::services;
use crate::cli::Global;
use crate::client::{Client, segment};
use crate::print::{self, Output, Table};

/// Says why a service is as it is.
pub async fn why(service: &str, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let path = format!("{}/why", services::place(&client, service)?);
    let view: WhyView = client.get(&path).await?;
    write(global.output, &view, why_words(&view))
}

/// Says whether a host would take a unit of a service.
pub async fn why_not(service: &str, host: &str, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let path = format!(
        "{}/hosts/{}/why-not",
        services::place(&client, service)?,
        segment(host)
    );
    let view: WhyNotView = client.get(&path).await?;
    write(global.output, &view, why_not_words(&view))
}

fn write<T: serde::Serialize>(output: Output, view: &T, words: String) -> anyhow::Result<ExitCode> {
    match output {
        Output::Table | Output::Wide => print::data(&words)?,
        _ => print::listing(output, view, |_| Table::default())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn why_words(view: &WhyView) -> String {
    let mut text = format!("{}\n", view.summary);
    for matter in &view.matters {
        text.push_str(&matter_words(matter));
    }
    if !view.units.is_empty() {
        let _ = write!(text, "\n{}", units(view));
    }
    text
}

fn matter_words(matter: &MatterView) -> String {
    let mut text = format!("\n- {}\n", matter.what);
    let _ = writeln!(text, "  the platform: {}", matter.platform);
    if let Some(step) = &matter.next_step {
        let _ = writeln!(text, "  you: {step}");
    }
    if !matter.hosts.is_empty() {
        for line in obstacles(&matter.hosts).to_string().lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn obstacles(all: &[ObstacleView]) -> Table {
    let mut table = Table::new(&["HOST", "WHY NOT", "NEXT STEP"]);
    for obstacle in all {
        table.row(vec![
            obstacle.host.to_string(),
            obstacle.what.clone(),
            obstacle.next_step.clone(),
        ]);
    }
    table
}

fn units(view: &WhyView) -> Table {
    let mut table = Table::new(&["UNIT", "HOST", "STATE", "WHY"]);
    for unit in &view.units {
        table.row(vec![
            format!("{}/{}-{}", view.stack, view.service, unit.number),
            unit.host.to_string(),
            unit.state.clone(),
            unit_words(unit),
        ]);
    }
    table
}

fn unit_words(unit: &UnitWhyView) -> String {
    let message = unit.message.iter().map(|message| format!("now: {message}"));
    let all: Vec<String> = unit.why.iter().cloned().chain(message).collect();
    all.join("; ")
}

fn why_not_words(view: &WhyNotView) -> String {
    let mut text = format!("{}\n", view.summary);
    if !view.obstacles.is_empty() {
        let _ = write!(text, "\n{}", obstacles(&view.obstacles));
    }
    let _ = match (&view.next, &view.next_because) {
        (Some(next), Some(because)) => writeln!(text, "\nThe next unit would go to {next}: {because}."),
        _ => writeln!(
            text,
            "\nNo host can take another unit now; `muster why {}/{}` lists them all.",
            view.stack, view.service
        ),
    };
    text
}
