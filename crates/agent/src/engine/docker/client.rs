use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::models::ContainerCreateBody;
use bollard::{API_DEFAULT_VERSION, BollardRequest, Docker};

use bytes::Bytes;

use super::errors::translate;
use crate::engine::Failure;

/// The oldest version of the API that has all we ask for: Docker 20.10.
const OLDEST: (usize, usize) = (1, 41);
/// An engine that answers at all answers a ping within this.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Every call has a deadline of its own; this only keeps the library from having a shorter one.
const LIBRARY_TIMEOUT_SECONDS: u64 = 24 * 3600;

/// An engine behind a unix socket. It need not be there yet, and may go and come back.
#[derive(Debug)]
pub struct DockerEngine {
    socket: PathBuf,
    client: Mutex<Option<Docker>>,
}

impl DockerEngine {
    /// The engine at this socket, such as `/run/docker.sock` or Podman's `/run/podman/podman.sock`.
    pub fn new(socket: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
            client: Mutex::new(None),
        }
    }

    /// A client that has agreed on a version with the engine.
    pub async fn client(&self) -> Result<Docker, Failure> {
        if let Some(client) = self.kept().clone() {
            return Ok(client);
        }
        let client = self.within(CONNECT_WITHIN, "answer", self.connect()).await?;
        *self.kept() = Some(client.clone());
        Ok(client)
    }

    /// The engine went away: what comes back may be another version.
    pub(super) fn forget(&self) {
        *self.kept() = None;
    }

    /// The path of its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Gives a call its time.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        verb: &str,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(limit, call).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Deadline {
                verb: verb.to_owned(),
                limit,
            }),
        }
    }

    async fn connect(&self) -> Result<Docker, Failure> {
        let failed = |error| translate("answer", "", error, &self.socket);
        let path = self.socket.to_string_lossy();
        let client =
            Docker::connect_with_unix(&path, LIBRARY_TIMEOUT_SECONDS, API_DEFAULT_VERSION).map_err(failed)?;
        let client = client
            .with_request_modifier(url_safe_auth)
            .negotiate_version()
            .await
            .map_err(failed)?;
        let version = client.client_version();
        if (version.major_version, version.minor_version) < OLDEST {
            return Err(Failure::Refused {
                verb: "be used".to_owned(),
                detail: format!(
                    "its API version is {version}, and at least 1.41 is needed; upgrade it (Docker 20.10 or newer)"
                ),
            });
        }
        Ok(client)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Docker>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client whose next request, a create with this body, says the hardware address where old engines look for it; the
/// library has no field there.
pub(super) fn with_own_mac(client: Docker, body: &ContainerCreateBody, address: &str) -> Docker {
    let Ok(mut body) = serde_json::to_value(body) else {
        return client;
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("MacAddress".to_owned(), address.into());
    }
    let body = Bytes::from(body.to_string());
    client.with_request_modifier(move |mut request| {
        *request.body_mut() = bollard::body_full(body.clone());
        request
    })
}

/// Engines read logins in the URL-safe alphabet; the library writes the other one.
fn url_safe_auth(mut request: BollardRequest) -> BollardRequest {
    if let Some(auth) = request.headers_mut().get_mut("X-Registry-Auth") {
        let bytes = auth.as_bytes().iter().map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => *other,
        });
        let bytes: Vec<u8> = bytes.collect();
        if let Ok(value) = bytes.as_slice().try_into() {
            *auth = value;
        }
    }
    request
}
