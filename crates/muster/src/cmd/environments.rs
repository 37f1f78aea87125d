//! `muster environment`: tenants.

use std::process::ExitCode;

use hyper::Method;
use muster_model::view::{EnvironmentCreate, EnvironmentView};

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
            let path = format!("/v1/environments/{}", segment(name.as_str()));
            client.delete(&path).await?;
            print::say(format!("Removed {name}."));
        }
    }
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
