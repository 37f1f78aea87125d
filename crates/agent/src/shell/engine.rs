use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::address::Addressing;
use crate::engine::{Engine, EngineEvent, EngineFacts, Failure};
use crate::facts::{self, Own};
use crate::identity::Identity;
use crate::logic::Input;
use crate::preflight;

/// Images come in heaps: they are listed this long after the first.
const IMAGES_AFTER: Duration = Duration::from_secs(1);
/// An engine that is away is tried again after this.
const AGAIN: Duration = Duration::from_millis(500);

/// What is told of the machine, and to whom.
pub(super) struct Telling {
    pub(super) addressing: Addressing,
    pub(super) data_dir: PathBuf,
    pub(super) identity: watch::Receiver<Arc<Identity>>,
    pub(super) send: mpsc::Sender<Input>,
}

/// Listens to the engine for as long as the agent lives, and says when it comes and goes.
pub(super) async fn watch(engine: Arc<dyn Engine>, socket: String, mut told_to: Telling) {
    let (mut told, mut described) = (None, EngineFacts::default());
    loop {
        let failure = match listen(&*engine, &mut described, &mut told_to).await {
            Ok(()) => Failure::Unreachable {
                socket: socket.clone(),
                detail: "it closed the connection".to_owned(),
            },
            Err(failure) => failure,
        };
        // Said again only when it is something new: an engine may be away for long.
        if told.as_ref() != Some(&failure) {
            tracing::warn!("{failure}");
            told = Some(failure.clone());
        }
        if told_to.send.send(Input::EngineGone { failure }).await.is_err() {
            return;
        }
        if told_to.identity.has_changed().unwrap_or(false) {
            told_to.facts(&described).await;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(
    engine: &dyn Engine,
    described: &mut EngineFacts,
    told_to: &mut Telling,
) -> Result<(), Failure> {
    let host = told_to.identity.borrow().host;
    let mut events = engine.events(host).await?;
    *described = engine.facts().await?;
    tracing::info!(
        engine = described.engine,
        api = described.api,
        "the engine answers"
    );
    told_to.facts(described).await;
    let _ = told_to.send.send(Input::EngineBack).await;
    let mut images_at: Option<Instant> = None;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => {
                    if event == EngineEvent::Images && images_at.is_none() {
                        images_at = Some(Instant::now() + IMAGES_AFTER);
                    }
                    drop(told_to.send.send(Input::Event(event)).await);
                }
                None => return Ok(()),
            },
            () = until(images_at) => {
                images_at = None;
                let now = engine.facts().await?;
                if *described != now {
                    *described = now;
                    told_to.facts(described).await;
                }
            }
            Ok(()) = told_to.identity.changed() => told_to.facts(described).await,
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Telling {
    async fn facts(&mut self, engine: &EngineFacts) {
        let certificate_ends = self.identity.borrow_and_update().validity.not_after;
        let own = Own {
            certificate_ends,
            address: self.addressing.find().await,
            findings: preflight::in_short(engine, &self.data_dir),
        };
        let facts = facts::gather(engine.clone(), own);
        let _ = self.send.send(Input::Facts(Box::new(facts))).await;
    }
}
