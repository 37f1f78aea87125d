//! What people stream out of and into containers. It goes past the logic: nothing is decided here.
//!
//! A stream begins with its request. What cannot be done is one [`StreamFrame::Failed`] in words; a stream that a person
//! gave up ends with the connection under it, and with it the engine's side.

mod exec;
mod images;
mod logs;
mod stats;

use std::sync::Arc;

use muster_link::{LinkError, MuxStream, StreamFrameReader, StreamFrameWriter};
use muster_model::link::{StreamFrame, StreamRequest, StreamTarget};
use tokio::io::{ReadHalf, WriteHalf};

use crate::engine::Failure;
use crate::engine::docker::{DockerEngine, stream_failure};
use crate::engine::labels::container_name;
use crate::logic::Page;

/// From the server.
type Incoming = StreamFrameReader<ReadHalf<MuxStream>>;
/// To the server.
type Outgoing = StreamFrameWriter<WriteHalf<MuxStream>>;

/// Why a stream ended early.
#[derive(Debug, thiserror::Error)]
enum StreamError {
    /// The engine would not; the other side is told.
    #[error(transparent)]
    Engine(#[from] Failure),
    /// Nobody is at the other side any more.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl From<bollard::errors::Error> for StreamError {
    fn from(error: bollard::errors::Error) -> Self {
        Self::Engine(stream_failure(error))
    }
}

/// Serves one stream to its end.
pub async fn serve(engine: Arc<DockerEngine>, page: Option<Page>, request: StreamRequest, stream: MuxStream) {
    let (read, write) = tokio::io::split(stream);
    let (incoming, mut outgoing) = (StreamFrameReader::new(read), StreamFrameWriter::new(write));
    let served = dispatch(&engine, page.as_ref(), request, incoming, &mut outgoing).await;
    if let Err(StreamError::Engine(failure)) = &served {
        let _ = outgoing.send(&StreamFrame::Failed(failure.to_string())).await;
    }
    let _ = outgoing.close().await;
}

async fn dispatch(
    engine: &DockerEngine,
    page: Option<&Page>,
    request: StreamRequest,
    incoming: Incoming,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    match request {
        StreamRequest::Logs(request) => {
            let name = find(page, &request.target)?;
            until_left(incoming, logs::logs(engine, &name, &request, outgoing)).await
        }
        StreamRequest::Exec(request) => {
            let name = find(page, &request.target)?;
            exec::exec(engine, &name, request, incoming, outgoing).await
        }
        StreamRequest::Stats { target, follow } => {
            let name = find(page, &target)?;
            until_left(incoming, stats::stats(engine, &name, follow, outgoing)).await
        }
        StreamRequest::ImageLoad => images::load(engine, incoming, outgoing).await,
        StreamRequest::ImageList => images::list(engine, outgoing).await,
        StreamRequest::Certificate { .. } => Err(Failure::Refused {
            verb: "sign a certificate".to_owned(),
            detail: "only servers do".to_owned(),
        }
        .into()),
    }
}

/// The engine's name of the container that is meant.
fn find(page: Option<&Page>, target: &StreamTarget) -> Result<String, Failure> {
    let unit = page.and_then(|page| page.table.units.get(&target.unit));
    let part = unit.filter(|unit| {
        unit.containers
            .iter()
            .any(|part| part.sidekick == target.sidekick)
    });
    let unit = part.ok_or_else(|| Failure::NoSuchContainer {
        name: target.unit.to_string(),
    })?;
    Ok(container_name(
        unit.unit,
        unit.generation,
        target.sidekick.as_ref(),
    ))
}

/// Stops when the other side leaves: a log that is followed may be silent for hours.
async fn until_left(
    mut incoming: Incoming,
    work: impl Future<Output = Result<(), StreamError>>,
) -> Result<(), StreamError> {
    let left = async { while let Ok(Some(_)) = incoming.next().await {} };
    tokio::select! {
        done = work => done,
        () = left => Ok(()),
    }
}
