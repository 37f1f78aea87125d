use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

/// What we put into one message.
const SEND_BYTES: usize = 64 * 1024;
/// What we accept in one message: balancers may join frames, so more than we send.
const RECEIVE_BYTES: usize = 1024 * 1024;

/// A WebSocket as a plain pipe of bytes. Where one message ends means nothing.
///
/// Pings are answered while reading, a close frame is the end of the pipe, a text message is an error: nobody
/// who speaks this protocol sends one. Messages above 1 MiB are refused. Dropping it cuts the connection;
/// `shutdown` says goodbye first.
#[derive(Debug)]
pub struct WsBytes<S> {
    socket: WebSocketStream<S>,
    unread: Bytes,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> WsBytes<S> {
    /// The server's end, over a connection that has just been upgraded.
    pub async fn server(io: S) -> Self {
        Self::new(WebSocketStream::from_raw_socket(io, Role::Server, Some(config())).await)
    }

    pub(crate) fn new(socket: WebSocketStream<S>) -> Self {
        Self {
            socket,
            unread: Bytes::new(),
            ended: false,
        }
    }

    /// Waits until something is there to read, or the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.unread.is_empty() && !self.ended {
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.unread = bytes,
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Close(_))) | None => self.ended = true,
                Some(Ok(Message::Text(_))) => return Poll::Ready(Err(text_refused())),
                Some(Err(e)) => return Poll::Ready(Err(to_io(e))),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for WsBytes<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_fill(cx))?;
        let count = self.unread.len().min(into.remaining());
        into.put_slice(&self.unread[..count]);
        self.unread.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for WsBytes<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let mut socket = Pin::new(&mut self.socket);
        ready!(socket.as_mut().poll_ready(cx)).map_err(to_io)?;
        let count = bytes.len().min(SEND_BYTES);
        socket
            .start_send(Message::Binary(Bytes::copy_from_slice(&bytes[..count])))
            .map_err(to_io)?;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(to_io)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(to_io)
    }
}

/// Both ends use it; the dialling end already for its handshake.
pub(crate) fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(SEND_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(RECEIVE_BYTES))
        .max_frame_size(Some(RECEIVE_BYTES))
}

fn text_refused() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "a text message came where only bytes are spoken",
    )
}

fn to_io(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(e) => e,
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            io::ErrorKind::ConnectionAborted.into()
        }
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}
