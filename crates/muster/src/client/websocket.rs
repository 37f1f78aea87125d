//! A WebSocket to the server, for exec.

use anyhow::Context as _;
use muster_link::LinkIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, http};

use super::Client;

impl Client {
    /// Opens a WebSocket at `path`.
    pub async fn websocket(&self, path: &str) -> anyhow::Result<WebSocketStream<LinkIo>> {
        let io = muster_link::open(&self.url, self.anchor.clone()).await?;
        let url = format!("ws://{}{}", self.url.authority(), self.url.path(path));
        let mut request = url
            .into_client_request()
            .context("the request cannot be written")?;
        if let Some(token) = &self.token {
            let value = http::HeaderValue::from_str(&format!("Bearer {token}"))
                .context("the key is not a header value")?;
            request.headers_mut().insert(http::header::AUTHORIZATION, value);
        }
        match tokio_tungstenite::client_async(request, io).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(response)) => Err(super::ApiError {
                status: response.status().as_u16(),
                problem: response
                    .body()
                    .as_deref()
                    .and_then(|body| serde_json::from_slice(body).ok()),
            }
            .into()),
            Err(error) => Err(error).context("the server did not open a stream"),
        }
    }
}
