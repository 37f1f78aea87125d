//! Trust: who is who, and what may be read by whom.
//!
//! Everything here is about a few short secrets and what hangs on them. The platform has one certificate
//! authority of its own, made at first start ([`Ca`]). It vouches for servers and for agents, and the two are
//! never mixed: a certificate says its role in a URI (`muster://agent/host-7`), is limited to that role by
//! its extended key usage, and is read back from a session with [`peer_identity`]. An agent makes its key
//! itself ([`AgentRequest`]); only the signing request travels. Before it has a certificate it holds a
//! [`JoinToken`], whose text also carries the CA's fingerprint, so that the very first connection is already
//! authenticated. People hold passwords, API keys and sessions; of all of these only hashes are kept. Secrets
//! of users are kept as [`Sealed`](muster_model::secret::Sealed) values that only the [`SealKeys`] file
//! opens, and that file is never in the store.
//!
//! Time and randomness are arguments (`now` as [`WallTime`](muster_model::WallTime), [`Random`]), so what is
//! decided here can be tested for any moment. Two exceptions, both below us: private keys and TLS handshakes
//! draw from the operating system inside *ring*, and [`tls`] configurations read the wall clock when a
//! handshake is verified.
//!
//! This room does not know: where anything is stored, who calls the API, sockets, tokio, or users. The only
//! files it touches are the sealing key ([`SealKeys::load_or_create`]) — everything else enters and leaves as
//! PEM text or bytes.

mod ca;
mod cert;
mod digest;
mod error;
mod key_file;
mod password;
mod random;
mod renewal;
mod seal;
pub mod tls;
mod token;

pub use ca::{AGENT_CERTIFICATE_LIFE, Ca, IssuedServer, ServerKey, ServerNames};
pub use cert::{
    AgentRequest, Identity, PrivateKeyPem, Role, Validity, certificate_validity, peer_identity,
    read_certificates,
};
pub use digest::Fingerprint;
pub use error::Error;
pub use password::{hash_password, verify_password};
pub use random::{OsRandom, Random};
pub use renewal::{Renewal, ask_again_after, objection, renewal};
pub use seal::SealKeys;
pub use token::{ApiKey, BearerKind, BearerToken, JoinToken, TokenRefusal};
