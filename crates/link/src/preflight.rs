//! How a machine looks from a server, asked before anything else is said.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use muster_trust::tls::Anchor;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::UdpSocket;

use crate::join::post;
use crate::peer::within;
use crate::resolve::HOSTS_FILE;
use crate::{LinkError, STEP_DEADLINE, ServerUrl, Step, connect, open};

/// The path of the question.
pub const PREFLIGHT_PATH: &str = "/v1/preflight";

/// Asks a server that belongs to the anchor's platform how this machine looks from there.
pub async fn preflight<Q: Serialize, R: DeserializeOwned>(
    url: &ServerUrl,
    anchor: Anchor,
    question: &Q,
) -> Result<R, LinkError> {
    let io = open(url, Some(anchor)).await?;
    let asked = post(url, io, PREFLIGHT_PATH, question);
    within(STEP_DEADLINE, &url.authority(), Step::Request, asked).await
}

/// The address that this machine has on its way to the server; none without a way. Nothing is sent there.
pub async fn own_address(url: &ServerUrl) -> Option<IpAddr> {
    let looked_up = connect::addresses(url, Path::new(HOSTS_FILE));
    let ips = tokio::time::timeout(STEP_DEADLINE, looked_up).await.ok()?.ok()?;
    for ip in ips {
        if let Some(own) = own_address_towards(SocketAddr::new(ip, url.port())).await {
            return Some(own);
        }
    }
    None
}

/// The address that this machine has on its way to another.
pub async fn own_address_towards(other: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = match other {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let socket = UdpSocket::bind(any).await.ok()?;
    socket.connect(other).await.ok()?;
    Some(socket.local_addr().ok()?.ip())
}
