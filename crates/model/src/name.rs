//! Names are what people type. Code holds ids; text shows names.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::NAME_BYTES_MAX;

/// A checked name: 1 to 63 of `A-Z a-z 0-9 _ . -`, starting with a letter or digit. Unique within its parent.
///
/// That is what the Compose Specification allows for services, less the leading punctuation, bounded by a DNS label.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("a name must not be empty")]
    Empty,
    /// Longer than a DNS label.
    #[error("a name has at most {NAME_BYTES_MAX} characters; `{start}…` has {length}")]
    TooLong {
        /// Its first characters.
        start: String,
        /// Bytes given.
        length: usize,
    },
    /// A character that names do not have.
    #[error(
        "a name starts with a letter or digit and goes on with letters, digits, `-`, `_` or `.`; `{name}` has {character:?}"
    )]
    Character {
        /// The whole text, cut at 80 characters.
        name: String,
        /// The first character that does not fit.
        character: char,
    },
}

impl Name {
    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let start = || text.chars().take(80).collect::<String>();
        let Some(first) = text.chars().next() else {
            return Err(NameError::Empty);
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let bad = if first.is_ascii_alphanumeric() {
            text.chars().find(|c| !fits(*c))
        } else {
            Some(first)
        };
        if let Some(character) = bad {
            return Err(NameError::Character {
                name: start(),
                character,
            });
        }
        if text.len() > NAME_BYTES_MAX {
            return Err(NameError::TooLong {
                start: text.chars().take(20).collect(),
                length: text.len(),
            });
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl schemars::JsonSchema for Name {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_people_type() {
        for good in ["web", "a", "My-App_2.0", "0", &"x".repeat(63)] {
            assert!(Name::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-web",
            ".",
            "../etc",
            "a/b",
            "a\0b",
            "网站",
            &"x".repeat(64),
            &"x".repeat(65_536),
        ] {
            assert!(Name::parse(bad).is_err(), "{bad:.80}");
        }
    }

    proptest! {
        #[test]
        fn errors_stay_short(text in "\\PC{0,2000}") {
            if let Err(error) = Name::parse(&text) {
                prop_assert!(error.to_string().len() < 600);
            }
        }
    }
}
