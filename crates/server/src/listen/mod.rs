//! The one port. The first byte of a connection tells TLS from plain HTTP.
//!
//! TLS is served to everyone; plain HTTP to this machine itself and to trusted balancers, which end TLS and say in
//! `X-Forwarded-*` who asks. Whoever else speaks plain HTTP is sent to `https` on the same port. What `X-Forwarded-*` says is
//! believed of trusted balancers only, and forgotten otherwise.

mod caller;
mod connection;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use tls::ServerTls;

use crate::bootstrap::StartError;
use crate::config::ServerConfig;
use crate::metrics::Metrics;

/// After a failure to accept, such as too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);
/// How long requests under way may take once the server stops.
const DRAIN: Duration = Duration::from_secs(3);

/// Opens the port.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| {
        let help = match source.kind() {
            io::ErrorKind::AddrInUse => "another program listens there; stop it or choose another port",
            io::ErrorKind::PermissionDenied => "this user may not; choose a port above 1023",
            io::ErrorKind::AddrNotAvailable => {
                "this machine does not have that address; choose one that it has"
            }
            _ => "choose another address",
        };
        StartError::Listen {
            address,
            help,
            source,
        }
    })
}

/// What all connections share.
pub(crate) struct Room {
    pub(crate) router: Router,
    pub(crate) config: ServerConfig,
    pub(crate) tls: watch::Receiver<Arc<ServerTls>>,
    pub(crate) metrics: Metrics,
    pub(crate) stop: CancellationToken,
}

/// Serves until told to stop; then lets requests under way end.
pub(crate) async fn serve(listener: TcpListener, room: Room) {
    let places = Arc::new(Semaphore::new(room.config.connections_max));
    let (room, tasks) = (Arc::new(room), TaskTracker::new());
    let cut = CancellationToken::new();
    while let Some((stream, from, place)) = accept(&listener, &places, &room.stop).await {
        let (room, cut) = (room.clone(), cut.clone());
        tasks.spawn(async move {
            room.metrics.connections.inc();
            tokio::select! {
                () = connection::serve(stream, from, room.clone()) => {}
                () = cut.cancelled() => {}
            }
            room.metrics.connections.dec();
            drop(place);
        });
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        cut.cancel();
        tasks.wait().await;
    }
}

/// The next connection that there is a place for; none once the server stops.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stop: &CancellationToken,
) -> Option<(
    tokio::net::TcpStream,
    SocketAddr,
    tokio::sync::OwnedSemaphorePermit,
)> {
    let next = async {
        let place = places.clone().acquire_owned().await.ok()?;
        loop {
            match listener.accept().await {
                Ok((stream, from)) => return Some((stream, from, place)),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        next = next => next,
        () = stop.cancelled() => None,
    }
}
