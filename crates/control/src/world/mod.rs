//! All documents at one moment, indexed.
//!
//! A [`World`] is what a server's mirror of the store has reached. Changes enter through [`World::apply`], one document
//! at a time, in the order of the store's revisions; each says whom it touches. Cloning is O(1) and changing a clone
//! costs what changes, so that a round and a plan may try things on a copy.

mod apply;
mod follow;
mod holdings;
mod index;
mod read;
mod spec;
mod touched;
mod zones;

use std::ops::Deref;
use std::sync::Arc;

use imbl::{OrdMap, OrdSet};
use muster_model::assigned::{HostAssigned, Leader, Rollout, ServiceAssigned, Unit, VolumeAssigned};
use muster_model::desired::{
    Account, ApiKey, BlobObject, Environment, EpochCounter, HostWish, JoinToken, Part, Platform,
    RegistryCredential, ServiceWish, Stack, StackRevision, VolumeWish,
};
use muster_model::observed::{HostObserved, UnitStatus};
use muster_model::{
    AccountId, EnvironmentId, HostId, JoinTokenId, KeyId, Name, Revision, StackId, UnitId, VolumeId,
};

pub use read::Host;
pub(crate) use spec::Assembled;
pub use spec::{Reservation, ServiceFacts};
pub use touched::{Subject, TablePart, Touched};
pub(crate) use zones::{ZONE, Zone};

use index::Indexes;

/// A document and the revision that wrote it, which is the precondition of whoever changes it.
#[derive(Debug)]
pub struct Versioned<T> {
    /// The document.
    pub doc: Arc<T>,
    /// The commit that wrote it.
    pub modified: Revision,
}

impl<T> Clone for Versioned<T> {
    fn clone(&self) -> Self {
        Self {
            doc: self.doc.clone(),
            modified: self.modified,
        }
    }
}

impl<T> Deref for Versioned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.doc
    }
}

impl<T: PartialEq> PartialEq for Versioned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.modified == other.modified && (Arc::ptr_eq(&self.doc, &other.doc) || self.doc == other.doc)
    }
}

type Table<K, T> = OrdMap<K, Versioned<T>>;

/// Everything control knows at one moment.
#[derive(Debug, Clone, Default)]
pub struct World {
    revision: Revision,
    docs: Documents,
    index: Indexes,
    /// Specs of revisions, put together from their parts and with what is derived from them.
    specs: OrdMap<(StackId, u64), Arc<Assembled>>,
    /// Revisions whose parts are not all here.
    unassembled: OrdSet<(StackId, u64)>,
}

/// The documents themselves; all else is derived from them.
#[derive(Debug, Clone, Default, PartialEq)]
struct Documents {
    platform: Option<Versioned<Platform>>,
    epochs: Option<Versioned<EpochCounter>>,
    leader: Option<Versioned<Leader>>,
    environments: Table<EnvironmentId, Environment>,
    accounts: Table<AccountId, Account>,
    keys: Table<KeyId, ApiKey>,
    join_tokens: Table<JoinTokenId, JoinToken>,
    hosts: OrdMap<HostId, HostEntry>,
    stacks: Table<StackId, Stack>,
    revisions: Table<(StackId, u64), StackRevision>,
    parts: Table<String, Part>,
    service_wishes: Table<(StackId, Name), ServiceWish>,
    volume_wishes: Table<(EnvironmentId, Name), VolumeWish>,
    blobs: Table<(EnvironmentId, bool, Name), BlobObject>,
    registries: Table<(EnvironmentId, String), RegistryCredential>,
    units: Table<UnitId, Unit>,
    statuses: Table<UnitId, UnitStatus>,
    rollouts: Table<(StackId, Name), Rollout>,
    verdicts: Table<(StackId, Name), ServiceAssigned>,
    volumes: Table<VolumeId, VolumeAssigned>,
}

/// What is known of one host, side by side: placement looks at all of it for every host.
#[derive(Debug, Clone, Default, PartialEq)]
struct HostEntry {
    wish: Option<Versioned<HostWish>>,
    assigned: Option<Versioned<HostAssigned>>,
    observed: Option<Versioned<HostObserved>>,
    load: Load,
}

impl HostEntry {
    /// Where a registered host stands among those of its environment.
    fn place_by_load(&self, id: HostId) -> Option<(EnvironmentId, u32, HostId)> {
        let environment = self.wish.as_ref()?.environment;
        Some((environment, self.load.units, id))
    }
}

/// What the units of a host take of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Load {
    /// Units, those on their way out included.
    pub units: u32,
    /// What they have set aside.
    pub reserved: Reservation,
}

impl PartialEq for World {
    /// Equal documents at equal revisions; what is derived from them does not count.
    fn eq(&self, other: &Self) -> bool {
        self.revision == other.revision && self.docs == other.docs
    }
}
