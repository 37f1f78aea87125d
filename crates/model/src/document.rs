//! Which document stands under which key, and the one text form of each.
//!
//! A value is JSON of the form `{"v": 1, "doc": {…}}`. A version newer than this binary knows is refused, an older one
//! is brought forward here.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::assigned::{HostAssigned, Leader, Rollout, ServiceAssigned, Unit, VolumeAssigned};
use crate::desired::{
    Account, ApiKey, BlobObject, Environment, EpochCounter, HostWish, JoinToken, Part, Platform,
    RegistryCredential, ServiceWish, Stack, StackRevision, VolumeWish,
};
use crate::observed::{HostObserved, UnitStatus};
use crate::{EnvironmentId, HostId, Name, StackId};

/// A value with a place in the store.
pub trait Document: Serialize + DeserializeOwned {
    /// The part of the key that all documents of the kind share, ending in `/`.
    const PREFIX: &'static str;
    /// The version of its JSON that this binary writes.
    const VERSION: u32;

    /// Its whole key.
    fn key(&self) -> String;

    /// Its stored text.
    fn encode(&self) -> Vec<u8> {
        // Documents hold no maps with keys that are not text, so this cannot fail; an empty value is refused on reading.
        serde_json::to_vec(&Envelope {
            v: Self::VERSION,
            doc: self,
        })
        .unwrap_or_default()
    }

    /// Reads a stored text back.
    fn decode(bytes: &[u8]) -> Result<Self, DocumentError> {
        let kind = Self::PREFIX;
        let VersionOnly { v } =
            serde_json::from_slice(bytes).map_err(|source| DocumentError::Unreadable { kind, source })?;
        if v > Self::VERSION {
            return Err(DocumentError::Newer {
                kind,
                found: v,
                known: Self::VERSION,
            });
        }
        let envelope: Envelope<Self> =
            serde_json::from_slice(bytes).map_err(|source| DocumentError::Unreadable { kind, source })?;
        Ok(envelope.doc)
    }
}

/// Why a stored text is not a document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// A newer Muster wrote it.
    #[error(
        "a document under `{kind}` has version {found}, this Muster knows {known}: start the newer Muster that wrote it"
    )]
    Newer {
        /// Its prefix.
        kind: &'static str,
        /// The version found.
        found: u32,
        /// The newest version known.
        known: u32,
    },
    /// It is not what this kind looks like.
    #[error("a document under `{kind}` cannot be read: restore the store from a backup")]
    Unreadable {
        /// Its prefix.
        kind: &'static str,
        /// What the reader said.
        #[source]
        source: serde_json::Error,
    },
    /// No kind has this key.
    #[error(
        "the key `{key}` belongs to no kind of document that this Muster knows: start the newer Muster that wrote it"
    )]
    UnknownKey {
        /// The key.
        key: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    v: u32,
    doc: T,
}

#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

macro_rules! documents {
    ($($type:ident at $prefix:literal version $version:literal key |$doc:ident| $key:expr;)*) => {
        $(impl Document for $type {
            const PREFIX: &'static str = $prefix;
            const VERSION: u32 = $version;

            fn key(&self) -> String {
                let $doc = self;
                format!("{}{}", $prefix, $key)
            }
        })*

        /// Any document.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(
            clippy::large_enum_variant,
            reason = "a record is on its way from the store to its kind's table, one at a time"
        )]
        pub enum Record {
            $(
                #[doc = concat!("A document under `", $prefix, "`.")]
                $type($type),
            )*
        }

        impl Record {
            /// Reads what stands under `key`.
            pub fn decode(key: &str, bytes: &[u8]) -> Result<Self, DocumentError> {
                $(if key.starts_with($prefix) {
                    return $type::decode(bytes).map(Self::$type);
                })*
                Err(DocumentError::UnknownKey { key: key.chars().take(200).collect() })
            }

            /// Its whole key.
            pub fn key(&self) -> String {
                match self { $(Self::$type(doc) => doc.key(),)* }
            }

            /// Its stored text.
            pub fn encode(&self) -> Vec<u8> {
                match self { $(Self::$type(doc) => doc.encode(),)* }
            }
        }

        $(impl From<$type> for Record {
            fn from(doc: $type) -> Self {
                Self::$type(doc)
            }
        })*

        /// All prefixes, for tests and tools that list what there is.
        pub const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

documents! {
    Platform at "desired/platform/" version 1 key |_doc| "self";
    EpochCounter at "desired/epoch/" version 1 key |_doc| "counter";
    Environment at "desired/environment/" version 1 key |doc| doc.id;
    Account at "desired/account/" version 1 key |doc| doc.id;
    ApiKey at "desired/key/" version 1 key |doc| doc.id;
    JoinToken at "desired/join/" version 1 key |doc| doc.id;
    HostWish at "desired/host/" version 1 key |doc| doc.id;
    Stack at "desired/stack/" version 1 key |doc| doc.id;
    StackRevision at "desired/revision/" version 1 key |doc| revision_key(doc.stack, doc.number);
    Part at "desired/part/" version 1 key |doc| format!("{}/{:05}", doc.request, doc.number);
    ServiceWish at "desired/service/" version 1 key |doc| service_key(doc.stack, &doc.service);
    VolumeWish at "desired/volume/" version 1 key |doc| object_key(doc.environment, doc.name.as_str());
    BlobObject at "desired/blob/" version 1 key |doc| blob_key(doc.environment, doc.secret, &doc.name);
    RegistryCredential at "desired/registry/" version 1 key |doc| object_key(doc.environment, &doc.registry);
    Leader at "assigned/leader/" version 1 key |_doc| "self";
    HostAssigned at "assigned/host/" version 1 key |doc| doc.host;
    Unit at "assigned/unit/" version 1 key |doc| doc.id;
    Rollout at "assigned/rollout/" version 1 key |doc| service_key(doc.stack, &doc.service);
    ServiceAssigned at "assigned/service/" version 1 key |doc| service_key(doc.stack, &doc.service);
    VolumeAssigned at "assigned/volume/" version 1 key |doc| doc.id;
    HostObserved at "observed/host/" version 1 key |doc| doc.host;
    UnitStatus at "observed/unit/" version 1 key |doc| doc.unit;
}

/// What stands behind `desired/revision/`: numbers are padded, so that keys sort as they grow.
pub fn revision_key(stack: StackId, number: u64) -> String {
    format!("{stack}/{number:010}")
}

/// What stands behind the prefixes of documents that belong to a service.
pub fn service_key(stack: StackId, service: &Name) -> String {
    format!("{stack}/{service}")
}

/// What stands behind the prefixes of an environment's objects.
pub fn object_key(environment: EnvironmentId, name: &str) -> String {
    format!("{environment}/{name}")
}

/// What stands behind `desired/blob/`.
pub fn blob_key(environment: EnvironmentId, secret: bool, name: &Name) -> String {
    format!(
        "{environment}/{}/{name}",
        if secret { "secret" } else { "config" }
    )
}

/// The whole key of a host's observation.
pub fn host_observed_key(host: HostId) -> String {
    format!("{}{host}", HostObserved::PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_hides_another() {
        for (i, a) in PREFIXES.iter().enumerate() {
            assert!(a.ends_with('/'), "{a}");
            for b in &PREFIXES[i + 1..] {
                assert!(!a.starts_with(b) && !b.starts_with(a), "{a} {b}");
            }
        }
    }

    #[test]
    fn newer_documents_are_refused_and_garbage_is_named() {
        let counter = EpochCounter { next: 7 };
        let text = counter.encode();
        assert_eq!(String::from_utf8_lossy(&text), r#"{"v":1,"doc":{"next":7}}"#);
        assert_eq!(
            Record::decode(&counter.key(), &text).unwrap(),
            Record::EpochCounter(counter)
        );
        let newer = Record::decode(&counter.key(), br#"{"v":2,"doc":{"later":7}}"#).unwrap_err();
        assert!(newer.to_string().contains("newer Muster"), "{newer}");
        assert!(matches!(
            Record::decode("desired/epoch/x", b"{"),
            Err(DocumentError::Unreadable { .. })
        ));
        assert!(matches!(
            Record::decode("future/x", b"{}"),
            Err(DocumentError::UnknownKey { .. })
        ));
    }
}
