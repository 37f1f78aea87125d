//! Answers of one JSON object per line, as they come.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;

/// Adds one line.
pub(super) fn push<T: Serialize>(text: &mut Vec<u8>, line: &T) {
    // Views hold no maps with keys that are not text, so writing one cannot fail.
    serde_json::to_writer(&mut *text, line).unwrap_or_default();
    text.push(b'\n');
}

/// An answer of the lines that `next` gives, until it gives none.
pub(super) fn answer<S, F>(state: S, next: fn(S) -> F) -> Response
where
    S: Send + 'static,
    F: Future<Output = Option<(Vec<u8>, S)>> + Send + 'static,
{
    let lines = stream::unfold(state, move |state| async move {
        let (lines, state) = next(state).await?;
        Some((Ok::<_, Infallible>(Bytes::from(lines)), state))
    });
    let mut response = Response::new(Body::from_stream(lines));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response
}
