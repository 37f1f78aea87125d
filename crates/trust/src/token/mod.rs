//! Texts that open doors: join tokens, API keys, the setup token, sessions.
//!
//! All carry 256 random bits, so a plain SHA-256 of the text is enough to keep them by: nobody can try that
//! many. Every text begins with its kind, for people and for scanners that look for leaked secrets; the hash
//! is over the whole text, so one kind never passes for another.

mod bearer;
mod join;
mod key;

use muster_model::Digest;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

pub use bearer::{BearerKind, BearerToken};
pub use join::JoinToken;
pub use key::ApiKey;

use crate::{Error, Random};

/// Why a token or key is not accepted. Plain data: the caller decides how much of it a stranger is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefusal {
    /// No such token, or it was revoked.
    #[error("it is not known here; it may have been revoked")]
    Unknown,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It was used as often as it may.
    #[error("it was already used as often as it may be")]
    UsedUp,
}

/// Whether a text hashes to what is kept, compared in constant time.
fn hashes_to(text: &str, kept: &Digest) -> bool {
    Digest::of(text.as_bytes()).0.ct_eq(&kept.0).into()
}

/// The 256 random bits inside a token.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Bits([u8; 32]);

impl Bits {
    fn generate(random: &mut dyn Random) -> Result<Self, Error> {
        let mut bits = Self([0; 32]);
        random.fill(&mut bits.0)?;
        Ok(bits)
    }

    /// 64 hexadecimal digits.
    fn parse(digits: &str) -> Option<Self> {
        digits.parse::<Digest>().ok().map(|bits| Self(bits.0))
    }

    fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(Digest(self.0).to_string())
    }
}
