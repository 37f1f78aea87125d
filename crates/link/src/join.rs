use std::collections::BTreeMap;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use muster_trust::tls::{Anchor, link_client_config};
use muster_trust::{
    AgentRequest, Fingerprint, JoinToken, PrivateKeyPem, Role, peer_identity, read_certificates,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::peer::{LinkIo, within};
use crate::{LinkError, STEP_DEADLINE, ServerUrl, Step, open};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The path of the join request.
pub const JOIN_PATH: &str = "/v1/join";
/// Two certificates and an id.
const REPLY_BYTES_MAX: usize = 256 * 1024;

/// A machine that wants to become a host, as it describes itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applicant {
    /// What it calls itself.
    pub name: String,
    /// The environment that it was told to join, if it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Labels that it brings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Hash of its machine id; empty if it has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub machine: String,
}

/// What a host that wants to join sends: `POST /v1/join`, JSON.
#[derive(Clone, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The join token's text.
    pub token: String,
    /// The request for a certificate, PEM.
    pub csr_pem: String,
    /// Who asks.
    #[serde(flatten)]
    pub applicant: Applicant,
}

/// What it gets, with status 200.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinReply {
    /// The id it has from now on.
    pub host: String,
    /// Its certificate, PEM.
    pub certificate_pem: String,
    /// The platform's CA, PEM.
    pub ca_pem: String,
    /// Its name from now on.
    #[serde(default)]
    pub name: Option<String>,
    /// What people should know of it.
    #[serde(default)]
    pub remarks: Vec<String>,
}

/// A host's membership, checked; to be kept on its disk, the key readable by root only.
#[derive(Debug)]
pub struct Joined {
    /// The host's id.
    pub host: String,
    /// The private key; it has never left this host.
    pub key: PrivateKeyPem,
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The platform's CA, PEM.
    pub ca_pem: String,
    /// The host's name on the platform, if it was told.
    pub name: Option<String>,
    /// What people should know of it.
    pub remarks: Vec<String>,
}

/// Joins the platform that the token is for.
///
/// The server must show that platform's CA (by the fingerprint in the token) before the token is sent. Plain
/// HTTP is accepted to this very machine only. The answer is checked before it is believed: the token's CA,
/// an agent's certificate, our key.
pub async fn join(url: &ServerUrl, token: &JoinToken, applicant: &Applicant) -> Result<Joined, LinkError> {
    let io = open(url, Some(Anchor::Fingerprint(token.ca()))).await?;
    let request = AgentRequest::generate().map_err(LinkError::Trust)?;
    let body = JoinRequest {
        token: token.text().to_string(),
        csr_pem: request.csr_pem.clone(),
        applicant: applicant.clone(),
    };
    let asked = post(url, io, JOIN_PATH, &body);
    let reply = within(STEP_DEADLINE, &url.authority(), Step::Request, asked).await?;
    check(reply, request.key, token.ca()).map_err(|why| LinkError::Answer {
        peer: url.authority(),
        why,
    })
}

/// One request to the API, JSON both ways.
pub(crate) async fn post<R: DeserializeOwned>(
    url: &ServerUrl,
    io: LinkIo,
    path: &str,
    body: &impl Serialize,
) -> Result<R, LinkError> {
    let failed = |source: BoxError| LinkError::Request {
        peer: url.authority(),
        source,
    };
    let body = serde_json::to_vec(body).map_err(LinkError::Encode)?;
    let request = Request::post(url.path(path))
        .header(HOST, url.authority())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| failed(e.into()))?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(io))
        .await
        .map_err(|e| failed(e.into()))?;
    let mut driver = JoinSet::new(); // ends with this function
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(|e| failed(e.into()))?;
    let status = response.status();
    let body = Limited::new(response.into_body(), REPLY_BYTES_MAX)
        .collect()
        .await
        .map_err(failed)?
        .to_bytes();
    if status != StatusCode::OK {
        return Err(LinkError::Refused {
            peer: url.authority(),
            status: status.as_u16(),
            detail: detail(&body),
        });
    }
    let why = "its body is not what this version expects";
    serde_json::from_slice(&body).map_err(|_| LinkError::Answer {
        peer: url.authority(),
        why,
    })
}

/// The server's words out of a problem document (RFC 9457), or what there is of its text.
fn detail(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Problem {
        title: Option<String>,
        detail: Option<String>,
    }
    let said = serde_json::from_slice(body)
        .ok()
        .and_then(|problem: Problem| problem.detail.or(problem.title));
    said.unwrap_or_else(|| {
        String::from_utf8_lossy(body)
            .chars()
            .filter(|c| !c.is_control())
            .take(300)
            .collect()
    })
}

/// Whether the answer makes this host an agent of the pinned platform; else why not.
pub(crate) fn check(
    reply: JoinReply,
    key: PrivateKeyPem,
    pinned: Fingerprint,
) -> Result<Joined, &'static str> {
    let JoinReply {
        host,
        certificate_pem,
        ca_pem,
        name,
        remarks,
    } = reply;
    let ca = read_certificates(&ca_pem).map_err(|_| "its CA is not a certificate")?;
    if ca.first().map(Fingerprint::of) != Some(pinned) {
        return Err("its CA is not the one that is trusted here");
    }
    let certificate = read_certificates(&certificate_pem).map_err(|_| "its certificate is none")?;
    let identity = peer_identity(&certificate).map_err(|_| "its certificate is not one of a platform")?;
    if identity.role != Role::Agent || identity.id != host {
        return Err("its certificate is not for this host");
    }
    link_client_config(&ca_pem, &certificate_pem, &key).map_err(|_| "its certificate is not for our key")?;
    Ok(Joined {
        host,
        key,
        certificate_pem,
        ca_pem,
        name,
        remarks,
    })
}
