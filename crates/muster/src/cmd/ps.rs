//! `muster ps`: units, where they run and how they are.

use std::process::ExitCode;

use muster_model::observed::{Health, Phase};
use muster_model::view::UnitView;

use super::of::Of;
use crate::cli::{Global, PsArgs};
use crate::client::{Client, segment};
use crate::print::{self, Paint, Table};

/// Lists units.
pub async fn run(args: PsArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let units = list(&client, args.of.as_deref(), args.host.as_deref()).await?;
    print::listing(global.output, &units, |wide| table(&units, wide))?;
    Ok(ExitCode::SUCCESS)
}

/// Units of a stack, a service or one unit; on a host; or all of them. A name like `web-2` is a service first, then a
/// unit of `web`.
pub async fn list(client: &Client, of: Option<&str>, host: Option<&str>) -> anyhow::Result<Vec<UnitView>> {
    let Some(of) = of.map(Of::parse).transpose()? else {
        return ask(client, None, host).await;
    };
    match (ask(client, Some(&of), host).await, of.split_number()) {
        (Ok(units), _) if !units.is_empty() => Ok(units),
        (_, Some(unit)) => ask(client, Some(&unit), host).await,
        (answer, None) => answer,
    }
}

async fn ask(client: &Client, of: Option<&Of>, host: Option<&str>) -> anyhow::Result<Vec<UnitView>> {
    let mut query = Vec::new();
    if let Some(of) = of {
        query.push(format!("stack={}", segment(&of.stack)));
        query.extend(
            of.service
                .as_ref()
                .map(|service| format!("service={}", segment(service))),
        );
    }
    query.extend(host.map(|host| format!("host={}", segment(host))));
    let mut units: Vec<UnitView> = client
        .all(&client.env(&format!("/units?{}", query.join("&"))))
        .await?;
    if let Some(number) = of.and_then(|of| of.number) {
        units.retain(|unit| unit.number == number);
    }
    Ok(units)
}

/// The units as columns.
pub fn table(units: &[UnitView], wide: bool) -> Table {
    let mut headings = vec!["UNIT", "HOST", "STATE", "SINCE", "ADDRESS", "PORTS"];
    if wide {
        headings.extend(["IMAGE", "REVISION", "RESTARTS", "ID", "MESSAGE"]);
    }
    let mut table = Table::new(&headings);
    let paint = Paint::for_stdout();
    for unit in units {
        let ports: Vec<String> = unit.ports.iter().map(ToString::to_string).collect();
        table.row(vec![
            format!("{}/{}-{}", unit.stack, unit.service, unit.number),
            unit.host.to_string(),
            state(unit, paint),
            unit.running_since.map(print::age).unwrap_or_default(),
            unit.address
                .map(|address| address.to_string())
                .unwrap_or_default(),
            ports.join(", "),
            unit.image.clone(),
            unit.revision.to_string(),
            unit.restarts.to_string(),
            unit.id.to_string(),
            unit.message.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// One word for a unit, coloured by how well it is.
pub fn state(unit: &UnitView, paint: Paint) -> String {
    let word = match (unit.phase, unit.health) {
        (Phase::Running, Health::None) => "running",
        (Phase::Running, Health::Healthy) => "healthy",
        (Phase::Running, Health::Starting) => "running, health unknown yet",
        (Phase::Running, Health::Unhealthy) => "unhealthy",
        (Phase::Waiting, _) => "waiting",
        (Phase::Pulling, _) => "pulling",
        (Phase::Creating, _) => "creating",
        (Phase::Starting, _) => "starting",
        (Phase::Backoff, _) => "failing",
        (Phase::Finished, _) => "finished",
        (Phase::Stopping, _) => "stopping",
        (Phase::Gone, _) => "gone",
    };
    let word = if unit.stale {
        format!("{word} (last heard)")
    } else {
        word.to_owned()
    };
    match (unit.phase, unit.health) {
        _ if unit.stale => paint.yellow(&word),
        (Phase::Backoff, _) | (Phase::Running, Health::Unhealthy) => paint.red(&word),
        (Phase::Running, Health::None | Health::Healthy) | (Phase::Finished, _) => paint.green(&word),
        _ => paint.yellow(&word),
    }
}
