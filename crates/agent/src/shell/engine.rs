use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::engine::{Engine, EngineEvent, EngineFacts, Failure};
use crate::facts;
use crate::identity::Identity;
use crate::logic::Input;

/// Images come in heaps: they are listed this long after the first.
const IMAGES_AFTER: Duration = Duration::from_secs(1);
/// An engine that is away is tried again after this.
const AGAIN: Duration = Duration::from_millis(500);

/// Listens to the engine for as long as the agent lives, and says when it comes and goes.
pub(super) async fn watch(
    engine: Arc<dyn Engine>,
    socket: String,
    mut identity: watch::Receiver<Arc<Identity>>,
    send: mpsc::Sender<Input>,
) {
    let (mut told, mut described) = (None, EngineFacts::default());
    loop {
        let failure = match listen(&*engine, &mut described, &mut identity, &send).await {
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
        if send.send(Input::EngineGone { failure }).await.is_err() {
            return;
        }
        if identity.has_changed().unwrap_or(false) {
            tell_facts(&described, &mut identity, &send).await;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(
    engine: &dyn Engine,
    described: &mut EngineFacts,
    identity: &mut watch::Receiver<Arc<Identity>>,
    send: &mpsc::Sender<Input>,
) -> Result<(), Failure> {
    let host = identity.borrow().host;
    let mut events = engine.events(host).await?;
    *described = engine.facts().await?;
    tracing::info!(
        engine = described.engine,
        api = described.api,
        "the engine answers"
    );
    tell_facts(described, identity, send).await;
    let _ = send.send(Input::EngineBack).await;
    let mut images_at: Option<Instant> = None;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(event) => {
                    if event == EngineEvent::Images && images_at.is_none() {
                        images_at = Some(Instant::now() + IMAGES_AFTER);
                    }
                    drop(send.send(Input::Event(event)).await);
                }
                None => return Ok(()),
            },
            () = until(images_at) => {
                images_at = None;
                let now = engine.facts().await?;
                if *described != now {
                    *described = now;
                    tell_facts(described, identity, send).await;
                }
            }
            Ok(()) = identity.changed() => tell_facts(described, identity, send).await,
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

async fn tell_facts(
    engine: &EngineFacts,
    identity: &mut watch::Receiver<Arc<Identity>>,
    send: &mpsc::Sender<Input>,
) {
    let ends = identity.borrow_and_update().validity.not_after;
    let _ = send
        .send(Input::Facts(Box::new(facts::gather(engine.clone(), ends))))
        .await;
}
