//! What can only be judged with a memory of what was before: who was steady, who was asked for what, who ended whom.

use std::collections::BTreeMap;

use muster_model::{HostId, Name};

use super::alone::alone;
use super::brake::Brake;
use super::data::Homes;
use super::leads::Leads;
use super::minimum::Minimum;
use super::pace::Pace;
use super::surplus::Surplus;
use super::troubles::Troubles;
use super::unchanged::Unchanged;
use super::{Moment, Violation};
use crate::ledger::Ledger;
use crate::wish::ServiceWished;

/// What is wished of each service, by stack and name.
pub type Wished = BTreeMap<(Name, Name), ServiceWished>;

/// A moment, as judges see it.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// When.
    pub now: Moment,
    /// What the engines ran up to now.
    pub ledger: &'a Ledger,
    /// Who has, or had, a bad time.
    pub troubles: &'a Troubles,
}

/// The judges that remember.
#[derive(Debug, Default)]
pub struct History {
    surplus: Surplus,
    minimum: Minimum,
    homes: Homes,
    unchanged: Unchanged,
    /// Who vanished together.
    pub brake: Brake,
    /// Who was elected.
    pub leads: Leads,
    /// How fast things are asked for and started.
    pub pace: Pace,
}

impl History {
    /// From now on this may be wished of the services of a stack instead of that: the store is asked for it, and nobody knows
    /// yet what becomes of it. `begins_anew` says that its data may go.
    pub fn may_become(
        &mut self,
        scene: Scene<'_>,
        stack: &Name,
        begins_anew: bool,
        before: &Wished,
        after: &Wished,
    ) {
        self.brake.wished(scene.now, stack);
        self.surplus.may_become(scene.now, stack, before, after);
        self.minimum.may_become(scene, stack, before, after);
        if begins_anew {
            self.homes.forget(stack);
        }
    }

    /// From now on somebody may have a host evacuated: a replacement comes up beside what it replaces.
    pub const fn may_evacuate(&mut self) {
        self.surplus.may_evacuate();
    }

    /// An agent that is dead by now once asked for this start: whoever came after it cannot know.
    pub fn started_late(&mut self, host: HostId, container: &str) {
        self.unchanged.forgive(host, container);
    }

    /// A host's engine removed this volume.
    pub fn volume_gone(&mut self, host: HostId, volume: &str) {
        self.homes.gone(host, volume);
    }

    /// What is wished of the services of a stack now is certain again.
    pub fn is_certain(&mut self, now: Moment, stack: &Name, wished: &Wished) {
        self.surplus.is(now, stack, wished);
    }

    /// A server is about to come or go.
    pub fn servers_change(&mut self, now: Moment, troubles: &Troubles) {
        self.surplus.servers_change(now, troubles);
    }

    /// Judges the ledger after its last entry.
    pub fn judge(&mut self, scene: Scene<'_>) -> Result<(), Violation> {
        let found = [
            (
                "a service has no more units than wished and its surge",
                self.surplus.judge(scene),
            ),
            (
                "a rollout keeps enough of them healthy",
                self.minimum.judge(scene),
            ),
            ("data stays on its host", self.homes.judge(scene.ledger)),
            (
                "what is as wished is not restarted",
                self.unchanged.judge(scene.ledger),
            ),
            ("without servers nothing is touched", alone(scene)),
            (
                "hosts that vanish together are not replaced",
                self.brake.judge(scene),
            ),
            ("what crashes is started with pauses", self.pace.started(scene)),
        ];
        for (judge, found) in found {
            if let Some(found) = found {
                return Err(Violation { judge, found });
            }
        }
        Ok(())
    }
}
