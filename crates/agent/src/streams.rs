//! What people stream out of and into containers. It goes past the logic: nothing is decided here.
//!
//! A stream begins with its request. What cannot be done is one [`StreamFrame::Failed`] in words; a stream that a person
//! gave up ends with the connection under it, and with it the engine's side.

mod copies;
mod exec;
mod images;
mod logs;
mod stats;

use std::sync::Arc;

use muster_link::{LinkError, MuxStream, StreamFrameReader, StreamFrameWriter};
use muster_model::link::{StreamFrame, StreamRequest, StreamTarget};
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;

use crate::engine::Failure;
use crate::engine::docker::{DockerEngine, stream_failure};
use crate::engine::labels::container_name;
use crate::logic::{Input, Page};
use crate::metrics::Rings;

/// Bytes in one frame.
const PIECE_BYTES: usize = 64 * 1024;

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

/// What streams are served from.
pub struct Place {
    /// The engine.
    pub engine: Arc<DockerEngine>,
    /// What runs here.
    pub page: Option<Page>,
    /// To tell the core of images that come.
    pub inputs: mpsc::Sender<Input>,
    /// What was used of late.
    pub(crate) rings: Rings,
}

/// Serves one stream to its end.
pub async fn serve(place: Place, request: StreamRequest, stream: MuxStream) {
    let (read, write) = tokio::io::split(stream);
    let (incoming, mut outgoing) = (StreamFrameReader::new(read), StreamFrameWriter::new(write));
    let served = dispatch(&place, request, incoming, &mut outgoing).await;
    if let Err(StreamError::Engine(failure)) = &served {
        let _ = outgoing.send(&StreamFrame::Failed(failure.to_string())).await;
    }
    let _ = outgoing.close().await;
}

async fn dispatch(
    place: &Place,
    request: StreamRequest,
    incoming: Incoming,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    let (engine, page) = (&*place.engine, place.page.as_ref());
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
        StreamRequest::Metrics { containers } => {
            let metrics = place.rings.read(&containers);
            let text = serde_json::to_vec(&metrics).map_err(|error| Failure::Refused {
                verb: "tell what was used".to_owned(),
                detail: error.to_string(),
            })?;
            for piece in text.chunks(PIECE_BYTES) {
                outgoing.send(&StreamFrame::Output(piece.to_vec())).await?;
            }
            Ok(outgoing.send(&StreamFrame::Exit(0)).await?)
        }
        StreamRequest::ImageLoad => images::load(engine, incoming, outgoing).await,
        StreamRequest::ImageSave { image } => {
            until_left(incoming, images::save(engine, &image, outgoing)).await
        }
        StreamRequest::ImageCopy { image, from, bytes } => {
            let copy = copies::Copy::new(image, from, bytes, place.inputs.clone());
            copies::receive(engine, copy, incoming, outgoing).await
        }
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
