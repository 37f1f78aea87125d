use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use muster_trust::tls::link_server_name;
use muster_trust::{Role, peer_identity};
use rustls::ClientConfig;
use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::ClientRequestBuilder;

use crate::error::is_clock;
use crate::peer::{End, GREETING, LinkIo, within};
use crate::resolve::HOSTS_FILE;
use crate::{LinkError, Peer, STEP_DEADLINE, ServerUrl, Step, WsBytes, connect, outer_tls, ws_bytes};

/// The two connections of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Assignments, observations, heartbeats.
    Control,
    /// Logs, exec, files, and whatever else is large or slow.
    Streams,
}

impl Channel {
    /// The path that the server listens on, below `/`.
    pub fn path(self) -> &'static str {
        match self {
            Channel::Control => "/v1/link/control",
            Channel::Streams => "/v1/link/streams",
        }
    }
}

/// An agent's end: where the server is and with which certificate to go there.
#[derive(Debug, Clone)]
pub struct Dialer {
    url: ServerUrl,
    tls: Arc<ClientConfig>,
    hosts_file: PathBuf,
    step_deadline: Duration,
}

impl Dialer {
    /// `tls` is [`muster_trust::tls::link_client_config`]. After a certificate was renewed, make a new
    /// dialer.
    pub fn new(url: ServerUrl, tls: Arc<ClientConfig>) -> Self {
        Self {
            url,
            tls,
            hosts_file: HOSTS_FILE.into(),
            step_deadline: STEP_DEADLINE,
        }
    }

    /// Another time for each step than [`STEP_DEADLINE`].
    #[must_use]
    pub fn with_step_deadline(self, step_deadline: Duration) -> Self {
        Self {
            step_deadline,
            ..self
        }
    }

    /// Another file than `/etc/hosts`.
    #[must_use]
    pub fn with_hosts_file(self, hosts_file: PathBuf) -> Self {
        Self { hosts_file, ..self }
    }

    /// Establishes one connection: TCP, the outer TLS of `https`, WebSocket, inner TLS. The peer's id is the
    /// server's.
    pub async fn dial(&self, channel: Channel) -> Result<Peer, LinkError> {
        let tunnel = self.tunnel().await?;
        let socket = self.step(Step::Upgrade, self.upgrade(channel, tunnel)).await?;
        self.step(Step::InnerTls, self.authenticate(socket)).await
    }

    async fn tunnel(&self) -> Result<LinkIo, LinkError> {
        let tcp = connect::tcp(&self.url, &self.hosts_file, self.step_deadline).await?;
        if !self.url.tls {
            return Ok(Box::new(tcp));
        }
        let failed = |source| LinkError::OuterTls {
            peer: self.peer(),
            source,
        };
        let config = outer_tls::config().map_err(|e| failed(std::io::Error::other(e)))?;
        let handshake = async { connect::tls(&self.url, config, tcp).await.map_err(failed) };
        Ok(Box::new(self.step(Step::OuterTls, handshake).await?))
    }

    async fn upgrade(&self, channel: Channel, tunnel: LinkIo) -> Result<WsBytes<LinkIo>, LinkError> {
        let failed = |source| LinkError::Upgrade {
            peer: self.peer(),
            source,
        };
        let uri = format!("ws://{}{}", self.peer(), self.url.path(channel.path()));
        let request = ClientRequestBuilder::new(uri.parse().map_err(|e| failed(Box::from(e)))?);
        let handshake = client_async_with_config(request, tunnel, Some(ws_bytes::config()));
        let (socket, _) = handshake.await.map_err(|e| failed(Box::new(e)))?;
        Ok(WsBytes::new(socket))
    }

    async fn authenticate(&self, socket: WsBytes<LinkIo>) -> Result<Peer, LinkError> {
        let handshake = TlsConnector::from(self.tls.clone()).connect(link_server_name(), socket);
        let failed = |source| match is_clock(&source) {
            true => LinkError::Clock {
                peer: self.peer(),
                source,
            },
            false => LinkError::InnerTls {
                peer: self.peer(),
                source,
            },
        };
        let mut tls = handshake.await.map_err(failed)?;
        let chain = tls.get_ref().1.peer_certificates().unwrap_or_default();
        let identity = peer_identity(chain).and_then(|identity| identity.in_role(Role::Server));
        let identity = identity.map_err(|source| LinkError::Role {
            peer: self.peer(),
            source,
        })?;
        let mut greeting = [0; GREETING.len()];
        tls.read_exact(&mut greeting).await.map_err(failed)?;
        if greeting != GREETING {
            let why = "it speaks another version of the link";
            return Err(LinkError::Answer {
                peer: self.peer(),
                why,
            });
        }
        Ok(Peer::new(identity, Box::new(tls), End::Agent))
    }

    fn peer(&self) -> String {
        self.url.authority()
    }

    async fn step<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, LinkError>>,
    ) -> Result<T, LinkError> {
        within(self.step_deadline, &self.peer(), step, work).await
    }
}
