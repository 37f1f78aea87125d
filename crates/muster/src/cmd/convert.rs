//! `muster convert`: files of any age in today's format. `muster schema`: what that format is, for editors.

use std::path::Path;
use std::process::ExitCode;

use super::config::written;
use crate::collect::{self, Wanted};
use crate::print;

/// Prints the converted file; its remarks go to standard error.
pub fn run(file: &Path) -> anyhow::Result<ExitCode> {
    written(muster_files::convert(&collect::project(&Wanted::one(file))?))
}

/// Prints the schema.
pub fn schema() -> anyhow::Result<ExitCode> {
    let text = format!("{:#}\n", muster_files::schema());
    print::data(&text).map(|()| ExitCode::SUCCESS)
}
