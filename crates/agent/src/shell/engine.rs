use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use muster_model::HostId;
use tokio::sync::mpsc;

use crate::engine::{Engine, Failure};
use crate::facts;
use crate::logic::Input;

/// An engine that is away is tried again after this.
const AGAIN: Duration = Duration::from_millis(500);

/// Listens to the engine for as long as the agent lives, and says when it comes and goes.
pub(super) async fn watch(engine: Arc<dyn Engine>, socket: String, host: HostId, send: mpsc::Sender<Input>) {
    let mut told = None;
    loop {
        let failure = match listen(&*engine, host, &send).await {
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
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(engine: &dyn Engine, host: HostId, send: &mpsc::Sender<Input>) -> Result<(), Failure> {
    let mut events = engine.events(host).await?;
    let described = engine.facts().await?;
    tracing::info!(
        engine = described.engine,
        api = described.api,
        "the engine answers"
    );
    let _ = send.send(Input::Facts(Box::new(facts::gather(described)))).await;
    let _ = send.send(Input::EngineBack).await;
    while let Some(event) = events.next().await {
        let _ = send.send(Input::Event(event)).await;
    }
    Ok(())
}
