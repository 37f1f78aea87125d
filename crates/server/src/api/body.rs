//! Bodies that are read whole: JSON, bounded, with errors that name the field.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use muster_model::limits::API_BODY_BYTES_MAX;
use serde::de::DeserializeOwned;

use super::call::Call;
use super::error::ApiError;
use crate::auth::Permission;

/// What is taken from those who need not be signed in: a token or a password, a request for a certificate.
const STRANGERS_BYTES_MAX: usize = 64 * 1024;

/// Reads the request's body as JSON. An empty one reads as `{}`, so that requests that are all optional need none.
pub(crate) async fn json<T: DeserializeOwned>(call: &mut Call) -> Result<T, ApiError> {
    let limit = if call.permission == Permission::Anyone {
        STRANGERS_BYTES_MAX
    } else {
        API_BODY_BYTES_MAX
    };
    let bytes = whole(call.take_body(), limit).await?;
    if bytes.is_empty() {
        return read(b"{}");
    }
    check_type(&call.parts)?;
    read(&bytes)
}

async fn whole(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(ApiError::BodyTooLarge { limit }),
        Err(error) => Err(ApiError::BodyCut(axum::Error::new(error))),
    }
}

fn check_type(parts: &Parts) -> Result<(), ApiError> {
    let said = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(ApiError::ContentType {
            wanted: "application/json",
        })
    }
}

/// The path to the field that does not fit stands before the reader's words, which never show values of secrets: those are
/// read by types whose errors do not repeat them.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body" } else { &path };
        ApiError::field(field, error.inner().to_string())
    })?;
    reader
        .end()
        .map_err(|error| ApiError::field("body", error.to_string()))?;
    Ok(value)
}
