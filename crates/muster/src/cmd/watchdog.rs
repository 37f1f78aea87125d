//! `muster agent watchdog`: ends exclusive units that nobody else can end in time. It has no runtime and little memory.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

use super::running;

/// How an agent of this program starts it: the agent adds the directory.
pub fn program() -> Option<Vec<OsString>> {
    // Read early: after an upgrade the path leads to the new program.
    let this = std::env::current_exe().ok()?;
    Some(vec![this.into(), "agent".into(), "watchdog".into()])
}

pub fn run(directory: &Path) -> anyhow::Result<ExitCode> {
    running::log();
    muster_agent::watchdog::run(directory).context("the watchdog did not start")?;
    Ok(ExitCode::SUCCESS)
}
