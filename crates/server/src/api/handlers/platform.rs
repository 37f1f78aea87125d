//! What is true of this server: alive, ready, metrics, how to talk to it.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::Response;
use prometheus_client::encoding::text::encode;

use crate::api::call::Call;
use crate::api::error::ApiError;
use crate::api::{docs, openapi};

fn text(media: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// The process answers.
pub(crate) async fn alive(_: Call) -> Result<Response, ApiError> {
    Ok(text("text/plain; charset=utf-8", "ok\n"))
}

/// The store answers, the mirror has what is in it, and the core goes on.
pub(crate) async fn ready(call: Call) -> Result<Response, ApiError> {
    if let Some(why) = call.app.halted.borrow().clone() {
        return Err(ApiError::Halted(why));
    }
    if call.world.platform().is_none_or(|platform| platform.loading) {
        return Err(ApiError::NotReady);
    }
    let key = muster_store::Key::parse("desired/platform/self")?;
    call.app
        .store
        .read(muster_store::Range::One(key))
        .await
        .map_err(ApiError::Store)?;
    Ok(text("text/plain; charset=utf-8", "ready\n"))
}

/// All metrics in Prometheus's text form.
pub(crate) async fn metrics(call: Call) -> Result<Response, ApiError> {
    let mut body = String::new();
    let encoded = encode(&mut body, &call.app.metrics);
    encoded.map_err(|error| ApiError::Internal {
        what: format!("metrics: {error}"),
    })?;
    Ok(text(
        "application/openmetrics-text; version=1.0.0; charset=utf-8",
        body,
    ))
}

/// The API's description for programs.
pub(crate) async fn openapi(_: Call) -> Result<Response, ApiError> {
    Ok(text("application/json", openapi::text()))
}

/// The same for people.
pub(crate) async fn docs(_: Call) -> Result<Response, ApiError> {
    let mut response = text("text/html; charset=utf-8", docs::page());
    let policy = HeaderValue::from_str(&docs::policy());
    let policy = policy.map_err(|error| ApiError::Internal {
        what: error.to_string(),
    })?;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
