//! From an address to an open TCP connection, and a TLS layer over it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::peer::within;
use crate::resolve::resolve;
use crate::{LinkError, ServerUrl, Step};

/// Resolves and connects, each within the limit. The addresses of a name are tried in turn, each with its
/// share of the time.
pub(crate) async fn tcp(url: &ServerUrl, hosts_file: &Path, limit: Duration) -> Result<TcpStream, LinkError> {
    let peer = url.authority();
    let ips = within(limit, &peer, Step::Resolve, addresses(url, hosts_file)).await?;
    let share = limit / u32::try_from(ips.len()).unwrap_or(u32::MAX).max(1);
    let mut last = LinkError::Resolve {
        host: url.host.clone(),
        source: None,
    };
    for ip in ips {
        let address = SocketAddr::new(ip, url.port);
        match within(share, &peer, Step::Connect, connect(address, &peer)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Where the server is: as the URL knows, or as names are resolved here.
pub(crate) async fn addresses(url: &ServerUrl, hosts_file: &Path) -> Result<Vec<IpAddr>, LinkError> {
    if url.known().is_empty() {
        return resolve(&url.host, hosts_file).await;
    }
    Ok(url.known().to_vec())
}

async fn connect(address: SocketAddr, peer: &str) -> Result<TcpStream, LinkError> {
    let failed = |source| LinkError::Connect {
        peer: peer.to_owned(),
        source,
    };
    let stream = TcpStream::connect(address).await.map_err(failed)?;
    // Messages are small and answered: never wait to fill a packet.
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// A TLS client handshake under the URL's host name.
pub(crate) async fn tls<S: AsyncRead + AsyncWrite + Unpin>(
    url: &ServerUrl,
    config: Arc<ClientConfig>,
    io: S,
) -> Result<TlsStream<S>, io::Error> {
    let name = ServerName::try_from(url.host.clone()).map_err(io::Error::other)?;
    TlsConnector::from(config).connect(name, io).await
}
