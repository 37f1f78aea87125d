//! Becoming a host, and finding out whether one still is, while no agent runs.

use std::path::Path;

use muster_link::{Channel, Joined, LinkError, renew};
use muster_model::link::StreamRequest;
use muster_model::{HostId, WallTime};
use muster_trust::tls::Anchor;
use muster_trust::{Fingerprint, JoinToken, objection, read_certificates};

use crate::durable::{self, private_directory};
use crate::error::AgentError;
use crate::facts::wall;
use crate::identity::Identity;
use crate::shell::{AgentConfig, IDENTITY_FILE, claim};

/// How a machine came to be the host that it is.
#[derive(Debug)]
pub enum Membership {
    /// It has joined now.
    Joined(HostId),
    /// It was this host already, and the server says that it still is.
    Kept(HostId),
    /// It was this host already; the server could not be asked.
    Unasked(HostId, LinkError),
}

impl Membership {
    /// The host.
    pub fn host(&self) -> HostId {
        match self {
            Self::Joined(host) | Self::Kept(host) | Self::Unasked(host, _) => *host,
        }
    }
}

/// Makes this machine a host, or sees that it still is the one it was. Its agent must not be running.
pub async fn enrol(config: &AgentConfig) -> Result<Membership, AgentError> {
    let _lock = claim(config)?;
    let path = config.data_dir.join(IDENTITY_FILE);
    let Some(identity) = Identity::load(&path)? else {
        return join(config, &path).await;
    };
    let token = config.join_token.as_deref().map(JoinToken::parse).transpose();
    let token = token.map_err(|source| AgentError::Trust { source })?;
    if let Some(token) = &token
        && token.ca() != fingerprint(&identity, &path)?
    {
        return Err(AgentError::OtherPlatform);
    }
    let host = identity.host;
    match confirm(config, &identity, &path).await {
        Ok(()) => Ok(Membership::Kept(host)),
        // Not a host any more, or with a certificate that nobody takes: with a token it begins anew.
        Err(LinkError::Removed | LinkError::InnerTls { .. }) if token.is_some() => {
            durable::set_aside(&path);
            join(config, &path).await
        }
        Err(error @ (LinkError::Removed | LinkError::InnerTls { .. })) => {
            Err(AgentError::Join { source: error })
        }
        Err(error) => Ok(Membership::Unasked(host, error)),
    }
}

async fn join(config: &AgentConfig, path: &Path) -> Result<Membership, AgentError> {
    let (token, applicant) = (config.join_token.as_deref(), config.applicant());
    let identity = Identity::obtain(path, &config.servers, token, &applicant).await?;
    Ok(Membership::Joined(identity.host))
}

/// Asks for the next certificate, which only a host gets.
async fn confirm(config: &AgentConfig, identity: &Identity, path: &Path) -> Result<(), LinkError> {
    let mut last = LinkError::Removed;
    for server in &config.servers {
        let peer = match identity.dial(server, Channel::Streams).await {
            Ok(peer) => peer,
            Err(error) => {
                last = error;
                continue;
            }
        };
        let streams = peer.into_streams::<StreamRequest>();
        let joined = renew(&streams, &identity.host.to_string(), &identity.ca_pem).await?;
        take(identity, joined, path);
        return Ok(());
    }
    Err(last)
}

/// The new certificate, if it is a better one; the old one goes on being good.
fn take(old: &Identity, joined: Joined, path: &Path) {
    let kept =
        Identity::of(path, joined).and_then(|new| match objection(old.validity, new.validity, wall()) {
            Some(_) => Ok(()),
            None => new.keep(path),
        });
    if let Err(error) = kept {
        tracing::warn!(%error, "the host's new certificate is not kept");
    }
}

fn fingerprint(identity: &Identity, path: &Path) -> Result<Fingerprint, AgentError> {
    let certificates = read_certificates(&identity.ca_pem);
    let first = certificates.ok().and_then(|all| all.first().map(Fingerprint::of));
    first.ok_or_else(|| AgentError::Identity {
        path: path.to_owned(),
        why: "its CA cannot be read".to_owned(),
    })
}

/// Which host the agent of a data directory is, and until when servers take its word for it; none before it joins.
pub fn membership(data_dir: &Path) -> Result<Option<(HostId, WallTime)>, AgentError> {
    let identity = Identity::load(&data_dir.join(IDENTITY_FILE))?;
    Ok(identity.map(|identity| (identity.host, identity.validity.not_after)))
}

/// The CA that the host of a data directory trusts; none before it joins.
pub fn anchor(data_dir: &Path) -> Result<Option<Anchor>, AgentError> {
    let identity = Identity::load(&data_dir.join(IDENTITY_FILE))?;
    let anchor = identity.map(|identity| Anchor::from_pem(&identity.ca_pem));
    anchor.transpose().map_err(|source| AgentError::Trust { source })
}

/// Makes the agent of a data directory, which must not be running, the host that a server says it is.
pub fn become_member(data_dir: &Path, joined: Joined) -> Result<(), AgentError> {
    private_directory(data_dir).map_err(|source| AgentError::Directory {
        path: data_dir.to_owned(),
        source,
    })?;
    let path = data_dir.join(IDENTITY_FILE);
    Identity::of(&path, joined)?.keep(&path)
}
