//! One connection: TLS or not, then HTTP/1.1 or HTTP/2.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use super::Room;
use super::caller::{self, Entry};

/// For the first byte, and for the TLS handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// For the head of a request, from when the connection is idle: also how long an idle one is kept.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// A silent HTTP/2 peer is asked whether it lives after this, and must answer within the next.
const PING_AFTER: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// Requests at one time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 200;
/// The first byte of a TLS handshake record (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;

pub(super) async fn serve(stream: TcpStream, from: SocketAddr, room: Arc<Room>) {
    // Answers are written whole: never wait to fill a packet.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    tokio::select! {
        opened = open(stream, from, &room) => match opened {
            Some(Opened::Tls(stream)) => http(*stream, from, true, room).await,
            Some(Opened::Plain(stream)) => http(stream, from, false, room).await,
            None => {}
        },
        // Nothing was asked yet, so nothing is cut off.
        () = room.stop.cancelled() => {}
    }
}

enum Opened {
    Tls(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
}

async fn open(stream: TcpStream, from: SocketAddr, room: &Room) -> Option<Opened> {
    let mut first = [0];
    match timeout(HANDSHAKE_WITHIN, stream.peek(&mut first)).await {
        Ok(Ok(1..)) if first[0] == TLS_HANDSHAKE => {
            let acceptor = TlsAcceptor::from(room.tls.borrow().api.clone());
            match timeout(HANDSHAKE_WITHIN, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => return Some(Opened::Tls(Box::new(stream))),
                Ok(Err(error)) => tracing::debug!(%from, %error, "a TLS handshake failed"),
                Err(_) => tracing::debug!(%from, "a TLS handshake took too long"),
            }
        }
        Ok(Ok(1..)) => return Some(Opened::Plain(stream)),
        _ => tracing::debug!(%from, "a connection said nothing"),
    }
    None
}

async fn http(
    io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    from: SocketAddr,
    tls: bool,
    room: Arc<Room>,
) {
    let service = {
        let room = room.clone();
        service_fn(move |request| answer(request, from, tls, room.clone()))
    };
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_AFTER)
        .keep_alive_timeout(PONG_WITHIN)
        .max_concurrent_streams(STREAMS_MAX);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(io), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = room.stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%from, error, "a connection broke off");
    }
}

async fn answer(
    request: Request<Incoming>,
    from: SocketAddr,
    tls: bool,
    room: Arc<Room>,
) -> Result<Response, Infallible> {
    match caller::enter(request.map(Body::new), from, tls, &room.config) {
        Entry::Admitted(request) => room.router.clone().oneshot(request).await,
        Entry::Answered(response) => Ok(response),
    }
}
