use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use muster_model::Digest;
use muster_model::secret::{Sealed, SecretBytes};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::digest::keyed_digest;
use crate::{Error, Random, key_file};

const NONCE_BYTES: usize = 24;

/// The keys that seal and open secrets (XChaCha20-Poly1305), read from a file that is not in the store.
///
/// New secrets are sealed with the newest key; older keys stay in the file to open what they sealed. A digest
/// key stands beside them and never changes, so that a rotation of the others does not make every secret look
/// changed.
pub struct SealKeys {
    pub(crate) digest: Key,
    /// Oldest first, never empty.
    pub(crate) seal: Vec<NamedKey>,
}

pub(crate) struct NamedKey {
    pub(crate) id: String,
    pub(crate) key: Key,
}

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Key(pub(crate) [u8; 32]);

impl SealKeys {
    /// Reads the key file, or makes it (mode 0600, on disk before this returns) if there is none. A file that
    /// other users may read is refused.
    pub fn load_or_create(path: &Path, random: &mut dyn Random) -> Result<Self, Error> {
        if let Some(keys) = key_file::load(path)? {
            return Ok(keys);
        }
        key_file::create(path, &Self::generate(random)?)?;
        // Read back: if another process made the file first, its keys are the ones that count.
        key_file::load(path)?.ok_or_else(|| Error::KeyFile {
            doing: "read",
            path: path.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        })
    }

    /// New keys: one to seal with, one for digests.
    pub fn generate(random: &mut dyn Random) -> Result<Self, Error> {
        Ok(Self {
            digest: Key::generate(random)?,
            seal: vec![NamedKey::generate(random)?],
        })
    }

    /// Seals `secret` for one place, named by `context` (for example the key of its document). It opens only
    /// there, so a sealed value copied into another record is useless.
    pub fn seal(
        &self,
        context: &str,
        secret: &SecretBytes,
        random: &mut dyn Random,
    ) -> Result<Sealed, Error> {
        let failed = || Error::Seal {
            context: context.to_owned(),
        };
        let newest = self.seal.last().ok_or_else(failed)?;
        let mut box_ = vec![0; NONCE_BYTES];
        random.fill(&mut box_)?;
        // The value is looked at only to be encrypted.
        let payload = Payload {
            msg: secret.reveal(),
            aad: context.as_bytes(),
        };
        let ciphertext = newest
            .cipher()
            .encrypt(XNonce::from_slice(&box_), payload)
            .map_err(|_| failed())?;
        box_.extend_from_slice(&ciphertext);
        Ok(Sealed(format!("{}:{}", newest.id, BASE64_STANDARD.encode(box_))))
    }

    /// Opens what was sealed for `context`.
    pub fn open(&self, context: &str, sealed: &Sealed) -> Result<SecretBytes, Error> {
        let (id, text) = sealed.0.split_once(':').unwrap_or(("", ""));
        let named = self.seal.iter().find(|named| named.id == id);
        let named = named.ok_or_else(|| Error::UnknownKey {
            context: context.to_owned(),
            key: id.to_owned(),
        })?;
        let failed = || Error::Open {
            context: context.to_owned(),
            key: id.to_owned(),
        };
        let box_ = BASE64_STANDARD.decode(text).map_err(|_| failed())?;
        let (nonce, ciphertext) = box_.split_at_checked(NONCE_BYTES).ok_or_else(failed)?;
        let payload = Payload {
            msg: ciphertext,
            aad: context.as_bytes(),
        };
        let value = named
            .cipher()
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| failed())?;
        Ok(SecretBytes::new(value))
    }

    /// HMAC-SHA256 of a secret: equal for equal values in the same context, and says nothing to those without
    /// the key file. It answers "did the secret change".
    pub fn digest(&self, context: &str, secret: &SecretBytes) -> Digest {
        // Only a keyed digest of the value leaves.
        keyed_digest(&self.digest.0, context, secret.reveal())
    }
}

impl std::fmt::Debug for SealKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.seal.iter().map(|named| &named.id))
            .finish()
    }
}

impl Key {
    fn generate(random: &mut dyn Random) -> Result<Self, Error> {
        let mut key = Self([0; 32]);
        random.fill(&mut key.0)?;
        Ok(key)
    }
}

impl NamedKey {
    /// The id is random too: files made apart by two servers are then told apart.
    fn generate(random: &mut dyn Random) -> Result<Self, Error> {
        let mut id = [0; 4];
        random.fill(&mut id)?;
        Ok(Self {
            id: format!("k{:08x}", u32::from_be_bytes(id)),
            key: Key::generate(random)?,
        })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.key.0.into())
    }
}
