//! `muster hollow`: many hosts in one process, for tests of size. Their agents are real, their engines are not.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use muster_agent::AgentConfig;
use muster_link::ServerUrl;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::running;
use crate::cli::HollowArgs;

/// Between the starts of two, so that they do not all shake hands at once.
const APART: Duration = Duration::from_millis(20);
/// One that could not join tries again after this.
const AGAIN: Duration = Duration::from_secs(2);

/// Starts them all and runs them until told to stop.
pub async fn run(args: HollowArgs) -> anyhow::Result<ExitCode> {
    running::log();
    let servers: Vec<ServerUrl> = args
        .servers
        .iter()
        .map(|url| url.parse().context("the server's address cannot be used"))
        .collect::<anyhow::Result<_>>()?;
    let told = running::told_to_stop()?;
    let (stop, stopped) = watch::channel(());
    let mut agents = JoinSet::new();
    for number in 1..=args.count {
        let mut config = AgentConfig::new(servers.clone(), args.data.join(number.to_string()));
        config.run_dir = config.data_dir.join("run");
        config.join_token.clone_from(&args.token);
        config.name = format!("{}{number}", args.prefix);
        agents.spawn(keep(config, APART * number, stopped.clone()));
    }
    drop(stopped);
    told.await;
    drop(stop);
    while let Some(ended) = agents.join_next().await {
        ended.context("an agent ended in disorder")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One agent, until the sender of `stopped` is gone.
async fn keep(config: AgentConfig, first: Duration, mut stopped: watch::Receiver<()>) {
    let mut pause = first;
    while !stopped_within(pause, &mut stopped).await {
        let mut stop = stopped.clone();
        let ended = muster_agent::run_hollow(config.clone(), async move { drop(stop.changed().await) }).await;
        if let Err(error) = ended {
            tracing::warn!(host = config.name, "the agent did not start: {error}");
        }
        pause = AGAIN;
    }
}

async fn stopped_within(pause: Duration, stopped: &mut watch::Receiver<()>) -> bool {
    tokio::time::timeout(pause, stopped.changed()).await.is_ok()
}
