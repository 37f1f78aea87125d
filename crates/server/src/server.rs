//! The life of a server: prepare, bind, start the core, serve, drain.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use muster_link::Joined;
use muster_model::HostId;
use muster_model::id::IdSource;
use muster_store::Store;
use muster_trust::Ca;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use zeroize::Zeroizing;

use crate::api::{self, Agents, App, Clock, Mirror, Reach, Traffic};
use crate::auth::{Attempts, Passwords};
use crate::bootstrap::{self, FIRST_SERVER, Ground, LocalJoinError, StartError};
use crate::config::ServerConfig;
use crate::hub::{Hub, Switchboard};
use crate::listen::{self, Room, ServerTls};
use crate::logic::{CoreConfig, Event};
use crate::metrics::Metrics;
use crate::shell::{self, INBOX, Shell, Windows};
use crate::{clock, copies, jobs};

/// A core that has not drawn its epoch after this will not.
const START_WITHIN: Duration = Duration::from_secs(30);
/// Two heartbeats: the record of a longer lease goes before it, and the next beat after that brings it.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);
/// How long links may take to end once the server stops.
const LINKS_DRAIN: Duration = Duration::from_secs(2);

/// A server whose core runs and whose port is open; [`Server::run`] serves.
pub struct Server {
    config: ServerConfig,
    address: SocketAddr,
    listener: TcpListener,
    setup_token: Option<Zeroizing<String>>,
    app: Arc<App>,
    hub: Arc<Hub>,
    tls: watch::Receiver<Arc<ServerTls>>,
    metrics: Metrics,
    core: Running,
    /// They end with this.
    jobs: JoinSet<()>,
}

/// The core on its task. It ends when this is dropped.
struct Running {
    task: JoinHandle<()>,
    stop: DropGuard,
    inbox: mpsc::Sender<Event>,
    may_stop: watch::Receiver<bool>,
}

/// A server that stopped although nobody asked it to.
#[derive(Debug, thiserror::Error)]
#[error(
    "the server's core ended by a panic; its data is safe: start it again, and please report this as a bug"
)]
pub struct CoreEnded;

/// Opens the data directory and the port, and starts the core.
pub async fn build(config: ServerConfig) -> Result<Server, StartError> {
    let ground = bootstrap::prepare(&config, clock::wall()).await?;
    on_ground(config, ground).await
}

/// The same over a store that is open already; keys and CA lie in the data directory, which must exist.
pub async fn build_on(store: Arc<dyn Store>, config: ServerConfig) -> Result<Server, StartError> {
    let ground = bootstrap::on_store(store, &config, clock::wall()).await?;
    on_ground(config, ground).await
}

async fn on_ground(config: ServerConfig, ground: Ground) -> Result<Server, StartError> {
    let Ground {
        store,
        vault,
        ca,
        server_key,
        setup_token,
        boot,
    } = ground;
    let (vault, ca) = (
        Arc::new(vault),
        Arc::new(ca.with_agent_life(config.agent_certificate_life)),
    );
    let names = bootstrap::server_names(&config);
    let tls =
        ServerTls::issue(&ca, FIRST_SERVER, &names, &server_key, clock::wall()).map_err(StartError::Trust)?;
    let (tls, tls_seen) = watch::channel(Arc::new(tls));
    let listener = listen::bind(config.listen).await?;
    let address = listener.local_addr().unwrap_or(config.listen);
    let mut registry = Registry::default();
    let metrics = Metrics::new(&mut registry);
    let traffic = Traffic::new(&mut registry);

    let (plan, windows) = shell::plan();
    let (inbox, events) = mpsc::channel(INBOX);
    let hub = Hub::new(
        tls_seen.clone(),
        ca.clone(),
        windows.worlds.clone(),
        inbox.clone(),
        metrics.clone(),
    );
    let core = CoreConfig::sole(FIRST_SERVER, boot);
    let shell = Shell::new(
        plan,
        core,
        store.clone(),
        vault.clone(),
        hub.clone(),
        metrics.clone(),
        events,
    );
    let stop = CancellationToken::new();
    let core = Running {
        task: tokio::spawn(shell.run(stop.clone())),
        stop: stop.drop_guard(),
        inbox,
        may_stop: windows.may_stop.clone(),
    };
    let ids = match first_ids(&windows).await {
        Ok(ids) => ids,
        Err(error) => {
            core.end().await;
            return Err(error);
        }
    };
    let reach = Reach::of(&config, address.port(), server_key.pin());
    let mut jobs = JoinSet::new();
    jobs.spawn(jobs::purge(
        store.clone(),
        windows.worlds.clone(),
        windows.leads.clone(),
    ));
    jobs.spawn(jobs::compact(store.clone(), windows.worlds.clone()));
    jobs.spawn(jobs::renew(tls, ca.clone(), FIRST_SERVER, names, server_key));
    let agents: Arc<dyn Agents> = Arc::new(Switchboard(hub.clone()));
    jobs.spawn(copies::copy(agents.clone(), windows.worlds.clone()));
    let keys = Keys { vault, ca, reach };
    let app = Arc::new(app(store, windows, keys, ids, agents, registry, traffic));
    Ok(Server {
        config,
        address,
        listener,
        setup_token,
        app,
        hub,
        tls: tls_seen,
        metrics,
        core,
        jobs,
    })
}

/// What this server opens, signs, and is known by.
struct Keys {
    vault: Arc<crate::vault::Vault>,
    ca: Arc<Ca>,
    reach: Reach,
}

fn app(
    store: Arc<dyn Store>,
    windows: Windows,
    keys: Keys,
    ids: IdSource,
    agents: Arc<dyn Agents>,
    registry: Registry,
    traffic: Traffic,
) -> App {
    App {
        store,
        mirror: Mirror::new(windows.worlds),
        vault: keys.vault,
        ca: keys.ca,
        reach: keys.reach,
        ids: Mutex::new(ids),
        clock: Clock {
            wall: clock::wall,
            boot: clock::boot,
        },
        agents,
        progress: windows.progress,
        metrics: Arc::new(registry),
        traffic,
        halted: windows.halted,
        attempts: Attempts::default(),
        passwords: Passwords::default(),
    }
}

/// Ids under this process's epoch, once the core has drawn it.
async fn first_ids(windows: &Windows) -> Result<IdSource, StartError> {
    let (mut epoch, mut halted) = (windows.epoch.clone(), windows.halted.clone());
    let drawn = async {
        tokio::select! {
            Ok(epoch) = epoch.wait_for(Option::is_some) => epoch.map(IdSource::new).ok_or(StartError::NotReady),
            Ok(why) = halted.wait_for(Option::is_some) => {
                Err(why.clone().map_or(StartError::NotReady, StartError::Halted))
            }
            else => Err(StartError::NotReady),
        }
    };
    timeout(START_WITHIN, drawn)
        .await
        .unwrap_or(Err(StartError::NotReady))
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The one-time setup token, to be shown once; none when one was used already.
    pub fn setup_token(&self) -> Option<&str> {
        self.setup_token.as_ref().map(|token| token.as_str())
    }

    /// The platform's CA, PEM.
    pub fn ca_pem(&self) -> &str {
        self.app.ca.certificate_pem()
    }

    /// Makes this machine a host of the first environment, or the host that it was, for an agent in this process or beside it.
    pub async fn local_join(&self, name: &str, former: Option<HostId>) -> Result<Joined, LocalJoinError> {
        bootstrap::local_join(&self.app, name, former).await
    }

    /// The agents in touch with this server, for streams to them.
    pub fn agents(&self) -> Arc<dyn Agents> {
        self.app.agents.clone()
    }

    /// Serves until `shutdown`, then lets what is under way end.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), CoreEnded> {
        let Server {
            config,
            listener,
            app,
            hub,
            tls,
            metrics,
            mut core,
            mut jobs,
            ..
        } = self;
        let stop = CancellationToken::new();
        // Whoever drops this future midway must not leave connections behind.
        let (_stop, _links) = (stop.clone().drop_guard(), LinksEnd(hub.clone()));
        let room = Room {
            router: api::router(app),
            config,
            tls,
            metrics,
            stop: stop.clone(),
        };
        let serving = tokio::spawn(listen::serve(listener, room));
        let ended = tokio::select! {
            () = shutdown => {
                core.take_leave().await;
                Ok(())
            }
            // Neither the core nor a job ends by itself.
            _ = &mut core.task => Err(CoreEnded),
            Some(_) = jobs.join_next() => Err(CoreEnded),
        };
        stop.cancel();
        hub.close_all();
        let drained = timeout(LINKS_DRAIN, hub.drained());
        if let (Err(error), _) = tokio::join!(serving, drained) {
            tracing::error!(%error, "the listener ended by a panic");
        }
        jobs.shutdown().await;
        if ended.is_ok() {
            core.end().await;
        }
        ended
    }
}

impl Running {
    /// Has agents be given leases that last until a server is back, as far as that takes no longer than they take to beat.
    async fn take_leave(&mut self) {
        let leave = async {
            if self.inbox.send(Event::Stopping).await.is_ok() {
                // An error is a core that has ended.
                let _ = self.may_stop.wait_for(|may| *may).await;
            }
        };
        if timeout(LEAVE_WITHIN, leave).await.is_err() {
            tracing::warn!(
                "not every host could be told in time that this server stops; exclusive units there may end"
            );
        }
    }

    /// Ends it and waits until nothing of it holds the store.
    async fn end(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the core ended by a panic");
        }
    }
}

/// Ends all links when it is dropped.
struct LinksEnd(Arc<Hub>);

impl Drop for LinksEnd {
    fn drop(&mut self) {
        self.0.close_all();
    }
}
