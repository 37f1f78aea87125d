use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use muster_model::Digest;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Sha256;

/// The SHA-256 of a certificate's DER bytes: how a CA is named in a join token and shown to people.
///
/// Text form: 64 lower-case hexadecimal digits. Reading also accepts a `sha256:` prefix, upper case and the
/// colons that `openssl x509 -fingerprint` prints.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint(Digest);

impl Fingerprint {
    /// The fingerprint of this certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Digest::of(certificate))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The text is not a certificate fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a certificate fingerprint: 64 hexadecimal digits (SHA-256) are wanted")]
pub struct NotAFingerprint;

impl FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        let digits: String = digits
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_ascii_lowercase())
            .collect();
        digits.parse().map(Self).map_err(|_| NotAFingerprint)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// HMAC-SHA256 of `value` under `key`. The context's length stands before it, so ("ab", "c") and ("a", "bc")
/// differ.
pub(crate) fn keyed_digest(key: &[u8; 32], context: &str, value: &[u8]) -> Digest {
    let mut mac = keyed(key);
    mac.update(&(context.len() as u64).to_be_bytes());
    mac.update(context.as_bytes());
    mac.update(value);
    Digest(mac.finalize().into_bytes().into())
}

#[expect(
    clippy::expect_used,
    reason = "HMAC takes a key of any length; only the trait's signature is fallible"
)]
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC accepts every key length")
}
