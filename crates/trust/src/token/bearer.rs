use std::fmt;

use muster_model::Digest;
use zeroize::Zeroizing;

use super::{Bits, hashes_to};
use crate::{Error, Random};

/// What a [`BearerToken`] is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BearerKind {
    /// Makes the first administrator, once. Printed at first start.
    Setup,
    /// A signed-in browser or CLI.
    Session,
}

impl BearerKind {
    fn prefix(self) -> &'static str {
        match self {
            BearerKind::Setup => "muster-setup-",
            BearerKind::Session => "muster-session-",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            BearerKind::Setup => "setup token",
            BearerKind::Session => "session token",
        }
    }
}

/// A token that is nothing but a secret: `muster-setup-…` or `muster-session-…`, then 64 hexadecimal digits.
#[derive(Clone)]
pub struct BearerToken {
    kind: BearerKind,
    bits: Bits,
}

impl BearerToken {
    /// A new one.
    pub fn generate(kind: BearerKind, random: &mut dyn Random) -> Result<Self, Error> {
        Ok(Self {
            kind,
            bits: Bits::generate(random)?,
        })
    }

    /// Reads the text of a token of this kind; white space around it is ignored.
    pub fn parse(kind: BearerKind, text: &str) -> Result<Self, Error> {
        let wrong = |why| Error::TokenText {
            wanted: kind.noun(),
            prefix: kind.prefix(),
            why,
        };
        let digits = text
            .trim()
            .strip_prefix(kind.prefix())
            .ok_or(wrong("it begins differently"))?;
        let bits = Bits::parse(digits).ok_or(wrong("64 hexadecimal digits must follow"))?;
        Ok(Self { kind, bits })
    }

    /// The text, to be shown once or set as a cookie.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new([self.kind.prefix(), &self.bits.text()].concat())
    }

    /// What to keep, and to look up by.
    pub fn hash(&self) -> Digest {
        Digest::of(self.text().as_bytes())
    }

    /// Whether this is the token of which `kept` is the hash.
    pub fn matches(&self, kept: &Digest) -> bool {
        hashes_to(&self.text(), kept)
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}
