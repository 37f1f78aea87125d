//! The commands: one file each, named as they are typed.

mod agent;
mod apply;
mod blobs;
mod check;
mod completion;
mod config;
mod convert;
mod dev;
mod environments;
mod events;
mod exec;
mod hollow;
mod host_tokens;
mod hosts;
mod images;
mod keys;
mod lab;
mod login;
mod logs;
mod of;
mod ps;
mod registries;
pub mod running;
mod server;
mod services;
mod stack;
mod stats;
mod volumes;
mod watchdog;
pub mod whoami;
mod why;

use std::process::ExitCode;

use anyhow::Context as _;

use crate::cli::{Cli, Command, ConfigArgs};

/// Runs what was typed, in the runtime it needs.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Completion { shell } => completion::run(shell),
        Command::Check(ref args) => check::run(args, cli.global.output),
        Command::Convert { ref file } => convert::run(file),
        Command::Schema => convert::schema(),
        Command::Config(ConfigArgs {
            command: None,
            ref project,
        }) => config::run(project),
        Command::Whoami(args) => alone(whoami::run(args)),
        Command::Dev(args) => together(dev::run(args)),
        Command::Server(args) => together(server::run(args)),
        Command::Agent(args) => agent::start(*args, cli.global),
        Command::Hollow(args) => together(hollow::run(args)),
        Command::Lab(args) => together(lab::run(args, &cli.global)),
        command => alone(ask(command, &cli.global)),
    }
}

/// Commands that ask a server.
async fn ask(command: Command, global: &crate::cli::Global) -> anyhow::Result<ExitCode> {
    match command {
        Command::Login(args) => login::run(args, global).await,
        Command::Stack(command) => stack::run(command, global).await,
        Command::Service(command) => services::run(command, global).await,
        Command::Ps(args) => ps::run(args, global).await,
        Command::Stats { of } => stats::run(&of, global).await,
        Command::Why { service } => why::why(&service, global).await,
        Command::WhyNot { service, host } => why::why_not(&service, &host, global).await,
        Command::Logs(args) => logs::run(args, global).await,
        Command::Exec(args) => exec::run(args, global).await,
        Command::Events(args) => events::run(args, global).await,
        Command::Host(command) => hosts::run(command, global).await,
        Command::Image(command) => images::run(command, global).await,
        Command::Volume(command) => volumes::run(command, global).await,
        Command::Secret(command) => blobs::run(blobs::Kind::Secret, command, global).await,
        Command::Config(ConfigArgs {
            command: Some(command),
            ..
        }) => blobs::run(blobs::Kind::Config, command, global).await,
        Command::Registry(command) => registries::run(command, global).await,
        Command::Environment(command) => environments::run(command, global).await,
        Command::Key(command) => keys::run(command, global).await,
        Command::Completion { .. }
        | Command::Check(_)
        | Command::Convert { .. }
        | Command::Schema
        | Command::Config(_)
        | Command::Whoami(_)
        | Command::Dev(_)
        | Command::Server(_)
        | Command::Agent(_)
        | Command::Hollow(_)
        | Command::Lab(_) => anyhow::bail!("this command does not ask a server"),
    }
}

/// On one thread. A read of standard input that nobody ends does not hold up the end.
pub(crate) fn alone(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("could not start the runtime")?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// On all processors.
pub(crate) fn together(work: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    running::allow_many_files();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.context("could not start the runtime")?.block_on(work)
}
