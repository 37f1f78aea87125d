use std::pin::Pin;

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use futures_util::{Stream, StreamExt as _};
use muster_model::link::{ExecRequest, StreamFrame};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{Incoming, Outgoing, StreamError, logs};
use crate::engine::Failure;
use crate::engine::docker::DockerEngine;

type Output = Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>;
type Input = Pin<Box<dyn AsyncWrite + Send>>;

/// A program in a container, from its start to its exit code.
pub(super) async fn exec(
    engine: &DockerEngine,
    name: &str,
    request: ExecRequest,
    incoming: Incoming,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    let client = engine.client().await?;
    let (terminal, stdin) = (request.terminal, request.stdin);
    let id = client.create_exec(name, options(request)).await?.id;
    let start = StartExecOptions {
        tty: terminal.is_some(),
        ..StartExecOptions::default()
    };
    let StartExecResults::Attached { output, input } = client.start_exec(&id, Some(start)).await? else {
        return Err(Failure::Refused {
            verb: "run the program".to_owned(),
            detail: "it was detached".to_owned(),
        }
        .into());
    };
    if let Some((columns, rows)) = terminal {
        resize(&client, &id, columns, rows).await;
    }
    // The program's end ends it all; that nobody types any more does not.
    tokio::select! {
        told = tell(output, outgoing) => told?,
        () = hear(incoming, stdin.then_some(input), &client, &id) => return Ok(()),
    }
    let code = client.inspect_exec(&id).await?.exit_code.unwrap_or(-1);
    Ok(outgoing.send(&StreamFrame::Exit(code)).await?)
}

fn options(request: ExecRequest) -> CreateExecOptions<String> {
    let list = |words: Vec<String>| (!words.is_empty()).then_some(words);
    CreateExecOptions {
        attach_stdin: Some(request.stdin),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(request.terminal.is_some()),
        env: list(request.environment),
        cmd: list(request.command),
        user: request.user,
        working_dir: request.working_dir,
        ..CreateExecOptions::default()
    }
}

async fn tell(mut output: Output, outgoing: &mut Outgoing) -> Result<(), StreamError> {
    while let Some(piece) = output.next().await {
        outgoing.send(&logs::frame(piece?)).await?;
    }
    Ok(())
}

/// Passes on what is typed. Returns only when the other side is gone.
async fn hear(mut incoming: Incoming, mut input: Option<Input>, client: &Docker, id: &str) {
    loop {
        match incoming.next().await {
            Ok(Some(StreamFrame::Input(bytes))) if bytes.is_empty() => {
                if let Some(mut input) = input.take() {
                    let _ = input.shutdown().await;
                }
            }
            Ok(Some(StreamFrame::Input(bytes))) => {
                if let Some(open) = &mut input
                    && (open.write_all(&bytes).await.is_err() || open.flush().await.is_err())
                {
                    // The program does not read any more; what it says still counts.
                    input = None;
                }
            }
            Ok(Some(StreamFrame::Resize(columns, rows))) => resize(client, id, columns, rows).await,
            Ok(Some(_)) => {}
            // It said all it has to say: the program may still have something to say.
            Ok(None) => std::future::pending().await,
            Err(_) => return,
        }
    }
}

/// A size that the engine does not take is not worth ending a session for.
async fn resize(client: &Docker, id: &str, columns: u16, rows: u16) {
    if let Err(error) = client
        .resize_exec(
            id,
            ResizeExecOptions {
                width: columns,
                height: rows,
            },
        )
        .await
    {
        tracing::debug!(%error, "the terminal keeps its size");
    }
}
