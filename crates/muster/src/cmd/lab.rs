//! `muster lab`: real hosts on this machine.

mod env;
mod faults;
mod inside;
mod ls;
mod up;

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::{Global, LabArgs, LabCommand};
use crate::lab::{self, Request};
use crate::print;

/// Does what was asked.
pub async fn run(args: LabArgs, global: &Global) -> anyhow::Result<ExitCode> {
    if !rustix::process::geteuid().is_root() {
        return Err(muster_lab::Error::NotRoot.into());
    }
    let name = args.name.as_str();
    match args.command {
        LabCommand::Up(args) => up::up(name, args).await,
        LabCommand::Down => up::down(name).await,
        LabCommand::Ls => ls::run(global.output).await,
        LabCommand::Env => env::run(name),
        LabCommand::Exec { host, command } => inside::exec(name, &host, &command).await,
        LabCommand::Shell { host } => inside::shell(name, &host).await,
        LabCommand::Load { file } => {
            let file = file
                .canonicalize()
                .with_context(|| format!("could not open {}", file.display()))?;
            done(name, &Request::Load { file }, "Every host with power has it.").await
        }
        LabCommand::Keep { log } => lab::keep(name, &log).await,
        LabCommand::Heal { host: None } => done(name, &Request::HealAll, "Every cable is good.").await,
        command => {
            let (machine, fault) = faults::of(command)?;
            let said = faults::said(&machine, &fault);
            done(name, &Request::Fault { name: machine, fault }, &said).await
        }
    }
}

/// A wish whose answer is only that it is done; then `said` holds.
async fn done(name: &str, request: &Request, said: &str) -> anyhow::Result<ExitCode> {
    lab::living(name)?.ask(request).await?;
    print::say(said);
    Ok(ExitCode::SUCCESS)
}
