//! Who this host is: its id, key and certificate, got once by joining and kept on its disk.

use std::path::Path;
use std::time::Duration;

use muster_link::{Joined, LinkError, ServerUrl, join};
use muster_model::HostId;
use muster_trust::{JoinToken, PrivateKeyPem};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::AgentError;

/// A server that cannot be reached is asked again after this.
const JOIN_AGAIN: Duration = Duration::from_secs(1);

/// A host's membership.
#[derive(Debug)]
pub struct Identity {
    /// The host.
    pub host: HostId,
    /// Its private key.
    pub key: PrivateKeyPem,
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// The platform's CA, PEM.
    pub ca_pem: String,
}

/// As it stands in the file, which only its owner can read.
#[derive(Serialize, Deserialize)]
struct Kept {
    host: String,
    key_pem: String,
    certificate_pem: String,
    ca_pem: String,
}

impl Identity {
    /// Reads it, or joins with the token and keeps what that gives.
    pub async fn obtain(
        path: &Path,
        servers: &[ServerUrl],
        token: Option<&str>,
        name: &str,
    ) -> Result<Self, AgentError> {
        if let Some(identity) = Self::load(path)? {
            return Ok(identity);
        }
        let token = JoinToken::parse(token.ok_or(AgentError::NotJoined)?);
        let token = token.map_err(|source| AgentError::Trust { source })?;
        let joined = join_any(servers, &token, name).await?;
        let identity = Self::of(path, joined)?;
        identity.keep(path)?;
        tracing::info!(host = %identity.host, "joined");
        Ok(identity)
    }

    fn load(path: &Path) -> Result<Option<Self>, AgentError> {
        let text = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|source| AgentError::File {
                doing: "read",
                path: path.to_owned(),
                source,
            })?,
        };
        let wrong = |why: String| AgentError::Identity {
            path: path.to_owned(),
            why,
        };
        let kept: Kept = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        let host = kept
            .host
            .parse()
            .map_err(|error: muster_model::id::IdError| wrong(error.to_string()))?;
        let key = PrivateKeyPem::new(kept.key_pem);
        Ok(Some(Self {
            host,
            key,
            certificate_pem: kept.certificate_pem,
            ca_pem: kept.ca_pem,
        }))
    }

    fn of(path: &Path, joined: Joined) -> Result<Self, AgentError> {
        let host = joined
            .host
            .parse()
            .map_err(|error: muster_model::id::IdError| AgentError::Identity {
                path: path.to_owned(),
                why: error.to_string(),
            })?;
        Ok(Self {
            host,
            key: joined.key,
            certificate_pem: joined.certificate_pem,
            ca_pem: joined.ca_pem,
        })
    }

    fn keep(&self, path: &Path) -> Result<(), AgentError> {
        let kept = Kept {
            host: self.host.to_string(),
            key_pem: self.key.expose().to_owned(),
            certificate_pem: self.certificate_pem.clone(),
            ca_pem: self.ca_pem.clone(),
        };
        let text = serde_json::to_vec(&kept).map_err(std::io::Error::other);
        let written = text.and_then(|text| durable::write(path, &text));
        written.map_err(|source| AgentError::File {
            doing: "write",
            path: path.to_owned(),
            source,
        })
    }
}

/// Asks the servers in turn until one answers; what an answer says is final.
async fn join_any(servers: &[ServerUrl], token: &JoinToken, name: &str) -> Result<Joined, AgentError> {
    loop {
        for server in servers {
            match join(server, token, name).await {
                Ok(joined) => return Ok(joined),
                Err(error) if is_absent(&error) => {
                    tracing::warn!(%server, %error, "the server cannot be reached yet")
                }
                Err(source) => return Err(AgentError::Join { source }),
            }
        }
        tokio::time::sleep(JOIN_AGAIN).await;
    }
}

fn is_absent(error: &LinkError) -> bool {
    matches!(
        error,
        LinkError::Connect { .. } | LinkError::Deadline { .. } | LinkError::Resolve { .. }
    )
}
