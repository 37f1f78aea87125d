//! `muster lab exec` and `shell`: programs in a machine of the lab, as children of this process.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::lab::{self, CONTEXT_INSIDE, SETTINGS};

/// Runs a program and ends as it does.
pub async fn exec(name: &str, host: &str, words: &[String]) -> anyhow::Result<ExitCode> {
    let trace = lab::living(name)?.trace;
    let (program, arguments) = words.split_first().context("name a program")?;
    let mut command = trace.visit(host)?.command(program).args(arguments);
    // The machine's own settings would ask the machine's own server.
    for variable in SETTINGS {
        command = command.env_remove(variable);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = trace.dir().join("bin");
    let command = command
        .env(
            "PATH",
            format!("{}:{path}:/usr/sbin:/usr/bin:/sbin:/bin", bin.display()),
        )
        .env("MUSTER_CONTEXT", trace.dir().join(CONTEXT_INSIDE));
    // What is typed to stop the program is for the program: it is in the terminal's foreground, as we are.
    let _for_the_program = [SignalKind::interrupt(), SignalKind::quit()].map(signal);
    let status = command
        .spawn()?
        .wait()
        .await
        .context("could not wait for the program")?;
    Ok(ExitCode::from(code(status)))
}

/// A shell with a prompt, if somebody is there to see it.
pub async fn shell(name: &str, host: &str) -> anyhow::Result<ExitCode> {
    let shell = ["/bin/bash", "/bin/sh"]
        .into_iter()
        .find(|shell| std::path::Path::new(shell).exists());
    exec(name, host, &[shell.unwrap_or("sh").to_owned(), "-i".to_owned()]).await
}

/// As shells tell it: the exit code, or 128 and the signal.
fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
