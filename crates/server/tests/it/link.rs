//! A whole server with real links: the agent's side is played by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use muster_link::{
    Channel, Dialer, FrameReader, FrameWriter, Joined, LinkIo, Peer, StreamFrameReader, StreamFrameWriter,
};
use muster_model::link::{FromAgent, Heartbeat, Hello, StreamFrame, StreamRequest, Table, ToAgent};
use muster_model::{HostId, StackId, WallTime};
use muster_server::api::{AgentError, Agents};
use muster_server::{Server, ServerConfig, build_on};
use muster_store::{MemoryStore, Range, Store};
use muster_trust::tls::{Anchor, api_client_config, link_client_config, link_server_name};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// A running server.
pub struct Up {
    pub store: Arc<MemoryStore>,
    pub address: SocketAddr,
    pub agents: Arc<dyn Agents>,
    pub joined: Joined,
    /// Another host, if there is one.
    pub other: Option<Joined>,
    pub ca_pem: String,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
    pub dir: TempDir,
}

impl Up {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// With a second host.
    pub async fn of_two() -> Self {
        Self::of(2, |_| {}).await
    }

    pub async fn with(set: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::of(1, set).await
    }

    async fn of(hosts: u8, set: impl FnOnce(&mut ServerConfig)) -> Self {
        let (dir, store) = (tempfile::tempdir().unwrap(), Arc::new(MemoryStore::new()));
        let mut config = config(&dir);
        set(&mut config);
        let server = build_on(store.clone(), config).await.unwrap();
        let (address, ca_pem) = (server.address(), server.ca_pem().to_owned());
        let agents = server.agents();
        let joined = server.local_join("this machine", None).await.unwrap();
        let other = match hosts {
            1 => None,
            _ => Some(server.local_join("another machine", None).await.unwrap()),
        };
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(async move {
            server.run(async { drop(stopped.await) }).await.unwrap();
        });
        Self {
            store,
            address,
            agents,
            joined,
            other,
            ca_pem,
            stop,
            ended,
            dir,
        }
    }

    pub fn host(&self) -> HostId {
        self.joined.host.parse().unwrap()
    }

    pub async fn dial(&self, channel: Channel) -> Peer {
        self.dial_as(&self.joined, channel).await
    }

    pub async fn dial_as(&self, joined: &Joined, channel: Channel) -> Peer {
        let Joined {
            ca_pem,
            certificate_pem,
            key,
            ..
        } = joined;
        let tls = link_client_config(ca_pem, certificate_pem, key).unwrap();
        let url = format!("https://{}", self.address).parse().unwrap();
        Dialer::new(url, tls).dial(channel).await.unwrap()
    }

    pub async fn agent(&self) -> Agent {
        let (reader, writer) = self.dial(Channel::Control).await.into_control();
        let mut agent = Agent {
            reader,
            writer,
            table: Table::default(),
        };
        agent.say(FromAgent::Hello(Box::new(hello(self.host())))).await;
        agent
    }
}

async fn start(store: Arc<MemoryStore>, dir: &TempDir) -> Server {
    build_on(store, config(dir)).await.unwrap()
}

fn config(dir: &TempDir) -> ServerConfig {
    let mut config = ServerConfig::local(dir.path().to_owned());
    config.listen.set_port(0);
    config
}

pub fn clock() -> WallTime {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    WallTime(u64::try_from(now.as_millis()).unwrap())
}

pub fn hello(host: HostId) -> Hello {
    crate::core::hello(host, None, Vec::new())
}

pub struct Agent {
    reader: FrameReader<ReadHalf<LinkIo>, ToAgent>,
    writer: FrameWriter<WriteHalf<LinkIo>, FromAgent>,
    table: Table,
}

impl Agent {
    pub async fn say(&mut self, message: FromAgent) {
        self.writer.send(&message).await.unwrap();
    }

    pub async fn next(&mut self) -> Option<ToAgent> {
        let message = timeout(SOON, self.reader.next())
            .await
            .expect("nothing was said")
            .ok()
            .flatten();
        if let Some(ToAgent::Table(delta)) = &message {
            self.table = delta.apply(&self.table).expect("follows");
        }
        message
    }

    async fn until_units(&mut self, count: usize) {
        while self.table.units.len() < count {
            self.next().await.expect("the link is open");
        }
    }
}

/// Waits until the store says so.
pub async fn until(what: &str, store: &MemoryStore, mut holds: impl FnMut(&muster_control::World) -> bool) {
    let deadline = Instant::now() + SOON;
    loop {
        let mut world = muster_control::World::default();
        for entry in store.read(Range::All).await.unwrap().entries {
            world.apply(entry.modified, entry.key.as_str(), Some(entry.record().unwrap()));
        }
        if holds(&world) {
            return;
        }
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_welcomed_and_told_what_to_run() {
    let up = Up::new().await;
    let mut agent = up.agent().await;
    assert!(matches!(agent.next().await, Some(ToAgent::Welcome(_))));
    assert!(matches!(agent.next().await, Some(ToAgent::Table(_))));
    agent.say(FromAgent::Heartbeat(Heartbeat::new(1))).await;
    while !matches!(agent.next().await.unwrap(), ToAgent::HeartbeatAck(ack) if ack.sequence == 1) {}
    up.store
        .commit(crate::core::deploy(
            crate::core::WEB,
            1,
            crate::core::service("a", 3),
        ))
        .await
        .unwrap();
    agent.until_units(3).await;
    up.stop.send(()).unwrap();
    timeout(SOON, up.ended).await.expect("it stops soon").unwrap();
    while agent.next().await.is_some() {}
}

/// From the commit of a wish to its unit at the agent: two commits, a round, TLS and two tasks' turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_is_at_its_host_within_milliseconds() {
    let up = Up::new().await;
    let mut agent = up.agent().await;
    agent.next().await;
    agent.say(FromAgent::Heartbeat(Heartbeat::new(1))).await;
    until("the host is counted on", &up.store, |world| {
        world
            .host(up.host())
            .is_some_and(|host| host.presence() == muster_model::assigned::Presence::Active)
    })
    .await;
    let mut took = Vec::new();
    for n in 1..=40 {
        let commit = crate::core::deploy(StackId::new(9, n), 1, crate::core::service("a", 1));
        let began = Instant::now();
        up.store.commit(commit).await.unwrap();
        agent.until_units(n as usize).await;
        took.push(began.elapsed());
    }
    took.sort();
    println!("median {:?}, worst {:?}", took[20], took[39]);
    assert!(took[20] < Duration::from_millis(100), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_link_takes_the_place_of_the_first() {
    let up = Up::new().await;
    let mut first = up.agent().await;
    assert!(matches!(first.next().await, Some(ToAgent::Welcome(_))));
    let mut second = up.agent().await;
    assert!(matches!(second.next().await, Some(ToAgent::Welcome(_))));
    while first.next().await.is_some() {}
    // The first one's end does not disturb the second.
    second.say(FromAgent::Heartbeat(Heartbeat::new(7))).await;
    while !matches!(second.next().await.unwrap(), ToAgent::HeartbeatAck(_)) {}
}

/// Cut at every step of the beginning: the host can always come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_cut_anywhere_leaves_the_host_free_to_return() {
    let up = Up::new().await;
    drop(TcpStream::connect(up.address).await.unwrap());
    for step in 0..6 {
        let (reader, mut writer) = up
            .dial(Channel::Control)
            .await
            .into_control::<ToAgent, FromAgent>();
        if step > 0 {
            writer
                .send(&FromAgent::Hello(Box::new(hello(up.host()))))
                .await
                .unwrap();
        }
        tokio::time::sleep(Duration::from_micros(300 * step)).await;
        drop((reader, writer));
    }
    let mut agent = up.agent().await;
    assert!(matches!(agent.next().await, Some(ToAgent::Welcome(_))));
    agent.say(FromAgent::Heartbeat(Heartbeat::new(1))).await;
    while !matches!(agent.next().await.unwrap(), ToAgent::HeartbeatAck(_)) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_streams_link_carries_both_ways() {
    let (dir, store) = (tempfile::tempdir().unwrap(), Arc::new(MemoryStore::new()));
    let server = start(store.clone(), &dir).await;
    let joined = server.local_join("h", None).await.unwrap();
    let (agents, address) = (server.agents(), server.address());
    let host: HostId = joined.host.parse().unwrap();
    assert_eq!(
        agents.open(host, StreamRequest::ImageList).await.unwrap_err(),
        AgentError::NotConnected
    );
    let running = tokio::spawn(server.run(std::future::pending()));
    let tls = link_client_config(&joined.ca_pem, &joined.certificate_pem, &joined.key).unwrap();
    let url = format!("https://{address}").parse().unwrap();
    let mux = Dialer::new(url, tls)
        .dial(Channel::Streams)
        .await
        .unwrap()
        .into_streams::<StreamRequest>();
    let agent = tokio::spawn(async move {
        let (request, stream) = mux.accept().await.unwrap();
        assert_eq!(request, StreamRequest::ImageLoad);
        let (read, write) = tokio::io::split(stream);
        let (mut reader, mut writer) = (StreamFrameReader::new(read), StreamFrameWriter::new(write));
        let mut bytes = 0;
        while let Ok(Some(StreamFrame::Input(piece))) = reader.next().await {
            bytes += piece.len();
            if piece.is_empty() {
                writer
                    .send(&StreamFrame::Output(bytes.to_string().into_bytes()))
                    .await
                    .unwrap();
                writer.send(&StreamFrame::Exit(0)).await.unwrap();
            }
        }
        mux.accept().await.is_none()
    });
    let mut stream = loop {
        match agents.open(host, StreamRequest::ImageLoad).await {
            Ok(stream) => break stream,
            Err(AgentError::NotConnected) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(error) => panic!("{error}"),
        }
    };
    for _ in 0..100 {
        stream
            .send
            .send(StreamFrame::Input(vec![7; 60_000]))
            .await
            .unwrap();
    }
    stream.send.send(StreamFrame::Input(Vec::new())).await.unwrap();
    assert_eq!(
        stream.receive.recv().await,
        Some(StreamFrame::Output(b"6000000".to_vec()))
    );
    assert_eq!(stream.receive.recv().await, Some(StreamFrame::Exit(0)));
    drop(stream);
    running.abort();
    assert!(timeout(SOON, agent).await.unwrap().unwrap());
}

async fn get(mut io: impl AsyncRead + AsyncWrite + Unpin) -> String {
    io.write_all(b"GET /healthz HTTP/1.1\r\nhost: muster\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // TLS without a goodbye is an error after all that was said.
    let _ = timeout(SOON, io.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_and_plain_http_are_served_on_one_port() {
    let up = Up::new().await;
    let plain = get(TcpStream::connect(up.address).await.unwrap()).await;
    assert!(plain.starts_with("HTTP/1.1 200 "), "{plain}");
    let config = api_client_config(Anchor::from_pem(&up.ca_pem).unwrap(), &["http/1.1"]).unwrap();
    let tcp = TcpStream::connect(up.address).await.unwrap();
    let tls = tokio_rustls::TlsConnector::from(config)
        .connect(link_server_name(), tcp)
        .await
        .unwrap();
    let encrypted = get(tls).await;
    assert!(encrypted.starts_with("HTTP/1.1 200 "), "{encrypted}");
    let mut nonsense = TcpStream::connect(up.address).await.unwrap();
    nonsense
        .write_all(&[0x16, 3, 1, 0, 4, 0xFF, 0, 0, 0])
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = timeout(SOON, nonsense.read_to_end(&mut answer))
        .await
        .expect("it is hung up on");
    assert!(
        get(TcpStream::connect(up.address).await.unwrap())
            .await
            .starts_with("HTTP/1.1 200 "),
        "it lives"
    );
}

/// A client that never says anything does not keep a server from stopping.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_nobody_for_ever() {
    let up = Up::new().await;
    let _silent = TcpStream::connect(up.address).await.unwrap();
    let mut half = TcpStream::connect(up.address).await.unwrap();
    half.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    up.stop.send(()).unwrap();
    timeout(SOON, up.ended).await.expect("it stops soon").unwrap();
}
