//! The keeper: one process a lab, which owns it and does what clients ask.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use muster_lab::{Lab, Process};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::{Mutex, Notify};

use super::protocol::{self, Answer, Request, Status};
use super::site::{Progress, Site};
use super::{LOG, SOCKET, ssh};
use crate::cmd::running;

/// How often the lab's user is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What connections share.
#[derive(Debug)]
struct Keeping {
    /// None when the end has begun.
    site: Mutex<Option<Arc<Site>>>,
    ended: Notify,
}

/// Makes the lab that standard input asks for, tells standard output how that goes, then serves its socket until the
/// lab is to end. `log` is the file that standard error goes to, which moves into the lab's directory.
pub async fn keep(name: &str, log: &Path) -> anyhow::Result<ExitCode> {
    // Whoever started it may log out, or stop what runs at their terminal.
    rustix::process::setsid().context("could not leave the terminal")?;
    let told = running::told_to_stop()?;
    let mut output = tokio::io::stdout();
    let up = up(name, log, &mut output);
    tokio::pin!(told);
    let made = tokio::select! {
        made = up => made,
        () = &mut told => return Ok(ExitCode::SUCCESS),
    };
    let (lab, site, user) = match made {
        Ok(made) => made,
        Err(error) => {
            let _ = protocol::write(&mut output, &failed(&error)).await;
            return Ok(ExitCode::FAILURE);
        }
    };
    let listener = UnixListener::bind(lab.dir().join(SOCKET)).context("could not listen for commands")?;
    let keeping = Arc::new(Keeping {
        site: Mutex::new(Some(Arc::new(site))),
        ended: Notify::new(),
    });
    // Nobody may be there to hear it.
    let _ = protocol::write(&mut output, &Answer::Done(None)).await;
    tokio::select! {
        () = serve(&listener, &keeping) => {}
        () = keeping.ended.notified() => {}
        () = &mut told => {}
        () = end_of(user) => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// The lab, and the process whose end is the lab's.
type Made = (Lab, Site, Option<Process>);

async fn up(name: &str, log: &Path, output: &mut (impl AsyncWrite + Unpin)) -> anyhow::Result<Made> {
    let mut input = BufReader::new(tokio::io::stdin());
    let request = protocol::read(&mut input).await?;
    let Some(Request::Up(spec)) = request else {
        anyhow::bail!("a keeper is started by `muster lab up`, and by nothing else");
    };
    let user = spec.until_end_of.map(Process::of).transpose();
    let user = user.context("the process that is to use the lab has ended")?;
    let lab = Lab::named(name, &ssh::TOOLS)?;
    std::fs::rename(log, lab.dir().join(LOG)).context("could not move the log into the lab's directory")?;
    let (progress, lines) = mpsc::unbounded_channel();
    let site = tokio::select! {
        site = relay(lines, output, Site::up(&lab, &spec, &progress)) => site?,
        () = end_of_input(input) => anyhow::bail!("whoever asked for the lab has gone"),
    };
    Ok((lab, site, user))
}

/// Whoever gives up waiting for a lab does not want it.
async fn end_of_input(input: impl AsyncBufRead + Unpin) {
    let mut lines = input.lines();
    while let Ok(Some(_)) = lines.next_line().await {}
}

async fn end_of(user: Option<Process>) {
    match user {
        Some(user) => {
            while user.is_alive() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
        None => std::future::pending().await,
    }
}

async fn serve(listener: &UnixListener, keeping: &Arc<Keeping>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(answer(client, Arc::clone(keeping)))),
            // Out of descriptors: the connections that are open will end.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn answer(mut client: UnixStream, keeping: Arc<Keeping>) {
    let (input, mut output) = client.split();
    let done = converse(BufReader::new(input), &mut output, &keeping).await;
    let last = done.map_or_else(|error| failed(&error), Answer::Done);
    // A client that has gone does not want to know.
    let _ = protocol::write(&mut output, &last).await;
    if keeping.site.lock().await.is_none() {
        keeping.ended.notify_one();
    }
}

async fn converse(
    mut input: impl AsyncBufRead + Unpin,
    output: &mut (impl AsyncWrite + Unpin),
    keeping: &Keeping,
) -> anyhow::Result<Option<Status>> {
    let request = protocol::read(&mut input).await?.context("nothing was asked")?;
    if request == Request::Down {
        keeping.site.lock().await.take();
        return Ok(None);
    }
    let site = keeping
        .site
        .lock()
        .await
        .clone()
        .context("this lab is about to end")?;
    let (progress, lines) = mpsc::unbounded_channel();
    relay(lines, output, perform(&site, request, &progress)).await
}

async fn perform(site: &Site, request: Request, progress: &Progress) -> anyhow::Result<Option<Status>> {
    match request {
        Request::Status => return Ok(Some(site.status().await)),
        Request::Load { file } => site.load(&file, progress).await?,
        Request::Fault { name, fault } => site.fault(&name, fault).await?,
        Request::HealAll => site.heal_all().await?,
        Request::Up(_) | Request::Down => anyhow::bail!("this lab is up already"),
    }
    Ok(None)
}

/// Passes progress on while the work is done; a client that goes away does not stop the work.
async fn relay<T>(
    mut lines: UnboundedReceiver<String>,
    output: &mut (impl AsyncWrite + Unpin),
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::pin!(work);
    let done = loop {
        tokio::select! {
            biased;
            Some(line) = lines.recv() => drop(protocol::write(output, &Answer::Progress(line)).await),
            done = &mut work => break done,
        }
    };
    while let Ok(line) = lines.try_recv() {
        let _ = protocol::write(output, &Answer::Progress(line)).await;
    }
    done
}

fn failed(error: &anyhow::Error) -> Answer {
    Answer::Failed(error.chain().map(ToString::to_string).collect())
}
