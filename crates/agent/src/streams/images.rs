use std::io;

use bollard::query_parameters::{ImportImageOptions, ListImagesOptions};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use muster_model::link::{ImageSize, StreamFrame};

use super::{Incoming, Outgoing, PIECE_BYTES, StreamError};
use crate::engine::Failure;
use crate::engine::docker::DockerEngine;

/// Loads a tar of images that comes in pieces; what the engine says goes back, line by line.
pub(super) async fn load(
    engine: &DockerEngine,
    incoming: Incoming,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    load_from(engine, pieces(incoming), outgoing).await
}

pub(super) async fn load_from(
    engine: &DockerEngine,
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    let client = engine.client().await?;
    let mut said = client
        .import_image_stream(ImportImageOptions::default(), pieces, None)
        .boxed();
    while let Some(step) = said.next().await {
        let step = step?;
        if let Some(detail) = step.error_detail.and_then(|error| error.message) {
            return Err(Failure::Refused {
                verb: "load the images".to_owned(),
                detail,
            }
            .into());
        }
        if let Some(line) = step.stream {
            outgoing.send(&StreamFrame::Output(line.into_bytes())).await?;
        }
    }
    Ok(outgoing.send(&StreamFrame::Exit(0)).await?)
}

/// An empty piece is the end. A stream that ends without one was cut, and the engine must not take what came for the whole.
pub(super) fn pieces(incoming: Incoming) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    futures_util::stream::unfold(Some(incoming), async |incoming| {
        let mut incoming = incoming?;
        match incoming.next().await {
            Ok(Some(StreamFrame::Input(bytes))) if bytes.is_empty() => None,
            Ok(Some(StreamFrame::Input(bytes))) => Some((Ok(Bytes::from(bytes)), Some(incoming))),
            _ => Some((Err(io::ErrorKind::UnexpectedEof.into()), None)),
        }
    })
}

/// An image as a tar, its size before it.
pub(super) async fn save(
    engine: &DockerEngine,
    image: &str,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    let client = engine.client().await?;
    let found = client
        .inspect_image(image)
        .await
        .map_err(|_| Failure::NoSuchImage {
            image: image.to_owned(),
        })?;
    let size = ImageSize {
        bytes: found
            .size
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or_default(),
    };
    let size = serde_json::to_vec(&size).unwrap_or_default();
    outgoing.send(&StreamFrame::Output(size)).await?;
    let mut tar = client.export_image(image).boxed();
    while let Some(bytes) = tar.next().await {
        for piece in bytes?.chunks(PIECE_BYTES) {
            outgoing.send(&StreamFrame::Output(piece.to_vec())).await?;
        }
    }
    Ok(outgoing.send(&StreamFrame::Exit(0)).await?)
}

/// The engine's images as one JSON list.
pub(super) async fn list(engine: &DockerEngine, outgoing: &mut Outgoing) -> Result<(), StreamError> {
    let images = engine
        .client()
        .await?
        .list_images(None::<ListImagesOptions>)
        .await?;
    let text = serde_json::to_vec(&images).map_err(|error| Failure::Refused {
        verb: "list images".to_owned(),
        detail: error.to_string(),
    })?;
    outgoing.send(&StreamFrame::Output(text)).await?;
    Ok(outgoing.send(&StreamFrame::Exit(0)).await?)
}
