//! The one place where errors become answers: RFC 9457, `application/problem+json`.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use muster_model::Refusal;
use muster_model::view::Problem;
use muster_store::StoreError;

use super::error::ApiError;
use crate::desired::JoinDenial;

/// What a client that was told to come back waits at least.
const RETRY_SECONDS: u64 = 1;

impl ApiError {
    /// Status and code: what programs go by.
    pub(crate) fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::SignedOut => (StatusCode::UNAUTHORIZED, "signed_out"),
            Self::NotJoined(JoinDenial::Elsewhere { .. }) => (StatusCode::FORBIDDEN, "other_environment"),
            Self::NotJoined(_) => (StatusCode::UNAUTHORIZED, "join_token"),
            Self::WrongPassword => (StatusCode::UNAUTHORIZED, "wrong_password"),
            Self::TooManyAttempts { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Setup { .. } => (StatusCode::FORBIDDEN, "setup"),
            Self::Refused(refusal) => refusal_kind(refusal),
            Self::PlanChanged { .. } => (StatusCode::CONFLICT, "plan_changed"),
            Self::Files(_) => (StatusCode::UNPROCESSABLE_ENTITY, "files"),
            Self::Field { .. } | Self::BodyCut(_) | Self::Key(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::BodyTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::ContentType { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "content_type"),
            Self::NoRoute => (StatusCode::NOT_FOUND, "no_route"),
            Self::Method { .. } => (StatusCode::METHOD_NOT_ALLOWED, "method"),
            Self::Origin => (StatusCode::FORBIDDEN, "origin"),
            Self::NotUpgraded => (StatusCode::UPGRADE_REQUIRED, "not_upgraded"),
            Self::RequestReused => (StatusCode::CONFLICT, "request_reused"),
            Self::AnsweredOnce => (StatusCode::CONFLICT, "answered_once"),
            Self::Host { .. } => (StatusCode::BAD_GATEWAY, "host"),
            Self::Store(error) => store_kind(error),
            Self::Contended => (StatusCode::SERVICE_UNAVAILABLE, "contended"),
            Self::Behind => (StatusCode::SERVICE_UNAVAILABLE, "behind"),
            Self::Halted(_) => (StatusCode::SERVICE_UNAVAILABLE, "halted"),
            Self::NotReady => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
            Self::Trust(error) => trust_kind(error),
            Self::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// The answer's body.
    pub(crate) fn problem(&self) -> Problem {
        let (status, code) = self.kind();
        let mut problem = Problem {
            kind: format!("urn:muster:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: self.detail(),
            code: code.to_owned(),
            diagnostics: Vec::new(),
            refusal: None,
            plan: None,
        };
        match self {
            Self::Files(diagnostics) => problem.diagnostics.clone_from(diagnostics),
            Self::Refused(refusal) => problem.refusal = Some(refusal.clone()),
            Self::PlanChanged { refusal, plan } => {
                problem.refusal = Some(refusal.clone());
                problem.plan = Some(plan.clone());
            }
            _ => {}
        }
        problem
    }

    /// What the asker is told. Causes from below stay in the log.
    fn detail(&self) -> String {
        match self {
            Self::Store(error) => format!("{self}: {error}"),
            _ => self.to_string(),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyAttempts { wait } => Some(wait.as_secs() + 1),
            _ if self.kind().0 == StatusCode::SERVICE_UNAVAILABLE => Some(RETRY_SECONDS),
            _ => None,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.kind().0;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::SignedOut) {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::Method { allow } = &self
            && let Ok(allow) = HeaderValue::from_str(allow)
        {
            headers.insert(ALLOW, allow);
        }
        response
    }
}

const fn refusal_kind(refusal: &Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found"),
        Refusal::Exists { .. } => (StatusCode::CONFLICT, "exists"),
        Refusal::Forbidden { .. } => (StatusCode::FORBIDDEN, "forbidden"),
        Refusal::Moved { .. } => (StatusCode::PRECONDITION_FAILED, "moved"),
        Refusal::PlanChanged { .. } => (StatusCode::CONFLICT, "plan_changed"),
        Refusal::OutOfBounds { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "out_of_bounds"),
        Refusal::InUse { .. } => (StatusCode::CONFLICT, "in_use"),
        Refusal::Missing { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "missing"),
        Refusal::PortConflict { .. } => (StatusCode::CONFLICT, "port_conflict"),
        Refusal::NotSilent { .. } => (StatusCode::CONFLICT, "not_silent"),
        Refusal::RunsExclusive { .. } => (StatusCode::CONFLICT, "runs_exclusive"),
        Refusal::NoEarlierRevision { .. } => (StatusCode::CONFLICT, "no_earlier_revision"),
        Refusal::BeingRemoved { .. } => (StatusCode::CONFLICT, "being_removed"),
    }
}

const fn store_kind(error: &StoreError) -> (StatusCode, &'static str) {
    match error {
        StoreError::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
        StoreError::Unknown { .. } => (StatusCode::SERVICE_UNAVAILABLE, "store_unknown"),
        StoreError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "store"),
    }
}

const fn trust_kind(error: &muster_trust::Error) -> (StatusCode, &'static str) {
    match error {
        muster_trust::Error::WeakPassword { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "weak_password"),
        muster_trust::Error::Request { .. } => (StatusCode::BAD_REQUEST, "certificate_request"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "trust"),
    }
}
