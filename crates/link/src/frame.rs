use std::marker::PhantomData;

use muster_model::limits::LINK_MESSAGE_BYTES_MAX;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use crate::LinkError;
use crate::raw_frame::{self, PREFIX, RawReader};

/// Reads messages: a big-endian `u32` length, then so many bytes of JSON.
#[derive(Debug)]
pub struct FrameReader<R, T> {
    raw: RawReader<R>,
    message: PhantomData<fn() -> T>,
}

impl<R: AsyncRead + Unpin, T: DeserializeOwned> FrameReader<R, T> {
    /// Reads from `io`; messages above [`LINK_MESSAGE_BYTES_MAX`] are refused.
    pub fn new(io: R) -> Self {
        Self::with_limit(io, LINK_MESSAGE_BYTES_MAX)
    }

    /// With another limit, in bytes of JSON.
    pub fn with_limit(io: R, limit: usize) -> Self {
        Self {
            raw: RawReader::new(io, limit),
            message: PhantomData,
        }
    }

    /// The next message; `None` when the other side has ended the link between two frames. Cancel-safe: it
    /// may stand in a `select!`. After an error the reader is of no further use.
    pub async fn next(&mut self) -> Result<Option<T>, LinkError> {
        self.raw.next().await?.map(|frame| decode(&frame)).transpose()
    }
}

/// Writes what a [`FrameReader`] reads.
#[derive(Debug)]
pub struct FrameWriter<W, T> {
    io: W,
    limit: usize,
    message: PhantomData<fn(T)>,
}

impl<W: AsyncWrite + Unpin, T: Serialize> FrameWriter<W, T> {
    /// Writes to `io`; messages above [`LINK_MESSAGE_BYTES_MAX`] are refused.
    pub fn new(io: W) -> Self {
        Self::with_limit(io, LINK_MESSAGE_BYTES_MAX)
    }

    /// With another limit, in bytes of JSON.
    pub fn with_limit(io: W, limit: usize) -> Self {
        Self {
            io,
            limit,
            message: PhantomData,
        }
    }

    /// Sends one message and flushes. A message that is too large is refused before anything is sent. Not
    /// cancel-safe: dropped half-way, it leaves half a frame.
    pub async fn send(&mut self, message: &T) -> Result<(), LinkError> {
        let frame = encode(message, self.limit)?;
        self.io.write_all(&frame).await.map_err(LinkError::Write)?;
        self.io.flush().await.map_err(LinkError::Write)
    }

    /// Ends the link in order: the other side's reader answers `None`.
    pub async fn close(&mut self) -> Result<(), LinkError> {
        self.io.shutdown().await.map_err(LinkError::Write)
    }
}

/// One message with its length before it.
pub(crate) fn encode<T: Serialize>(message: &T, limit: usize) -> Result<Vec<u8>, LinkError> {
    let mut frame = vec![0; PREFIX];
    serde_json::to_writer(&mut frame, message).map_err(LinkError::Encode)?;
    raw_frame::finish(frame, limit)
}

pub(crate) fn decode<T: DeserializeOwned>(frame: &[u8]) -> Result<T, LinkError> {
    serde_json::from_slice(frame).map_err(|source| LinkError::FrameText {
        bytes: frame.len(),
        source,
    })
}
