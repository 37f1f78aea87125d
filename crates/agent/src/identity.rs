//! Who this host is: its id, key and certificate, got by joining, renewed over the link, and kept on its disk in one
//! file: key and certificate are replaced together or not at all.

use std::path::Path;
use std::time::Duration;

use muster_link::{Applicant, Channel, Dialer, Joined, LinkError, Peer, ServerUrl, join};
use muster_model::HostId;
use muster_trust::tls::link_client_config;
use muster_trust::{JoinToken, PrivateKeyPem, Validity, certificate_validity, read_certificates};
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::error::AgentError;

/// The platform's CA, beside the identity.
const CA_FILE: &str = "ca.pem";
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
    /// From when to when the certificate holds.
    pub validity: Validity,
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
        applicant: &Applicant,
    ) -> Result<Self, AgentError> {
        if let Some(identity) = Self::load(path)? {
            identity.keep_ca(path)?;
            return Ok(identity);
        }
        let token = JoinToken::parse(token.ok_or(AgentError::NotJoined)?);
        let token = token.map_err(|source| AgentError::Trust { source })?;
        let joined = join_any(servers, &token, applicant).await?;
        for remark in &joined.remarks {
            tracing::warn!("{remark}");
        }
        let identity = Self::of(path, joined)?;
        identity.keep(path)?;
        tracing::info!(host = %identity.host, "joined");
        Ok(identity)
    }

    /// Reads it; none if there is no file.
    pub fn load(path: &Path) -> Result<Option<Self>, AgentError> {
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
        let joined = Joined {
            host: kept.host,
            key: PrivateKeyPem::new(kept.key_pem),
            certificate_pem: kept.certificate_pem,
            ca_pem: kept.ca_pem,
            name: None,
            remarks: Vec::new(),
        };
        Self::of(path, joined).map(Some)
    }

    /// What a platform gave, read.
    pub fn of(path: &Path, joined: Joined) -> Result<Self, AgentError> {
        let wrong = |why: String| AgentError::Identity {
            path: path.to_owned(),
            why,
        };
        // Whether key, certificate and CA can be used together.
        link_client_config(&joined.ca_pem, &joined.certificate_pem, &joined.key)
            .map_err(|source| AgentError::Trust { source })?;
        let host = joined.host.parse();
        let validity = read_certificates(&joined.certificate_pem)
            .and_then(|mut all| certificate_validity(&all.swap_remove(0)));
        Ok(Self {
            host: host.map_err(|error: muster_model::id::IdError| wrong(error.to_string()))?,
            key: joined.key,
            certificate_pem: joined.certificate_pem,
            ca_pem: joined.ca_pem,
            validity: validity.map_err(|error| wrong(error.to_string()))?,
        })
    }

    /// Establishes a connection, showing this certificate.
    pub async fn dial(&self, url: &ServerUrl, channel: Channel) -> Result<Peer, LinkError> {
        let tls = link_client_config(&self.ca_pem, &self.certificate_pem, &self.key);
        let tls = tls.map_err(LinkError::Trust)?;
        Dialer::new(url.clone(), tls).dial(channel).await
    }

    /// Writes it over the one before, whole or not at all.
    pub fn keep(&self, path: &Path) -> Result<(), AgentError> {
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
        })?;
        self.keep_ca(path)
    }

    /// The CA beside it, for people and other tools to read: it is public, and nobody is to change it.
    fn keep_ca(&self, path: &Path) -> Result<(), AgentError> {
        let path = path.with_file_name(CA_FILE);
        if std::fs::read(&path).is_ok_and(|kept| kept == self.ca_pem.as_bytes()) {
            return Ok(());
        }
        let written = durable::write_read_only(&path, self.ca_pem.as_bytes());
        written.map_err(|source| AgentError::File {
            doing: "write",
            path,
            source,
        })
    }
}

/// Asks the servers in turn until one answers; what an answer says is final.
async fn join_any(
    servers: &[ServerUrl],
    token: &JoinToken,
    applicant: &Applicant,
) -> Result<Joined, AgentError> {
    loop {
        for server in servers {
            match join(server, token, applicant).await {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    use crate::testing::identity;

    fn kept(path: &Path) -> (String, PrivateKeyPem) {
        let kept = Identity::load(path).unwrap().expect("it is there");
        (kept.certificate_pem, kept.key)
    }

    fn both(identity: &Identity) -> (String, PrivateKeyPem) {
        (identity.certificate_pem.clone(), identity.key.clone())
    }

    /// A renewal that was cut short at any byte leaves the old key with the old certificate.
    #[test]
    fn a_crash_while_renewing_leaves_a_usable_identity() {
        let dir = tempfile::tempdir().unwrap();
        let (path, draft) = (
            dir.path().join("identity.json"),
            dir.path().join("identity.json.new"),
        );
        let (old, new) = (identity(&path), identity(&path));
        new.keep(&path).unwrap();
        let whole = std::fs::read(&path).unwrap();
        old.keep(&path).unwrap();
        for written in (0..=whole.len()).step_by(97) {
            std::fs::write(&draft, &whole[..written]).unwrap();
            assert_eq!(kept(&path), both(&old));
        }
        new.keep(&path).unwrap();
        assert_eq!(kept(&path), both(&new));
        assert!(!draft.exists());
        let ca = dir.path().join("ca.pem");
        assert_eq!(std::fs::read_to_string(&ca).unwrap(), new.ca_pem);
        assert_eq!(
            std::fs::metadata(&ca).unwrap().permissions().mode() & 0o777,
            0o400
        );
    }

    #[test]
    fn a_key_that_is_not_the_certificates_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, other) = (identity(dir.path()), identity(dir.path()));
        let mixed = Joined {
            host: mine.host.to_string(),
            key: other.key,
            certificate_pem: mine.certificate_pem,
            ca_pem: mine.ca_pem,
            name: None,
            remarks: Vec::new(),
        };
        assert!(matches!(
            Identity::of(dir.path(), mixed),
            Err(AgentError::Trust { .. })
        ));
    }
}
