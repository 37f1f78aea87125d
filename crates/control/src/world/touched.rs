//! Whom a change touches.

use muster_model::{HostId, Name, StackId, UnitId, VolumeId};

/// The one thing a reconciler is asked to look at. The order is the order of the reconcilers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A host: its place in the network, whether it is counted on.
    Host(HostId),
    /// A service: its units, its rollout, its verdict.
    Service(StackId, Name),
    /// A volume that may be on its way out.
    Volume(VolumeId),
}

/// A part of what a host is told to run that may have changed; sessions compile it again and send the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TablePart {
    /// The host's networks.
    Networks(HostId),
    /// The registries it logs in at.
    Credentials(HostId),
    /// One unit.
    Unit(HostId, UnitId),
    /// One volume.
    Volume(HostId, VolumeId),
}

/// What a change of one document touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// For the leader's agenda.
    pub subjects: Vec<Subject>,
    /// For the sessions with hosts.
    pub tables: Vec<TablePart>,
}

impl Touched {
    pub(super) fn service(&mut self, stack: StackId, service: &Name) {
        self.subjects.push(Subject::Service(stack, service.clone()));
    }
}
