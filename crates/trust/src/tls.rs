//! TLS configurations, all with *ring* and all trusting the platform's own CA alone.
//!
//! Clients do not compare the server's name with the address they dialled. Only the platform's servers hold
//! certificates of the server role, each of them may be asked anything, and they are reached through
//! addresses no certificate can list: a virtual IP, a balancer, a forwarded port. So a client checks: signed
//! by *this* CA, in date, server role. Browsers, which know nothing of that, still find the usual names in
//! the certificate.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, ServerConfig, SignatureScheme,
    version,
};

use crate::cert::{Role, peer_identity, read_certificates};
use crate::{Error, Fingerprint, IssuedServer, PrivateKeyPem};

/// A name that stands in every server certificate and in no other; what clients verify instead of the dialled
/// address.
pub(crate) const LINK_SERVER_NAME: &str = "server.muster.internal";

/// Makes *ring* the process's crypto provider, for libraries that ask for the default. Call it first in
/// `main`; later calls change nothing.
pub fn install_crypto_provider() {
    // An error says that one is installed already, which is what was wanted.
    let _ = ring::default_provider().install_default();
}

/// Which CA a client trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// This certificate (see [`Anchor::from_pem`]).
    Certificate(CertificateDer<'static>),
    /// The CA with this fingerprint; the server sends its certificate along.
    Fingerprint(Fingerprint),
}

impl Anchor {
    /// The first certificate of a PEM text.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        Ok(Self::Certificate(read_certificates(pem)?.swap_remove(0)))
    }

    fn find(&self, chain: &[CertificateDer<'_>]) -> Option<CertificateDer<'static>> {
        match self {
            Self::Certificate(certificate) => Some(certificate.clone()),
            Self::Fingerprint(wanted) => chain
                .iter()
                .find(|sent| Fingerprint::of(sent) == *wanted)
                .map(|sent| sent.clone().into_owned()),
        }
    }
}

/// The API listener: TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1, no client certificate.
pub fn api_server_config(own: &IssuedServer) -> Result<Arc<ServerConfig>, Error> {
    let failed = |source| Error::Tls {
        what: "the API listener",
        source,
    };
    let builder = ServerConfig::builder_with_provider(provider());
    let mut config = builder
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(failed)?
        .with_no_client_auth()
        .with_single_cert(read_certificates(&own.chain_pem)?, read_key(&own.key)?)
        .map_err(failed)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// The server's end of the link, inside the WebSocket: TLS 1.3 only, an agent's certificate of this CA
/// required. Ask [`peer_identity`] afterwards whose it was. Sessions are never resumed: each one shows a
/// certificate that is in date.
pub fn link_server_config(ca: &CertificateDer<'_>, own: &IssuedServer) -> Result<Arc<ServerConfig>, Error> {
    const WHAT: &str = "the server's end of the link";
    let failed = |source| Error::Tls { what: WHAT, source };
    let roots = Arc::new(roots(ca).map_err(failed)?);
    let agents = WebPkiClientVerifier::builder_with_provider(roots, provider())
        .build()
        .map_err(|source| Error::Verifier { what: WHAT, source })?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(failed)?
        .with_client_cert_verifier(agents)
        .with_single_cert(read_certificates(&own.chain_pem)?, read_key(&own.key)?)
        .map_err(failed)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// The agent's end of the link: TLS 1.3 only, shows the agent's certificate, trusts servers of this CA.
pub fn link_client_config(
    ca_pem: &str,
    certificate_pem: &str,
    key: &PrivateKeyPem,
) -> Result<Arc<ClientConfig>, Error> {
    let failed = |source| Error::Tls {
        what: "the agent's end of the link",
        source,
    };
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(failed)?
        .dangerous()
        .with_custom_certificate_verifier(PlatformServer::new(Anchor::from_pem(ca_pem)?))
        .with_client_auth_cert(read_certificates(certificate_pem)?, read_key(key)?)
        .map_err(failed)?;
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// A client of the API that trusts one CA and shows no certificate: the CLI, and a host that joins. `alpn`
/// lists the protocols it speaks, the best first; empty says nothing.
pub fn api_client_config(anchor: Anchor, alpn: &[&str]) -> Result<Arc<ClientConfig>, Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|source| Error::Tls {
            what: "the API client",
            source,
        })?
        .dangerous()
        .with_custom_certificate_verifier(PlatformServer::new(anchor))
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(Arc::new(config))
}

/// The name to give where the TLS library wants one for the link; see the module's text on why no address is
/// compared.
pub fn link_server_name() -> ServerName<'static> {
    #[expect(clippy::expect_used, reason = "a constant, read in every test of this module")]
    ServerName::try_from(LINK_SERVER_NAME).expect("the constant is a DNS name")
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn roots(ca: &CertificateDer<'_>) -> Result<RootCertStore, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(ca.clone().into_owned())?;
    Ok(roots)
}

fn read_key(key: &PrivateKeyPem) -> Result<PrivateKeyDer<'static>, Error> {
    PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
        .map_err(|_| Error::ReadKey { what: "the PEM text" })
}

/// Accepts any server of the anchor's platform; see the module's text.
#[derive(Debug)]
struct PlatformServer {
    anchor: Anchor,
    provider: Arc<CryptoProvider>,
}

impl PlatformServer {
    fn new(anchor: Anchor) -> Arc<Self> {
        Arc::new(Self {
            anchor,
            provider: provider(),
        })
    }

    fn verifier(&self, chain: &[CertificateDer<'_>]) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
        let ca = self.anchor.find(chain).ok_or(CertificateError::UnknownIssuer)?;
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots(&ca)?), self.provider.clone())
            .build()
            .map_err(|e| rustls::Error::General(e.to_string()))
    }
}

impl ServerCertVerifier for PlatformServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _dialled: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verifier = self.verifier(intermediates)?;
        verifier.verify_server_cert(end_entity, intermediates, &link_server_name(), ocsp, now)?;
        let identity = peer_identity(std::slice::from_ref(end_entity));
        match identity.and_then(|identity| identity.expect(Role::Server)) {
            Ok(_) => Ok(ServerCertVerified::assertion()),
            Err(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
