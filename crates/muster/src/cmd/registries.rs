//! `muster registry`: logins at image registries.

use std::io::BufRead as _;
use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use muster_model::view::{RegistryPassword, RegistryPut, RegistryView};

use crate::cli::{Global, RegistryCommand};
use crate::client::{Client, segment};
use crate::print::{self, Table};

/// Does what was asked.
pub async fn run(command: RegistryCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let one = |registry: &str| client.env(&format!("/registries/{}", segment(registry)));
    match command {
        RegistryCommand::Ls => {
            let registries: Vec<RegistryView> = client.all(&client.env("/registries")).await?;
            print::listing(global.output, &registries, |_| table(&registries))?;
        }
        RegistryCommand::Set { registry, user } => {
            print::say("Reading the password from standard input.");
            let mut password = String::new();
            std::io::stdin()
                .lock()
                .read_line(&mut password)
                .context("could not read the password")?;
            let password = RegistryPassword::new(password.trim_end_matches(['\r', '\n']).to_owned());
            let request = RegistryPut {
                username: user,
                password,
            };
            let _: RegistryView = client.send(Method::PUT, &one(&registry), &request).await?;
            print::say(format!("Hosts log in at {registry} from now on."));
        }
        RegistryCommand::Rm { registry } => {
            client.delete(&one(&registry)).await?;
            print::say(format!("Forgot the login at {registry}."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table(registries: &[RegistryView]) -> Table {
    let mut table = Table::new(&["REGISTRY", "USER"]);
    for registry in registries {
        table.row(vec![registry.registry.clone(), registry.username.clone()]);
    }
    table
}
