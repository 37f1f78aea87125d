use muster_model::link::StreamFrame;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::LinkError;
use crate::raw_frame::{self, PREFIX, RawReader};

/// The bytes one [`StreamFrame`] may carry; larger data goes in several.
pub const STREAM_DATA_BYTES_MAX: usize = 1024 * 1024;
/// With the kind before the data.
const LIMIT: usize = STREAM_DATA_BYTES_MAX + 1;

/// Reads the [`StreamFrame`]s of one stream: a big-endian `u32` length, one byte for the kind, then the data
/// as it is.
#[derive(Debug)]
pub struct StreamFrameReader<R>(RawReader<R>);

impl<R: AsyncRead + Unpin> StreamFrameReader<R> {
    /// Reads from one half of a stream, after its header.
    pub fn new(io: R) -> Self {
        Self(RawReader::new(io, LIMIT))
    }

    /// The next frame; `None` when the other side ended its half between two frames. Cancel-safe.
    pub async fn next(&mut self) -> Result<Option<StreamFrame>, LinkError> {
        let frame = self.0.next().await?;
        frame
            .map(|bytes| StreamFrame::decode(&bytes).map_err(LinkError::StreamFrame))
            .transpose()
    }
}

/// Writes what a [`StreamFrameReader`] reads.
#[derive(Debug)]
pub struct StreamFrameWriter<W>(W);

impl<W: AsyncWrite + Unpin> StreamFrameWriter<W> {
    /// Writes to one half of a stream, after its header.
    pub fn new(io: W) -> Self {
        Self(io)
    }

    /// Sends one frame and flushes; waits while the reader at the other side is behind. Not cancel-safe.
    pub async fn send(&mut self, frame: &StreamFrame) -> Result<(), LinkError> {
        let frame = raw_frame::finish([&[0; PREFIX][..], &frame.encode()].concat(), LIMIT)?;
        self.0.write_all(&frame).await.map_err(LinkError::Write)?;
        self.0.flush().await.map_err(LinkError::Write)
    }

    /// Ends this half in order; the other goes on.
    pub async fn close(&mut self) -> Result<(), LinkError> {
        self.0.shutdown().await.map_err(LinkError::Write)
    }
}
