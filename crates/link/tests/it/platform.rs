//! A small platform on loopback: a CA, and a listener that does with the link what a server does.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use muster_link::{Channel, Dialer, JOIN_PATH, JoinReply, JoinRequest, LinkError, Peer, upgrade};
use muster_model::{JoinTokenId, WallTime};
use muster_trust::{AgentRequest, Ca, IssuedServer, JoinToken, OsRandom, PrivateKeyPem, ServerNames, tls};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What a listener saw arrive: the path, and the other side or why not.
pub(crate) type Arrival = (String, Result<Peer, LinkError>);

pub(crate) struct Platform {
    pub(crate) ca: Arc<Ca>,
    pub(crate) server: IssuedServer,
    pub(crate) token: JoinToken,
}

pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) arrivals: mpsc::Receiver<Arrival>,
    _tasks: JoinSet<()>,
}

impl Platform {
    pub(crate) fn new() -> Self {
        let ca = Ca::generate("Muster test CA", clock(), &mut OsRandom).unwrap();
        let server = ca
            .issue_server("server-1-1", &ServerNames::default(), clock(), &mut OsRandom)
            .unwrap();
        let token = JoinToken::generate(JoinTokenId::new(1, 1), ca.fingerprint(), &mut OsRandom).unwrap();
        Self {
            ca: Arc::new(ca),
            server,
            token,
        }
    }

    pub(crate) fn link_tls(&self) -> Arc<ServerConfig> {
        tls::link_server_config(self.ca.certificate(), &self.server).unwrap()
    }

    pub(crate) fn agent(&self, host: &str) -> (String, PrivateKeyPem) {
        let request = AgentRequest::generate().unwrap();
        (
            self.ca
                .issue_agent(&request.csr_pem, host, None, clock(), &mut OsRandom)
                .unwrap(),
            request.key,
        )
    }

    pub(crate) fn dialer(&self, url: &str, host: &str) -> Dialer {
        let (certificate, key) = self.agent(host);
        let tls = tls::link_client_config(self.ca.certificate_pem(), &certificate, &key).unwrap();
        Dialer::new(url.parse().unwrap(), tls)
    }

    /// Listens with plain HTTP, or with `outer` TLS around it.
    pub(crate) async fn listen(&self, outer: Option<Arc<ServerConfig>>) -> Listener {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (arrived, arrivals) = mpsc::channel(64);
        let site = Site {
            ca: self.ca.clone(),
            token: self.token.text().to_string(),
            link: self.link_tls(),
            arrived,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, from)) = socket.accept().await {
                tcp.set_nodelay(true).unwrap();
                let (site, outer) = (site.clone(), outer.clone());
                connections.spawn(async move {
                    match outer.map(TlsAcceptor::from) {
                        None => site.serve(tcp, from).await,
                        Some(outer) => {
                            if let Ok(tls) = outer.accept(tcp).await {
                                site.serve(tls, from).await;
                            }
                        }
                    }
                });
            }
        });
        Listener {
            address,
            arrivals,
            _tasks: tasks,
        }
    }

    /// A dialled link, both ends of it.
    pub(crate) async fn link(&self, channel: Channel) -> (Peer, Peer) {
        let mut listener = self.listen(None).await;
        let dialer = self.dialer(&listener.url("http"), "host-1-3");
        let (agent, arrival) = tokio::join!(dialer.dial(channel), listener.arrivals.recv());
        (agent.unwrap(), arrival.unwrap().1.unwrap())
    }
}

impl Listener {
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }
}

#[derive(Clone)]
struct Site {
    ca: Arc<Ca>,
    token: String,
    link: Arc<ServerConfig>,
    arrived: mpsc::Sender<Arrival>,
}

impl Site {
    async fn serve(&self, io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static, from: SocketAddr) {
        let service = service_fn(|request| self.answer(request, from));
        // A client that leaves early is no fault of the listener.
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(io), service)
            .with_upgrades()
            .await;
    }

    async fn answer(
        &self,
        mut request: Request<Incoming>,
        from: SocketAddr,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        if path == JOIN_PATH {
            return Ok(self.join(request).await);
        }
        let (answer, upgrade) = match upgrade(&mut request, &from.to_string()) {
            Ok(both) => both,
            Err(error) => return Ok(plain(StatusCode::BAD_REQUEST, error.to_string())),
        };
        let (link, arrived) = (self.link.clone(), self.arrived.clone());
        tokio::spawn(async move { arrived.send((path, upgrade.accept(link).await)).await });
        Ok(answer.map(|()| Full::default()))
    }

    async fn join(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let wanted: JoinRequest = serde_json::from_slice(&body).unwrap();
        // Secret and id must be right; which CA the token pins is the host's affair.
        let secret = |token: &str| token.rsplit_once('-').map(|(secret, _)| secret.to_owned());
        if secret(&wanted.token) != secret(&self.token) {
            let problem = serde_json::json!({ "title": "Forbidden", "detail": "the token has expired" });
            return plain(StatusCode::FORBIDDEN, problem.to_string());
        }
        let certificate_pem = self
            .ca
            .issue_agent(
                &wanted.csr_pem,
                &wanted.applicant.name,
                None,
                clock(),
                &mut OsRandom,
            )
            .unwrap();
        let ca_pem = self.ca.certificate_pem().to_owned();
        let reply = JoinReply {
            host: wanted.applicant.name,
            certificate_pem,
            ca_pem,
            ..JoinReply::default()
        };
        plain(StatusCode::OK, serde_json::to_string(&reply).unwrap())
    }
}

fn plain(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
}

pub(crate) fn clock() -> WallTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    WallTime(u64::try_from(now.as_millis()).unwrap())
}
