//! Server-sent events: their text, their heartbeat, and lists that go on.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream;
use muster_control::World;
use muster_model::view::Gone;
use muster_model::{Digest, Revision};
use serde::Serialize;
use tokio::sync::watch;

use super::call::Call;
use super::error::ApiError;
use super::listing::Listing;

/// Below the idle limits of common balancers, and soon enough to notice a client that is gone.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a watched list gathers changes before it looks again.
const GATHER: Duration = Duration::from_millis(50);

/// Events to be sent together.
#[derive(Debug, Default)]
pub(super) struct Events(String);

impl Events {
    /// Adds one. Its data stands on one line, for JSON has no line breaks of its own.
    pub(super) fn push<T: Serialize>(&mut self, event: &str, id: Option<Revision>, data: &T) {
        let data = serde_json::to_string(data).unwrap_or_default();
        let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
        self.0.push_str(&format!("{id}event: {event}\ndata: {data}\n\n"));
    }

    fn heartbeat() -> Self {
        Self(":\n\n".to_owned())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// An answer of the events that `next` gives, until it gives none. Silence is filled with heartbeats.
pub(super) fn answer<S, F>(state: S, next: fn(S) -> F) -> Response
where
    S: Send + 'static,
    F: Future<Output = Option<(Events, S)>> + Send + 'static,
{
    let events = Box::pin(stream::unfold(state, next));
    let body = Body::from_stream(stream::unfold(events, |mut events| async move {
        let events_or_silence = tokio::time::timeout(HEARTBEAT, events.next()).await;
        let sent = events_or_silence.unwrap_or_else(|_| Some(Events::heartbeat()))?;
        Some((Ok::<_, Infallible>(Bytes::from(sent.0)), events))
    }));
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// A list that goes on: an `item` for all that is there, `ready`, then an `item` or `gone` for each change.
pub(super) fn watch_list<K, V>(listing: Listing<K, V>, call: Call) -> Result<Response, ApiError>
where
    K: Clone + Send + Sync + 'static,
    V: Serialize + Send + 'static,
{
    // What cannot be listed cannot be watched, and is told before the answer begins.
    (listing.select)(&call, &call.world)?;
    let worlds = call.app.mirror.follow();
    Ok(answer(
        Watched {
            listing,
            call,
            worlds,
            shown: None,
        },
        |watched| watched.next(),
    ))
}

struct Watched<K, V> {
    listing: Listing<K, V>,
    call: Call,
    worlds: watch::Receiver<World>,
    /// What was last sent: by sort key, a hash of the view and what it is called when it is gone.
    shown: Option<BTreeMap<String, (Digest, String)>>,
}

impl<K, V: Serialize> Watched<K, V> {
    async fn next(mut self) -> Option<(Events, Self)> {
        loop {
            if self.shown.is_some() {
                self.worlds.changed().await.ok()?;
                tokio::time::sleep(GATHER).await;
            }
            let world = self.worlds.borrow_and_update().clone();
            if !self.call.still_allowed(&world) {
                return None;
            }
            let events = self.differences(&world)?;
            if !events.is_empty() {
                return Some((events, self));
            }
        }
    }

    fn differences(&mut self, world: &World) -> Option<Events> {
        let (mut events, mut now) = (Events::default(), BTreeMap::new());
        let first = self.shown.is_none();
        let before = self.shown.take().unwrap_or_default();
        let mut items = (self.listing.select)(&self.call, world).ok()?;
        items.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        for (key, item) in items {
            let Some(view) = (self.listing.show)(&self.call, world, &item) else {
                continue;
            };
            let hash = Digest::of_json(&view);
            if before.get(&key).is_none_or(|(old, _)| *old != hash) {
                events.push("item", Some(world.revision()), &view);
            }
            now.insert(key, (hash, (self.listing.id)(&view)));
        }
        for (_, (_, id)) in before.into_iter().filter(|(key, _)| !now.contains_key(key)) {
            events.push("gone", Some(world.revision()), &Gone { id });
        }
        if first {
            events.push("ready", Some(world.revision()), &world.revision());
        }
        self.shown = Some(now);
        Some(events)
    }
}
