//! What long-running commands share: logging, room for connections, and the signal to stop.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Sends what happens to standard error, one line an event; `MUSTER_LOG` chooses (such as `muster=debug`).
pub fn log() {
    let filter = EnvFilter::try_from_env("MUSTER_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

/// Lets this process have as many open files as it may: a server has two connections to each host, and the usual soft bound
/// of 1,024 is kept low for programs that call select(2).
pub fn allow_many_files() {
    let mut bound = getrlimit(Resource::Nofile);
    bound.current = bound.maximum;
    // Where that is refused, the bound stays as it was.
    let _ = setrlimit(Resource::Nofile, bound);
}

/// Listens for SIGTERM and SIGINT; what it returns ends when one comes.
pub fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).context("could not listen for signals");
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
