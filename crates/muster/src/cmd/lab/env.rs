//! `muster lab env`: the command line of this machine asks the lab's server.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::context::Context;
use crate::lab::{self, CONTEXT};
use crate::print;

/// Prints lines for a shell to evaluate.
pub fn run(name: &str) -> anyhow::Result<ExitCode> {
    let file = lab::living(name)?.trace.dir().join(CONTEXT);
    anyhow::ensure!(
        file.exists(),
        "lab {name} has no server: it was made with --bare, or is still coming up"
    );
    let context = Context::load_from(&file).context("the lab's own login cannot be read; are you root?")?;
    print::data(&format!(
        "export MUSTER_SERVER={}\nexport MUSTER_TOKEN={}\nexport MUSTER_ENVIRONMENT={}\nexport MUSTER_LAB={name}\n",
        context.server, context.token, context.environment
    ))?;
    Ok(ExitCode::SUCCESS)
}
