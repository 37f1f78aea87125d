//! Hosts that come and go: the more often one was lost, the longer it has to be calm until it counts like any other. Until
//! then units go there only if no other host fits.

use std::time::Duration;

use muster_model::HostId;
use muster_model::assigned::{HostAssigned, Presence};
use muster_model::limits::{CALM_AFTER_LOSS, CALM_MAX, LOSSES_DAMPED};

use crate::agenda::Fact;
use crate::desk::Desk;
use crate::marks;

/// How often a host was lost of late, now that it is this.
pub(super) fn losses(desk: &mut Desk<'_>, id: HostId, before: &HostAssigned, now: Presence) -> u32 {
    let calm = Fact::Calm(id);
    if now != Presence::Active {
        desk.since().stop(&calm);
        let lost = now == Presence::Lost && before.presence != Presence::Lost;
        return before.losses.saturating_add(u32::from(lost));
    }
    if before.losses == 0 {
        return 0;
    }
    let at = desk.now();
    let over = desk.since().start(calm.clone(), at) + needed(before.losses);
    if over > at {
        desk.wake(over);
        return before.losses;
    }
    marks::CALM_AGAIN.reach();
    desk.since().stop(&calm);
    0
}

/// For how long a host that was lost so often has to be calm: twice as long with each loss after those that are forgiven.
pub(crate) fn needed(losses: u32) -> Duration {
    let doublings = losses.saturating_sub(LOSSES_DAMPED).min(16);
    (CALM_AFTER_LOSS * 2_u32.pow(doublings)).min(CALM_MAX)
}
