//! A program in a unit's container, over a WebSocket.
//!
//! The socket ends here and the stream to the agent is another one: frames are read, judged and written anew, never spliced, so that
//! nothing of one side's protocol reaches the other.

use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::Response;
use muster_model::link::{ExecRequest, StreamFrame, StreamRequest, StreamTarget};

use crate::api::app::AgentStream;
use crate::api::call::Call;
use crate::api::error::ApiError;
use crate::api::show;

/// One message of the socket; clients send a few KiB at a time.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// How often it is looked at whether the asker still may, and the socket kept from falling asleep.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How long the asker may take to close its side.
const FAREWELL: Duration = Duration::from_secs(5);
/// Words of a command, and bytes of all of it: far below what a kernel takes.
const COMMAND_BYTES_MAX: usize = 64 * 1024;

pub(crate) async fn run(mut call: Call) -> Result<Response, ApiError> {
    let request = request(&call)?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut call.parts, &())
        .await
        .map_err(|_| ApiError::NotUpgraded)?;
    let unit = call.unit()?;
    let title = show::unit_title(&call.world, unit);
    let stream = call
        .app
        .agents
        .open(unit.host, StreamRequest::Exec(request))
        .await;
    let stream = stream.map_err(|error| ApiError::Host {
        message: error.to_string(),
    })?;
    let upgrade = upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| converse(call, title, socket, stream)))
}

fn request(call: &Call) -> Result<ExecRequest, ApiError> {
    let query = &call.query;
    let command: Vec<String> = query.all("command").map(str::to_owned).collect();
    let environment: Vec<String> = query.all("env").map(str::to_owned).collect();
    let bytes: usize = command.iter().chain(&environment).map(String::len).sum();
    if command.first().is_none_or(String::is_empty) || bytes > COMMAND_BYTES_MAX {
        let why = format!("say what to run: 1 word or more, {COMMAND_BYTES_MAX} bytes at most");
        return Err(ApiError::field("command", why));
    }
    if command.iter().chain(&environment).any(|word| word.contains('\0')) {
        return Err(ApiError::field(
            "command",
            "NUL cannot stand in a word".to_owned(),
        ));
    }
    let size = (
        query.read("cols")?.unwrap_or(80),
        query.read("rows")?.unwrap_or(24),
    );
    Ok(ExecRequest {
        target: StreamTarget {
            unit: call.unit()?.id,
            sidekick: query.read("sidekick")?,
        },
        command,
        terminal: query.flag("tty")?.then_some(size),
        stdin: query.flag("stdin")?,
        user: query.get("user").map(str::to_owned),
        working_dir: query.get("workdir").map(str::to_owned),
        environment,
    })
}

async fn converse(call: Call, title: String, mut socket: WebSocket, stream: AgentStream) {
    let account = call
        .asker
        .principal
        .as_ref()
        .map(|principal| principal.name.to_string());
    let account = account.as_deref().unwrap_or("-");
    let (request, from) = (&call.request.shown, call.asker.from);
    tracing::info!(target: "audit", %request, account, %from, unit = title, "exec began");
    let ended = pump(&call, &mut socket, stream).await;
    tracing::info!(target: "audit", %request, account, %from, unit = title, ended, "exec ended");
    let close = CloseFrame {
        code: close_code::NORMAL,
        reason: ended.into(),
    };
    let _ = socket.send(Message::Close(Some(close))).await;
    // A connection that is dropped with something unread in it is reset, and takes what was just sent with it.
    let farewell = async { while let Some(Ok(_)) = socket.recv().await {} };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
}

/// Carries frames until one side ends; says which.
async fn pump(call: &Call, socket: &mut WebSocket, mut stream: AgentStream) -> &'static str {
    let mut look = tokio::time::interval(LOOK_EVERY);
    // While the program takes no input its output must flow on, or both wait for ever.
    let mut input: Option<StreamFrame> = None;
    loop {
        tokio::select! {
            room = stream.send.reserve(), if input.is_some() => match (room, input.take()) {
                (Ok(room), Some(frame)) => room.send(frame),
                _ => return "the host's agent broke off",
            },
            frame = stream.receive.recv() => {
                let Some(frame) = frame else { return "the host's agent broke off" };
                let last = matches!(frame, StreamFrame::Exit(_) | StreamFrame::Failed(_));
                if matches!(frame, StreamFrame::Input(_) | StreamFrame::Resize(..)) {
                    continue;
                }
                if socket.send(Message::Binary(frame.encode().into())).await.is_err() {
                    return "the asker went away";
                }
                if last {
                    return "the program ended";
                }
            }
            message = socket.recv(), if input.is_none() => match from_asker(message) {
                Asked::Frame(frame) => input = Some(frame),
                Asked::Nothing => {}
                Asked::End => return "the asker went away",
                Asked::Nonsense => return "the asker sent what is no frame",
            },
            _ = look.tick() => {
                if !call.still_allowed(&call.app.mirror.world()) {
                    let told = StreamFrame::Failed("your right to do this was taken away".to_owned());
                    let _ = socket.send(Message::Binary(told.encode().into())).await;
                    return "the asker's right was taken away";
                }
                let _ = socket.send(Message::Ping(Default::default())).await;
            }
        }
    }
}

enum Asked {
    Frame(StreamFrame),
    Nothing,
    End,
    Nonsense,
}

/// Askers send input and sizes, nothing else.
fn from_asker(message: Option<Result<Message, axum::Error>>) -> Asked {
    match message {
        Some(Ok(Message::Binary(bytes))) => match StreamFrame::decode(&bytes) {
            Ok(frame @ (StreamFrame::Input(_) | StreamFrame::Resize(..))) => Asked::Frame(frame),
            _ => Asked::Nonsense,
        },
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => Asked::Nothing,
        Some(Ok(Message::Text(_))) => Asked::Nonsense,
        Some(Ok(Message::Close(_)) | Err(_)) | None => Asked::End,
    }
}
