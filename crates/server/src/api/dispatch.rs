//! From the table to a router: what happens to every request before and after its handler.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, ETAG, HeaderName, IF_MATCH, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter};
use muster_control::World;
use muster_model::{Refusal, RequestId};

use super::app::App;
use super::call::{Asker, Call, PathParams, Place, RequestTag};
use super::error::ApiError;
use super::query::Query;
use super::route::Row;
use super::{browser, resolve, routes};
use crate::auth::{Permission, Principal, allows, authenticate, role_in};
use crate::shell::chain;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The whole API as a router.
pub fn router(app: Arc<App>) -> Router {
    let mut paths: BTreeMap<&'static str, Vec<Arc<Row>>> = BTreeMap::new();
    for row in routes::table() {
        paths.entry(row.path).or_default().push(Arc::new(row));
    }
    let router = paths.into_iter().fold(Router::new(), |router, (path, rows)| {
        router.route(path, methods(&app, rows))
    });
    router.fallback(async || ApiError::NoRoute)
}

/// What one address takes; other methods are told so.
fn methods(app: &Arc<App>, rows: Vec<Arc<Row>>) -> MethodRouter {
    let allow = rows
        .iter()
        .map(|row| row.method.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let mut methods = MethodRouter::new().fallback(move || {
        let allow = allow.clone();
        async move { ApiError::Method { allow } }
    });
    for row in rows {
        let app = app.clone();
        // Rows are made with methods that filters know.
        if let Ok(filter) = MethodFilter::try_from(row.method.clone()) {
            methods = methods.on(filter, move |request: Request| {
                answer(app.clone(), row.clone(), request)
            });
        }
    }
    methods
}

/// One request, from its arrival to its answer.
async fn answer(app: Arc<App>, row: Arc<Row>, request: Request) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let from = Asker::address(&parts);
    let world = app.mirror.world();
    let principal = authenticate(&world, bearer(&parts.headers), app.now());
    let local = from.is_loopback() && browser::names_this_machine(&parts.headers);
    let asker = Asker {
        principal,
        from,
        local,
    };
    let traffic = app.traffic.clone();
    let counted = |response: Response| {
        traffic.count(row.name, response.status(), began.elapsed());
        response
    };
    let tag = match request_tag(&app, &parts, &asker) {
        Ok(tag) => tag,
        Err(error) => return counted(finish(error.into_response(), None)),
    };
    let log = Log {
        row: row.clone(),
        asker: asker.clone(),
        tag: tag.clone(),
        path: parts.uri.path().to_owned(),
    };
    let call = admit(&row, app, world, asker, tag.clone(), parts, body).await;
    let answered = match call {
        Ok(call) => (row.handler)(call).await,
        Err(error) => Err(error),
    };
    log.write(&answered, began);
    counted(finish(
        answered.unwrap_or_else(ApiError::into_response),
        Some(&tag),
    ))
}

/// Everything that must hold before the handler: the asker, the environment, the permission, the parameters.
async fn admit(
    row: &Row,
    app: Arc<App>,
    world: World,
    asker: Asker,
    request: RequestTag,
    mut parts: Parts,
    body: axum::body::Body,
) -> Result<Call, ApiError> {
    browser::check_origin(row, &parts.headers)?;
    let path = path_params(&mut parts).await?;
    let place = permit(row, &world, &asker, &path)?;
    let known: Vec<&str> = row.params.iter().map(|param| param.name).collect();
    let query = Query::parse(parts.uri.query().unwrap_or_default(), &known)?;
    let if_match = if_match(&parts.headers)?;
    Ok(Call {
        app,
        world,
        asker,
        permission: row.permission,
        place,
        path,
        query,
        request,
        if_match,
        parts,
        body: Mutex::new(body),
    })
}

/// The permission check. What no arm allows is refused.
fn permit(row: &Row, world: &World, asker: &Asker, path: &PathParams) -> Result<Option<Place>, ApiError> {
    let signed_in = || asker.principal.as_ref().ok_or(ApiError::SignedOut);
    let forbidden = || {
        ApiError::Refused(Refusal::Forbidden {
            permission: row.permission.name().to_owned(),
        })
    };
    if row.in_environment() {
        let place = place(world, signed_in()?, path.get("env"))?;
        return if allows(place.role, row.permission) {
            Ok(Some(place))
        } else {
            Err(forbidden())
        };
    }
    let allowed = match row.permission {
        Permission::Anyone => true,
        Permission::Local => asker.local || signed_in()?.admin,
        Permission::SignedIn => signed_in().map(|_| true)?,
        Permission::Administer => signed_in()?.admin,
        _ => false,
    };
    if allowed { Ok(None) } else { Err(forbidden()) }
}

/// The environment, if the asker has a part in it; to others it is not there.
fn place(world: &World, principal: &Principal, named: &str) -> Result<Place, ApiError> {
    let hidden = || ApiError::not_found("environment", named);
    let environment = resolve::environment(world, named).ok_or_else(hidden)?;
    let role = role_in(principal, &environment).ok_or_else(hidden)?;
    Ok(Place { environment, role })
}

async fn path_params(parts: &mut Parts) -> Result<PathParams, ApiError> {
    let raw = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| ApiError::NoRoute)?;
    Ok(PathParams(
        raw.iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
    ))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The revision in `If-Match`; `*` asks for nothing.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(IF_MATCH) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|digits| digits.parse().ok());
    let why = || "write the `ETag` that you were given, such as `\"42\"`".to_owned();
    number.map(Some).ok_or_else(|| ApiError::field("If-Match", why()))
}

fn request_tag(app: &App, parts: &Parts, asker: &Asker) -> Result<RequestTag, ApiError> {
    let Some(value) = parts.headers.get(REQUEST_ID) else {
        return RequestTag::drawn(app);
    };
    let text = value.to_str().unwrap_or_default();
    let shown = RequestId::parse(text).map_err(|error| ApiError::field("Request-Id", error.to_string()))?;
    RequestTag::chosen(app, shown, asker, parts)
}

/// What every answer has.
fn finish(mut response: Response, tag: Option<&RequestTag>) -> Response {
    let headers = response.headers_mut();
    if let Some(value) = tag.and_then(|tag| HeaderValue::from_str(tag.shown.as_str()).ok()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What is written down of a request: every change, and every mistake of ours.
struct Log {
    row: Arc<Row>,
    asker: Asker,
    tag: RequestTag,
    path: String,
}

impl Log {
    fn write(&self, answered: &Result<Response, ApiError>, began: Instant) {
        let account = self
            .asker
            .principal
            .as_ref()
            .map(|principal| principal.name.to_string());
        let account = account.as_deref().unwrap_or("-");
        let (request, from, operation) = (&self.tag.shown, self.asker.from, self.row.name);
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // The path is percent-encoded ASCII, so it cannot forge a line.
        let path = self.path.as_str();
        match answered {
            Err(error) if error.kind().0.is_server_error() => {
                let cause = told(error);
                tracing::error!(%request, account, %from, operation, path, millis, "request failed: {cause}");
            }
            _ if !self.row.changes() => {}
            Ok(response) => {
                let status = response.status().as_u16();
                let revision = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok());
                tracing::info!(target: "audit", %request, account, %from, operation, path, status, revision, millis, "done");
            }
            Err(error) => {
                let (status, code) = error.kind();
                let status = status.as_u16();
                tracing::info!(target: "audit", %request, account, %from, operation, path, status, code, millis, "refused");
            }
        }
    }
}

/// What the log says of a request that failed.
fn told(error: &ApiError) -> String {
    match error {
        ApiError::Internal { what } => what.clone(),
        _ => chain(error),
    }
}
