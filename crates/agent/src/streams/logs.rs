use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use futures_util::StreamExt as _;
use muster_model::link::{LogsRequest, StreamFrame};

use super::{Outgoing, StreamError};
use crate::engine::docker::DockerEngine;

/// A container's output, each line with the engine's time before it, so that many can be merged.
pub(super) async fn logs(
    engine: &DockerEngine,
    name: &str,
    request: &LogsRequest,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    let options = LogsOptions {
        follow: request.follow,
        stdout: true,
        stderr: true,
        timestamps: true,
        since: request
            .since
            .map_or(0, |since| i32::try_from(since).unwrap_or(i32::MAX)),
        tail: request
            .tail
            .map_or_else(|| "all".to_owned(), |lines| lines.to_string()),
        ..LogsOptions::default()
    };
    let mut lines = engine.client().await?.logs(name, Some(options)).boxed();
    while let Some(line) = lines.next().await {
        outgoing.send(&frame(line?)).await?;
    }
    Ok(())
}

/// A piece of output as a frame; with a terminal there is only one kind.
pub(super) fn frame(output: LogOutput) -> StreamFrame {
    match output {
        LogOutput::StdErr { message } => StreamFrame::Error(message.to_vec()),
        other => StreamFrame::Output(other.into_bytes().to_vec()),
    }
}
