//! What a machine needs that is to become a host: the script that its joining command runs, and this very program.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, Response as Built};
use axum::response::Response;
use tokio_util::io::ReaderStream;

use crate::api::call::Call;
use crate::api::error::ApiError;

/// The same for everyone: whom to trust, and the token, stand in the joining command.
const SCRIPT: &str = include_str!("install.sh");
/// The program that runs, also after its file was replaced by a newer one.
const PROGRAM: &str = "/proc/self/exe";

/// The script.
pub(crate) async fn script(_: Call) -> Result<Response, ApiError> {
    Ok(typed("text/x-shellscript", Body::from(SCRIPT)))
}

/// The program, if it runs on the asker's processor.
pub(crate) async fn binary(call: Call) -> Result<Response, ApiError> {
    let (own, wanted) = (architecture(), call.query.get("arch"));
    if let Some(wanted) = wanted.filter(|wanted| *wanted != own) {
        return Err(ApiError::not_found("program for the architecture", wanted));
    }
    let failed = |error: std::io::Error| ApiError::Internal {
        what: format!("{PROGRAM} cannot be read: {error}"),
    };
    let file = tokio::fs::File::open(PROGRAM).await.map_err(failed)?;
    let bytes = file.metadata().await.map_err(failed)?.len();
    let body = Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024));
    let mut response = typed("application/octet-stream", body);
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(bytes));
    Ok(response)
}

fn typed(media: &'static str, body: Body) -> Response {
    let mut response = Built::new(body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
