//! `muster server`: a server, until it is told to stop.

use std::process::ExitCode;

use crate::cli::ServerArgs;

pub async fn run(_: ServerArgs) -> anyhow::Result<ExitCode> {
    anyhow::bail!("soon")
}
