//! Asking a server: one connection a request, answers typed, errors in the server's own words.

mod error;
mod lines;
mod websocket;

pub use error::ApiError;
pub use lines::{Lines, ServerEvent};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use muster_link::ServerUrl;
use muster_model::limits::API_BODY_BYTES_MAX;
use muster_model::view::Page;
use muster_trust::Fingerprint;
use muster_trust::tls::Anchor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cli::Global;
use crate::context::{Context, default_environment};

/// A body of a request.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// A server, who asks, and the environment asked about.
#[derive(Debug, Clone)]
pub struct Client {
    url: ServerUrl,
    anchor: Option<Anchor>,
    token: Option<String>,
    environment: String,
}

impl Client {
    /// From the user's context; flags and variables are above it.
    pub fn open(global: &Global) -> anyhow::Result<Self> {
        let saved = Context::load();
        let base = match (&saved, &global.server, &global.token) {
            (Ok(context), _, _) => context.clone(),
            (Err(_), Some(server), Some(token)) => Context {
                server: server.clone(),
                token: token.clone(),
                ca_fingerprint: None,
                environment: default_environment(),
            },
            _ => return saved.and_then(|context| Self::from_context(&context)),
        };
        Self::from_context(&Context {
            server: global.server.clone().unwrap_or(base.server),
            token: global.token.clone().unwrap_or(base.token),
            environment: global.environment.clone().unwrap_or(base.environment),
            ca_fingerprint: base.ca_fingerprint,
        })
    }

    /// As a saved context says.
    pub fn from_context(context: &Context) -> anyhow::Result<Self> {
        let anchor = context.ca_fingerprint.as_deref().map(anchor).transpose()?;
        let url = context
            .server
            .parse()
            .context("the server's address cannot be used")?;
        Ok(Self {
            url,
            anchor,
            token: Some(context.token.clone()),
            environment: context.environment.clone(),
        })
    }

    /// Someone who is not logged in.
    pub fn stranger(url: &str, fingerprint: Option<&str>) -> anyhow::Result<Self> {
        let anchor = fingerprint.map(anchor).transpose()?;
        let url = url.parse().context("the server's address cannot be used")?;
        Ok(Self {
            url,
            anchor,
            token: None,
            environment: default_environment(),
        })
    }

    /// The server's address, as it was given.
    pub fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// A path below the environment.
    pub fn env(&self, path: &str) -> String {
        format!("/v1/environments/{}{path}", segment(&self.environment))
    }

    /// Reads one object.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.call(Method::GET, path, empty()).await
    }

    /// Reads a list to its end.
    pub async fn all<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Vec<T>> {
        let mut items = Vec::new();
        let mut cursor = None::<String>;
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let next = cursor
                .map(|cursor| format!("&cursor={}", segment(&cursor)))
                .unwrap_or_default();
            let page: Page<T> = self.get(&format!("{path}{joint}limit=500{next}")).await?;
            items.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// Sends an object and reads the answer.
    pub async fn send<B: Serialize, T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &B,
    ) -> anyhow::Result<T> {
        let body = serde_json::to_vec(body).context("could not write the request")?;
        self.call(method, path, full(body)).await
    }

    /// Removes something.
    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.stream(Method::DELETE, path, empty()).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(&self, method: Method, path: &str, body: Body) -> anyhow::Result<T> {
        let response = self.stream(method, path, body).await?;
        let bytes = read_whole(response)
            .await
            .context("the server's answer broke off; repeat the command")?;
        let bytes = if bytes.is_empty() {
            Bytes::from_static(b"null")
        } else {
            bytes
        };
        serde_json::from_slice(&bytes).context(
            "the server's answer is not what this version expects; is the server of another version?",
        )
    }

    /// Sends a request and leaves the answer's body to be read as it comes. A problem becomes an [`ApiError`].
    pub async fn stream(&self, method: Method, path: &str, body: Body) -> anyhow::Result<Response<Incoming>> {
        let io = muster_link::open(&self.url, self.anchor.clone()).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io))
            .await
            .context("the server does not speak HTTP")?;
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(self.url.path(path))
            .header(HOST, self.url.authority())
            .header(ACCEPT, "*/*")
            .header(CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request
            .body(body)
            .context("the request cannot be written; is there a line break in a name?")?;
        let response = sender
            .send_request(request)
            .await
            .context("the server broke off; repeat the command")?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(ApiError::of(response).await.into())
    }

    /// Follows an answer line by line.
    pub async fn lines(&self, path: &str) -> anyhow::Result<Lines> {
        Ok(self.follow(self.stream(Method::GET, path, empty()).await?))
    }

    /// The lines of an answer.
    pub fn follow(&self, response: Response<Incoming>) -> Lines {
        Lines::new(response.into_body())
    }
}

fn anchor(fingerprint: &str) -> anyhow::Result<Anchor> {
    let parsed: Fingerprint = fingerprint
        .parse()
        .ok()
        .context("the CA's fingerprint is 64 hexadecimal digits; the server prints it when it starts")?;
    Ok(Anchor::Fingerprint(parsed))
}

async fn read_whole(response: Response<Incoming>) -> anyhow::Result<Bytes> {
    let body = Limited::new(response.into_body(), API_BODY_BYTES_MAX);
    Ok(body
        .collect()
        .await
        .map_err(anyhow::Error::from_boxed)?
        .to_bytes())
}

/// No body.
pub fn empty() -> Body {
    full(Vec::new())
}

fn full(bytes: Vec<u8>) -> Body {
    Full::new(Bytes::from(bytes))
        .map_err(|never| match never {})
        .boxed()
}

/// Text as one segment of a path or one value of a query (RFC 3986 §2.3 leaves only these as they are).
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_cannot_escape_their_place() {
        assert_eq!(segment("shop.a_b~c-1"), "shop.a_b~c-1");
        assert_eq!(segment("../a?b#c d&é"), "..%2Fa%3Fb%23c%20d%26%C3%A9");
    }
}
