//! One request on its way to its handler, and the handler's answer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use muster_control::{Versioned, World};
use muster_model::desired::{ApiKey, Environment, Role};
use muster_model::{AccountId, RequestId, Revision};
use serde::Serialize;

use super::app::App;
use super::error::ApiError;
use super::query::Query;
use crate::auth::{Permission, Principal, allows, role_in};

/// Who a connection comes from; the listener puts it into each request's extensions. Without it a request comes from
/// nowhere that is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub SocketAddr);

/// One request, checked: whoever holds it may do what the row's permission says.
pub(crate) struct Call {
    pub(crate) app: Arc<App>,
    /// The world as it was when the request came.
    pub(crate) world: World,
    pub(crate) asker: Asker,
    /// What the row asks for.
    pub(crate) permission: Permission,
    /// The environment of the path, which the asker has a part in.
    pub(crate) place: Option<Place>,
    pub(crate) path: PathParams,
    pub(crate) query: Query,
    pub(crate) request: RequestTag,
    /// What `If-Match` says the thing is at.
    pub(crate) if_match: Option<u64>,
    pub(crate) parts: Parts,
    /// Not read yet. (Behind a lock only because a body cannot be shared between threads.)
    pub(crate) body: Mutex<Body>,
}

/// Who is asking.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    pub(crate) principal: Option<Principal>,
    pub(crate) from: IpAddr,
    /// It comes from this very machine, and was meant for it.
    pub(crate) local: bool,
}

/// An environment, and the asker's part in it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) environment: Versioned<Environment>,
    pub(crate) role: Role,
}

/// The request's id, as the asker chose it or as we did.
#[derive(Debug, Clone)]
pub(crate) struct RequestTag {
    /// As it is answered and logged.
    pub(crate) shown: RequestId,
    /// As the store knows it: the asker's own, so that nobody can answer or hinder another's.
    pub(crate) stored: RequestId,
    /// The asker chose it, so this may be the second time.
    pub(crate) chosen: bool,
}

/// The path's parameters, decoded.
#[derive(Debug, Clone, Default)]
pub(crate) struct PathParams(pub(crate) Vec<(String, String)>);

impl PathParams {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    }
}

impl Asker {
    /// Where a connection with these extensions comes from.
    pub(crate) fn address(parts: &Parts) -> IpAddr {
        let from = parts.extensions.get::<ClientAddress>();
        from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |from| {
            from.0.ip().to_canonical()
        })
    }
}

impl Call {
    /// The body, to be read.
    pub(crate) fn take_body(&mut self) -> Body {
        std::mem::take(self.body.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    /// The account that asks. A row that needs one has checked that there is one.
    pub(crate) fn principal(&self) -> Result<&Principal, ApiError> {
        self.asker.principal.as_ref().ok_or(ApiError::SignedOut)
    }

    /// The account's id.
    pub(crate) fn account(&self) -> Result<AccountId, ApiError> {
        self.principal().map(|principal| principal.account)
    }

    /// The environment of the path.
    pub(crate) fn environment(&self) -> Result<&Versioned<Environment>, ApiError> {
        let place = self.place.as_ref().map(|place| &place.environment);
        place.ok_or_else(|| ApiError::not_found("environment", self.path.get("env")))
    }

    /// Whether the asker may still look, for answers that go on for long: the key is there and has not expired, the part in the
    /// environment was not taken away.
    pub(crate) fn still_allowed(&self, world: &World) -> bool {
        let Some(principal) = &self.asker.principal else {
            return false;
        };
        let alive = |key: &Versioned<ApiKey>| key.expires.is_none_or(|expires| self.app.now() < expires);
        let Some(account) = world
            .key(principal.key)
            .filter(|key| alive(key))
            .and_then(|key| world.account(key.account))
        else {
            return false;
        };
        let principal = Principal {
            admin: account.admin,
            ..principal.clone()
        };
        self.place.as_ref().is_none_or(|place| {
            let environment = world.environment(place.environment.id);
            environment
                .and_then(|environment| role_in(&principal, environment))
                .is_some_and(|role| allows(role, self.permission))
        })
    }

    /// Whether the asker may also do this, in the environment of the path.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.place
            .as_ref()
            .is_some_and(|place| allows(place.role, permission))
    }
}

/// What a handler answers when all is well.
pub(crate) struct Answer<R> {
    pub(crate) status: StatusCode,
    pub(crate) value: R,
    pub(crate) etag: Option<u64>,
}

impl<R> Answer<R> {
    /// An answer of this value.
    pub(crate) const fn of(value: R) -> Self {
        Self {
            status: StatusCode::OK,
            value,
            etag: None,
        }
    }

    /// The revision of the one object that it shows.
    pub(crate) const fn at(mut self, revision: u64) -> Self {
        self.etag = Some(revision);
        self
    }

    /// The revision of the document that it shows.
    pub(crate) const fn modified(self, revision: Revision) -> Self {
        self.at(revision.0)
    }

    pub(crate) const fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }
}

impl<R: Serialize> Answer<R> {
    pub(crate) fn into_response(self) -> Response {
        let mut response = if self.status == StatusCode::NO_CONTENT {
            Response::new(Body::empty())
        } else {
            json(&self.value)
        };
        *response.status_mut() = self.status;
        if let Some(etag) = self
            .etag
            .and_then(|etag| HeaderValue::from_str(&format!("\"{etag}\"")).ok())
        {
            response.headers_mut().insert(ETAG, etag);
        }
        response
    }
}

/// A JSON answer. Views hold no maps with keys that are not text, so writing one cannot fail.
pub(crate) fn json<R: Serialize>(value: &R) -> Response {
    let mut response = Response::new(Body::from(serde_json::to_vec(value).unwrap_or_default()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
