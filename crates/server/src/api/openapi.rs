//! The table of routes as an OpenAPI 3.1 document.

use std::sync::OnceLock;

use axum::http::StatusCode;
use muster_model::view::Problem;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::route::{Gives, Param, ParamKind, Row, Takes, schema};
use super::routes;
use crate::auth::Permission;

/// Statuses that every route may answer.
const ALWAYS: &[u16] = &[400, 500, 503];

/// The document as text, made once: anyone may ask for it.
pub(crate) fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| serde_json::to_string_pretty(&document()).unwrap_or_default())
}

/// The document.
pub fn document() -> Value {
    let mut generator = generator();
    let problem = schema::<Problem>(&mut generator).to_value();
    let mut paths = Map::new();
    for row in routes::table() {
        let operation = operation(&row, &mut generator);
        let path = paths.entry(row.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(row.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    let mut schemas = generator.take_definitions(true);
    schemas.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Muster",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "A highly available container platform. Names and ids can stand for one another in paths. Times are milliseconds since 1970-01-01 UTC.",
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {
                "Problem": {
                    "description": "Why it was not done",
                    "content": content("application/problem+json", problem),
                },
            },
            "securitySchemes": { "key": { "type": "http", "scheme": "bearer", "description": "A key, or a session from /v1/login" } },
        },
    })
}

fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    settings.into_generator()
}

fn operation(row: &Row, generator: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": row.name,
        "tags": [tag(row)],
        "summary": row.summary,
        "x-permission": row.permission.name(),
        "parameters": parameters(row),
        "responses": responses(row, generator),
    });
    let Some(fields) = operation.as_object_mut() else {
        return operation;
    };
    if let Some(body) = request_body(row, generator) {
        fields.insert("requestBody".to_owned(), body);
    }
    if row.permission != Permission::Anyone {
        fields.insert("security".to_owned(), json!([{ "key": [] }]));
    }
    operation
}

/// The noun that a path is about.
pub(super) fn tag(row: &Row) -> &'static str {
    let mut segments = row
        .path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    let first = segments.next().unwrap_or_default();
    if first != "v1" {
        return "server";
    }
    let second = segments.next().unwrap_or_default();
    if second == "environments" {
        segments.next().unwrap_or(second)
    } else {
        second
    }
}

fn parameters(row: &Row) -> Vec<Value> {
    let in_path = row
        .path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    all.extend(row.params.iter().map(query_parameter));
    if row.changes() {
        let about = "chosen by the asker, so that asking twice does once";
        all.push(header("Request-Id", about));
    }
    if row.problems.contains(&412) {
        all.push(header(
            "If-Match",
            "the `ETag` that was seen; nothing is done if it is another one now",
        ));
    }
    all
}

fn query_parameter(param: &Param) -> Value {
    let schema = match param.kind {
        ParamKind::Text => json!({ "type": "string" }),
        ParamKind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        ParamKind::Number => json!({ "type": "integer", "minimum": 0 }),
        ParamKind::Flag => json!({ "type": "boolean" }),
    };
    json!({ "name": param.name, "in": "query", "description": param.about, "schema": schema })
}

fn header(name: &str, about: &str) -> Value {
    json!({ "name": name, "in": "header", "description": about, "schema": { "type": "string" } })
}

fn request_body(row: &Row, generator: &mut SchemaGenerator) -> Option<Value> {
    match row.takes {
        Takes::Nothing => None,
        Takes::Json(schema) => Some(
            json!({ "required": true, "content": content("application/json", schema(generator).to_value()) }),
        ),
        Takes::Bytes(media) => Some(json!({ "required": true, "content": content(media, json!({})) })),
    }
}

fn responses(row: &Row, generator: &mut SchemaGenerator) -> Value {
    let (status, content) = good(row, generator);
    let mut all = Map::new();
    let mut good = json!({ "description": status.canonical_reason().unwrap_or_default() });
    if let (Some(content), Some(good)) = (content, good.as_object_mut()) {
        good.insert("content".to_owned(), content);
    }
    all.insert(status.as_u16().to_string(), good);
    for status in problem_statuses(row) {
        let reason = StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason());
        all.entry(status.to_string()).or_insert_with(
            || json!({ "$ref": "#/components/responses/Problem", "description": reason.unwrap_or_default() }),
        );
    }
    Value::Object(all)
}

/// Statuses of the problems that a route may answer, in order.
fn problem_statuses(row: &Row) -> Vec<u16> {
    let mut all = [ALWAYS, row.problems].concat();
    if row.permission != Permission::Anyone {
        all.extend([401, 403]);
    }
    if row.path.contains('{') {
        all.push(404);
    }
    if matches!(row.takes, Takes::Json(_)) {
        all.extend([413, 415]);
    }
    if row.changes() {
        all.push(409);
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn good(row: &Row, generator: &mut SchemaGenerator) -> (StatusCode, Option<Value>) {
    let streamed = |media, schema: super::route::MakeSchema, generator: &mut SchemaGenerator| {
        (StatusCode::OK, Some(content(media, schema(generator).to_value())))
    };
    match row.gives {
        Gives::Json(status, schema) => (
            status,
            Some(content("application/json", schema(generator).to_value())),
        ),
        Gives::Nothing => (StatusCode::NO_CONTENT, None),
        Gives::Text(media) => (StatusCode::OK, Some(content(media, json!({ "type": "string" })))),
        Gives::Lines(schema) => streamed("application/x-ndjson", schema, generator),
        Gives::Events(schema) => streamed("text/event-stream", schema, generator),
        Gives::WebSocket => (StatusCode::SWITCHING_PROTOCOLS, None),
    }
}

fn content(media: &str, schema: Value) -> Value {
    json!({ media: { "schema": schema } })
}
