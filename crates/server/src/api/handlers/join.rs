//! Hosts that join, and the links of those that did.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use muster_link::Channel;
use muster_model::view::{JoinReply, JoinRequest};
use muster_model::{AccountId, HostId, Name};
use muster_trust::{JoinToken, OsRandom};

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::desired::{self, Author, Join};

/// The platform's CA, to be compared and trusted.
pub(crate) async fn ca(call: Call) -> Result<Response, ApiError> {
    let mut response = Response::new(Body::from(call.app.ca.certificate_pem().to_owned()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-pem-file"));
    Ok(response)
}

/// Lets a host in: its certificate is signed, its token used.
pub(crate) async fn join(call: Call, asked: JoinRequest) -> Result<Answer<JoinReply>, ApiError> {
    let token = JoinToken::parse(&asked.token).map_err(|_| ApiError::SignedOut)?;
    let join = Join {
        token,
        new_id: call.app.draw(HostId::new),
        name: Name::parse(&asked.name).map_err(|error| ApiError::field("name", error.to_string()))?,
    };
    let now = call.app.now();
    // Nobody's account: the token speaks for itself.
    let author = Author {
        account: AccountId::new(0, 0),
        now,
        request: call.request.stored.clone(),
    };
    let propose = |world: &_| desired::use_join_token(world, &author, &join)?.ok_or(ApiError::SignedOut);
    // Strangers without a token make us sign nothing; a bad request for a certificate uses no token up.
    propose(&call.world)?;
    let signed = call
        .app
        .ca
        .issue_agent(&asked.csr_pem, &join.new_id.to_string(), now, &mut OsRandom);
    let certificate_pem = signed.map_err(ApiError::Trust)?;
    let done = call.commit(propose).await?;
    let host = done.made.ok_or(ApiError::AnsweredOnce)?;
    tracing::info!(target: "audit", request = %call.request.shown, from = %call.asker.from, host = %host.id, name = %host.name, "a host joined");
    Ok(Answer::of(JoinReply {
        host: host.id,
        certificate_pem,
        ca_pem: call.app.ca.certificate_pem().to_owned(),
    }))
}

/// The first socket of an agent.
pub(crate) async fn control(call: Call) -> Result<Response, ApiError> {
    Ok(link(call, Channel::Control))
}

/// The second socket of an agent.
pub(crate) async fn streams(call: Call) -> Result<Response, ApiError> {
    Ok(link(call, Channel::Streams))
}

/// Who is at the other end is settled by the TLS inside the socket, which is the hub's.
fn link(mut call: Call, channel: Channel) -> Response {
    let body = call.take_body();
    let request = Request::from_parts(call.parts, body);
    call.app.agents.link(channel, call.asker.from, request)
}
