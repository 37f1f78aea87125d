//! `muster config`: a project's files as one, merged and filled in, offline.

use std::process::ExitCode;

use crate::cli::ProjectArgs;
use crate::collect::{self, Wanted};
use crate::print::{self, Paint};

/// Prints the file; its remarks go to standard error.
pub fn run(args: &ProjectArgs) -> anyhow::Result<ExitCode> {
    let project = collect::project(&Wanted::of(args)?)?;
    written(muster_files::config(&project))
}

/// Prints a file that was written anew, or why it was not.
pub fn written(written: muster_files::Written) -> anyhow::Result<ExitCode> {
    print::say(print::diagnostics(&written.diagnostics, Paint::for_stderr()).trim_end());
    match written.text {
        Some(text) => print::data(&text).map(|()| ExitCode::SUCCESS),
        None => Ok(ExitCode::FAILURE),
    }
}
