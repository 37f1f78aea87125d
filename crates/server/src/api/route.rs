//! What one row of the route table says, and the typed ways to end it with a handler.
//!
//! A [`Draft`] has no handler and is no row; only a handler whose types are known makes a [`Row`] of it, and the schemas of
//! the API's description are those types. The permission is an argument of every draft, so a row without one cannot be written.

use std::future::Future;

use axum::http::{Method, StatusCode};
use axum::response::Response;
use futures_util::future::BoxFuture;
use muster_model::view::Page;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body;
use super::call::{Answer, Call};
use super::error::ApiError;
use super::listing::{self, Listing};
use crate::auth::Permission;

/// One row of the route table.
pub struct Row {
    /// Its method.
    pub method: Method,
    /// Its path, with `{parameters}`.
    pub path: &'static str,
    /// Its name as an operation, unique in the table.
    pub name: &'static str,
    /// What the asker must be allowed.
    pub permission: Permission,
    /// What it is for, in one line.
    pub summary: &'static str,
    /// Parameters behind the `?`.
    pub params: Vec<Param>,
    /// What it takes.
    pub takes: Takes,
    /// What it answers when all is well.
    pub gives: Gives,
    /// Statuses of its problems, beside those that every route may answer.
    pub problems: &'static [u16],
    pub(crate) handler: Handler,
}

pub(crate) type Handler = Box<dyn Fn(Call) -> BoxFuture<'static, Result<Response, ApiError>> + Send + Sync>;

/// A parameter behind the `?`.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What its text must be.
    pub kind: ParamKind,
    /// What it does.
    pub about: &'static str,
}

/// What a parameter's text must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// Any text.
    Text,
    /// Any text, several times.
    Texts,
    /// A number from 0.
    Number,
    /// `true` or `false`.
    Flag,
}

/// What a route takes as its body.
#[derive(Clone, Copy)]
pub enum Takes {
    /// Nothing.
    Nothing,
    /// JSON of this schema.
    Json(MakeSchema),
    /// Bytes of this media type, as a stream.
    Bytes(&'static str),
}

/// What a route answers when all is well.
#[derive(Clone, Copy)]
pub enum Gives {
    /// JSON of this schema.
    Json(StatusCode, MakeSchema),
    /// Nothing but the status 204.
    Nothing,
    /// Text of this media type.
    Text(&'static str),
    /// One JSON object of this schema per line.
    Lines(MakeSchema),
    /// Server-sent events whose data are of this schema.
    Events(MakeSchema),
    /// A WebSocket, as the summary says.
    WebSocket,
}

/// Puts a type's schema among the components and refers to it.
pub type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// A row that has no handler yet.
pub(crate) struct Draft {
    method: Method,
    path: &'static str,
    name: &'static str,
    permission: Permission,
    summary: &'static str,
    params: Vec<Param>,
    problems: &'static [u16],
}

macro_rules! verbs {
    ($($name:ident $method:ident;)*) => {$(
        pub(crate) const fn $name(
            path: &'static str,
            name: &'static str,
            permission: Permission,
            summary: &'static str,
        ) -> Draft {
            Draft { method: Method::$method, path, name, permission, summary, params: Vec::new(), problems: &[] }
        }
    )*};
}

verbs! {
    get GET;
    post POST;
    put PUT;
    patch PATCH;
    delete DELETE;
}

impl Draft {
    /// Adds a parameter.
    pub(crate) fn param(mut self, name: &'static str, kind: ParamKind, about: &'static str) -> Self {
        self.params.push(Param { name, kind, about });
        self
    }

    /// Names the statuses of its own problems.
    pub(crate) const fn problems(mut self, statuses: &'static [u16]) -> Self {
        self.problems = statuses;
        self
    }

    /// Ends with a handler that only looks at the world.
    pub(crate) fn look<R: Serialize + JsonSchema + 'static>(
        self,
        handler: fn(&Call) -> Result<Answer<R>, ApiError>,
    ) -> Row {
        let handler: Handler = Box::new(move |call| {
            let answered = handler(&call).map(Answer::into_response);
            Box::pin(std::future::ready(answered))
        });
        self.end(Takes::Nothing, Gives::Json(StatusCode::OK, schema::<R>), handler)
    }

    /// Ends with a list, read page by page or watched.
    pub(crate) fn list<K, V>(self, listing: Listing<K, V>) -> Row
    where
        K: Clone + Send + Sync + 'static,
        V: Serialize + JsonSchema + Send + 'static,
    {
        let name = self.name;
        let handler: Handler = Box::new(move |call| Box::pin(listing::answer(name, listing, call)));
        self.param("limit", ParamKind::Number, "items on the page, 100 if left out, 1000 at most")
            .param("cursor", ParamKind::Text, "`next` of the page before")
            .param(
                "watch",
                ParamKind::Flag,
                "go on as `text/event-stream`: an `item` for all that is there, `ready`, then an `item` or `gone` for each change",
            )
            .end(Takes::Nothing, Gives::Json(StatusCode::OK, schema::<Page<V>>), handler)
    }

    /// Ends with a handler that takes no body.
    pub(crate) fn act<R, F>(self, status: StatusCode, handler: fn(Call) -> F) -> Row
    where
        R: Serialize + JsonSchema + 'static,
        F: Future<Output = Result<Answer<R>, ApiError>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |call| {
            let answer = handler(call);
            Box::pin(async move { Ok(answer.await?.status(status).into_response()) })
        });
        self.end(Takes::Nothing, gives::<R>(status), handler)
    }

    /// Ends with a handler that takes JSON.
    pub(crate) fn write<B, R, F>(self, status: StatusCode, handler: fn(Call, B) -> F) -> Row
    where
        B: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + JsonSchema + 'static,
        F: Future<Output = Result<Answer<R>, ApiError>> + Send + 'static,
    {
        let handler: Handler = Box::new(move |mut call| {
            Box::pin(async move {
                let input = body::json(&mut call).await?;
                Ok(handler(call, input).await?.status(status).into_response())
            })
        });
        self.end(Takes::Json(schema::<B>), gives::<R>(status), handler)
    }

    /// Ends with a handler that makes the whole answer itself.
    pub(crate) fn stream<F>(self, takes: Takes, gives: Gives, handler: fn(Call) -> F) -> Row
    where
        F: Future<Output = Result<Response, ApiError>> + Send + 'static,
    {
        self.end(takes, gives, Box::new(move |call| Box::pin(handler(call))))
    }

    fn end(self, takes: Takes, gives: Gives, handler: Handler) -> Row {
        let Self {
            method,
            path,
            name,
            permission,
            summary,
            params,
            problems,
        } = self;
        Row {
            method,
            path,
            name,
            permission,
            summary,
            params,
            takes,
            gives,
            problems,
            handler,
        }
    }
}

impl Row {
    /// Whether it changes anything.
    pub fn changes(&self) -> bool {
        self.method != Method::GET
    }

    /// Whether it belongs to an environment, named in its path.
    pub fn in_environment(&self) -> bool {
        self.path.starts_with("/v1/environments/{env}")
    }
}

pub(crate) fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn gives<R: JsonSchema>(status: StatusCode) -> Gives {
    if status == StatusCode::NO_CONTENT {
        Gives::Nothing
    } else {
        Gives::Json(status, schema::<R>)
    }
}
