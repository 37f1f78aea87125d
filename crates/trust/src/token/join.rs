use std::fmt;

use muster_model::{Digest, JoinTokenId, WallTime, desired};
use zeroize::Zeroizing;

use super::{Bits, TokenRefusal, hashes_to};
use crate::{Error, Fingerprint, Random};

/// Lets hosts join: `muster-<id>-<secret>-<CA fingerprint>`, for example `muster-join-1-17-…`; secret and
/// fingerprint have 64 hexadecimal digits each. The fingerprint is no secret: with it the host checks, before
/// it says anything, that it speaks to the right platform.
#[derive(Clone)]
pub struct JoinToken {
    id: JoinTokenId,
    bits: Bits,
    ca: Fingerprint,
}

impl JoinToken {
    /// A new token for the platform of this CA.
    pub fn generate(id: JoinTokenId, ca: Fingerprint, random: &mut dyn Random) -> Result<Self, Error> {
        Ok(Self {
            id,
            bits: Bits::generate(random)?,
            ca,
        })
    }

    /// Reads a token's text; white space around it is ignored.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why| Error::TokenText {
            wanted: "join token",
            prefix: "muster-join-",
            why,
        };
        let rest = text
            .trim()
            .strip_prefix("muster-")
            .ok_or(wrong("it begins differently"))?;
        let mut parts = rest.rsplitn(3, '-');
        let (ca, secret, id) = (parts.next(), parts.next(), parts.next());
        let id = id
            .and_then(|id| id.parse().ok())
            .ok_or(wrong("it does not begin with a token's id, or parts are missing"))?;
        let bits = secret
            .and_then(Bits::parse)
            .ok_or(wrong("its secret part is not 64 hexadecimal digits"))?;
        let ca = ca
            .and_then(|ca| ca.parse().ok())
            .ok_or(wrong("its last part is not 64 hexadecimal digits"))?;
        Ok(Self { id, bits, ca })
    }

    /// The text, to be shown once.
    pub fn text(&self) -> Zeroizing<String> {
        let (head, tail) = (format!("muster-{}-", self.id), format!("-{}", self.ca));
        Zeroizing::new([head.as_str(), &self.bits.text(), &tail].concat())
    }

    /// Which record to compare with.
    pub fn id(&self) -> JoinTokenId {
        self.id
    }

    /// What to keep.
    pub fn hash(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// The CA of the platform to be joined.
    pub fn ca(&self) -> Fingerprint {
        self.ca
    }

    /// Judges the token by the record of its id and returns the record as it is after this use. Commit that
    /// with the old one as precondition, or two hosts share one use.
    pub fn admit(
        &self,
        kept: &desired::JoinToken,
        now: WallTime,
    ) -> Result<desired::JoinToken, TokenRefusal> {
        if kept.id != self.id || !hashes_to(&self.text(), &kept.hash) {
            return Err(TokenRefusal::Unknown);
        }
        if now >= kept.expires {
            return Err(TokenRefusal::Expired);
        }
        let uses_left = kept.uses_left.checked_sub(1).ok_or(TokenRefusal::UsedUp)?;
        Ok(desired::JoinToken {
            uses_left,
            ..kept.clone()
        })
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "muster-{}-…-{}", self.id, self.ca)
    }
}
