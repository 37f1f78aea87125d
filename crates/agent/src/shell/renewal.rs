//! Keeps the certificate from running out. When it is due is decided in `muster_trust`; here it is asked for and kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use muster_model::WallTime;
use muster_trust::{Renewal, ask_again_after, objection, renewal};
use tokio::sync::watch;
use tokio::time::Instant;

use super::connection::Streams;
use super::work::chain;
use crate::error::AgentError;
use crate::facts::wall;
use crate::identity::Identity;

/// The wall clock may jump, so it is asked again and again rather than slept towards.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// How often people are told the same.
const TELL_EVERY: Duration = Duration::from_secs(24 * 3_600);

pub(super) struct Keeper {
    file: PathBuf,
    identity: watch::Sender<Arc<Identity>>,
    streams: watch::Receiver<Streams>,
    ask_from: Instant,
    /// What people were told last, and from when to tell them the same again.
    told: (Renewal, Instant),
}

/// Why there is no new certificate.
#[derive(Debug, thiserror::Error)]
enum RenewalError {
    #[error(transparent)]
    Link(#[from] muster_link::LinkError),
    #[error(transparent)]
    Own(#[from] AgentError),
    /// It came, and the one in use is better.
    #[error("the new certificate is not used: {why}")]
    Worse { why: &'static str },
}

impl Keeper {
    pub(super) fn new(
        file: PathBuf,
        identity: watch::Sender<Arc<Identity>>,
        streams: watch::Receiver<Streams>,
    ) -> Self {
        let now = Instant::now();
        Self {
            file,
            identity,
            streams,
            ask_from: now,
            // An agent that begins has a while to renew before anyone is alarmed.
            told: (Renewal::Urgent, now + LOOK_EVERY),
        }
    }

    /// Never ends while the agent lives.
    pub(super) async fn run(mut self) {
        loop {
            self.look().await;
            tokio::select! {
                // A connection that comes up is used at once.
                Ok(()) = self.streams.changed() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn look(&mut self) {
        let identity = self.identity.borrow().clone();
        let state = renewal(identity.validity, &identity.host.to_string(), wall());
        if state != Renewal::NotYet && self.ask_from <= Instant::now() {
            self.ask(&identity).await;
        }
        let is_replaced = self.identity.borrow().validity != identity.validity;
        let is_news = self.told.0 != state || self.told.1 <= Instant::now();
        if !is_replaced
            && is_news
            && let Some(alarm) = alarm(&identity, state, &self.file)
        {
            tracing::error!("{alarm}");
            self.told = (state, Instant::now() + TELL_EVERY);
        }
    }

    async fn ask(&mut self, identity: &Identity) {
        let Some(streams) = self.streams.borrow_and_update().clone() else {
            return;
        };
        self.ask_from = Instant::now() + ask_again_after(identity.validity);
        let joined = muster_link::renew(&streams, &identity.host.to_string(), &identity.ca_pem).await;
        let renewed = joined
            .map_err(RenewalError::from)
            .and_then(|joined| self.keep(identity, joined));
        match renewed {
            Ok(ends) => tracing::info!(%ends, "this host's certificate was renewed"),
            Err(error) => tracing::warn!(
                error = chain(&error),
                "this host's certificate, which ends at {}, was not renewed yet",
                identity.validity.not_after
            ),
        }
    }

    /// On disk first: what is shown to a server is there after a crash too.
    fn keep(&self, old: &Identity, joined: muster_link::Joined) -> Result<WallTime, RenewalError> {
        let new = Identity::of(&self.file, joined)?;
        if let Some(why) = objection(old.validity, new.validity, wall()) {
            return Err(RenewalError::Worse { why });
        }
        new.keep(&self.file)?;
        let ends = new.validity.not_after;
        self.identity.send_replace(Arc::new(new));
        Ok(ends)
    }
}

/// What people must do about it.
fn alarm(identity: &Identity, state: Renewal, file: &Path) -> Option<String> {
    let (ends, host, file) = (identity.validity.not_after, identity.host, file.display());
    match state {
        Renewal::NotYet | Renewal::Due => None,
        Renewal::Urgent => Some(format!(
            "this host's certificate ends at {ends} and is not renewed yet: see that the agent reaches a server of its \
             own version or newer, and that the clocks of both are right; containers run on either way"
        )),
        Renewal::Ended => Some(format!(
            "this host's certificate ended at {ends}, and servers no longer take it; containers run on. If this \
             machine's clock is right: where `muster dev` runs, start it again; elsewhere, make a token with `muster host token`, stop the agent, remove {file}, and start \
             the agent with --token: it joins as a new host. Then remove the containers of the old one, and the old \
             one itself with `muster host rm` ({host})"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_says_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let (identity, file) = (
            crate::testing::identity(dir.path()),
            dir.path().join("identity.json"),
        );
        let said = |state| alarm(&identity, state, &file);
        assert_eq!((said(Renewal::NotYet), said(Renewal::Due)), (None, None));
        assert!(said(Renewal::Urgent).unwrap().contains("clocks"));
        let ended = said(Renewal::Ended).unwrap();
        for word in [
            "`muster host token`",
            "--token",
            &file.display().to_string(),
            "muster host rm",
        ] {
            assert!(ended.contains(word), "{ended}");
        }
    }
}
