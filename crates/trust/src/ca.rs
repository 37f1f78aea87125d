use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use muster_model::WallTime;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData,
    SanType, SerialNumber, date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};

use crate::cert::{self, Identity, PrivateKeyPem, Role};
use crate::tls::LINK_SERVER_NAME;
use crate::{Error, Fingerprint, Random, read_certificates};

const DAY: u64 = 24 * 3600;
const CA_LIFE: Duration = Duration::from_secs(10 * 365 * DAY);
const SERVER_LIFE: Duration = Duration::from_secs(365 * DAY);
/// How long an agent's certificate lasts, unless it is said otherwise.
pub const AGENT_CERTIFICATE_LIFE: Duration = Duration::from_secs(30 * DAY);
/// Certificates begin this long in the past, so that a host whose clock is a little behind accepts them.
const BACKDATE: u64 = 3600;
/// 9999-12-31T23:59:59Z, the last moment that a certificate can name: no clock makes us panic.
const LAST_SECOND: u64 = 253_402_300_799;
/// A P-256 request has about 500 bytes.
const MAX_CSR_BYTES: usize = 8 * 1024;

/// The platform's own certificate authority: ECDSA P-256, made at first start, ten years.
#[derive(Debug)]
pub struct Ca {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    agent_life: Duration,
}

/// Under which names a server is reached, besides the ones all servers share.
#[derive(Debug, Clone, Default)]
pub struct ServerNames {
    /// DNS names.
    pub dns: Vec<String>,
    /// Addresses.
    pub ips: Vec<IpAddr>,
}

/// A server's certificate and key. It serves both the API listener and the link.
#[derive(Debug)]
pub struct IssuedServer {
    /// The server's certificate followed by the CA's, PEM. The CA travels along so that a client holding only
    /// its fingerprint can check.
    pub chain_pem: String,
    /// The private key.
    pub key: PrivateKeyPem,
}

/// The key that servers show, the same over years.
#[derive(Debug)]
pub struct ServerKey(KeyPair);

impl ServerKey {
    /// A new one: ECDSA P-256.
    pub fn generate() -> Result<Self, Error> {
        new_key().map(Self)
    }

    /// Reads one that was kept.
    pub fn from_pem(pem: &PrivateKeyPem) -> Result<Self, Error> {
        let read = KeyPair::from_pem(pem.expose());
        read.map(Self).map_err(|_| Error::ReadKey {
            what: "the servers' key",
        })
    }

    /// To be kept, for nobody else to read.
    pub fn pem(&self) -> PrivateKeyPem {
        PrivateKeyPem::new(self.0.serialize_pem())
    }

    /// SHA-256 of the public key as `curl --pinnedpubkey` takes it: `sha256//…`.
    pub fn pin(&self) -> String {
        let digest = Sha256::digest(self.0.subject_public_key_info());
        format!("sha256//{}", BASE64_STANDARD.encode(digest))
    }
}

impl Ca {
    /// Makes a new CA. `name` is what browsers and `openssl` show, for example `Muster CA 5f2c`.
    pub fn generate(name: &str, now: WallTime, random: &mut dyn Random) -> Result<Self, Error> {
        let key = new_key()?;
        let mut params = dated(now, CA_LIFE, random)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(Error::MakeCa)?;
        Ok(Self {
            pem: certificate.pem(),
            der: certificate.der().clone(),
            issuer: Issuer::new(params, key),
            agent_life: AGENT_CERTIFICATE_LIFE,
        })
    }

    /// Reads a CA kept as PEM and checks that key and certificate belong together.
    pub fn from_pem(certificate_pem: &str, key: &PrivateKeyPem) -> Result<Self, Error> {
        let wrong = |why| Error::ReadCa { why };
        let der = read_certificates(certificate_pem)?.swap_remove(0);
        let key = KeyPair::from_pem(key.expose()).map_err(|_| wrong("its key is not a private key"))?;
        let parsed = cert::parse(&der).ok_or(wrong("its certificate is not X.509"))?;
        if !parsed.is_ca() {
            return Err(wrong("its certificate is not a CA's"));
        }
        if parsed.public_key().subject_public_key.data != key.der_bytes() {
            return Err(wrong("key and certificate do not belong together"));
        }
        let issuer = Issuer::from_ca_cert_der(&der, key)
            .map_err(|_| wrong("its certificate has parts unknown here"))?;
        Ok(Self {
            pem: certificate_pem.to_owned(),
            der,
            issuer,
            agent_life: AGENT_CERTIFICATE_LIFE,
        })
    }

    /// Agents' certificates last this long, instead of [`AGENT_CERTIFICATE_LIFE`].
    #[must_use]
    pub fn with_agent_life(self, agent_life: Duration) -> Self {
        Self { agent_life, ..self }
    }

    /// The CA's certificate, PEM: public, to be given to everyone.
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// The CA's certificate, DER.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The CA's private key, to be sealed and kept.
    pub fn key_pem(&self) -> PrivateKeyPem {
        PrivateKeyPem::new(self.issuer.key().serialize_pem())
    }

    /// What join tokens pin.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Issues a certificate for server `id` under the given names, and a new key with it: one year, server
    /// role.
    pub fn issue_server(
        &self,
        id: &str,
        names: &ServerNames,
        now: WallTime,
        random: &mut dyn Random,
    ) -> Result<IssuedServer, Error> {
        self.issue_server_over(&ServerKey::generate()?, id, names, now, random)
    }

    /// The same over a key that stays when the certificate is replaced, so that tools may pin it.
    pub fn issue_server_over(
        &self,
        key: &ServerKey,
        id: &str,
        names: &ServerNames,
        now: WallTime,
        random: &mut dyn Random,
    ) -> Result<IssuedServer, Error> {
        let identity = Identity::new(Role::Server, id)?;
        let mut params = leaf(&identity, SERVER_LIFE, now, random)?;
        params.subject_alt_names.extend(server_names(names)?);
        let key = &key.0;
        let issued = params
            .signed_by(key, &self.issuer)
            .map_err(|source| Error::IssueServer {
                id: id.to_owned(),
                source,
            })?;
        Ok(IssuedServer {
            chain_pem: issued.pem() + &self.pem,
            key: PrivateKeyPem::new(key.serialize_pem()),
        })
    }

    /// Signs an agent's request: agent role, named `muster://agent/<host>` whatever the request asked for, and a host
    /// of this environment. Returns the certificate as PEM.
    pub fn issue_agent(
        &self,
        csr_pem: &str,
        host: &str,
        environment: Option<&str>,
        now: WallTime,
        random: &mut dyn Random,
    ) -> Result<String, Error> {
        let identity = Identity::new(Role::Agent, host)?;
        let identity = match environment {
            Some(environment) => identity.within(environment)?,
            None => identity,
        };
        let public_key = read_request(csr_pem)?;
        let params = leaf(&identity, self.agent_life, now, random)?;
        let issued = params
            .signed_by(&public_key, &self.issuer)
            .map_err(|source| Error::IssueAgent {
                host: host.to_owned(),
                source,
            })?;
        Ok(issued.pem())
    }
}

fn new_key() -> Result<KeyPair, Error> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(Error::MakeKey)
}

/// Only the public key is taken from a request; everything else in it is the asker's wish.
fn read_request(csr_pem: &str) -> Result<rcgen::PublicKey, Error> {
    let refused = |why| Error::Request { why };
    if csr_pem.len() > MAX_CSR_BYTES {
        return Err(refused("it is larger than any request"));
    }
    let request = CertificateSigningRequestParams::from_pem(csr_pem)
        .map_err(|_| refused("it is malformed or not signed with its own key"))?;
    if request.public_key.algorithm() != &PKCS_ECDSA_P256_SHA256 {
        return Err(refused("its key is not ECDSA P-256"));
    }
    Ok(request.public_key)
}

fn leaf(
    identity: &Identity,
    life: Duration,
    now: WallTime,
    random: &mut dyn Random,
) -> Result<CertificateParams, Error> {
    let usage = match identity.role {
        Role::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Role::Agent => ExtendedKeyUsagePurpose::ClientAuth,
    };
    let mut params = dated(now, life, random)?;
    params
        .distinguished_name
        .push(DnType::CommonName, identity.id.as_str());
    let uris = identity.uris();
    let uris = uris.iter().map(|uri| ia5(uri).map(SanType::URI));
    params.subject_alt_names = uris.collect::<Result<_, _>>()?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    params.is_ca = IsCa::ExplicitNoCa;
    Ok(params)
}

fn dated(now: WallTime, life: Duration, random: &mut dyn Random) -> Result<CertificateParams, Error> {
    let seconds = now.0 / 1000;
    let at = |seconds: u64| date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds.min(LAST_SECOND));
    let mut serial = [0; 16];
    random.fill(&mut serial)?;
    serial[0] = serial[0] & 0x7f | 0x01; // positive, and never a leading zero byte
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.not_before = at(seconds.saturating_sub(BACKDATE));
    params.not_after = at(seconds.saturating_add(life.as_secs()));
    Ok(params)
}

fn server_names(names: &ServerNames) -> Result<Vec<SanType>, Error> {
    let shared = [LINK_SERVER_NAME, "localhost"];
    let dns = shared.into_iter().chain(
        names
            .dns
            .iter()
            .map(String::as_str)
            .filter(|name| !shared.contains(name)),
    );
    let dns = dns
        .map(|name| ia5(name).map(SanType::DnsName))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(dns
        .into_iter()
        .chain(names.ips.iter().copied().map(SanType::IpAddress))
        .collect())
}

fn ia5(text: &str) -> Result<rcgen::string::Ia5String, Error> {
    text.try_into().map_err(|source| Error::ServerName {
        name: text.to_owned(),
        source,
    })
}
