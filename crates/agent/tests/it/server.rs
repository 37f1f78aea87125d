//! A server for one agent: it lets the agent join, welcomes it, acknowledges, and keeps what it says.

use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use muster_agent::engine::docker::DockerEngine;
use muster_agent::{AgentConfig, run};
use muster_lab::Host;
use muster_link::{
    FrameReader, FrameWriter, JOIN_PATH, JoinReply, JoinRequest, MuxStream, Peer, StreamFrameWriter,
    StreamMux, upgrade,
};
use muster_model::link::{
    DeliveredBlob, FromAgent, HeartbeatAck, StreamFrame, StreamRequest, Table, TableDelta, ToAgent, Welcome,
};
use muster_model::observed::{Phase, UnitStatus};
use muster_model::secret::SecretBytes;
use muster_model::{Digest, JoinTokenId, SessionId, UnitId, WallTime};
use muster_trust::{AGENT_CERTIFICATE_LIFE, Ca, JoinToken, OsRandom, ServerNames, tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::wish::{PLATFORM, host, whole};

/// How a server deals with certificates.
pub struct Terms {
    /// How long the one lasts that a host gets by joining; renewed ones last a month.
    pub first_life: Duration,
    /// Not as servers before this could.
    pub renews: bool,
    /// How long the leases are that it gives, milliseconds.
    pub lease_ms: u64,
    /// What it says in its first sessions, byte by byte, instead of anything that makes sense.
    pub babble: Vec<Vec<u8>>,
    /// What it says, byte by byte, before anything that agents know.
    pub preface: Vec<u8>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            first_life: AGENT_CERTIFICATE_LIFE,
            renews: true,
            lease_ms: 15_000,
            babble: vec![],
            preface: vec![],
        }
    }
}

pub struct Server {
    pub url: String,
    token: String,
    renewals: Arc<AtomicUsize>,
    cut: Arc<Notify>,
    silent: Arc<AtomicBool>,
    swallowed: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<FromAgent>>>,
    table: watch::Sender<Option<Table>>,
    blobs: Arc<Mutex<Vec<DeliveredBlob>>>,
    streams: watch::Receiver<Option<Arc<StreamMux<StreamRequest>>>>,
    _tasks: JoinSet<()>,
}

struct Site {
    ca: Ca,
    terms: Terms,
    renewals: Arc<AtomicUsize>,
    cut: Arc<Notify>,
    silent: Arc<AtomicBool>,
    /// Control links so far, and bytes of babble that were taken whole.
    sessions: AtomicUsize,
    swallowed: Arc<AtomicUsize>,
    link: Arc<tokio_rustls::rustls::ServerConfig>,
    heard: Arc<Mutex<Vec<FromAgent>>>,
    tables: watch::Receiver<Option<Table>>,
    blobs: Arc<Mutex<Vec<DeliveredBlob>>>,
    streams: watch::Sender<Option<Arc<StreamMux<StreamRequest>>>>,
    session: Mutex<u32>,
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Terms::default()).await
    }

    pub async fn with(terms: Terms) -> Self {
        let ca = Ca::generate("Muster test CA", clock(), &mut OsRandom).unwrap();
        let own = ca
            .issue_server("server-1-1", &ServerNames::default(), clock(), &mut OsRandom)
            .unwrap();
        let token = JoinToken::generate(JoinTokenId::new(1, 1), ca.fingerprint(), &mut OsRandom).unwrap();
        let link = tls::link_server_config(ca.certificate(), &own).unwrap();
        let outer = tokio_rustls::TlsAcceptor::from(tls::api_server_config(&own).unwrap());
        let (table, tables) = watch::channel(None);
        let (streams_sender, streams) = watch::channel(None);
        let heard = Arc::new(Mutex::new(vec![]));
        let blobs = Arc::new(Mutex::new(vec![]));
        let (heard_too, blobs_too, session) = (heard.clone(), blobs.clone(), Mutex::new(0));
        let (renewals, cut) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let silent = Arc::new(AtomicBool::new(false));
        let swallowed = Arc::new(AtomicUsize::new(0));
        let site = Arc::new(Site {
            ca,
            terms,
            renewals: renewals.clone(),
            cut: cut.clone(),
            silent: silent.clone(),
            sessions: AtomicUsize::new(0),
            swallowed: swallowed.clone(),
            link,
            heard: heard_too,
            tables,
            blobs: blobs_too,
            streams: streams_sender,
            session,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let (site, outer) = (site.clone(), outer.clone());
                connections.spawn(async move {
                    let Ok(io) = outer.accept(tcp).await else { return };
                    let service = service_fn(|request| site.clone().answer(request));
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(io), service)
                        .with_upgrades()
                        .await;
                });
            }
        });
        Self {
            url,
            token: token.text().to_string(),
            renewals,
            cut,
            silent,
            swallowed,
            heard,
            table,
            blobs,
            streams,
            _tasks: tasks,
        }
    }

    /// Sends this table now, and to every connection from now on.
    pub fn wish(&self, table: Table) {
        self.table.send_replace(Some(table));
    }

    /// Delivers this content with every table.
    pub fn deliver(&self, digest: Digest, content: &[u8]) {
        let content = SecretBytes::new(content.to_vec());
        self.blobs.lock().unwrap().push(DeliveredBlob { digest, content });
    }

    /// How often a new certificate was asked for.
    pub fn renewals(&self) -> usize {
        self.renewals.load(Ordering::SeqCst)
    }

    /// Ends the connection that is up.
    /// From now on it hears, and acknowledges no heartbeat; or does again.
    pub fn be_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Bytes of babble that the agent took whole.
    pub fn swallowed(&self) -> usize {
        self.swallowed.load(Ordering::SeqCst)
    }

    pub fn cut(&self) {
        self.cut.notify_waiters();
    }

    pub fn config(&self, lab: &Host) -> AgentConfig {
        self.config_at(&lab.dir().join("agent"), lab.socket())
    }

    pub fn config_at(&self, dir: &Path, engine_socket: &Path) -> AgentConfig {
        AgentConfig {
            engine_socket: engine_socket.to_owned(),
            run_dir: dir.join("run"),
            join_token: Some(self.token.clone()),
            name: host().to_string(),
            ..AgentConfig::new(vec![self.url.parse().unwrap()], dir.join("data"))
        }
    }

    /// What was last said of a unit.
    pub fn told(&self, unit: UnitId) -> Option<UnitStatus> {
        let heard = self.heard.lock().unwrap();
        let units = heard.iter().flat_map(|message| match message {
            FromAgent::Hello(hello) => hello.units.clone(),
            FromAgent::Observed { units } => units.clone(),
            _ => vec![],
        });
        units.filter(|status| status.unit == unit).last()
    }

    pub async fn until(&self, unit: UnitId, phase: Phase) -> UnitStatus {
        eventually(&format!("{unit} {phase:?}"), async || {
            self.told(unit).filter(|told| told.phase == phase)
        })
        .await
    }

    pub fn heard(&self) -> Vec<FromAgent> {
        self.heard.lock().unwrap().clone()
    }

    pub fn forget_heard(&self) {
        self.heard.lock().unwrap().clear();
    }

    pub async fn streams(&self) -> Arc<StreamMux<StreamRequest>> {
        eventually("streams", async || self.streams.borrow().clone()).await
    }
}

impl Site {
    async fn answer(
        self: Arc<Self>,
        mut request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let path = request.uri().path().to_owned();
        if path == JOIN_PATH {
            return Ok(self.join(request).await);
        }
        let (answer, upgrade) = upgrade(&mut request, "the test").unwrap();
        tokio::spawn(async move {
            let Ok(peer) = upgrade.accept(self.link.clone()).await else {
                return;
            };
            if path.ends_with("streams") {
                let mux = Arc::new(peer.into_streams());
                self.streams.send_replace(Some(mux.clone()));
                while let Some((request, stream)) = mux.accept().await {
                    self.renew(request, stream).await;
                }
            } else {
                self.control(peer).await;
            }
        });
        Ok(answer.map(|()| Full::default()))
    }

    fn delta(&self, table: &Table) -> ToAgent {
        let blobs = self.blobs.lock().unwrap().clone();
        ToAgent::Table(Box::new(TableDelta {
            blobs,
            ..whole(table)
        }))
    }

    async fn renew(&self, request: StreamRequest, stream: MuxStream) {
        let StreamRequest::Certificate { csr_pem } = request else {
            panic!("an agent asks for {request:?}");
        };
        self.renewals.fetch_add(1, Ordering::SeqCst);
        if self.terms.renews {
            let name = host().to_string();
            let pem = self
                .ca
                .issue_agent(&csr_pem, &name, None, clock(), &mut OsRandom)
                .unwrap();
            let mut writer = StreamFrameWriter::new(stream);
            writer.send(&StreamFrame::Output(pem.into_bytes())).await.unwrap();
            writer.close().await.unwrap();
        }
    }

    /// Says this, and waits for the other side to have enough of it.
    async fn babble(&self, peer: Peer, bytes: &[u8]) {
        let mut io = peer.into_io();
        if io.write_all(bytes).await.is_ok() && io.flush().await.is_ok() {
            self.swallowed.fetch_add(bytes.len(), Ordering::SeqCst);
        }
        let mut heard = [0; 4_096];
        while let Ok(1..) = io.read(&mut heard).await {}
    }

    async fn join(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let wanted: JoinRequest = serde_json::from_slice(&body).unwrap();
        let ca = Ca::from_pem(self.ca.certificate_pem(), &self.ca.key_pem()).unwrap();
        let certificate_pem = ca
            .with_agent_life(self.terms.first_life)
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
        Response::new(Full::new(serde_json::to_vec(&reply).unwrap().into()))
    }

    async fn control(&self, peer: Peer) {
        let nth = self.sessions.fetch_add(1, Ordering::SeqCst);
        if let Some(babble) = self.terms.babble.get(nth) {
            return self.babble(peer, babble).await;
        }
        let mut io = peer.into_io();
        io.write_all(&self.terms.preface).await.unwrap();
        let (read, write) = tokio::io::split(io);
        let mut reader = FrameReader::<_, FromAgent>::new(read);
        let mut writer = FrameWriter::<_, ToAgent>::new(write);
        let session = {
            let mut session = self.session.lock().unwrap();
            *session += 1;
            SessionId::new(1, *session)
        };
        let (send, mut messages) = mpsc::unbounded_channel();
        let hear = async {
            while let Ok(Some(message)) = reader.next().await {
                match &message {
                    FromAgent::Hello(_) => {
                        let welcome = Welcome {
                            session,
                            incarnation: PLATFORM.to_owned(),
                            heartbeat_ms: 500,
                        };
                        send.send(ToAgent::Welcome(welcome)).unwrap();
                    }
                    FromAgent::Heartbeat(_) if self.silent.load(Ordering::SeqCst) => {}
                    FromAgent::Heartbeat(beat) => {
                        let ack = HeartbeatAck {
                            sequence: beat.sequence,
                            lease_ms: self.terms.lease_ms,
                            session,
                        };
                        send.send(ToAgent::HeartbeatAck(ack)).unwrap();
                    }
                    _ => {}
                }
                self.heard.lock().unwrap().push(message);
            }
        };
        let mut tables = self.tables.clone();
        tables.mark_changed();
        let speak = async {
            let mut welcomed = false;
            loop {
                tokio::select! {
                    Some(message) = messages.recv() => {
                        welcomed |= matches!(message, ToAgent::Welcome(_));
                        if writer.send(&message).await.is_err() { return }
                    }
                    Ok(()) = tables.changed(), if welcomed => {
                        let table = tables.borrow_and_update().clone();
                        let delta = table.map(|table| self.delta(&table));
                        if let Some(delta) = delta && writer.send(&delta).await.is_err() { return }
                    }
                }
            }
        };
        tokio::select! { () = hear => {}, () = speak => {}, () = self.cut.notified() => {} }
    }
}

/// An agent in this process. Dropping it is as abrupt as a kill.
pub struct Agent(JoinHandle<()>);

impl Agent {
    pub fn start(config: AgentConfig) -> Self {
        Self(tokio::spawn(async move {
            run(config, std::future::pending()).await.unwrap()
        }))
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Agent {
    /// Ends it and waits until it is gone.
    pub async fn kill(mut self) {
        self.0.abort();
        let _ = (&mut self.0).await;
    }
}

/// A host of the lab, a server and an agent that has joined it.
pub struct Stage {
    pub server: Server,
    pub agent: Option<Agent>,
    pub lab: Host,
}

impl Stage {
    pub async fn new() -> Self {
        let lab = lab_host().await;
        let server = Server::start().await;
        let agent = Some(Agent::start(server.config(&lab)));
        Self { server, agent, lab }
    }

    pub fn engine(&self) -> DockerEngine {
        DockerEngine::new(self.lab.socket())
    }
}

/// A host whose engine has the lab's images.
pub async fn lab_host() -> Host {
    let lab = muster_lab::Lab::new().unwrap().host("a").await.unwrap();
    muster_lab::load_unit(&lab.docker()).await.unwrap();
    muster_lab::load_busybox(&lab.docker()).await.unwrap();
    lab
}

/// Asks again until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "{what} did not come to pass");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub fn clock() -> WallTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    WallTime(u64::try_from(now.as_millis()).unwrap())
}
