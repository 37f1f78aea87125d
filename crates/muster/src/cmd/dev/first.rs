//! The first start: an account, a key, and a context for the user.

use std::path::Path;

use anyhow::Context as _;

use crate::context::{self, Context};
use crate::{first_account, print};

/// The context of this platform: made with the setup token at the first start, found at every later one.
pub async fn context(data: &Path, url: &str, setup_token: Option<String>) -> anyhow::Result<()> {
    let file = data.join("context.json");
    let context = match setup_token {
        Some(token) => {
            let context = first_account::make(url, token, "muster dev")
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
