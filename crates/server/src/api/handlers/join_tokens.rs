//! Tokens with which hosts join.

use muster_control::{Versioned, World};
use muster_model::JoinTokenId;
use muster_model::desired::JoinToken;
use muster_model::view::{JoinTokenCreate, JoinTokenCreated, JoinTokenView};
use muster_trust::OsRandom;

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::desired;

/// A join token lasts this long unless it is said otherwise.
const TOKEN_SECONDS: u64 = 3_600;

/// The environment's tokens, oldest first; those that let nobody in any more too, for a while.
pub(crate) const LIST: Listing<JoinTokenId, JoinTokenView> = Listing {
    select: |call, world| {
        let environment = call.env()?;
        let own = world
            .join_tokens()
            .filter(|token| token.environment == environment);
        let key = |id: JoinTokenId| format!("{:010}-{:010}", id.epoch, id.counter);
        Ok(own.map(|token| (key(token.id), token.id)).collect())
    },
    show: |_, world, id| world.join_token(*id).map(|token| view(token)),
    id: |view| view.id.to_string(),
};

fn view(token: &JoinToken) -> JoinTokenView {
    JoinTokenView {
        id: token.id,
        uses_left: token.uses_left,
        expires: token.expires,
        labels: token.labels.clone(),
        created: token.created,
    }
}

/// Makes a token with which hosts may join this environment.
pub(crate) async fn create(call: Call, asked: JoinTokenCreate) -> Result<Answer<JoinTokenCreated>, ApiError> {
    let (id, ca) = (call.app.draw(JoinTokenId::new), call.app.ca.fingerprint());
    let secret = muster_trust::JoinToken::generate(id, ca, &mut OsRandom).map_err(ApiError::Trust)?;
    let now = call.app.now();
    let expires = desired::expiry(now, asked.ttl_seconds.unwrap_or(TOKEN_SECONDS))?;
    let token = JoinToken {
        id,
        environment: call.env()?,
        hash: secret.hash(),
        expires,
        uses_left: asked.uses.unwrap_or(1),
        labels: asked.labels,
        created: Some(now),
    };
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::add_join_token(world, &author, token.clone())?))
        .await?;
    let made = done.made.ok_or(ApiError::AnsweredOnce)?;
    Ok(Answer::of(JoinTokenCreated {
        id: made.id,
        token: secret.text().to_string(),
        expires: made.expires,
        environment: call.environment()?.name.clone(),
        urls: call.app.reach.urls.clone(),
        pin: call.app.reach.pin.clone(),
    }))
}

/// Takes one back: it lets nobody in any more. Hosts that joined with it stay.
pub(crate) async fn remove(call: Call) -> Result<Answer<()>, ApiError> {
    let author = call.author()?;
    if let Err(error) = token(&call, &call.world) {
        return call.gone(error).await;
    }
    call.commit(|world| Ok(desired::drop_join_token(&author, token(&call, world)?)?))
        .await?;
    Ok(Answer::of(()))
}

/// The path's token, if it is this environment's.
fn token<'w>(call: &Call, world: &'w World) -> Result<&'w Versioned<JoinToken>, ApiError> {
    let (environment, named) = (call.env()?, call.path.get("token"));
    let found = named.parse().ok().and_then(|id| world.join_token(id));
    found
        .filter(|token| token.environment == environment)
        .ok_or_else(|| ApiError::not_found("join token", named))
}
