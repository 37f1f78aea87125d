//! `muster exec`: a program in a unit's container, with a terminal if one is wanted.

use std::process::ExitCode;

use anyhow::Context as _;
use futures_util::{SinkExt as _, StreamExt as _};
use muster_link::LinkIo;
use muster_model::UnitId;
use muster_model::link::StreamFrame;
use muster_model::observed::Phase;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::cli::{ExecArgs, Global};
use crate::client::{Client, segment};
use crate::print::RawTerminal;

/// Runs the program and ends with its exit code.
pub async fn run(args: ExecArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let unit = find(&client, &args.unit).await?;
    let size = args
        .tty
        .then(crossterm::terminal::size)
        .transpose()
        .unwrap_or(None);
    let path = client.env(&format!("/units/{unit}/exec?{}", query(&args, size)));
    let socket = client.websocket(&path).await?;
    let raw = args.tty.then(RawTerminal::enter).transpose()?;
    let ended = converse(socket, args.interactive, args.tty).await;
    drop(raw);
    match ended? {
        Ended::Exit(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        Ended::Failed(why) => anyhow::bail!("the program could not be run: {why}"),
    }
}

/// The unit by id or name; of a service, its first that runs.
async fn find(client: &Client, text: &str) -> anyhow::Result<UnitId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let units = super::ps::list(client, Some(text), None).await?;
    let running = units.iter().find(|unit| unit.phase == Phase::Running);
    let found = running.with_context(|| format!("no unit of `{text}` runs; see `muster ps {text}`"))?;
    Ok(found.id)
}

fn query(args: &ExecArgs, size: Option<(u16, u16)>) -> String {
    let mut query: Vec<String> = args
        .command
        .iter()
        .map(|word| format!("command={}", segment(word)))
        .collect();
    query.push(format!("stdin={}&tty={}", args.interactive, args.tty));
    query.extend(size.map(|(cols, rows)| format!("cols={cols}&rows={rows}")));
    query.extend(args.user.as_ref().map(|user| format!("user={}", segment(user))));
    query.extend(
        args.workdir
            .as_ref()
            .map(|dir| format!("workdir={}", segment(dir))),
    );
    query.extend(
        args.env
            .iter()
            .map(|variable| format!("env={}", segment(variable))),
    );
    query.extend(
        args.sidekick
            .as_ref()
            .map(|name| format!("sidekick={}", segment(name.as_str()))),
    );
    query.join("&")
}

/// How it ended.
enum Ended {
    Exit(i64),
    Failed(String),
}

async fn converse(mut socket: WebSocketStream<LinkIo>, input: bool, tty: bool) -> anyhow::Result<Ended> {
    let mut typed = tokio::io::stdin();
    let mut reading = input;
    let mut buffer = vec![0; 16 * 1024];
    let mut resized = signal(SignalKind::window_change()).context("could not listen for SIGWINCH")?;
    loop {
        let frame = tokio::select! {
            message = socket.next() => match incoming(message)? {
                Some(StreamFrame::Output(bytes)) => { write(tokio::io::stdout(), &bytes).await?; continue }
                Some(StreamFrame::Error(bytes)) => { write(tokio::io::stderr(), &bytes).await?; continue }
                Some(StreamFrame::Exit(code)) => return Ok(Ended::Exit(code)),
                Some(StreamFrame::Failed(why)) => return Ok(Ended::Failed(why)),
                Some(_) | None => continue,
            },
            read = typed.read(&mut buffer), if reading => {
                let length = read.context("could not read standard input")?;
                reading = length > 0;
                StreamFrame::Input(buffer[..length].to_vec())
            }
            () = changed(&mut resized), if tty => match crossterm::terminal::size() {
                Ok((cols, rows)) => StreamFrame::Resize(cols, rows),
                Err(_) => continue,
            },
        };
        let message = Message::binary(frame.encode());
        socket
            .send(message)
            .await
            .context("the server broke off; the program may still run")?;
    }
}

async fn changed(signal: &mut Signal) {
    signal.recv().await;
}

/// The frame of a message; none for messages that carry none.
fn incoming<E: std::error::Error + Send + Sync + 'static>(
    message: Option<Result<Message, E>>,
) -> anyhow::Result<Option<StreamFrame>> {
    let message = message.context("the server broke off; the program may still run")?;
    match message.context("the server broke off; the program may still run")? {
        Message::Binary(bytes) => StreamFrame::decode(&bytes)
            .map(Some)
            .context("the server sent a frame of another version"),
        _ => Ok(None),
    }
}

async fn write(mut out: impl tokio::io::AsyncWrite + Unpin, bytes: &[u8]) -> anyhow::Result<()> {
    out.write_all(bytes)
        .await
        .context("could not write the program's output")?;
    out.flush().await.context("could not write the program's output")
}
