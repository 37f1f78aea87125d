use std::fmt;

use muster_model::WallTime;
use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;
use zeroize::Zeroizing;

use crate::Error;

const SCHEME: &str = "muster://";
/// In a name of its own, which older Musters pass over.
const ENVIRONMENT_SCHEME: &str = "muster-environment://";

/// What a certificate's holder may be. The two are never accepted for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A `muster server` process.
    Server,
    /// A `muster agent` process on a host.
    Agent,
}

impl Role {
    fn word(self) -> &'static str {
        match self {
            Role::Server => "server",
            Role::Agent => "agent",
        }
    }
}

/// Who a certificate says its holder is: the URI `muster://<role>/<id>` among its names, and beside it
/// `muster-environment://<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Server or agent.
    pub role: Role,
    /// The server's id, or for an agent its host's id.
    pub id: String,
    /// The environment of an agent's host; certificates of older Musters say none.
    pub environment: Option<String>,
}

impl Identity {
    /// Checks the id's characters: 1 to 128 of letters, digits, `.`, `_`, `-`.
    pub fn new(role: Role, id: &str) -> Result<Self, Error> {
        Ok(Self {
            role,
            id: checked(id)?,
            environment: None,
        })
    }

    /// The same in an environment.
    pub fn within(self, environment: &str) -> Result<Self, Error> {
        let environment = Some(checked(environment)?);
        Ok(Self { environment, ..self })
    }

    /// The URIs that say so in a certificate.
    pub(crate) fn uris(&self) -> Vec<String> {
        let environment = self.environment.as_ref();
        let environment = environment.map(|id| format!("{ENVIRONMENT_SCHEME}{id}"));
        std::iter::once(self.to_string()).chain(environment).collect()
    }

    /// The id, if the role is the wanted one.
    pub fn expect(self, role: Role) -> Result<String, Error> {
        self.in_role(role).map(|identity| identity.id)
    }

    /// Itself, if the role is the wanted one.
    pub fn in_role(self, role: Role) -> Result<Self, Error> {
        let why = match role {
            _ if self.role == role => return Ok(self),
            Role::Agent => "it is a server's, and an agent's is wanted here",
            Role::Server => "it is an agent's, and a server's is wanted here",
        };
        Err(Error::Identity { why })
    }

    /// What follows the scheme.
    fn parse(rest: &str) -> Option<Self> {
        let (role, id) = rest.split_once('/')?;
        let role = [Role::Server, Role::Agent]
            .into_iter()
            .find(|known| known.word() == role)?;
        Self::new(role, id).ok()
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.role.word(), self.id)
    }
}

fn checked(id: &str) -> Result<String, Error> {
    if is_id(id) {
        return Ok(id.to_owned());
    }
    Err(Error::Id {
        id: id.chars().take(160).collect(),
    })
}

pub(crate) fn is_id(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// Reads who the peer is from the chain it presented, its own certificate first. Call it after the handshake:
/// it trusts that the TLS layer has already checked signature, issuer and dates.
pub fn peer_identity(chain: &[CertificateDer<'_>]) -> Result<Identity, Error> {
    let refused = |why| Error::Identity { why };
    let leaf = chain.first().ok_or(refused("it sent none"))?;
    let leaf = parse(leaf).ok_or(refused("it is not an X.509 certificate"))?;
    let names = leaf
        .subject_alternative_name()
        .ok()
        .flatten()
        .ok_or(refused("it names nobody"))?;
    let uris: Vec<&str> = names.value.general_names.iter().filter_map(uri).collect();
    let ours = |scheme| uris.iter().filter_map(move |uri| uri.strip_prefix(scheme));
    let identity = match (ours(SCHEME).next(), ours(SCHEME).nth(1)) {
        (Some(rest), None) => Identity::parse(rest).ok_or(refused("its muster:// name is malformed"))?,
        (None, _) => return Err(refused("it is not one of this platform's")),
        (Some(_), Some(_)) => return Err(refused("it names more than one holder")),
    };
    match (ours(ENVIRONMENT_SCHEME).next(), ours(ENVIRONMENT_SCHEME).nth(1)) {
        (None, _) => Ok(identity),
        (Some(id), None) => identity
            .within(id)
            .map_err(|_| refused("its environment is malformed")),
        (Some(_), Some(_)) => Err(refused("it names more than one environment")),
    }
}

fn uri<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    match name {
        GeneralName::URI(uri) => Some(uri),
        _ => None,
    }
}

/// From when to when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub not_before: WallTime,
    /// Last second.
    pub not_after: WallTime,
}

impl Validity {
    /// From begin to end, milliseconds; nothing if they are the wrong way round.
    pub(crate) fn life(self) -> u64 {
        self.not_after.0.saturating_sub(self.not_before.0)
    }
}

/// The dates of a certificate.
pub fn certificate_validity(certificate: &CertificateDer<'_>) -> Result<Validity, Error> {
    let parsed = parse(certificate).ok_or(Error::ReadCertificate {
        what: "the certificate",
    })?;
    let moment = |time: ASN1Time| WallTime(u64::try_from(time.timestamp()).unwrap_or(0).saturating_mul(1000));
    let validity = parsed.validity();
    Ok(Validity {
        not_before: moment(validity.not_before),
        not_after: moment(validity.not_after),
    })
}

/// All certificates in a PEM text, at least one.
pub fn read_certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let broken = || Error::ReadCertificate { what: "the PEM text" };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|_| broken())?;
    if chain.is_empty() {
        Err(broken())
    } else {
        Ok(chain)
    }
}

pub(crate) fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(der)
        .ok()
        .filter(|(rest, _)| rest.is_empty())
        .map(|(_, certificate)| certificate)
}

/// A private key as PKCS#8 PEM text. It is wiped from memory when dropped and printed nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKeyPem(Zeroizing<String>);

impl PrivateKeyPem {
    /// Takes PEM text, for example read from a file.
    pub fn new(pem: String) -> Self {
        Self(Zeroizing::new(pem))
    }

    /// The text itself, to write it to a file or seal it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyPem(…)")
    }
}

/// An agent's new key and the request for a certificate over it. The key stays on the host; the request is
/// sent to a server.
#[derive(Debug)]
pub struct AgentRequest {
    /// To be written to the host's disk, readable by root only.
    pub key: PrivateKeyPem,
    /// To be sent to the server (PEM).
    pub csr_pem: String,
}

impl AgentRequest {
    /// Makes an ECDSA P-256 key and a request signed with it. The request names nobody: the server says who
    /// the host is.
    pub fn generate() -> Result<Self, Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::MakeKey)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let csr_pem = params
            .serialize_request(&key)
            .and_then(|csr| csr.pem())
            .map_err(Error::MakeRequest)?;
        Ok(Self {
            key: PrivateKeyPem::new(key.serialize_pem()),
            csr_pem,
        })
    }
}
