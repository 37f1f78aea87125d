//! `muster service`: services, their scale and their rollouts.

use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use muster_model::assigned::{RolloutState, ServiceState};
use muster_model::view::{ServicePatch, ServiceView};

use super::apply::{self, Until};
use super::of::Of;
use super::ps;
use crate::cli::{Global, ServiceCommand};
use crate::client::{Client, segment};
use crate::print::{self, Output, Paint, Table};

/// Does what was asked.
pub async fn run(command: ServiceCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    match command {
        ServiceCommand::Ls { stack } => {
            let services = list(&client, stack.as_deref()).await?;
            print::listing(global.output, &services, |wide| table(&services, wide))?;
            Ok(ExitCode::SUCCESS)
        }
        ServiceCommand::Show { service } => show(&client, &service, global.output).await,
        ServiceCommand::Scale { service, wait } => {
            let (service, count) = service.split_once('=').context("write STACK/SERVICE=COUNT")?;
            let count = count
                .parse()
                .with_context(|| format!("`{count}` is no number of units"))?;
            let patch = ServicePatch {
                scale: Some(count),
                ..ServicePatch::default()
            };
            let changed: ServiceView = client
                .send(Method::PATCH, &place(&client, service)?, &patch)
                .await?;
            print::say(format!("{service}: {count} wanted."));
            apply::wait(&client, Until::service(&changed), &wait).await
        }
        ServiceCommand::Restart { service, wait } => {
            let path = format!("{}/restart", place(&client, &service)?);
            let changed: ServiceView = client.send(Method::POST, &path, &()).await?;
            print::say(format!("{service} restarts, in batches."));
            apply::wait(&client, Until::service(&changed), &wait).await
        }
        ServiceCommand::Pause { service } => pause(&client, &service, true).await,
        ServiceCommand::Resume { service } => pause(&client, &service, false).await,
    }
}

/// Where the API has a service.
pub fn place(client: &Client, service: &str) -> anyhow::Result<String> {
    let (stack, service) = Of::service(service)?;
    Ok(client.env(&format!(
        "/stacks/{}/services/{}",
        segment(&stack),
        segment(&service)
    )))
}

/// All services, or a stack's.
pub async fn list(client: &Client, stack: Option<&str>) -> anyhow::Result<Vec<ServiceView>> {
    let query = stack
        .map(|stack| format!("?stack={}", segment(stack)))
        .unwrap_or_default();
    client.all(&client.env(&format!("/services{query}"))).await
}

async fn pause(client: &Client, service: &str, paused: bool) -> anyhow::Result<ExitCode> {
    let patch = ServicePatch {
        paused: Some(paused),
        ..ServicePatch::default()
    };
    let _: ServiceView = client
        .send(Method::PATCH, &place(client, service)?, &patch)
        .await?;
    let now = if paused {
        "waits; go on with `muster service resume`"
    } else {
        "goes on"
    };
    print::say(format!("The rollout of {service} {now}."));
    Ok(ExitCode::SUCCESS)
}

async fn show(client: &Client, name: &str, output: Output) -> anyhow::Result<ExitCode> {
    let service: ServiceView = client.get(&place(client, name)?).await?;
    if matches!(output, Output::Json | Output::Yaml) {
        print::listing(output, &service, |_| Table::default())?;
        return Ok(ExitCode::SUCCESS);
    }
    print::data(&table(std::slice::from_ref(&service), true).to_string())?;
    for why in &service.why {
        print::data(&format!("  {why}\n"))?;
    }
    if let Some(rollout) = &service.rollout {
        print::data(&format!(
            "rollout {} -> {}: {}\n",
            rollout.from,
            rollout.to,
            rollout_words(rollout.state)
        ))?;
        for reason in &rollout.reasons {
            print::data(&format!("  {reason}\n"))?;
        }
    }
    let units = ps::list(client, Some(&format!("{}/{}", service.stack, service.name)), None).await?;
    print::data(&format!("\n{}", ps::table(&units, output == Output::Wide)))?;
    for unit in &units {
        if let Some(message) = &unit.message {
            print::data(&format!("{}-{}: {message}\n", unit.service, unit.number))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

const fn rollout_words(state: RolloutState) -> &'static str {
    match state {
        RolloutState::Rolling => "under way",
        RolloutState::Paused => "paused",
        RolloutState::RollingBack => "going back",
        RolloutState::RolledBack => "went back",
        RolloutState::Finished => "finished",
    }
}

/// The services as columns.
pub fn table(services: &[ServiceView], wide: bool) -> Table {
    let mut headings = vec!["SERVICE", "STATE", "RUNNING", "HEALTHY", "PORTS", "IMAGE"];
    if wide {
        headings.extend(["REVISION", "CLASS", "WHY"]);
    }
    let mut table = Table::new(&headings);
    let paint = Paint::for_stdout();
    for service in services {
        let ports: Vec<String> = service.ports.iter().map(port).collect();
        table.row(vec![
            format!("{}/{}", service.stack, service.name),
            state(service.state, paint),
            format!("{}/{}", service.running, service.wanted),
            format!("{}/{}", service.healthy, service.wanted),
            ports.join(", "),
            service.image.clone(),
            service.revision.to_string(),
            format!("{:?}", service.class).to_lowercase(),
            service.why.join("; "),
        ]);
    }
    table
}

fn port(port: &muster_model::desired::PortSpec) -> String {
    let host = port
        .host_port
        .map_or_else(|| "any".to_owned(), |port| port.to_string());
    format!("{host}->{}/{}", port.container_port, port.protocol)
}

/// One word for a service, coloured.
pub fn state(state: ServiceState, paint: Paint) -> String {
    match state {
        ServiceState::Converging => paint.yellow("converging"),
        ServiceState::Steady => paint.green("steady"),
        ServiceState::Completed => paint.green("completed"),
        ServiceState::Blocked => paint.red("blocked"),
    }
}
