//! The brake: many hosts that fall silent together are more likely cut off from us than dead, and nothing is moved.

use std::time::Duration;

use muster_model::limits::LOST_AFTER;
use muster_model::{EnvironmentId, HostId, Timestamp};

use crate::agenda::{Fact, Stopwatches};
use crate::desk::Desk;
use crate::marks;
use crate::world::{Host, World};

/// Hosts that fell silent within this of one another did so together: who vanish within 30 s are missed some seconds
/// further apart.
const TOGETHER: Duration = Duration::from_secs(35);
/// When the first one of them is heard again, the others have this long to follow.
const FOLLOW_WITHIN: Duration = LOST_AFTER;

/// Whether a host that fell silent at `since` is not to be taken for lost. The host is looked at again when that may
/// have changed.
pub(super) fn holds(desk: &mut Desk<'_>, environment: EnvironmentId, host: HostId, since: Timestamp) -> bool {
    if desk
        .world
        .host(host)
        .is_some_and(|host| is_released(&desk.world, host))
    {
        marks::BRAKE_RELEASED.reach();
        return false;
    }
    let at = desk.now();
    let (braked, returned) = (Fact::Braked(environment), Fact::Returned(environment));
    if fell_together(&desk.world, &desk.agenda.since, environment, since) {
        marks::BRAKE.reach();
        desk.since().start(braked, at);
        desk.since().stop(&returned);
        return true;
    }
    if desk.since().get(&braked).is_none() {
        return false;
    }
    // One of them is heard again, or left.
    let until = desk.since().start(returned, at) + FOLLOW_WITHIN;
    if at < until {
        marks::BRAKE_FOLLOWS.reach();
        desk.wake(until);
        return true;
    }
    release(desk, environment);
    false
}

/// A host is heard, or gone for good. When nobody is silent any more, the next one that is, is lost as soon as ever.
pub(super) fn settle(desk: &mut Desk<'_>, environment: EnvironmentId) {
    if desk.since().get(&Fact::Braked(environment)).is_some()
        && desk.world.hosts(environment).all(|host| host.heard())
    {
        release(desk, environment);
    }
}

fn release(desk: &mut Desk<'_>, environment: EnvironmentId) {
    desk.since().stop(&Fact::Braked(environment));
    desk.since().stop(&Fact::Returned(environment));
}

/// Whether more than half of an environment's hosts and at least three fell silent together, at about `when`.
fn fell_together(world: &World, since: &Stopwatches, environment: EnvironmentId, when: Timestamp) -> bool {
    let (mut active, mut together) = (0_usize, 0_usize);
    for host in world.hosts(environment).filter(|host| host.observed.is_some()) {
        match silent_since(since, host) {
            None if host.heard() => active += 1,
            _ if is_released(world, host) => {}
            // One that was not looked at yet fell silent just now.
            None => together += 1,
            Some(other) if other.since(when) <= TOGETHER && when.since(other) <= TOGETHER => together += 1,
            Some(_) => {}
        }
    }
    together >= 3 && together > active
}

/// Whether an operator said that a host that fell silent with many others is to be given up like any other.
fn is_released(world: &World, host: Host<'_>) -> bool {
    let session = host.observed.map(|observed| observed.session.id);
    let environment = host.wish.and_then(|wish| world.environment(wish.environment));
    environment.is_some_and(|environment| environment.released.get(&host.id).copied() == session)
}

fn silent_since(since: &Stopwatches, host: Host<'_>) -> Option<Timestamp> {
    let session = host
        .observed
        .filter(|observed| observed.session.silent)?
        .session
        .id;
    since.get(&Fact::Silent(host.id, session))
}
