//! What the platform is doing when a fault comes: for the table of faults, and for nothing else.

use muster_model::Revision;
use muster_model::assigned::RolloutState;

use super::World;
use crate::phase::Phase;

/// What was last seen in a leader's mirror; seen again when the store moves.
#[derive(Debug, Default)]
pub(super) struct Phases {
    seen: Option<(Revision, Phase)>,
}

impl World {
    pub(super) fn enter_phase(&mut self) {
        // Of several that think that they lead, the one that was elected last is right.
        let cores = self.servers.iter().filter_map(|server| server.core.as_ref());
        let leaders = cores.filter(|core| core.leads().is_some());
        let Some(core) = leaders.max_by_key(|core| core.leads()) else {
            return self.faults.enter(Phase::NoLeader);
        };
        let revision = core.world().revision();
        let documents = match self.phases.seen {
            Some((at, phase)) if at == revision => phase,
            _ => by_documents(core.world()),
        };
        self.phases.seen = Some((revision, documents));
        let works = self.hosts.iter().any(|host| !host.under_way.is_empty());
        self.faults.enter(match documents {
            Phase::AtRest if works => Phase::Working,
            phase => phase,
        });
    }
}

fn by_documents(world: &muster_control::World) -> Phase {
    let silent = |host: muster_control::Host<'_>| host.observed.is_some_and(|seen| seen.session.silent);
    let in_state = |state: RolloutState| {
        world.all_stacks().any(|stack| {
            let mut services = world.services_left(stack.id);
            services.any(|service| {
                world
                    .rollout(stack.id, &service)
                    .is_some_and(|rollout| rollout.state == state)
            })
        })
    };
    if world.all_hosts().any(silent) {
        Phase::HostSilent
    } else if in_state(RolloutState::RollingBack) {
        Phase::RollingBack
    } else if in_state(RolloutState::Rolling) {
        Phase::Rolling
    } else {
        Phase::AtRest
    }
}
