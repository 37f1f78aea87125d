//! What a host is to run: whole wanted tables, and the differences between them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::assigned::{NetworkAssigned, UnitWish};
use crate::desired::{ContainerSpec, UnitClass, VolumeSpec};
use crate::net::PublishedPort;
use crate::secret::SecretBytes;
use crate::{Digest, Generation, Name, NetworkId, Revision, SpecHash, UnitId, VolumeId};

/// All a host is to run. It stands in the agent's notebook.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The store's revision it reflects.
    pub revision: Revision,
    /// Networks the engine must have.
    pub networks: Vec<NetworkAssigned>,
    /// Units, by id.
    pub units: BTreeMap<UnitId, Arc<UnitAssignment>>,
    /// Volumes the engine must have or lose, by id.
    pub volumes: BTreeMap<VolumeId, VolumeAssignment>,
    /// Registries to log in at when pulling; the passwords come as blobs.
    pub credentials: Vec<PullCredential>,
}

impl Table {
    /// The same for equal content, whatever the order it came in. The revision does not count.
    pub fn hash(&self) -> Digest {
        let units = self.units.values().map(|unit| Digest::of_json(&**unit));
        let volumes = self.volumes.values().map(Digest::of_json);
        let rest = Digest::of_json(&(&self.networks, &self.credentials));
        units.chain(volumes).fold(rest, Digest::xor)
    }

    /// Digests of the secrets and configs that the table's units and credentials need.
    pub fn blobs_needed(&self) -> std::collections::BTreeSet<Digest> {
        let files = self.units.values().flat_map(|unit| unit.blobs_needed());
        files
            .chain(self.credentials.iter().map(|credential| credential.digest))
            .collect()
    }
}

/// The difference between two tables, or a whole one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableDelta {
    /// The revision of the table it applies to; none replaces everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Revision>,
    /// The revision of the table that results.
    pub revision: Revision,
    /// [`Table::hash`] of the table that results.
    pub hash: Digest,
    /// All networks of the host.
    pub networks: Vec<NetworkAssigned>,
    /// Units that are new or changed.
    pub units: Vec<Arc<UnitAssignment>>,
    /// Units to forget: they are gone from the host, or never were there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units_gone: Vec<UnitId>,
    /// Volumes that are new or changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<VolumeAssignment>,
    /// Volumes to forget.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes_gone: Vec<VolumeId>,
    /// All registries to log in at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<PullCredential>,
    /// Contents that units of this difference need and the agent may not have. Filled in by the server's shell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blobs: Vec<DeliveredBlob>,
}

/// One unit, as its host is to run it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitAssignment {
    /// The unit.
    pub unit: UnitId,
    /// Older ones than one already seen are ignored.
    pub generation: Generation,
    /// What is to become of it.
    pub wish: UnitWish,
    /// Names for labels, host names and messages.
    pub environment: Name,
    /// The stack's name.
    pub stack: Name,
    /// The service's name.
    pub service: Name,
    /// Its place in the service, from 1.
    pub number: u32,
    /// How freely it may move; exclusive ones obey the lease.
    pub class: UnitClass,
    /// The hash of its spec.
    pub spec: SpecHash,
    /// Where its containers are attached; none if they live in another's network namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkAttachment>,
    /// Ports it holds on the host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PublishedPort>,
    /// The engine's names of the stack's volumes that it mounts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<Name, String>,
    /// The primary first, then sidekicks by name.
    pub containers: Vec<ContainerAssignment>,
}

impl UnitAssignment {
    /// Digests of the secrets and configs it mounts.
    pub fn blobs_needed(&self) -> impl Iterator<Item = Digest> + '_ {
        self.containers
            .iter()
            .flat_map(|container| container.spec.files.iter().map(|file| file.digest))
    }

    /// `shop/web-2`, for people.
    pub fn title(&self) -> String {
        format!("{}/{}-{}", self.stack, self.service, self.number)
    }
}

/// A unit's place in a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAttachment {
    /// Which network.
    pub network: NetworkId,
    /// The engine's name for it.
    pub name: String,
    /// The unit's address in it.
    pub address: Ipv4Addr,
}

/// One container of a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContainerAssignment {
    /// The sidekick's name; none is the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidekick: Option<Name>,
    /// What it runs.
    pub spec: Arc<ContainerSpec>,
}

/// A volume the engine must have, or lose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeAssignment {
    /// The volume.
    pub volume: VolumeId,
    /// The engine's name for it.
    pub engine_name: String,
    /// How it is made.
    pub spec: VolumeSpec,
    /// It is to go, with its data.
    #[serde(default)]
    pub removed: bool,
}

/// How to log in at a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullCredential {
    /// Host and port of the registry.
    pub registry: String,
    /// Who.
    pub username: String,
    /// Digest of the password among the delivered blobs.
    pub digest: Digest,
}

/// The content of a secret or config on its way to a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveredBlob {
    /// Its keyed digest.
    pub digest: Digest,
    /// The content.
    pub content: SecretBytes,
}
