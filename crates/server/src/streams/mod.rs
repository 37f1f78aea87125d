//! One stream between a handler of the API and an agent: frames both ways, each way at the pace of its reader.

use muster_link::{LinkError, MuxStream, StreamFrameReader, StreamFrameWriter};
use muster_model::link::StreamFrame;
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;

use crate::api::AgentStream;
use crate::shell::chain;

/// Frames on their way in each direction.
const FRAMES_AHEAD: usize = 16;

/// Carries frames on a task of its own until the agent ends the stream or nobody receives any more.
pub(crate) fn carry(stream: MuxStream) -> AgentStream {
    let (send, to_agent) = mpsc::channel(FRAMES_AHEAD);
    let (from_agent, receive) = mpsc::channel(FRAMES_AHEAD);
    tokio::spawn(async move {
        let (read, write) = tokio::io::split(stream);
        let gone = from_agent.clone();
        let ended = tokio::select! {
            ended = inward(StreamFrameReader::new(read), from_agent) => ended,
            ended = outward(StreamFrameWriter::new(write), to_agent) => ended,
            () = gone.closed() => Ok(()),
        };
        if let Err(error) = ended {
            tracing::debug!(error = chain(&error), "a stream broke off");
        }
    });
    AgentStream { send, receive }
}

async fn inward(
    mut reader: StreamFrameReader<ReadHalf<MuxStream>>,
    frames: mpsc::Sender<StreamFrame>,
) -> Result<(), LinkError> {
    while let Some(frame) = reader.next().await? {
        if frames.send(frame).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// Never ends in order: a handler that has nothing more to say may still be listening.
async fn outward(
    mut writer: StreamFrameWriter<WriteHalf<MuxStream>>,
    mut frames: mpsc::Receiver<StreamFrame>,
) -> Result<(), LinkError> {
    while let Some(frame) = frames.recv().await {
        writer.send(&frame).await?;
    }
    std::future::pending().await
}
