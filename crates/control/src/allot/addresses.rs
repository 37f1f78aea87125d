//! Addresses of a managed network.
//!
//! The range is split in three: hosts' own addresses (gateways) at its beginning, units' addresses, and at its end one
//! small slice per host that the engine may hand out by itself. Units get the next address after that of the youngest
//! unit ever seen, so that one given up comes round again only after all others were used. The youngest unit is known
//! from the documents alone, so a new leader goes on where the last one was.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use muster_model::EnvironmentId;
use muster_model::assigned::NetworkAssigned;
use muster_model::net::Subnet;

use crate::world::World;

/// Addresses in the slice of one host; the smallest range that [`Subnet`] knows.
const SLICE: u32 = 16;

/// How many hosts a managed network of this range can have: 1,024 for a /16, 16 for a /22.
pub fn hosts_max(subnet: Subnet) -> u32 {
    gateways(subnet).len().min(slices(subnet)) as u32
}

/// A host's own address and its engine's slice: the first that no other host has. None if the network is full.
pub(crate) fn for_host<'a>(
    subnet: Subnet,
    others: impl Iterator<Item = &'a NetworkAssigned>,
) -> Option<(Ipv4Addr, Subnet)> {
    let (mut taken_gateways, mut taken_slices) = (BTreeSet::new(), BTreeSet::new());
    for other in others {
        taken_gateways.insert(other.gateway);
        taken_slices.insert(other.engine_range);
    }
    let mut free_gateways = gateways(subnet).filter_map(|offset| subnet.address(offset));
    let gateway = free_gateways.find(|address| !taken_gateways.contains(address))?;
    let mut free_slices = (0..slices(subnet) as u32).filter_map(|number| slice(subnet, number));
    let engine_range = free_slices.find(|slice| !taken_slices.contains(slice))?;
    Some((gateway, engine_range))
}

/// The next free address for a unit; none if all are taken.
pub(crate) fn for_unit(world: &World, environment: EnvironmentId) -> Option<Ipv4Addr> {
    let subnet = world.environment(environment)?.subnet;
    let all = gateways(subnet).end..subnet.size() - slices(subnet) as u32 * SLICE;
    let last = world
        .last_address(environment)
        .and_then(|address| subnet.offset_of(address));
    let next = last.map_or(all.start, |last| last + 1).clamp(all.start, all.end);
    let mut in_turn = (next..all.end)
        .chain(all.start..next)
        .filter_map(|offset| subnet.address(offset));
    in_turn.find(|address| world.address_holder(environment, *address).is_none())
}

/// Offsets of the hosts' own addresses. The first address of a range names the network itself.
fn gateways(subnet: Subnet) -> std::ops::Range<u32> {
    1..(subnet.size() / 32).max(2)
}

/// How many slices there are, from the end of the range down.
fn slices(subnet: Subnet) -> usize {
    (subnet.size() / 4 / SLICE) as usize
}

/// The slice at `number` from the end.
fn slice(subnet: Subnet, number: u32) -> Option<Subnet> {
    let first = subnet.address(subnet.size().checked_sub((number + 1) * SLICE)?)?;
    format!("{first}/28").parse().ok()
}
