//! `muster events`: what happens, as it happens.

use std::process::ExitCode;

use anyhow::Context as _;
use muster_model::view::EventView;

use crate::cli::{EventsArgs, Global};
use crate::client::Client;
use crate::print::{self, Output};

/// Shows events until interrupted.
pub async fn run(args: EventsArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let from = args
        .from
        .map(|revision| format!("?from={revision}"))
        .unwrap_or_default();
    let mut lines = client.lines(&client.env(&format!("/events{from}"))).await?;
    loop {
        let event = tokio::select! {
            event = lines.next_event() => event?,
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(130)),
        };
        let Some(event) = event else {
            anyhow::bail!("the server closed the stream; repeat the command")
        };
        match event.event.as_str() {
            "change" if global.output == Output::Json => print::data(&(event.data + "\n"))?,
            "change" => {
                let change: EventView = serde_json::from_str(&event.data)
                    .context("the server sent an event of another version")?;
                print::data(&format!(
                    "{:>8}  {:<24} {}\n",
                    change.revision, change.name, change.message
                ))?;
            }
            "compacted" => print::say("Some events are too old to be told; these are the ones since."),
            _ => {}
        }
    }
}
