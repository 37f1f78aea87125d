//! A host behind a slow line, with people who follow its logs: its heartbeats get through.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use muster_agent::logic::LeaseRecord;
use muster_agent::{AgentConfig, become_member};
use muster_model::assigned::Presence;
use muster_model::limits::SUSPECT_AFTER;
use muster_model::link::{LogsRequest, StreamFrame, StreamRequest, StreamTarget};
use muster_model::{HostId, UnitId};
use muster_server::api::AgentError;
use muster_store::Store as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::link::{Up, until};

/// 1 Mbit/s.
const BYTES_PER_SECOND: usize = 125_000;
/// One packet.
const PIECE: usize = 1_460;
/// What stands before a packet at worst: routers hold about a second.
const QUEUE: usize = 128 * 1024;
/// How late this program may be woken and still carry what it should have carried.
const LATE_MAX: Duration = Duration::from_millis(300);
const FOLLOWERS: usize = 10;
/// Five heartbeats or more.
const FOR: Duration = Duration::from_secs(12);

// ── the line ────────────────────────────────────────────────────────────────────────────────────────────────────────

type Queue = mpsc::Sender<(Vec<u8>, Arc<tokio::sync::Mutex<OwnedWriteHalf>>)>;

/// A line to `server` with one queue for each direction, which all connections share, first come first served.
async fn line(server: SocketAddr, tasks: &mut JoinSet<()>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let carried = Arc::new(AtomicUsize::new(0));
    let (up, down) = (queue(carried.clone(), tasks), queue(Arc::default(), tasks));
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(server).await.unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            connections.spawn(feed(from_client, to_server, up.clone()));
            connections.spawn(feed(from_server, to_client, down.clone()));
        }
    });
    (address, carried)
}

async fn feed(mut from: OwnedReadHalf, to: OwnedWriteHalf, queue: Queue) {
    let to = Arc::new(tokio::sync::Mutex::new(to));
    let mut piece = vec![0; PIECE];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        if queue.send((piece[..count].to_vec(), to.clone())).await.is_err() {
            return;
        }
    }
}

fn queue(carried: Arc<AtomicUsize>, tasks: &mut JoinSet<()>) -> Queue {
    let (send, mut pieces) =
        mpsc::channel::<(Vec<u8>, Arc<tokio::sync::Mutex<OwnedWriteHalf>>)>(QUEUE / PIECE);
    tasks.spawn(async move {
        let mut free_at = Instant::now();
        while let Some((piece, to)) = pieces.recv().await {
            let takes = Duration::from_secs_f64(piece.len() as f64 / BYTES_PER_SECOND as f64);
            // A busy machine wakes us late: the line makes up for it, as a real one would not have been late.
            free_at = free_at.max(Instant::now() - LATE_MAX) + takes;
            sleep_until(free_at).await;
            carried.fetch_add(piece.len(), Ordering::Relaxed);
            let _ = to.lock().await.write_all(&piece).await;
        }
    });
    send
}

// ── an engine whose containers never stop talking ────────────────────────────────────────────────────────────────────

/// Lines without end, as fast as they are asked for, in the engine's frames.
struct Endless(Bytes);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(self.0.clone()))))
    }
}

/// Nothing, for ever.
struct Silence;

impl Body for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn talk() -> Bytes {
    let line = format!("2026-01-01T00:00:00.000000000Z {}\n", "words ".repeat(150));
    let head = [
        &[1, 0, 0, 0],
        &u32::try_from(line.len()).unwrap().to_be_bytes()[..],
    ]
    .concat();
    [&head[..], line.as_bytes()].concat().repeat(8).into()
}

async fn answer(
    request: Request<Incoming>,
) -> Result<Response<UnsyncBoxBody<Bytes, Infallible>>, Infallible> {
    let path = request.uri().path().to_owned();
    let json = |text: &'static str| Full::new(Bytes::from_static(text.as_bytes())).boxed_unsync();
    let is = |end: &str| path.ends_with(end);
    let body = if is("/logs") {
        Endless(talk()).boxed_unsync()
    } else if is("/events") {
        Silence.boxed_unsync()
    } else if is("/version") {
        json(r#"{"Version":"fake","ApiVersion":"1.41","MinAPIVersion":"1.12"}"#)
    } else if is("/info") {
        json("{}")
    } else if is("/containers/json") || is("/images/json") {
        json("[]")
    } else {
        let mut response = Response::new(json(r#"{"message":"this engine only talks"}"#));
        *response.status_mut() = hyper::StatusCode::NOT_FOUND;
        return Ok(response);
    };
    Ok(Response::new(body))
}

fn engine(socket: &Path, tasks: &mut JoinSet<()>) {
    let listener = UnixListener::bind(socket).unwrap();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let http = hyper::server::conn::http1::Builder::new();
            connections.spawn(async move {
                let _ = http
                    .serve_connection(TokioIo::new(stream), service_fn(answer))
                    .await;
            });
        }
    });
}

// ── what is seen ────────────────────────────────────────────────────────────────────────────────────────────────────

fn boottime_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(time.tv_sec * 1_000 + time.tv_nsec / 1_000_000).unwrap()
}

/// How long acknowledgements take, by the record of the lease that the agent keeps with each one.
async fn acknowledgements(run_dir: &Path, lasting: Duration) -> Vec<u64> {
    let (mut took, mut last) = (VecDeque::new(), None);
    let end = Instant::now() + lasting;
    while Instant::now() < end {
        let text = std::fs::read(run_dir.join("lease")).unwrap_or_default();
        let record: Option<LeaseRecord> = serde_json::from_slice(&text).ok();
        let sent = record.map(|record| record.sent);
        if sent != last {
            took.extend(sent.map(|sent| boottime_ms() - sent.0));
            last = sent;
        }
        sleep(Duration::from_millis(5)).await;
    }
    // The first is one of before.
    took.pop_front();
    took.into()
}

async fn follow(up: &Up, host: HostId, unit: UnitId, tasks: &mut JoinSet<()>) -> Arc<AtomicUsize> {
    let target = StreamTarget { unit, sidekick: None };
    let request = StreamRequest::Logs(LogsRequest {
        target,
        follow: true,
        tail: None,
        since: None,
    });
    let mut stream = loop {
        match up.agents.open(host, request.clone()).await {
            Ok(stream) => break stream,
            Err(AgentError::NotConnected) => sleep(Duration::from_millis(10)).await,
            Err(error) => panic!("{error}"),
        }
    };
    let heard = Arc::new(AtomicUsize::new(0));
    let count = heard.clone();
    tasks.spawn(async move {
        while let Some(frame) = stream.receive.recv().await {
            let (StreamFrame::Output(bytes) | StreamFrame::Error(bytes)) = frame else {
                panic!("{frame:?}");
            };
            count.fetch_add(bytes.len(), Ordering::Relaxed);
        }
    });
    heard
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heartbeats_are_acknowledged_in_time_beside_ten_logs_at_full_speed() {
    let (mut up, mut tasks) = (Up::of_two().await, JoinSet::new());
    let joined = up.other.take().unwrap();
    let host: HostId = joined.host.parse().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (address, carried) = line(up.address, &mut tasks).await;
    let mut config = AgentConfig::new(
        vec![format!("https://{address}").parse().unwrap()],
        directory.path().join("data"),
    );
    config.run_dir = directory.path().join("run");
    config.engine_socket = directory.path().join("engine.sock");
    engine(&config.engine_socket, &mut tasks);
    become_member(&config.data_dir, joined).unwrap();
    let run_dir = config.run_dir.clone();
    tasks.spawn(async { muster_agent::run(config, std::future::pending()).await.unwrap() });

    let mut service = crate::core::service("a", 1);
    service.exclusive = true;
    let deploy = crate::core::deploy(crate::core::WEB, 1, service);
    up.store.commit(deploy).await.unwrap();
    let mut unit = None;
    until("the unit is assigned and its lease kept", &up.store, |world| {
        unit = world.units_on(host).map(|unit| unit.id).next();
        unit.is_some() && run_dir.join("lease").exists()
    })
    .await;
    let mut heard = Vec::new();
    for _ in 0..FOLLOWERS {
        heard.push(follow(&up, host, unit.unwrap(), &mut tasks).await);
    }
    let before = carried.load(Ordering::Relaxed);
    let took = acknowledgements(&run_dir, FOR).await;
    let carried = carried.load(Ordering::Relaxed) - before;
    let full = BYTES_PER_SECOND * usize::try_from(FOR.as_secs()).unwrap();
    println!("acknowledged after {took:?} ms; {carried} of {full} bytes");
    assert!(carried > full * 6 / 10, "the line is not full: {carried}");
    assert!(
        heard.iter().all(|heard| heard.load(Ordering::Relaxed) > 0),
        "each log goes on"
    );
    assert!(took.len() >= 4, "{took:?}");
    let most = u64::try_from(SUSPECT_AFTER.as_millis()).unwrap() / 2;
    assert!(took.iter().all(|took| *took <= most), "{took:?}");
    until("it counts as present", &up.store, |world| {
        let host = world.host(host).unwrap();
        assert_eq!(host.presence(), Presence::Active);
        true
    })
    .await;
}
