use std::sync::Arc;

use hyper::header::{
    CONNECTION, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::upgrade::OnUpgrade;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use muster_trust::{Role, peer_identity};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::peer::{End, GREETING, within};
use crate::{LinkError, Peer, STEP_DEADLINE, Step, WsBytes};

/// A request for the link that was found in order and is about to become a WebSocket.
#[derive(Debug)]
pub struct Upgrade {
    upgraded: OnUpgrade,
    from: String,
}

/// Checks an agent's HTTP/1.1 request for a WebSocket. Send the answer back (with an empty body) and, beside
/// it, run [`Upgrade::accept`] on a task of its own: it goes on when the answer is out. `from` is the
/// caller's address, for messages.
///
/// This takes over the connection from hyper rather than going through a web framework's WebSocket type, so
/// that both ends of the link run the same code on the same messages. On an error, answer 400 with its text.
pub fn upgrade<B>(request: &mut Request<B>, from: &str) -> Result<(Response<()>, Upgrade), LinkError> {
    let key = websocket_key(request.headers())?;
    let mut answer = Response::new(());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    let accept = accept.map_err(|_| LinkError::NotAnUpgrade {
        why: "its key is malformed",
    })?;
    answer.headers_mut().extend([
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ]);
    Ok((
        answer,
        Upgrade {
            upgraded: hyper::upgrade::on(request),
            from: from.to_owned(),
        },
    ))
}

impl Upgrade {
    /// Waits for the WebSocket, then does the inner TLS handshake as [`accept`] does.
    pub async fn accept(self, tls: Arc<ServerConfig>) -> Result<Peer, LinkError> {
        let failed = |e| LinkError::Upgrade {
            peer: self.from.clone(),
            source: Box::new(e),
        };
        let upgraded = async { self.upgraded.await.map_err(failed) };
        let io = within(STEP_DEADLINE, &self.from, Step::Upgrade, upgraded).await?;
        accept(TokioIo::new(io), tls, &self.from).await
    }
}

/// The server's end, over a connection whose HTTP part is done. `tls` is
/// [`muster_trust::tls::link_server_config`]; the peer's id is the host's. Whether that host is still welcome
/// is for the caller to say.
pub async fn accept<S>(io: S, tls: Arc<ServerConfig>, from: &str) -> Result<Peer, LinkError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let handshake = async {
        let socket = WsBytes::server(io).await;
        let accepted = TlsAcceptor::from(tls).accept(socket).await;
        let mut tls = accepted.map_err(|source| LinkError::InnerTls {
            peer: from.to_owned(),
            source,
        })?;
        let chain = tls.get_ref().1.peer_certificates().unwrap_or_default();
        let identity = peer_identity(chain).and_then(|identity| identity.in_role(Role::Agent));
        let identity = identity.map_err(|source| LinkError::Role {
            peer: from.to_owned(),
            source,
        })?;
        tls.write_all(&GREETING).await.map_err(LinkError::Write)?;
        tls.flush().await.map_err(LinkError::Write)?;
        Ok(Peer::new(identity, Box::new(tls), End::Server))
    };
    within(STEP_DEADLINE, from, Step::InnerTls, handshake).await
}

fn websocket_key(headers: &HeaderMap) -> Result<&HeaderValue, LinkError> {
    let refused = |why| LinkError::NotAnUpgrade { why };
    if !lists(headers, CONNECTION, "upgrade") || !lists(headers, UPGRADE, "websocket") {
        return Err(refused("it does not ask for the upgrade"));
    }
    if headers
        .get(SEC_WEBSOCKET_VERSION)
        .is_none_or(|version| version != "13")
    {
        return Err(refused("its WebSocket version is not 13"));
    }
    headers.get(SEC_WEBSOCKET_KEY).ok_or(refused("it has no key"))
}

/// Whether a comma-separated header has this word.
fn lists(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|item| item.trim().eq_ignore_ascii_case(word))
}
