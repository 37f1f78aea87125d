//! What all frames share: a big-endian `u32` length, then so many bytes.

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::LinkError;

/// Bytes of the length.
pub(crate) const PREFIX: usize = 4;
/// Asked of the socket at a time; also what an idle reader keeps allocated.
const READ_AHEAD: usize = 16 * 1024;

/// Cuts a pipe into frames. Cancel-safe: what has arrived is kept here, not in a future.
#[derive(Debug)]
pub(crate) struct RawReader<R> {
    io: R,
    buffer: BytesMut,
    limit: usize,
}

impl<R: AsyncRead + Unpin> RawReader<R> {
    pub(crate) fn new(io: R, limit: usize) -> Self {
        Self {
            io,
            buffer: BytesMut::new(),
            limit,
        }
    }

    /// The next frame without its length; `None` when the pipe ended between two frames.
    pub(crate) async fn next(&mut self) -> Result<Option<BytesMut>, LinkError> {
        loop {
            if let Some(frame) = self.take_frame()? {
                return Ok(Some(frame));
            }
            // Room grows with what has arrived, never with what a length promises.
            self.buffer.reserve(READ_AHEAD);
            match self
                .io
                .read_buf(&mut self.buffer)
                .await
                .map_err(LinkError::Read)?
            {
                0 if self.buffer.is_empty() => return Ok(None),
                0 => return Err(LinkError::Cut),
                _ => {}
            }
        }
    }

    fn take_frame(&mut self) -> Result<Option<BytesMut>, LinkError> {
        let Some(prefix) = self.buffer.first_chunk::<PREFIX>() else {
            return Ok(None);
        };
        let bytes = checked_length(*prefix, self.limit)?;
        if self.buffer.len() < PREFIX + bytes {
            return Ok(None);
        }
        self.buffer.advance(PREFIX);
        let frame = self.buffer.split_to(bytes);
        if self.buffer.is_empty() {
            // A rare large frame must not stay allocated for the life of the link.
            self.buffer = BytesMut::new();
        }
        Ok(Some(frame))
    }
}

/// Reads exactly one frame and not one byte more, so that other bytes may follow.
pub(crate) async fn read_one(io: &mut (impl AsyncRead + Unpin), limit: usize) -> Result<Vec<u8>, LinkError> {
    let mut prefix = [0; PREFIX];
    io.read_exact(&mut prefix).await.map_err(LinkError::Read)?;
    let mut frame = vec![0; checked_length(prefix, limit)?];
    io.read_exact(&mut frame).await.map_err(LinkError::Read)?;
    Ok(frame)
}

/// Completes a frame whose first [`PREFIX`] bytes were left free for its length.
pub(crate) fn finish(mut frame: Vec<u8>, limit: usize) -> Result<Vec<u8>, LinkError> {
    let bytes = frame.len().saturating_sub(PREFIX);
    let length = u32::try_from(bytes).ok().filter(|_| bytes <= limit);
    let length = length.ok_or(LinkError::FrameTooLarge { bytes, limit })?;
    frame[..PREFIX].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

fn checked_length(prefix: [u8; PREFIX], limit: usize) -> Result<usize, LinkError> {
    let bytes = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
    if bytes > limit {
        Err(LinkError::FrameTooLarge { bytes, limit })
    } else {
        Ok(bytes)
    }
}
