//! What handlers can reach: the store to write to, the world to read, the agents to speak with. Made by the server's shell, or by a test.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use futures_util::future::BoxFuture;
use muster_control::World;
use muster_link::Channel;
use muster_model::id::IdSource;
use muster_model::link::{Progress, StreamFrame, StreamRequest};
use muster_model::{HostId, Revision, Timestamp, WallTime};
use muster_store::Store;
use muster_trust::Ca;
use prometheus_client::registry::Registry;
use tokio::sync::{broadcast, mpsc, watch};

use super::error::ApiError;
use super::traffic::Traffic;
use crate::auth::{Attempts, Passwords};
use crate::config::ServerConfig;
use crate::logic::CoreError;
use crate::vault::Vault;

/// A write is answered when this server's own mirror has reached it; a mirror that takes longer is in trouble.
const MIRROR_DEADLINE: Duration = Duration::from_secs(10);

/// Everything that handlers share.
pub struct App {
    /// Where writes go.
    pub store: Arc<dyn Store>,
    /// Where reads come from.
    pub mirror: Mirror,
    /// Seals contents.
    pub vault: Arc<Vault>,
    /// Signs the certificates of joining hosts.
    pub ca: Arc<Ca>,
    /// How others find and know this server.
    pub reach: Reach,
    /// Ids under this process's epoch.
    pub ids: Mutex<IdSource>,
    /// The clocks.
    pub clock: Clock,
    /// The hub.
    pub agents: Arc<dyn Agents>,
    /// What agents say about pulls under way.
    pub progress: broadcast::Sender<Progress>,
    /// All of the server's metrics.
    pub metrics: Arc<Registry>,
    /// Counts requests among them.
    pub traffic: Traffic,
    /// Why the core cannot go on, while it cannot.
    pub halted: watch::Receiver<Option<Arc<CoreError>>>,
    /// Wrong passwords lately.
    pub attempts: Attempts,
    /// Hashes passwords.
    pub passwords: Passwords,
}

/// How others find and know this server.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Addresses that it was told it has, the best first.
    pub urls: Vec<String>,
    /// The servers' public key, as `curl --pinnedpubkey` takes it.
    pub pin: String,
}

impl Reach {
    pub(crate) fn of(config: &ServerConfig, port: u16, pin: String) -> Self {
        let listen = Some(config.listen.ip()).filter(|ip| !ip.is_unspecified() && !ip.is_loopback());
        let named = config.names.iter().cloned();
        let hosts = named.chain(listen.map(|ip| ip.to_string()));
        let url = |host: String| match host.parse::<std::net::Ipv6Addr>() {
            Ok(ip) => format!("https://[{ip}]:{port}"),
            Err(_) => format!("https://{host}:{port}"),
        };
        let urls = hosts.map(url).collect();
        Self { urls, pin }
    }
}

/// The two clocks, as functions, so that tests have their own.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// For people and for expiry.
    pub wall: fn() -> WallTime,
    /// For lengths of time: `CLOCK_BOOTTIME`.
    pub boot: fn() -> Timestamp,
}

/// The newest world that this server has.
#[derive(Debug, Clone)]
pub struct Mirror {
    worlds: watch::Receiver<World>,
}

/// The agents, as handlers reach them: the hub, or a test's own.
pub trait Agents: Send + Sync + 'static {
    /// Opens a stream to the agent of a host, begun by this request.
    fn open(&self, host: HostId, request: StreamRequest) -> BoxFuture<'_, Result<AgentStream, AgentError>>;

    /// Takes over an agent's request for a link: answers 101, or 400 in words.
    fn link(&self, channel: Channel, from: IpAddr, request: Request<Body>) -> Response;
}

/// Both directions of a stream. Dropping it ends the stream on the host too.
#[derive(Debug)]
pub struct AgentStream {
    /// To the agent.
    pub send: mpsc::Sender<StreamFrame>,
    /// From the agent; ends when the stream does.
    pub receive: mpsc::Receiver<StreamFrame>,
}

/// An agent that cannot be spoken with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// It has no session with this server.
    #[error("the host's agent is not in touch; bring the host back, then repeat")]
    NotConnected,
    /// The stream could not be opened.
    #[error("the host's agent took no stream: {why}; try again")]
    NotOpened {
        /// What the link said.
        why: String,
    },
}

impl App {
    /// A new id, made by its `new`.
    pub(crate) fn draw<T>(&self, new: fn(u32, u32) -> T) -> T {
        let (epoch, counter) = self.ids.lock().unwrap_or_else(PoisonError::into_inner).draw();
        new(epoch, counter)
    }

    /// The time on the wall.
    pub(crate) fn now(&self) -> WallTime {
        (self.clock.wall)()
    }
}

impl Mirror {
    /// Follows this channel.
    pub const fn new(worlds: watch::Receiver<World>) -> Self {
        Self { worlds }
    }

    /// The world as it is.
    pub fn world(&self) -> World {
        self.worlds.borrow().clone()
    }

    /// The world once it has reached `revision`.
    pub(crate) async fn reached(&self, revision: Revision) -> Result<World, ApiError> {
        let mut worlds = self.worlds.clone();
        let there = worlds.wait_for(|world| world.revision() >= revision);
        match tokio::time::timeout(MIRROR_DEADLINE, there).await {
            Ok(Ok(world)) => Ok(world.clone()),
            Ok(Err(_)) => Err(ApiError::NotReady),
            Err(_) => Err(ApiError::Behind),
        }
    }

    /// For those who follow: each newer world, the newest only.
    pub(crate) fn follow(&self) -> watch::Receiver<World> {
        self.worlds.clone()
    }
}
