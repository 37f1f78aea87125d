//! The agents' links: from a request to a connection the core knows, and streams to whoever asks for one.
//!
//! Who is at the other end is settled by the TLS inside the link; here the host's id is read from its certificate and the
//! words are carried, in order, through bounded queues. An agent that does not take what it is sent loses its link, and
//! with the next one gets what it missed. Which words are said, and when a link is to end, the core decides.

mod certificate;
pub(crate) mod contents;
mod control;
mod links;
mod said;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use muster_control::World;
use muster_link::{Channel, LinkError, Peer, StreamMux, Upgrade};
use muster_model::link::{StreamRequest, ToAgent};
use muster_model::{EnvironmentId, HostId};
use muster_trust::Ca;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::api::{AgentError, AgentStream, Agents};
use crate::listen::ServerTls;
use crate::logic::{ConnectionId, Event};
use crate::metrics::Metrics;
use crate::shell::chain;
use crate::streams;
use links::Links;
use said::Said;

/// How long a host that was removed may ask why.
const REFUSAL_WITHIN: Duration = Duration::from_secs(10);

pub(crate) struct Hub {
    tls: watch::Receiver<Arc<ServerTls>>,
    ca: Arc<Ca>,
    worlds: watch::Receiver<World>,
    inbox: mpsc::Sender<Event>,
    metrics: Metrics,
    links: Links,
    said: Said,
    tasks: TaskTracker,
}

impl Hub {
    pub(crate) fn new(
        tls: watch::Receiver<Arc<ServerTls>>,
        ca: Arc<Ca>,
        worlds: watch::Receiver<World>,
        inbox: mpsc::Sender<Event>,
        metrics: Metrics,
    ) -> Arc<Self> {
        Arc::new(Self {
            tls,
            ca,
            worlds,
            inbox,
            metrics,
            links: Links::default(),
            said: Said::default(),
            tasks: TaskTracker::new(),
        })
    }

    /// Says something to an agent; one that does not listen loses its link.
    pub(crate) fn send(&self, connection: ConnectionId, message: ToAgent) {
        if !self.links.send(connection, message) {
            self.close(connection, "it does not take what it is sent");
        }
    }

    /// Ends a control link after what was sent on it before.
    pub(crate) fn close(&self, connection: ConnectionId, why: &'static str) {
        let Some(host) = self.links.forget(connection) else {
            return;
        };
        if let Some(kept_back) = self.said.worth_saying(&host.to_string(), why, Instant::now()) {
            tracing::info!(%host, why, kept_back, "link closed");
        }
        // One that was removed keeps nothing: not the shells and logs that are open either.
        if self.place(host).is_none() {
            self.links.end_streams(host);
        }
    }

    /// Ends all links: the server stops.
    pub(crate) fn close_all(&self) {
        self.links.forget_all();
    }

    /// Waits until no link is left.
    pub(crate) async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Says once in a while what is wrong with a peer.
    fn complain(&self, who: &str, why: &str, what: &'static str) {
        if let Some(kept_back) = self.said.worth_saying(who, why, Instant::now()) {
            tracing::warn!(who, why, kept_back, "{what}");
        }
    }

    async fn established(self: Arc<Self>, channel: Channel, from: IpAddr, upgrade: Upgrade) {
        let tls = self.tls.borrow().link.clone();
        let peer = match upgrade.accept(tls).await {
            Ok(peer) => peer,
            Err(error) => {
                self.complain(
                    &from.to_string(),
                    &chain(&error),
                    "an agent's link was not established",
                );
                return;
            }
        };
        let Ok(host) = peer.id.parse::<HostId>() else {
            self.complain(&from.to_string(), &peer.id, "a certificate names no host of ours");
            return;
        };
        let place = self.place(host).map(|place| place.to_string());
        if let (Some(place), Some(said)) = (&place, &peer.environment)
            && place != said
        {
            tracing::warn!(%from, %host, said, "a certificate is for another environment than its host's");
            return;
        }
        match channel {
            Channel::Control => self.control(host, from, peer).await,
            Channel::Streams => self.streams(host, peer).await,
        }
    }

    async fn control(&self, host: HostId, from: IpAddr, peer: Peer) {
        let (connection, words) = self.links.open(host);
        tracing::info!(%host, %from, "link opened");
        self.metrics.sessions.inc();
        if let Err(error) = control::carry(connection, host, peer, words, &self.inbox).await {
            self.complain(&host.to_string(), &chain(&error), "link broke off");
        }
        self.metrics.sessions.dec();
        self.links.forget(connection);
        // The core may have gone first, when the server stops.
        let _ = self.inbox.send(Event::Closed { connection }).await;
    }

    /// Keeps the host's second link until it is over or a newer one takes its place.
    async fn streams(&self, host: HostId, peer: Peer) {
        let mux = Arc::new(peer.into_streams::<StreamRequest>());
        if self.place(host).is_none() {
            // It may ask why it is not let in, and nothing else.
            let _ = timeout(REFUSAL_WITHIN, self.answer(host, &mux)).await;
            return;
        }
        let (number, over) = self.links.set_streams(host, mux.clone());
        self.metrics.stream_links.inc();
        tokio::select! {
            () = self.answer(host, &mux) => {}
            () = over.cancelled() => {}
        }
        self.metrics.stream_links.dec();
        self.links.drop_streams(host, number);
    }

    /// Answers what the agent asks until its link is over. All it can ask for is its next certificate.
    async fn answer(&self, host: HostId, mux: &StreamMux<StreamRequest>) {
        while let Some((request, stream)) = mux.accept().await {
            if let StreamRequest::Certificate { csr_pem } = request {
                let signed = certificate::sign(&self.ca, host, self.place(host), &csr_pem);
                if let Err(error) = certificate::answer(host, signed, stream).await {
                    tracing::info!(%host, error = chain(&error), "a renewed certificate did not reach its host");
                }
            }
        }
    }

    /// The environment of a host that is a member; none of one that was removed.
    fn place(&self, host: HostId) -> Option<EnvironmentId> {
        let world = self.worlds.borrow();
        let wish = world.host(host).and_then(|host| host.wish);
        wish.map(|wish| wish.environment)
    }

    async fn open_stream(&self, host: HostId, request: StreamRequest) -> Result<AgentStream, AgentError> {
        let mux: Option<Arc<StreamMux<StreamRequest>>> =
            self.links.streams(host).filter(|_| self.place(host).is_some());
        let mux = mux.ok_or(AgentError::NotConnected)?;
        let stream = mux.open(&request).await;
        let stream = stream.map_err(|error| AgentError::NotOpened { why: chain(&error) })?;
        Ok(streams::carry(stream))
    }
}

/// The API's view of the hub.
pub(crate) struct Switchboard(pub(crate) Arc<Hub>);

impl Agents for Switchboard {
    fn open(&self, host: HostId, request: StreamRequest) -> BoxFuture<'_, Result<AgentStream, AgentError>> {
        self.0.open_stream(host, request).boxed()
    }

    fn link(&self, channel: Channel, from: IpAddr, mut request: Request<Body>) -> Response {
        match muster_link::upgrade(&mut request, &from.to_string()) {
            Ok((answer, upgrade)) => {
                self.0
                    .tasks
                    .spawn(self.0.clone().established(channel, from, upgrade));
                answer.map(|()| Body::empty())
            }
            Err(error) => refused(&error),
        }
    }
}

fn refused(error: &LinkError) -> Response {
    (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response()
}
