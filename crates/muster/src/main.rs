//! The `muster` binary: commands, configuration, printing.
//!
//! Each command is one file under `cmd/`, found by its name. Whatever decides lives in the other rooms; here text is
//! collected, sent, and shown. Data goes to standard output, talk to standard error; colours only where a terminal
//! reads. Only this crate knows files of the user, flags, and environment variables.

mod cli;
mod client;
mod cmd;
mod collect;
mod context;
mod first_account;
mod lab;
mod print;

use std::process::ExitCode;

use clap::Parser as _;

/// See docs/decisions/0007-allocator.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    muster_trust::tls::install_crypto_provider();
    let cli = cli::Cli::parse();
    match cmd::run(cli) {
        Ok(code) => code,
        Err(error) => print::failure(&error),
    }
}
