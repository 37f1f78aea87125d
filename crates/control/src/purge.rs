//! Documents that nobody needs any more. Control decides that they may go; their writer, the server, removes them.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_model::desired::{RevisionBody, Stack};
use muster_model::document::Document;
use muster_model::limits::{COMMIT_OPERATIONS_MAX, REVISIONS_KEPT};
use muster_model::{Revision, StackId, WallTime};

use crate::world::{Versioned, World};

/// Parts that no revision names are kept this long: their writer may be about to set the head.
const PARTS_KEPT: Duration = Duration::from_secs(3600);
/// Keys of one commit: each is a precondition and a removal.
const KEYS_MAX: usize = COMMIT_OPERATIONS_MAX / 2;

/// Documents to be removed in one commit, each only if it is still as it was seen. Every one is of use to nobody by
/// itself, so that any of the commits may fail or come later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purge {
    /// Keys and the revisions that last wrote them.
    pub keys: Vec<(String, Revision)>,
}

/// What may go now, in the order in which it is to go: what is left of removed stacks, revisions beyond those kept and
/// not in use, parts that no revision names, removed volumes, reports on units and hosts that are no more.
pub fn ready_to_purge(world: &World, wall: WallTime) -> Vec<Purge> {
    let mut found = Found::default();
    for stack in world.all_stacks() {
        if stack.removed {
            found.removed_stack(world, stack);
        } else {
            found.old_revisions(world, stack.id, stack.revision);
        }
    }
    found.parts(world, wall);
    found.volumes(world);
    found.reports(world);
    found.into_purges()
}

#[derive(Default)]
struct Found {
    keys: Vec<(String, Revision)>,
    /// Revisions that are being purged with this call.
    revisions: BTreeSet<(StackId, u64)>,
}

impl Found {
    fn add<T: Document>(&mut self, doc: &Versioned<T>) {
        self.keys.push((doc.key(), doc.modified));
    }

    /// Its revisions and wishes first, the head last: as long as that stands, this is found again. If its volumes go too, the
    /// head is what says so, until all of them are marked.
    fn removed_stack(&mut self, world: &World, head: &Versioned<Stack>) {
        let stack = head.id;
        let volumes_left = head.volumes_go && world.volumes_of(stack).any(|volume| !volume.removed);
        if volumes_left || world.services_left(stack).next().is_some() {
            return;
        }
        world.revisions(stack).for_each(|revision| {
            self.revisions.insert((stack, revision.number));
            self.add(revision);
        });
        world.service_wishes(stack).for_each(|wish| self.add(wish));
        self.add(head);
    }

    fn old_revisions(&mut self, world: &World, stack: StackId, head: u64) {
        let count = world.revisions(stack).count();
        if count <= REVISIONS_KEPT {
            return;
        }
        let mut in_use: BTreeSet<u64> = world.units_in(stack).map(|unit| unit.revision).collect();
        in_use.insert(head);
        for service in world.services_left(stack) {
            in_use.extend(
                world
                    .rollout(stack, &service)
                    .iter()
                    .flat_map(|rollout| [rollout.from, rollout.to]),
            );
        }
        for revision in world.revisions(stack).take(count - REVISIONS_KEPT) {
            if !in_use.contains(&revision.number) {
                self.revisions.insert((stack, revision.number));
                self.add(revision);
            }
        }
    }

    fn parts(&mut self, world: &World, wall: WallTime) {
        let stays = |stack: StackId, number: u64| !self.revisions.contains(&(stack, number));
        let mut named: BTreeSet<&str> = BTreeSet::new();
        let mut revisions = world.all_stacks().flat_map(|stack| world.revisions(stack.id));
        for revision in revisions
            .by_ref()
            .filter(|revision| stays(revision.stack, revision.number))
        {
            if let RevisionBody::Parts(parts) = &revision.doc.body {
                named.extend(parts.iter().map(|(key, _)| key.as_str()));
            }
        }
        let old = |at: WallTime| wall.0.saturating_sub(at.0) > PARTS_KEPT.as_millis() as u64;
        for (key, part) in world
            .parts()
            .filter(|(key, part)| old(part.at) && !named.contains(key))
        {
            self.keys.push((key.to_owned(), part.modified));
        }
    }

    /// Volumes that are gone from their hosts; and wishes that a volume goes, once every host was told.
    fn volumes(&mut self, world: &World) {
        for host in world.all_hosts() {
            let facts = host.observed.map(|observed| &observed.facts);
            let gone = |id| facts.is_some_and(|facts| facts.volumes_gone.contains(id));
            let left = world.volumes_on(host.id).filter(|volume| volume.removed);
            left.filter(|volume| gone(&volume.id))
                .for_each(|volume| self.add(volume));
        }
        for environment in world.environments() {
            for wish in world.volume_wishes(environment.id).filter(|wish| wish.removed) {
                let mut lying = world.volumes_by_engine_name(environment.id, wish.name.as_str());
                if lying.all(|volume| volume.removed) {
                    self.add(wish);
                }
            }
        }
    }

    fn reports(&mut self, world: &World) {
        world
            .statuses()
            .filter(|status| world.unit(status.unit).is_none())
            .for_each(|status| self.add(status));
        for host in world.all_hosts().filter(|host| host.wish.is_none()) {
            host.observed.into_iter().for_each(|observed| self.add(observed));
        }
    }

    fn into_purges(self) -> Vec<Purge> {
        self.keys
            .chunks(KEYS_MAX)
            .map(|keys| Purge { keys: keys.to_vec() })
            .collect()
    }
}
