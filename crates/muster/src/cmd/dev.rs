//! `muster dev`: server and agent in one process, for one machine.

use std::process::ExitCode;

use crate::cli::DevArgs;

pub async fn run(_: DevArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("soon")
}
