//! The other side: a command that starts a keeper or asks one.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context as _;
use muster_lab::Trace;
use tokio::io::{AsyncBufRead, BufReader};
use tokio::net::UnixStream;
use tokio::process::Command;

use super::protocol::{self, Answer, Request, Status};
use super::{LOG, SOCKET, UpSpec};
use crate::print;

/// A living lab's keeper.
#[derive(Debug)]
pub struct Keeper {
    pub trace: Trace,
}

/// The lab of this name, which must live.
pub fn living(name: &str) -> anyhow::Result<Keeper> {
    let trace = Trace::find(name).with_context(|| {
        format!("there is no lab named {name}; make one with `muster lab up --name {name}`")
    })?;
    anyhow::ensure!(
        trace.is_alive(),
        "the keeper of lab {name} has died, and the lab with it; `muster lab down --name {name}` clears up, and `up` makes it anew"
    );
    Ok(Keeper { trace })
}

impl Keeper {
    /// Asks for something, shows progress, and answers what it says in the end.
    pub async fn ask(&self, request: &Request) -> anyhow::Result<Option<Status>> {
        let socket = self.trace.dir().join(SOCKET);
        let connected = UnixStream::connect(&socket).await;
        let mut stream = connected.with_context(|| {
            format!(
                "the keeper of lab {} does not answer; is the lab still coming up?",
                self.trace.name()
            )
        })?;
        let (input, mut output) = stream.split();
        protocol::write(&mut output, request).await?;
        listen(BufReader::new(input), &self.trace.dir().join(LOG)).await
    }
}

/// Starts a keeper and waits until its lab is up.
pub async fn start(name: &str, spec: UpSpec) -> anyhow::Result<()> {
    let root = muster_lab::root();
    std::fs::create_dir_all(&root).with_context(|| format!("could not make {}", root.display()))?;
    let log = root.join(format!("{name}.log"));
    let mut keeper = spawn(name, &log)?;
    let (Some(mut input), Some(output)) = (keeper.stdin.take(), keeper.stdout.take()) else {
        anyhow::bail!("the keeper has no input or output");
    };
    protocol::write(&mut input, &Request::Up(spec)).await?;
    let done = listen(BufReader::new(output), &log).await;
    // While this is open the keeper believes that somebody waits.
    drop(input);
    if done.is_err() {
        // Then it ends by itself, and takes with it what it had made.
        let _ = keeper.wait().await;
        let _ = std::fs::remove_file(&log);
    }
    done.map(drop)
}

fn spawn(name: &str, log: &Path) -> anyhow::Result<tokio::process::Child> {
    let binary = std::env::current_exe().context("could not find this binary")?;
    let errors = File::create(log).with_context(|| format!("could not write {}", log.display()))?;
    let child = Command::new(binary)
        .args(["lab", "--name", name, "keep", "--log"])
        .arg(log)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(errors)
        .current_dir("/")
        .spawn();
    child.context("could not start the keeper")
}

async fn listen(mut input: impl AsyncBufRead + Unpin, log: &Path) -> anyhow::Result<Option<Status>> {
    loop {
        match protocol::read(&mut input).await? {
            Some(Answer::Progress(line)) => print::say(line),
            Some(Answer::Done(status)) => return Ok(status),
            Some(Answer::Failed(chain)) => return Err(error(chain)),
            None => anyhow::bail!(
                "the keeper ended before it was done; {} may say why",
                log.display()
            ),
        }
    }
}

/// The keeper's error with its causes, as if it had come about here.
fn error(chain: Vec<String>) -> anyhow::Error {
    let mut causes = chain.into_iter().rev();
    let first = anyhow::anyhow!(causes.next().unwrap_or_default());
    causes.fold(first, |error, outer| error.context(outer))
}
