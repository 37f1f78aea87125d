//! `muster agent`: this machine as a host.

mod boot;
mod check;
mod install;
mod service;
mod settings;
mod status;
mod supervise;

use std::process::ExitCode;

use anyhow::Context as _;

use super::{alone, running, together, watchdog};
use crate::cli::{AgentArgs, AgentCommand, AgentRunArgs, Global};
use settings::Settings;

/// Does what was asked, in the runtime it needs.
pub fn start(args: AgentArgs, global: Global) -> anyhow::Result<ExitCode> {
    match args.command {
        None => together(run(args.run, global)),
        Some(AgentCommand::Install(args)) => alone(install::run(args, &global)),
        Some(AgentCommand::Uninstall(args)) => alone(install::undo(args)),
        Some(AgentCommand::Status(args)) => status::run(&args.data, global.output),
        Some(AgentCommand::Check(args)) => alone(check::run(args, &global)),
        Some(AgentCommand::Supervise(args)) => alone(supervise::run(args)),
        Some(AgentCommand::Watchdog { directory }) => watchdog::run(&directory),
    }
}

/// Joins if it has not, then keeps the machine as it is to be. Containers outlive it.
async fn run(args: AgentRunArgs, global: Global) -> anyhow::Result<ExitCode> {
    supervise::end_with_supervisor()?;
    running::log();
    let data = args.place.data.clone();
    let settings = Settings::load(&data)?.unwrap_or_default().with(&args)?;
    let mut config = settings.config(data)?;
    config.join_token = args.token;
    config.environment = global.environment;
    config.labels = settings::labels(&args.labels, args.host_labels.as_deref())?;
    config.watchdog = watchdog::program();
    muster_agent::run(config, running::told_to_stop()?)
        .await
        .context("the agent did not start")?;
    Ok(ExitCode::SUCCESS)
}
