use std::path::Path;

use muster_trust::tls::{Anchor, api_client_config};

use crate::error::is_clock;
use crate::peer::{LinkIo, within};
use crate::resolve::HOSTS_FILE;
use crate::{LinkError, STEP_DEADLINE, ServerUrl, Step, connect};

/// Opens a connection to a server's API, for HTTP/1.1: the CLI's way in, and that of a host that joins.
///
/// Over `https` the server must prove that it belongs to the anchor's platform, here and not in a layer inside; so a
/// balancer before it may pass TLS through, not end it. Plain `http` is for this very machine only: tokens and
/// keys are sent over what this returns.
pub async fn open(url: &ServerUrl, anchor: Option<Anchor>) -> Result<LinkIo, LinkError> {
    if !url.tls && !url.is_loopback() {
        return Err(LinkError::Plain { url: url.to_string() });
    }
    let tcp = connect::tcp(url, Path::new(HOSTS_FILE), STEP_DEADLINE).await?;
    if !url.tls {
        return Ok(Box::new(tcp));
    }
    let peer = url.authority();
    let anchor = anchor.ok_or_else(|| LinkError::NoAnchor { peer: peer.clone() })?;
    let config = api_client_config(anchor, &["http/1.1"]).map_err(LinkError::Trust)?;
    let handshake = async {
        let tls = connect::tls(url, config, tcp).await;
        tls.map_err(|source| failed(&peer, source))
    };
    Ok(Box::new(
        within(STEP_DEADLINE, &peer, Step::OuterTls, handshake).await?,
    ))
}

/// A wrong clock is told from a wrong platform.
fn failed(peer: &str, source: std::io::Error) -> LinkError {
    let peer = peer.to_owned();
    if is_clock(&source) {
        LinkError::Clock { peer, source }
    } else {
        LinkError::Pin { peer, source }
    }
}
