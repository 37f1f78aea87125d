//! The first start: an account, a key, and a context for the user.

use std::path::Path;

use anyhow::Context as _;
use hyper::Method;
use muster_model::Name;
use muster_model::view::{KeyCreate, KeyCreated, LoginReply, SetupRequest};
use muster_trust::{BearerKind, BearerToken, OsRandom};

use crate::client::Client;
use crate::context::{self, Context, default_environment};
use crate::print;

/// The context of this platform: made with the setup token at the first start, found at every later one.
pub async fn context(data: &Path, url: &str, setup_token: Option<String>) -> anyhow::Result<()> {
    let file = data.join("context.json");
    let context = match setup_token {
        Some(token) => {
            let context = set_up(url, token)
                .await
                .context("the first account could not be made")?;
            context.save_to(&file)?;
            context
        }
        None => Context {
            server: url.to_owned(),
            ..Context::load_from(&file)?
        },
    };
    give_to_user(&context)
}

/// Makes the administrator, with a password nobody need know, and a key of its own.
async fn set_up(url: &str, token: String) -> anyhow::Result<Context> {
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
        note: "muster dev".to_owned(),
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

/// Makes it the user's own, unless the user works with another server.
fn give_to_user(context: &Context) -> anyhow::Result<()> {
    match Context::load() {
        Ok(current) if current == *context => Ok(()),
        Ok(current) if current.server != context.server => {
            print::say(format!(
                "You are logged in at {}, and stay so. For this server, set MUSTER_CONTEXT to another file and start again.",
                current.server
            ));
            Ok(())
        }
        _ => {
            let path = context::path()?;
            context.save_to(&path)?;
            print::say(format!(
                "The command line on this machine is logged in as admin (key in {}).",
                path.display()
            ));
            Ok(())
        }
    }
}
