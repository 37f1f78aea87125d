use std::fmt;

use muster_model::{Digest, KeyId, WallTime, desired};
use zeroize::Zeroizing;

use super::{Bits, TokenRefusal, hashes_to};
use crate::{Error, Random};

/// An API key: `muster-<id>-<secret>`, for example `muster-key-1-5-…`. The id is public, finds the record and
/// stands in the audit log; the secret is 64 hexadecimal digits.
#[derive(Clone)]
pub struct ApiKey {
    id: KeyId,
    bits: Bits,
}

impl ApiKey {
    /// A new key.
    pub fn generate(id: KeyId, random: &mut dyn Random) -> Result<Self, Error> {
        Ok(Self {
            id,
            bits: Bits::generate(random)?,
        })
    }

    /// Reads a key's text; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why| Error::TokenText {
            wanted: "API key",
            prefix: "muster-key-",
            why,
        };
        let rest = text
            .trim()
            .strip_prefix("muster-")
            .ok_or(wrong("it begins differently"))?;
        let (id, secret) = rest.rsplit_once('-').ok_or(wrong("its secret part is missing"))?;
        let id = id
            .parse()
            .map_err(|_| wrong("it does not begin with a key's id"))?;
        let bits = Bits::parse(secret).ok_or(wrong("it does not end in 64 hexadecimal digits"))?;
        Ok(Self { id, bits })
    }

    /// The text, to be shown once.
    pub fn text(&self) -> Zeroizing<String> {
        let head = format!("muster-{}-", self.id);
        Zeroizing::new([head.as_str(), &self.bits.text()].concat())
    }

    /// Which record to compare with.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What to keep.
    pub fn hash(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// Judges the key by the record of its id.
    pub fn admit(&self, kept: &desired::ApiKey, now: WallTime) -> Result<(), TokenRefusal> {
        if kept.id != self.id || !hashes_to(&self.text(), &kept.hash) {
            return Err(TokenRefusal::Unknown);
        }
        match kept.expires {
            Some(expires) if now >= expires => Err(TokenRefusal::Expired),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "muster-{}-…", self.id)
    }
}
