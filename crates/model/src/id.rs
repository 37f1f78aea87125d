//! Typed ids, printed with their kind: `unit-3-17` is the 17th id drawn in epoch 3.
//!
//! An epoch is a number the store hands out once: every server process and every leadership takes a new one, so
//! (epoch, counter) is unique without randomness, and the control core stays deterministic. Ids are opaque to
//! users and never reused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind} id; one looks like `{kind}-1-17`")]
pub struct IdError {
    /// What was given.
    pub text: String,
    /// What was expected, such as `unit`.
    pub kind: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            /// The epoch that drew it.
            pub epoch: u32,
            /// Its place among the ids of that epoch, from 1.
            pub counter: u32,
        }

        impl $name {
            /// The word before the numbers.
            pub const KIND: &'static str = $kind;

            /// The id drawn as number `counter` in `epoch`.
            pub const fn new(epoch: u32, counter: u32) -> Self {
                Self { epoch, counter }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($kind, "-{}-{}"), self.epoch, self.counter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $kind).map(|(epoch, counter)| Self { epoch, counter })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": concat!("^", $kind, "-[0-9]+-[0-9]+$") })
            }
        }
    )*};
}

ids! {
    /// An environment: the tenant.
    EnvironmentId = "env";
    /// A stack, through all its revisions.
    StackId = "stack";
    /// One copy of a service.
    UnitId = "unit";
    /// A machine with an agent.
    HostId = "host";
    /// A server process's place in the platform, kept over its restarts.
    ServerId = "server";
    /// One claimed conversation between a server and an agent.
    SessionId = "session";
    /// A named volume.
    VolumeId = "volume";
    /// A network of one environment.
    NetworkId = "network";
    /// A person or a machine that may log in.
    AccountId = "account";
    /// An API key.
    KeyId = "key";
    /// A token with which a host may join.
    JoinTokenId = "join";
}

fn parse(text: &str, kind: &'static str) -> Result<(u32, u32), IdError> {
    let parts = || {
        let (epoch, counter) = text.strip_prefix(kind)?.strip_prefix('-')?.split_once('-')?;
        Some((decimal(epoch)?, decimal(counter)?))
    };
    parts().ok_or_else(|| IdError {
        text: text.chars().take(80).collect(),
        kind,
    })
}

/// One spelling per number: no sign, no leading zero.
fn decimal(digits: &str) -> Option<u32> {
    let canonical =
        digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    if canonical { digits.parse().ok() } else { None }
}

/// Draws ids under one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdSource {
    epoch: u32,
    next: u32,
}

impl IdSource {
    /// A source that has drawn nothing yet in `epoch`.
    pub const fn new(epoch: u32) -> Self {
        Self { epoch, next: 1 }
    }

    /// The epoch the ids are drawn under.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The next pair; wrap it in the id type wanted. Saturates after 4 billion, which no epoch reaches.
    pub fn draw(&mut self) -> (u32, u32) {
        let counter = self.next;
        self.next = self.next.saturating_add(1);
        (self.epoch, counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_and_id_are_the_same_thing(epoch: u32, counter: u32) {
            let id = UnitId::new(epoch, counter);
            prop_assert_eq!(id.to_string().parse::<UnitId>(), Ok(id));
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text in "\\PC*") {
            if let Ok(id) = text.parse::<HostId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn kinds_are_not_mixed() {
        assert!("host-1-2".parse::<UnitId>().is_err());
        assert!("unit-01-2".parse::<UnitId>().is_err());
        assert!("unit-+1-2".parse::<UnitId>().is_err());
        assert!("unit-1".parse::<UnitId>().is_err());
    }
}
