//! `muster volume`: named volumes.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use muster_model::view::{VolumeCreate, VolumeView};

use crate::cli::{Global, VolumeCommand};
use crate::client::{Client, segment};
use crate::print::{self, Table};

/// Does what was asked.
pub async fn run(command: VolumeCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    match command {
        VolumeCommand::Ls => {
            let volumes: Vec<VolumeView> = client.all(&client.env("/volumes")).await?;
            print::listing(global.output, &volumes, |_| table(&volumes))?;
        }
        VolumeCommand::Create {
            name,
            driver,
            options,
        } => {
            let options = options
                .iter()
                .map(|option| key_value(option))
                .collect::<anyhow::Result<BTreeMap<_, _>>>()?;
            let request = VolumeCreate {
                name,
                driver: Some(driver),
                options,
            };
            let volume: VolumeView = client
                .send(Method::POST, &client.env("/volumes"), &request)
                .await?;
            print::say(format!(
                "Made {}; name it in a compose file as `external: true`.",
                volume.name
            ));
        }
        VolumeCommand::Rm { name, yes } => {
            if !yes && !print::confirm(&format!("Remove volume {name} with all its data?"), "--yes")? {
                return Ok(ExitCode::FAILURE);
            }
            client
                .delete(&client.env(&format!("/volumes/{}", segment(&name))))
                .await?;
            print::say(format!("{name} is being removed."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table(volumes: &[VolumeView]) -> Table {
    let mut table = Table::new(&["VOLUME", "STACK", "HOST", "DRIVER", "STATE"]);
    for volume in volumes {
        let name =
            |name: &Option<muster_model::Name>| name.as_ref().map(ToString::to_string).unwrap_or_default();
        let state = if volume.removing { "being removed" } else { "" };
        table.row(vec![
            volume.name.to_string(),
            name(&volume.stack),
            name(&volume.host),
            volume.driver.clone(),
            state.into(),
        ]);
    }
    table
}

fn key_value(text: &str) -> anyhow::Result<(String, String)> {
    let (key, value) = text
        .split_once('=')
        .with_context(|| format!("`{text}` is no option; write KEY=value"))?;
    Ok((key.to_owned(), value.to_owned()))
}
