//! `muster agent`: this machine as a host, until it is told to stop.

use std::process::ExitCode;

use crate::cli::AgentArgs;

pub async fn run(_: AgentArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("soon")
}
