//! The messages of the control socket.

use serde::{Deserialize, Serialize};

use super::{Table, TableDelta};
use crate::observed::{HostFacts, UnitStatus};
use crate::{Digest, HostId, Revision, SessionId, UnitId};

/// The version of this protocol. A peer that is more than one away is refused with words.
pub const PROTOCOL: u32 = 1;

/// What an agent says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromAgent {
    /// First on every connection.
    Hello(Box<Hello>),
    /// I live.
    Heartbeat(Heartbeat),
    /// Units that changed since the last report of this session, gone ones included.
    Observed {
        /// Their state now.
        units: Vec<UnitStatus>,
    },
    /// The machine or its engine changed.
    Facts(Box<HostFacts>),
    /// The table is in the notebook up to this revision.
    Applied {
        /// Its revision.
        revision: Revision,
    },
    /// The table does not hash to what the server said; send everything.
    Resync,
    /// Something is on its way; never stored, only shown.
    Progress(Progress),
    /// A newer agent says what this side does not know yet: it is passed over.
    #[serde(other)]
    Unknown,
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToAgent {
    /// The session is claimed.
    Welcome(Welcome),
    /// What the host is to run: the difference to what it has, or everything.
    Table(Box<TableDelta>),
    /// Heard.
    HeartbeatAck(HeartbeatAck),
    /// The server will not talk; why, and what to do.
    Refused {
        /// In words.
        message: String,
        /// Whether trying again later can help.
        retry: bool,
    },
    /// A newer server says what this side does not know yet: it is passed over.
    #[serde(other)]
    Unknown,
}

/// Who is calling and what it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of the agent.
    pub protocol: u32,
    /// Who; must be the identity of the certificate.
    pub host: HostId,
    /// The kernel's boot id: tells a restart of the agent from one of the machine.
    pub boot: String,
    /// The table it has; none at first, or when its notebook was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub have: Option<Have>,
    /// Its machine.
    pub facts: HostFacts,
    /// All its units.
    pub units: Vec<UnitStatus>,
}

/// Which table an agent has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Have {
    /// The platform that sent it.
    pub incarnation: String,
    /// Up to which revision.
    pub revision: Revision,
    /// [`Table::hash`] of it.
    pub hash: Digest,
}

/// The session is claimed: heartbeats are acknowledged from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The session.
    pub session: SessionId,
    /// The platform.
    pub incarnation: String,
    /// How often to beat, milliseconds.
    pub heartbeat_ms: u64,
}

/// I live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// Grows by one with each beat of a session.
    pub sequence: u64,
    /// The beat of this session whose acknowledgement was acted on last; older agents do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<u64>,
}

impl Heartbeat {
    /// A beat before anything was acknowledged.
    pub const fn new(sequence: u64) -> Self {
        Self {
            sequence,
            acknowledged: None,
        }
    }
}

/// Heard. The lease counts from when the agent *sent* the heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAck {
    /// Of the heartbeat.
    pub sequence: u64,
    /// Length of the lease it renews, milliseconds.
    pub lease_ms: u64,
    /// The session it belongs to; exclusive units start only when it is the one that named them.
    pub session: SessionId,
}

/// Something is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Progress {
    /// The unit it is for.
    pub unit: UnitId,
    /// The image being pulled.
    pub image: String,
    /// Bytes here.
    pub bytes: u64,
    /// Bytes in all, as far as they are known.
    pub total: u64,
}

impl TableDelta {
    /// The table that results from applying this to `table`, or none if it does not follow it or hashes differently:
    /// then everything must be asked for.
    pub fn apply(&self, table: &Table) -> Option<Table> {
        let mut next = if self.base.is_some() {
            table.clone()
        } else {
            Table::default()
        };
        if self.base.is_some_and(|base| base != table.revision) {
            return None;
        }
        next.revision = self.revision;
        next.networks.clone_from(&self.networks);
        next.credentials.clone_from(&self.credentials);
        for gone in &self.units_gone {
            next.units.remove(gone);
        }
        next.units
            .extend(self.units.iter().map(|unit| (unit.unit, unit.clone())));
        for gone in &self.volumes_gone {
            next.volumes.remove(gone);
        }
        next.volumes
            .extend(self.volumes.iter().map(|volume| (volume.volume, volume.clone())));
        (next.hash() == self.hash).then_some(next)
    }
}
