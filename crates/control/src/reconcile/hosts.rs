//! Hosts: a place in the network for each, and whether control counts on it.

use muster_model::assigned::{HostAssigned, NetworkAssigned, Presence, UnitWish};
use muster_model::desired::{Environment, HostWish};
use muster_model::document::Document;
use muster_model::{HostId, Reason};

use super::{brake, calm};
use crate::agenda::Fact;
use crate::allot::addresses;
use crate::desk::Desk;
use crate::marks;
use crate::world::{Subject, World};

/// Largest packet in a managed network: what is left of 1,500 bytes after VXLAN over IPv4.
const MTU: u16 = 1_450;

pub(crate) fn reconcile(desk: &mut Desk<'_>, subject: &Subject) {
    let Subject::Host(id) = subject else { return };
    let Some(host) = desk.world.host(*id) else { return };
    let (wish, assigned) = (host.wish.cloned(), host.assigned.cloned());
    match (wish, assigned) {
        (None, _) => leave(desk, *id),
        (Some(wish), None) => welcome(desk, &wish),
        (Some(_), Some(assigned)) => {
            let (presence, braked) = presence(desk, *id, assigned.presence);
            let now = HostAssigned {
                presence,
                braked,
                losses: calm::losses(desk, *id, &assigned, presence),
                ..(*assigned.doc).clone()
            };
            if now != *assigned.doc {
                desk.put(now);
            }
        }
    }
}

/// It left the platform: whatever was there is no concern of ours any more.
fn leave(desk: &mut Desk<'_>, id: HostId) {
    let units = desk.world.units_on(id).map(|unit| unit.key());
    let volumes = desk.world.volumes_on(id).map(|volume| volume.key());
    let assigned = desk.world.host(id).and_then(|host| host.assigned);
    let environment = assigned.map(|doc| doc.environment);
    let keys: Vec<String> = units
        .chain(volumes)
        .chain(assigned.map(|doc| doc.key()))
        .collect();
    keys.into_iter().for_each(|key| desk.delete(key));
    desk.since().stop_silent(id);
    if let Some(environment) = environment {
        brake::settle(desk, environment);
    }
}

/// It is new: it gets its place in the network. If the network is full it stays outside until another host leaves.
fn welcome(desk: &mut Desk<'_>, wish: &HostWish) {
    let Some(environment) = desk.world.environment(wish.environment).cloned() else {
        return;
    };
    let Some(network) = managed_network(&desk.world, &environment) else {
        return;
    };
    desk.put(HostAssigned {
        host: wish.id,
        environment: environment.id,
        networks: vec![network],
        presence: Presence::Registering,
        braked: false,
        losses: 0,
    });
    desk.agenda.touch([Subject::Host(wish.id)]);
}

fn managed_network(world: &World, environment: &Environment) -> Option<NetworkAssigned> {
    let assigned = world
        .all_hosts()
        .filter_map(|host| host.assigned)
        .filter(|doc| doc.environment == environment.id);
    let others = assigned.filter_map(|doc| doc.networks.first());
    let (gateway, engine_range) = addresses::for_host(environment.subnet, others)?;
    Some(NetworkAssigned {
        network: environment.network,
        name: format!("muster-{}", environment.name),
        subnet: environment.subnet,
        gateway,
        engine_range,
        mtu: MTU,
    })
}

/// Whether to count on a host: in touch, silent a while, silent too long; and whether only the brake keeps it from being lost.
fn presence(desk: &mut Desk<'_>, id: HostId, now: Presence) -> (Presence, bool) {
    let Some(host) = desk.world.host(id) else {
        return (now, false);
    };
    let Some(observed) = host.observed.cloned() else {
        return (now, false);
    };
    let environment = host.wish.map(|wish| wish.environment);
    if !observed.session.silent {
        let surplus = has_surplus(&desk.world, id);
        desk.since().stop_silent(id);
        if let Some(environment) = environment {
            brake::settle(desk, environment);
        }
        // What was replaced meanwhile stops before anything new starts.
        return if surplus && now != Presence::Active {
            marks::HOST_SUSPECT.reach();
            (Presence::Suspect, false)
        } else {
            (Presence::Active, false)
        };
    }
    let at = desk.now();
    let since = desk.since().start(Fact::Silent(id, observed.session.id), at);
    let lost_at = since + desk.world.timings(id).grace(desk.world.hosts_known());
    if now == Presence::Lost {
        return (now, false);
    }
    if desk
        .world
        .host(id)
        .is_some_and(|host| host.confirmed_dead().is_some())
    {
        marks::CONFIRMED_DEAD.reach();
        return (Presence::Lost, false);
    }
    if at < lost_at {
        desk.wake(lost_at);
        return (Presence::Suspect, false);
    }
    if environment.is_none_or(|environment| brake::holds(desk, environment, id, since)) {
        return (Presence::Suspect, true);
    }
    marks::HOST_LOST.reach();
    (Presence::Lost, false)
}

/// Whether units that were replaced elsewhere are still on a host.
fn has_surplus(world: &World, id: HostId) -> bool {
    let replaced = |reason: &Reason| matches!(reason, Reason::HostLost { .. });
    world
        .units_on(id)
        .any(|unit| unit.wish == UnitWish::Remove && unit.reasons.iter().any(replaced))
}
