use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use muster_model::HostId;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

use super::FakeEngine;
use crate::engine::{Answer, Call, Container, Engine, EngineEvent, EngineFacts, Events, OnProgress, Verb};

/// Events that a slow listener may be behind.
const EVENTS_KEPT: usize = 1_024;

/// A [`FakeEngine`] as an [`Engine`], for tests of what is around it.
#[derive(Debug)]
pub struct Served {
    engine: Mutex<FakeEngine>,
    events: broadcast::Sender<EngineEvent>,
}

impl Served {
    /// Serves this engine.
    pub fn new(engine: FakeEngine) -> Self {
        Self {
            engine: Mutex::new(engine),
            events: broadcast::channel(EVENTS_KEPT).0,
        }
    }

    /// Does something with the engine; what happens is told to those who listen.
    pub fn with<T>(&self, work: impl FnOnce(&mut FakeEngine) -> T) -> T {
        let mut engine = self.lock();
        let result = work(&mut engine);
        // Without listeners, nobody is told.
        engine
            .take_events()
            .into_iter()
            .for_each(|event| drop(self.events.send(event)));
        result
    }

    fn lock(&self) -> MutexGuard<'_, FakeEngine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for Served {
    fn list(&self, host: HostId) -> Call<'_, Vec<Container>> {
        Box::pin(async move { Ok(self.lock().list(host)) })
    }

    fn perform<'a>(&'a self, verb: &'a Verb, _progress: OnProgress<'a>) -> Call<'a, Answer> {
        Box::pin(async move { self.with(|engine| engine.perform(verb)) })
    }

    fn events(&self, _host: HostId) -> Call<'_, Events> {
        let events = BroadcastStream::new(self.events.subscribe());
        Box::pin(async move { Ok(events.filter_map(async |event| event.ok()).boxed() as Events) })
    }

    fn facts(&self) -> Call<'_, EngineFacts> {
        Box::pin(async {
            Ok(EngineFacts {
                engine: "fake".to_owned(),
                live_restore: true,
                storage_driver: "overlay2".to_owned(),
                root: "/".to_owned(),
                ..EngineFacts::default()
            })
        })
    }
}
