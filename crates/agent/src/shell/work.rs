//! Work on tasks of its own; each ends with one input to the core.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use muster_model::HostId;
use muster_model::link::DeliveredBlob;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::now;
use crate::engine::{Answer, Engine, Failure, Verb};
use crate::files::{self, Places};
use crate::logic::{Action, Input, Lane, Page};
use crate::notebook::Notebook;

/// Bytes of a pull are passed on at most this often, milliseconds.
const PROGRESS_EVERY_MS: u64 = 100;

/// One action under way.
pub(super) struct Job {
    pub engine: Arc<dyn Engine>,
    pub notebook: Arc<Notebook>,
    pub places: Places,
    pub send: mpsc::Sender<Input>,
    pub lane: Lane,
    pub token: CancellationToken,
}

impl Job {
    pub(super) async fn run(self, action: Action) {
        let result = tokio::select! {
            result = self.perform(action) => result,
            () = self.token.cancelled() => Err(Failure::Abandoned),
        };
        // If nobody listens the agent is ending.
        let _ = self
            .send
            .send(Input::Done {
                lane: self.lane,
                result,
            })
            .await;
    }

    async fn perform(&self, action: Action) -> Result<Answer, Failure> {
        match action {
            Action::Engine(verb) => {
                let verb = self.with_password(verb);
                let (told, send, lane) = (AtomicU64::new(0), &self.send, &self.lane);
                let progress = |bytes, total| {
                    let at = now().0;
                    if at >= told.load(Ordering::Relaxed) + PROGRESS_EVERY_MS {
                        told.store(at, Ordering::Relaxed);
                        // Progress that finds the core busy is old before it is heard.
                        let _ = send.try_send(Input::Pulling {
                            lane: lane.clone(),
                            bytes,
                            total,
                        });
                    }
                };
                let result = self.engine.perform(&verb, &progress).await;
                note(&verb, &result);
                result
            }
            Action::PlaceFiles { unit } => {
                let (notebook, places) = (self.notebook.clone(), self.places.clone());
                let placed =
                    blocking(move || files::place(&places, &unit, |digest| notebook.content(digest)));
                placed
                    .await
                    .unwrap_or(Err(Failure::Abandoned))
                    .map(|()| Answer::Done)
            }
        }
    }

    fn with_password(&self, verb: Verb) -> Verb {
        match verb {
            Verb::Pull {
                image,
                platform,
                login: Some(mut login),
            } => {
                login.password = self.notebook.content(login.credential.digest);
                Verb::Pull {
                    image,
                    platform,
                    login: Some(login),
                }
            }
            other => other,
        }
    }
}

fn note(verb: &Verb, result: &Result<Answer, Failure>) {
    match result {
        Ok(_) => tracing::debug!("done: {verb}"),
        Err(failure) => tracing::warn!("could not {verb}: {failure}"),
    }
}

pub(super) async fn look(engine: Arc<dyn Engine>, host: HostId, send: mpsc::Sender<Input>) {
    let looked = engine.list(host).await;
    let _ = send.send(Input::Looked(looked)).await;
}

pub(super) async fn save(
    notebook: Arc<Notebook>,
    places: Places,
    page: Page,
    blobs: Vec<DeliveredBlob>,
    send: mpsc::Sender<Input>,
) {
    let revision = page.table.revision;
    let written = blocking(move || {
        let saved = notebook.save(&page, &blobs).map_err(|error| chain(&error));
        if saved.is_ok() {
            files::sweep(&places, &page.table);
        }
        saved
    });
    let result = written
        .await
        .unwrap_or_else(|| Err("the write was given up".to_owned()));
    if let Err(why) = &result {
        tracing::error!("the assignments are not on disk, so nothing of them is done: {why}");
    }
    let _ = send.send(Input::NotebookSaved { revision, result }).await;
}

/// Files are written where waiting for a disk holds up nobody.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// An error and its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
