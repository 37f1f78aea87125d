//! Hosts that join, and the links of those that did.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Request};
use axum::response::Response;
use muster_control::{Host, World};
use muster_link::Channel;
use muster_model::view::{JoinReply, JoinRequest};
use muster_model::{AccountId, EnvironmentId, HostId, Name};
use muster_trust::{JoinToken, OsRandom, TokenRefusal};

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::desired::{self, Author, Join, JoinDenial};

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
    let unknown = |_| ApiError::NotJoined(JoinDenial::Token(TokenRefusal::Unknown));
    let join = Join {
        token: JoinToken::parse(&asked.token).map_err(unknown)?,
        new_id: call.app.draw(HostId::new),
        name: Name::parse(&asked.name).map_err(|error| ApiError::field("name", error.to_string()))?,
        environment: asked.environment,
        labels: asked.labels,
    };
    let now = call.app.now();
    // Nobody's account: the token speaks for itself.
    let author = Author {
        account: AccountId::new(0, 0),
        now,
        request: call.request.stored.clone(),
    };
    let propose = |world: &World| Ok(desired::use_join_token(world, &author, &join)?);
    // Strangers without a token make us sign nothing; a bad request for a certificate uses no token up.
    let environment = propose(&call.world)
        .inspect_err(|error| refused(&call, &join, error))?
        .value
        .environment;
    let (id, environment_id) = (join.new_id.to_string(), environment.to_string());
    let signed = call
        .app
        .ca
        .issue_agent(&asked.csr_pem, &id, Some(&environment_id), now, &mut OsRandom);
    let certificate_pem = signed.map_err(ApiError::Trust)?;
    let done = call.commit(propose).await?;
    let host = done.made.ok_or(ApiError::AnsweredOnce)?;
    tracing::info!(target: "audit", request = %call.request.shown, from = %call.asker.from, host = %host.id, name = %host.name, "a host joined");
    Ok(Answer::of(JoinReply {
        host: host.id,
        certificate_pem,
        ca_pem: call.app.ca.certificate_pem().to_owned(),
        name: Some(host.name),
        remarks: twins(&done.world, environment, host.id, &asked.machine),
    }))
}

/// Tokens that are tried in vain are worth a line: somebody may have found one.
fn refused(call: &Call, join: &Join, error: &ApiError) {
    tracing::warn!(target: "audit", request = %call.request.shown, from = %call.asker.from, token = %join.token.id(), name = %join.name, %error, "a machine was not let in");
}

/// Which other hosts say that they are the same machine.
pub(crate) fn twins(world: &World, environment: EnvironmentId, own: HostId, machine: &str) -> Vec<String> {
    let same = |host: &Host<'_>| {
        let facts = host.observed.map(|observed| &observed.facts);
        host.id != own && !machine.is_empty() && facts.is_some_and(|facts| facts.machine == machine)
    };
    let wishes = world.all_hosts().filter(same).filter_map(|host| host.wish);
    let names = wishes.map(|wish| match wish.environment == environment {
        true => format!("host {}", wish.name),
        false => "a host of another environment".to_owned(),
    });
    let remark = |twin| {
        format!(
            "{twin} has the same machine id. If it is this machine under an older name, remove that one with \
             `muster host rm`; if one is a copy of the other, give this one its own id: rm /etc/machine-id \
             /var/lib/dbus/machine-id && systemd-machine-id-setup"
        )
    };
    names.map(remark).collect()
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
