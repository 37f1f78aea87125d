//! `muster agent`: this machine as a host, until it is told to stop.

use std::process::ExitCode;

use anyhow::Context as _;
use muster_agent::AgentConfig;
use muster_link::ServerUrl;

use super::{running, watchdog};
use crate::cli::AgentArgs;

/// Joins if it has not, then keeps the machine as it is to be. Containers outlive it.
pub async fn run(args: AgentArgs) -> anyhow::Result<ExitCode> {
    running::log();
    let mut config = AgentConfig::new(servers(&args.servers)?, args.data);
    config.engine_socket = args.engine;
    config.join_token = args.token;
    config.watchdog = watchdog::program();
    if let Some(name) = args.name {
        config.name = name.to_string();
    }
    muster_agent::run(config, running::told_to_stop()?)
        .await
        .context("the agent did not start")?;
    Ok(ExitCode::SUCCESS)
}

/// What was given with `--to`.
pub fn servers(given: &[String]) -> anyhow::Result<Vec<ServerUrl>> {
    let url = |text: &String| {
        text.parse::<ServerUrl>()
            .context("the server's address cannot be used")
    };
    let servers = given.iter().map(url).collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(
        !servers.is_empty(),
        "name the server with --to; `muster host token` prints the whole command"
    );
    Ok(servers)
}
