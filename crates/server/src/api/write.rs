//! From a proposal to a change that this server's own mirror has: commit, look again if somebody was quicker, and find out
//! for certain when the store cannot tell.

use std::time::Duration;

use axum::http::request::Parts;
use muster_control::World;
use muster_model::{Digest, RequestId, Revision};
use muster_store::{Commit, Committed, Store, StoreError};

use super::app::App;
use super::call::{Answer, Asker, Call, RequestTag};
use super::error::ApiError;
use crate::desired::{Author, Denial, JoinDenial, Proposal};

/// How often somebody else may be quicker. Each time one of us got through.
const ATTEMPTS: usize = 24;
/// How often a store is asked what became of a commit, and the first pause between; it doubles.
const LOOK_UPS: u32 = 8;
const LOOK_UP_PAUSE: Duration = Duration::from_millis(20);
/// How long to wait for the mirror to show what made a proposal fail.
const NEWS_DEADLINE: Duration = Duration::from_millis(500);

/// A change that is done.
pub(crate) struct Done<T> {
    /// A world that has it.
    pub(crate) world: World,
    /// The commit's revision.
    pub(crate) revision: Revision,
    /// What was made; none if it was made before, under the same request id.
    pub(crate) made: Option<T>,
}

impl Call {
    /// On whose behalf the call's changes are.
    pub(crate) fn author(&self) -> Result<Author, ApiError> {
        Ok(Author {
            account: self.account()?,
            now: self.app.now(),
            request: self.request.stored.clone(),
        })
    }

    /// Proposes on the newest world until it is committed or refused; answers when this server's mirror has it.
    pub(crate) async fn commit<T>(
        &self,
        propose: impl Fn(&World) -> Result<Proposal<T>, ApiError>,
    ) -> Result<Done<T>, ApiError> {
        let mut world = self.world.clone();
        for _ in 0..ATTEMPTS {
            let proposal = match propose(&world) {
                Ok(proposal) => proposal,
                Err(error) => return self.done_before().await?.ok_or(error),
            };
            match store(&self.app, proposal).await? {
                Stored::Done(Committed { revision, already }, made) => {
                    let world = self.app.mirror.reached(revision).await?;
                    return Ok(Done {
                        world,
                        revision,
                        made: Some(made).filter(|_| !already),
                    });
                }
                Stored::Overtaken(by) => world = newer(&self.app, &world, by).await?,
            }
        }
        Err(ApiError::Contended)
    }

    /// For what is gone already: that is well if this very request removed it when it came the first time.
    pub(crate) async fn gone(&self, error: ApiError) -> Result<Answer<()>, ApiError> {
        let done: Option<Done<()>> = self.done_before().await?;
        done.map(|_| Answer::of(())).ok_or(error)
    }

    /// What this request did when it came the first time, if it did.
    async fn done_before<T>(&self) -> Result<Option<Done<T>>, ApiError> {
        if !self.request.chosen {
            return Ok(None);
        }
        let found = self
            .app
            .store
            .committed(self.request.stored.clone())
            .await
            .map_err(ApiError::Store)?;
        let Some(revision) = found else { return Ok(None) };
        let world = self.app.mirror.reached(revision).await?;
        Ok(Some(Done {
            world,
            revision,
            made: None,
        }))
    }
}

enum Stored<T> {
    Done(Committed, T),
    /// A precondition did not hold; the revision that wrote the key, if it is there.
    Overtaken(Option<Revision>),
}

async fn store<T>(app: &App, proposal: Proposal<T>) -> Result<Stored<T>, ApiError> {
    for part in proposal.before {
        certain(&*app.store, part).await.map_err(ApiError::Store)?;
    }
    match certain(&*app.store, proposal.commit).await {
        Ok(committed) => Ok(Stored::Done(committed, proposal.value)),
        Err(StoreError::Conflict { found, .. }) => Ok(Stored::Overtaken(found)),
        Err(error) => Err(ApiError::Store(error)),
    }
}

/// Commits, and goes on until it is certain whether it happened. A commit without a request id must be one that may be repeated.
async fn certain(store: &dyn Store, commit: Commit) -> Result<Committed, StoreError> {
    let mut pause = LOOK_UP_PAUSE;
    let mut last = store.commit(commit.clone()).await;
    for _ in 0..LOOK_UPS {
        let Err(StoreError::Unknown { .. }) = &last else {
            return last;
        };
        tokio::time::sleep(pause).await;
        pause *= 2;
        last = match look_up(store, commit.request.clone()).await {
            Ok(Some(revision)) => Ok(Committed {
                revision,
                already: false,
            }),
            Ok(None) => store.commit(commit.clone()).await,
            Err(_) => last,
        };
    }
    last
}

async fn look_up(store: &dyn Store, request: Option<RequestId>) -> Result<Option<Revision>, StoreError> {
    match request {
        Some(request) => store.committed(request).await,
        None => Ok(None),
    }
}

/// A world in which it can be seen why a proposal failed.
async fn newer(app: &App, seen: &World, by: Option<Revision>) -> Result<World, ApiError> {
    match by.filter(|by| *by > seen.revision()) {
        Some(by) => app.mirror.reached(by).await,
        // What was deleted has no revision to wait for.
        None => {
            let mut worlds = app.mirror.follow();
            let news = worlds.wait_for(|world| world.revision() > seen.revision());
            let _ = tokio::time::timeout(NEWS_DEADLINE, news).await;
            Ok(app.mirror.world())
        }
    }
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Refused(refusal) => Self::Refused(refusal),
            // Handlers that have a plan to show do so before it comes here.
            Denial::PlanChanged { refusal, .. } => Self::Refused(refusal),
        }
    }
}

impl From<JoinDenial> for ApiError {
    fn from(denial: JoinDenial) -> Self {
        match denial {
            JoinDenial::Denied(denial) => denial.into(),
            denial => Self::NotJoined(denial),
        }
    }
}

impl RequestTag {
    /// An id of our own: never seen before, so never looked up.
    pub(crate) fn drawn(app: &App) -> Result<Self, ApiError> {
        let id = RequestId::parse(&app.draw(|epoch, counter| format!("api-{epoch}-{counter}")));
        let id = id.map_err(|error| ApiError::Internal {
            what: error.to_string(),
        })?;
        Ok(Self {
            shown: id.clone(),
            stored: id,
            chosen: false,
        })
    }

    /// The asker's own id, for this very method and address: used for another, it is another. Strangers have none that the
    /// store knows: they could take each other's.
    pub(crate) fn chosen(
        app: &App,
        shown: RequestId,
        asker: &Asker,
        asked: &Parts,
    ) -> Result<Self, ApiError> {
        let Some(principal) = &asker.principal else {
            return Ok(Self {
                shown,
                ..Self::drawn(app)?
            });
        };
        let whole = format!("{} {} {shown}", asked.method, asked.uri.path());
        let digest = Digest::of(whole.as_bytes()).to_string();
        let stored = format!("{}.{}", principal.account, digest.get(..24).unwrap_or_default());
        let stored = RequestId::parse(&stored).map_err(|error| ApiError::Internal {
            what: error.to_string(),
        })?;
        Ok(Self {
            shown,
            stored,
            chosen: true,
        })
    }
}
