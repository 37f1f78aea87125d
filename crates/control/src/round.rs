//! One round: those on the agenda are looked at in order, and what is decided comes out as commits.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use muster_model::document::Record;
use muster_model::id::IdSource;
use muster_model::{HostId, Revision, Timestamp, WallTime};

use crate::agenda::Agenda;
use crate::desk::Desk;
use crate::reconcile::{self, RECONCILERS, Row};
use crate::world::{Subject, World};

/// What a round is told beside the world.
#[derive(Debug)]
pub struct Cx<'a> {
    /// Now, on the leader's clock.
    pub now: Timestamp,
    /// Now, for people.
    pub wall: WallTime,
    /// Draws ids under the leader's epoch.
    pub ids: &'a mut IdSource,
    /// When the leases of silent hosts have surely run out, on the leader's clock. An exclusive unit moves only after
    /// that; a host that is not here is not judged yet.
    pub fences: &'a BTreeMap<HostId, Timestamp>,
    /// Subjects to look at, at most; the others stay on the agenda.
    pub budget: usize,
}

/// What a round decided.
#[derive(Debug, Default)]
pub struct Round {
    /// To be committed in this order. After the first that fails, the rest is dropped and their subjects are touched
    /// again: a later one may take what an earlier one frees.
    pub commits: Vec<Decision>,
    /// How many subjects were looked at.
    pub looked: usize,
    /// Subjects in which control met a state it should not have, with what it found: an alarm.
    pub quarantined: Vec<(Subject, String)>,
}

/// One commit: true by itself, within a store's limits with the fence added. Documents under `assigned/` need no
/// precondition but the fence, since only the leader writes them and it decides on a world that has all it wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Whom it is about; to be touched again if it cannot be committed.
    pub subject: Subject,
    /// Facts of others that it rests on: the revision that last wrote the key, or none if it must not exist.
    pub expects: Vec<(String, Option<Revision>)>,
    /// Documents to be written (`None`: removed), each key once.
    pub writes: Vec<(String, Option<Record>)>,
}

/// Looks at those on the agenda and decides. The world must have reached the last commit of the round before.
pub fn round(world: &World, agenda: &mut Agenda, cx: Cx<'_>) -> Round {
    let (now, mut budget) = (cx.now, cx.budget);
    let mut desk = Desk::new(world.clone(), agenda, cx);
    while budget > 0
        && let Some(subject) = desk.agenda.next(now)
    {
        budget -= 1;
        desk.looked += 1;
        look(&mut desk, &subject, RECONCILERS);
    }
    desk.finish()
}

/// Looks at one subject. If that panics, what it decided is taken back and the subject is quarantined, so that one
/// poisoned service cannot bring down one leader after another.
fn look(desk: &mut Desk<'_>, subject: &Subject, reconcilers: &[Row]) {
    desk.begin(subject);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        reconcilers
            .iter()
            .for_each(|(_, reconcile)| reconcile(desk, subject));
    }));
    if let Err(panic) = outcome {
        let said = panic.downcast_ref::<String>().cloned();
        let said = said.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let message = said.unwrap_or_else(|| "no message".to_owned());
        desk.take_back();
        reconcile::quarantine(desk, subject, &message);
        desk.quarantined.push((subject.clone(), message));
    }
    desk.end();
}

#[cfg(test)]
mod tests {
    use muster_model::assigned::{Leader, ServiceAssigned, ServiceState};
    use muster_model::{Name, Reason, ServerId, StackId};

    use super::*;

    fn leader(epoch: u32) -> Leader {
        Leader {
            epoch,
            server: ServerId::new(1, 1),
            lease_ms: 1,
        }
    }

    fn sound(desk: &mut Desk<'_>, _: &Subject) {
        desk.put(leader(1));
    }

    fn poisoned(desk: &mut Desk<'_>, _: &Subject) {
        desk.put(leader(2));
        panic!("two units hold 10.42.8.0");
    }

    #[test]
    fn a_poisoned_subject_is_left_alone_and_says_so() {
        let (mut agenda, mut ids, fences) = (Agenda::default(), IdSource::new(1), BTreeMap::new());
        let cx = Cx {
            now: Timestamp(0),
            wall: WallTime(0),
            ids: &mut ids,
            fences: &fences,
            budget: 9,
        };
        let mut desk = Desk::new(World::default(), &mut agenda, cx);
        let (stack, service) = (StackId::new(1, 1), Name::parse("web").unwrap());
        let subject = Subject::Service(stack, service.clone());
        look(&mut desk, &Subject::Host(HostId::new(1, 1)), &[("sound", sound)]);
        look(&mut desk, &subject, &[("poisoned", poisoned)]);
        let epoch = desk.world.leader().map(|leader| leader.epoch);
        assert_eq!(epoch, Some(1), "only what it decided is taken back");
        let round = desk.finish();
        let message = "two units hold 10.42.8.0".to_owned();
        assert_eq!(round.quarantined, [(subject, message.clone())]);
        let verdict = ServiceAssigned {
            stack,
            service,
            revision: 0,
            wanted: 0,
            state: ServiceState::Blocked,
            reasons: vec![Reason::Quarantined { message }],
        };
        let [_, decision] = &round.commits[..] else {
            panic!("{:?}", round.commits)
        };
        assert_eq!(
            decision.writes,
            [(Record::from(verdict.clone()).key(), Some(verdict.into()))]
        );
    }
}
