//! `muster stack`: plan, deploy, look at, roll back and remove stacks.

mod history;
mod ls;
mod rm;
mod rollback;
mod show;
mod up;

use std::process::ExitCode;

use crate::cli::{Global, StackCommand};
use crate::client::Client;

/// Does what was asked.
pub async fn run(command: StackCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    match command {
        StackCommand::Plan(args) => up::plan(&client, &args, global.output).await,
        StackCommand::Up(args) => up::run(&client, &args).await,
        StackCommand::Ls => ls::run(&client, global.output).await,
        StackCommand::Show { stack } => show::run(&client, &stack, global.output).await,
        StackCommand::History { stack } => history::run(&client, &stack, global.output).await,
        StackCommand::Rollback(args) => rollback::run(&client, &args).await,
        StackCommand::Rm(args) => rm::run(&client, &args).await,
    }
}
