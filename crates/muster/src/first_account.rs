//! A new platform's first account, made by a program: an administrator, and a key for the command line.

use hyper::Method;
use muster_model::Name;
use muster_model::view::{KeyCreate, KeyCreated, LoginReply, SetupRequest};
use muster_trust::{BearerKind, BearerToken, OsRandom};

use crate::client::Client;
use crate::context::{Context, default_environment};

/// Makes the administrator, with a password nobody need know, and a key of its own; `note` says what the key is for.
pub async fn make(url: &str, token: String, note: &str) -> anyhow::Result<Context> {
    let name = Name::parse("admin")?;
    let password = BearerToken::generate(BearerKind::Session, &mut OsRandom)?
        .text()
        .to_string();
    let request = SetupRequest {
        token,
        name,
        password,
    };
    let stranger = Client::stranger(url, None)?;
    let session: LoginReply = stranger.send(Method::POST, "/v1/setup", &request).await?;
    let context = Context {
        server: url.to_owned(),
        token: session.token,
        ca_fingerprint: None,
        environment: default_environment(),
    };
    let request = KeyCreate {
        note: note.to_owned(),
        ttl_seconds: None,
    };
    let key: KeyCreated = Client::from_context(&context)?
        .send(Method::POST, "/v1/keys", &request)
        .await?;
    Ok(Context {
        token: key.text,
        ..context
    })
}
