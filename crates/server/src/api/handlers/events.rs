//! What happens in an environment, as it happens; after a broken connection, from where it broke.

mod members;
mod tell;

use axum::http::HeaderName;
use axum::response::Response;
use muster_model::Revision;
use muster_model::link::Progress;
use muster_store::{Range, Watch, WatchBatch, WatchError};
use tokio::sync::broadcast;

use members::{Change, Members};

use crate::api::call::Call;
use crate::api::error::ApiError;
use crate::api::sse::{self, Events};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Begins now, or after the revision that the asker saw last.
pub(crate) async fn stream(call: Call) -> Result<Response, ApiError> {
    let now = call.world.revision();
    let after = match last_event_id(&call)? {
        Some(seen) if seen > now => {
            return Err(ApiError::field(
                "Last-Event-ID",
                format!("the platform is only at {now}"),
            ));
        }
        Some(seen) => seen,
        None => call
            .query
            .read("from")?
            .map_or(now, |from| Revision(from).min(now)),
    };
    let told = Told {
        members: Members::of(&call.world, call.env()?),
        watch: call.app.store.watch(Range::All, after),
        progress: call.app.progress.subscribe(),
        caught_up: now,
        next: Some(if after < now {
            State::CatchingUp
        } else {
            State::Ready
        }),
        call,
    };
    Ok(sse::answer(told, Told::next))
}

fn last_event_id(call: &Call) -> Result<Option<Revision>, ApiError> {
    let Some(value) = call.parts.headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let seen = value.to_str().ok().and_then(|text| text.parse().ok());
    let why = || "it is the `id` of the last event that came".to_owned();
    seen.map(|seen| Some(Revision(seen)))
        .ok_or_else(|| ApiError::field("Last-Event-ID", why()))
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Telling what was missed.
    CatchingUp,
    /// About to say that nothing is missed any more.
    Ready,
    /// Telling what happens.
    Live,
}

/// An answer under way.
struct Told {
    call: Call,
    /// Whose things are in the environment: nothing else is ever told.
    members: Members,
    watch: Watch,
    progress: broadcast::Receiver<Progress>,
    /// What was there when the asker came: up to here it is the past.
    caught_up: Revision,
    next: Option<State>,
}

impl Told {
    async fn next(mut self) -> Option<(Events, Self)> {
        let mut events = Events::default();
        while events.is_empty() {
            let state = self.next?;
            if state == State::Ready {
                events.push("ready", Some(self.caught_up), &self.caught_up);
                self.next = Some(State::Live);
                break;
            }
            tokio::select! {
                batch = self.watch.next() => self.take(batch, &mut events).await,
                pull = self.progress.recv(), if state == State::Live => self.pull(pull, &mut events),
            }
            if !self.call.still_allowed(&self.call.app.mirror.world()) {
                return None;
            }
        }
        Some((events, self))
    }

    async fn take(&mut self, batch: Result<WatchBatch, WatchError>, events: &mut Events) {
        match batch {
            Ok(batch) => self.tell(&batch, events).await,
            Err(WatchError::Compacted { .. }) => self.begin_anew(events),
            Err(WatchError::Closed | WatchError::Failed(_)) => self.next = None,
        }
    }

    async fn tell(&mut self, batch: &WatchBatch, events: &mut Events) {
        // How a thing is by now is read from a mirror that has the change.
        let Ok(world) = self.call.app.mirror.reached(batch.revision).await else {
            return self.next = None;
        };
        for event in &batch.events {
            match self.members.change(event) {
                Change::Ours(subject) => events.push(
                    "change",
                    Some(batch.revision),
                    &tell::view(&world, batch.revision, subject),
                ),
                Change::Others => {}
                // Only in the past can something go that was never seen. Whose it was cannot be known any more.
                Change::Unknown if batch.revision <= self.caught_up => return self.begin_anew(events),
                Change::Unknown => {}
            }
        }
        if self.next == Some(State::CatchingUp) && batch.revision >= self.caught_up {
            self.next = Some(State::Ready);
        }
    }

    /// Some of what was missed cannot be told: says so, and goes on from now.
    fn begin_anew(&mut self, events: &mut Events) {
        let world = self.call.app.mirror.world();
        self.caught_up = world.revision();
        self.watch = self.call.app.store.watch(Range::All, self.caught_up);
        self.members = Members::of(&world, self.members.environment());
        self.next = Some(State::Ready);
        events.push("compacted", Some(self.caught_up), &self.caught_up);
    }

    fn pull(&self, pull: Result<Progress, broadcast::error::RecvError>, events: &mut Events) {
        // Progress that was missed is old news.
        if let Ok(pull) = pull
            && self.members.has_unit(pull.unit)
        {
            events.push("progress", None, &pull);
        }
    }
}
