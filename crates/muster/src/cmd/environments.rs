//! `muster environment`: tenants.

use std::process::ExitCode;
use std::time::Duration;

use hyper::Method;
use muster_model::Name;
use muster_model::desired::Timings;
use muster_model::view::{EnvironmentCreate, EnvironmentPatch, EnvironmentView};

use crate::cli::{EnvironmentCommand, Global};
use crate::client::{Client, segment};
use crate::print::{self, Table};

/// Does what was asked.
pub async fn run(command: EnvironmentCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    match command {
        EnvironmentCommand::Ls => {
            let environments: Vec<EnvironmentView> = client.all("/v1/environments").await?;
            print::listing(global.output, &environments, |_| table(&environments))?;
        }
        EnvironmentCommand::Create { name, subnet } => {
            let request = EnvironmentCreate { name, subnet };
            let made: EnvironmentView = client.send(Method::POST, "/v1/environments", &request).await?;
            print::say(format!("Made {}; work in it with `-e {}`.", made.name, made.name));
        }
        EnvironmentCommand::Rm { name, yes } => {
            let question = format!("Environment {name} goes, with its members' parts and its join tokens.");
            if !yes && !print::confirm_typed(&question, name.as_str(), "--yes")? {
                print::say("Nothing was done.");
                return Ok(ExitCode::FAILURE);
            }
            client.delete(&one(&name)).await?;
            print::say(format!("Removed {name}."));
        }
        EnvironmentCommand::Set {
            name,
            suspect_after,
            lost_after,
            lease,
        } => {
            let ms = |time: Option<Duration>| time.and_then(|time| u64::try_from(time.as_millis()).ok());
            let patch = EnvironmentPatch {
                timings: Some(Timings {
                    suspect_after_ms: ms(suspect_after),
                    lost_after_ms: ms(lost_after),
                    lease_ms: ms(lease),
                }),
            };
            let _: EnvironmentView = client.send(Method::PATCH, &one(&name), &patch).await?;
            print::say(format!("Changed {name}; its hosts follow within seconds."));
        }
        EnvironmentCommand::ReleaseBrake { name, yes } => {
            return release_brake(&client, &one(&name), yes).await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn one(name: &Name) -> String {
    format!("/v1/environments/{}", segment(name.as_str()))
}

/// Says whom it is about, asks, and has them given up.
async fn release_brake(client: &Client, path: &str, yes: bool) -> anyhow::Result<ExitCode> {
    let environment: EnvironmentView = client.get(path).await?;
    let name = &environment.name;
    if environment.braked.is_empty() {
        print::say(format!("Nothing is held back in {name}."));
        return Ok(ExitCode::SUCCESS);
    }
    let hosts: Vec<&str> = environment.braked.iter().map(Name::as_str).collect();
    print::say(format!(
        "Silent together, and given up with this: {}.",
        hosts.join(", ")
    ));
    if !yes && !print::confirm("Make what they ran elsewhere?", "--yes")? {
        return Ok(ExitCode::FAILURE);
    }
    let _: EnvironmentView = client
        .send(Method::POST, &format!("{path}/release-brake"), &())
        .await?;
    print::say("What they ran is made elsewhere now; should they return, they first end what they had.");
    Ok(ExitCode::SUCCESS)
}

fn table(environments: &[EnvironmentView]) -> Table {
    let mut table = Table::new(&["ENVIRONMENT", "NETWORK", "YOUR ROLE"]);
    for environment in environments {
        let role = format!("{:?}", environment.role).to_lowercase();
        table.row(vec![
            environment.name.to_string(),
            environment.subnet.to_string(),
            role,
        ]);
    }
    table
}
