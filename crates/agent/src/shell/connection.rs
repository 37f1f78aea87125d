//! The connection to a server: dialled again and again, two sockets each time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use muster_link::{Channel, FrameReader, FrameWriter, LinkError, LinkIo, Peer, ServerUrl, StreamMux};
use muster_model::link::{FromAgent, StreamRequest, ToAgent};
use muster_trust::{OsRandom, Random as _};
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::work::chain;
use crate::engine::docker::DockerEngine;
use crate::identity::Identity;
use crate::logic::{Input, Page};
use crate::metrics::Rings;
use crate::standing::StandingFile;
use crate::streams;

/// The first pause before dialling again, and the longest.
const AGAIN_MIN: Duration = Duration::from_millis(200);
const AGAIN_MAX: Duration = Duration::from_secs(5);
/// A connection that stood this long was a good one: the next pause is short again.
const GOOD_AFTER: Duration = Duration::from_secs(10);
/// Messages on their way out. A line that cannot take more than this is as good as cut.
const MESSAGES_MAX: usize = 4_096;

/// The streams of the connection that is up.
pub(super) type Streams = Option<Arc<StreamMux<StreamRequest>>>;

/// Everything that dialling needs.
pub(super) struct Dialing {
    servers: Vec<ServerUrl>,
    inputs: mpsc::Sender<Input>,
    serving: Serving,
    current: watch::Sender<Option<Line>>,
    number: u64,
    standing: StandingFile,
    /// Why the last connection was left, if it was left on purpose.
    left: Left,
}

/// Written by the shell, read where the connection ends.
type Left = Arc<Mutex<Option<String>>>;

/// What the second connection needs.
#[derive(Clone)]
pub(super) struct Serving {
    /// Each dial shows the newest certificate.
    pub(super) identity: watch::Receiver<Arc<Identity>>,
    /// What can be streamed from; none if the engine is one in memory.
    pub(super) docker: Option<Arc<DockerEngine>>,
    pub(super) pages: watch::Receiver<Option<Page>>,
    pub(super) streams: watch::Sender<Streams>,
    /// How copies of images go, for the core.
    pub(super) inputs: mpsc::Sender<Input>,
    /// What was used of late.
    pub(super) rings: Rings,
}

/// The connection that is up.
#[derive(Clone)]
struct Line {
    out: mpsc::Sender<FromAgent>,
    cut: CancellationToken,
}

/// The shell's hold on the connection.
pub(super) struct Handle {
    current: watch::Receiver<Option<Line>>,
    left: Left,
}

impl Handle {
    /// Says this on the connection that is up; without one nobody hears it.
    pub(super) fn send(&self, message: FromAgent) {
        if let Some(line) = &*self.current.borrow()
            && line.out.try_send(message).is_err()
        {
            line.cut.cancel();
        }
    }

    /// Ends the connection that is up.
    pub(super) fn cut(&self, why: &str) {
        tracing::warn!("left the server: {why}");
        *self.left.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.to_owned());
        if let Some(line) = &*self.current.borrow() {
            line.cut.cancel();
        }
    }
}

impl Dialing {
    pub(super) fn new(
        servers: Vec<ServerUrl>,
        inputs: mpsc::Sender<Input>,
        serving: Serving,
        standing: StandingFile,
    ) -> Self {
        Self {
            standing,
            left: Left::default(),
            servers,
            inputs,
            serving,
            current: watch::Sender::new(None),
            number: 0,
        }
    }

    pub(super) fn start(self, tasks: &mut JoinSet<()>) -> Handle {
        let handle = Handle {
            current: self.current.subscribe(),
            left: self.left.clone(),
        };
        tasks.spawn(self.run());
        handle
    }

    async fn run(mut self) {
        let (mut pause, mut said) = (AGAIN_MIN, None);
        loop {
            for url in self.servers.clone() {
                let began = Instant::now();
                let ended = self.session(&url).await.err().map(|error| chain(&error));
                let left = self.left.lock().unwrap_or_else(PoisonError::into_inner).take();
                let ended = left.or(ended);
                if began.elapsed() >= GOOD_AFTER {
                    pause = AGAIN_MIN;
                }
                // Said again only when it is something new: a server may be away for long.
                if said != ended {
                    let why = ended.as_deref().unwrap_or("it closed the connection");
                    self.standing.write(url.to_string(), Some(why.to_owned()));
                    tracing::warn!(server = %url, "no connection: {why}");
                    said = ended;
                }
            }
            if self.inputs.is_closed() {
                return;
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(AGAIN_MAX);
        }
    }

    /// One connection from dialling to its end.
    async fn session(&mut self, url: &ServerUrl) -> Result<(), LinkError> {
        let peer = self.serving.dial(url, Channel::Control).await?;
        self.number += 1;
        let (connection, server, cut) = (self.number, peer.id.clone(), CancellationToken::new());
        tracing::info!(server, "connected");
        self.standing.write(url.to_string(), None);
        let (reader, writer) = peer.into_control();
        let (out, messages) = mpsc::channel(MESSAGES_MAX);
        self.current.send_replace(Some(Line {
            out,
            cut: cut.clone(),
        }));
        let _ = self.inputs.send(Input::LinkUp { connection }).await;
        let ended = tokio::select! {
            ended = hear(reader, connection, &self.inputs) => ended,
            ended = speak(writer, messages) => ended,
            () = cut.cancelled() => Ok(()),
            () = self.serving.run(url, &server) => Ok(()),
        };
        self.serving.streams.send_replace(None);
        self.current.send_replace(None);
        let _ = self.inputs.send(Input::LinkDown { connection }).await;
        ended
    }
}

async fn hear(
    mut reader: FrameReader<ReadHalf<LinkIo>, ToAgent>,
    connection: u64,
    inputs: &mpsc::Sender<Input>,
) -> Result<(), LinkError> {
    while let Some(message) = reader.next().await? {
        let _ = inputs
            .send(Input::Message {
                connection,
                message: Box::new(message),
            })
            .await;
    }
    Ok(())
}

async fn speak(
    mut writer: FrameWriter<WriteHalf<LinkIo>, FromAgent>,
    mut messages: mpsc::Receiver<FromAgent>,
) -> Result<(), LinkError> {
    while let Some(message) = messages.recv().await {
        writer.send(&message).await?;
    }
    Ok(())
}

impl Serving {
    async fn dial(&self, url: &ServerUrl, channel: Channel) -> Result<Peer, LinkError> {
        let identity = self.identity.borrow().clone();
        identity.dial(url, channel).await
    }

    /// Keeps the second connection up for as long as the first one stands. It never ends by itself.
    async fn run(&self, url: &ServerUrl, server: &str) {
        let mut pause = AGAIN_MIN;
        loop {
            match self.dial(url, Channel::Streams).await {
                // A balancer may have sent the two connections to different servers.
                Ok(peer) if peer.id != server => {
                    tracing::debug!(other = peer.id, "the streams went to another server")
                }
                Ok(peer) => {
                    pause = AGAIN_MIN;
                    self.accept(peer).await;
                }
                Err(error) => tracing::debug!(error = chain(&error), "no connection for streams"),
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = (pause * 2).min(AGAIN_MAX);
        }
    }

    /// Streams live no longer than this connection.
    async fn accept(&self, peer: Peer) {
        let mux = Arc::new(peer.into_streams::<StreamRequest>());
        self.streams.send_replace(Some(mux.clone()));
        let mut streams = JoinSet::new();
        while let Some((request, stream)) = mux.accept().await {
            // Without an engine to stream from, the stream is reset.
            if let Some(engine) = self.docker.clone() {
                let place = streams::Place {
                    engine,
                    page: self.pages.borrow().clone(),
                    inputs: self.inputs.clone(),
                    rings: self.rings.clone(),
                };
                streams.spawn(streams::serve(place, request, stream));
            }
            while streams.try_join_next().is_some() {}
        }
        self.streams.send_replace(None);
    }
}

/// Between half of it and all: hosts that lost one server together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [u8::MAX];
    // Without randomness the pause is the whole one.
    let _ = OsRandom.fill(&mut byte);
    pause / 2 + pause * u32::from(byte[0]) / (2 * u32::from(u8::MAX))
}
