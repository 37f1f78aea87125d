//! Placement: which host a unit goes to. First whom it fits ([`filter`]), then who is best ([`score`]), found without
//! looking at every host ([`search`]).

pub(crate) mod filter;
mod score;
mod search;
mod spread;

use std::collections::{BTreeMap, BTreeSet};

use muster_model::HostId;
use muster_model::assigned::{Presence, UnitWish};
use muster_model::desired::PullPolicy;
use muster_model::net::PublishedPort;
use muster_model::reason::{HostRefusal, Misfit};

use crate::allot::ports;
use crate::shape::Shape;
use crate::world::{Host, World, ZONE, Zone};
use score::Score;
use spread::Spread;

pub(crate) use filter::wanted_on;

/// Hosts with an image that are looked at one by one. If more have it, a copy is never far.
const HOLDERS_MAX: usize = 32;

/// Where a unit goes.
pub(crate) struct Spot {
    pub(crate) host: HostId,
    pub(crate) ports: Vec<PublishedPort>,
    /// What spoke for it, in words.
    pub(crate) because: String,
}

/// Places any number of units of one service. Hosts are tried from the best on, zone by zone where hosts say in which they
/// stand, so that placing costs as many looks as there are hosts that do not fit; where the files name labels to spread
/// units over, all hosts are looked at.
pub(crate) struct Placer {
    shape: Shape,
    /// How many units of the service hosts have that have some.
    counts: BTreeMap<HostId, u32>,
    spread: Spread,
    /// The zones over which units are spread because hosts have them; none where the files say how to spread.
    zones: Vec<Zone>,
    /// Hosts that have what no registry gives, where that is some of them.
    holders: BTreeSet<HostId>,
}

impl Placer {
    pub(crate) fn new(world: &World, shape: &Shape) -> Self {
        let labels = &shape.spec().spread;
        let zones = match labels.is_empty() {
            true => world.zones(shape.environment),
            false => Vec::new(),
        };
        let mut placer = Self {
            shape: shape.clone(),
            counts: BTreeMap::new(),
            spread: match zones.is_empty() {
                true => Spread::over(labels.clone()),
                false => Spread::over(vec![ZONE.to_owned()]),
            },
            zones,
            holders: holders(world, shape),
        };
        for unit in world
            .units_of(shape.stack, &shape.service)
            .filter(|unit| unit.wish == UnitWish::Run)
        {
            placer.took(world, unit.host);
        }
        placer
    }

    /// The best spot, on `only` if that is given; or why there is none, host by host.
    pub(crate) fn place(&self, world: &World, only: Option<HostId>) -> Result<Spot, Vec<HostRefusal>> {
        let Some((score, host)) = (match only {
            Some(host) => world.host(host).and_then(|host| self.score(world, host)),
            None => self.best(world),
        }) else {
            return Err(match only {
                Some(host) => self.refused(world, world.host(host)),
                None => self.refusals(world),
            });
        };
        match ports::allot(world, host, &self.shape.facts().ports) {
            Ok(ports) => Ok(Spot {
                host,
                ports,
                because: score.words(),
            }),
            Err(why) => Err(world
                .host_name(host)
                .map(|host| HostRefusal { host, why })
                .into_iter()
                .collect()),
        }
    }

    /// A host took a unit of the service.
    pub(crate) fn took(&mut self, world: &World, host: HostId) {
        *self.counts.entry(host).or_default() += 1;
        // What a lost host had is made elsewhere, so it does not speak against its zone.
        let host = world.host(host).filter(|host| host.presence() != Presence::Lost);
        if let Some(host) = host {
            self.spread.took(host);
        }
    }

    /// Why each host that does not fit does not.
    pub(crate) fn refusals(&self, world: &World) -> Vec<HostRefusal> {
        self.refused(world, world.hosts(self.shape.environment))
    }

    /// Every reason why a host cannot take one more.
    pub(crate) fn misfits(&self, world: &World, host: Host<'_>) -> Vec<Misfit> {
        let mut all = filter::misfits(world, &self.shape, host);
        all.extend(self.full(host).err());
        if all.is_empty() {
            all.extend(ports::allot(world, host.id, &self.shape.facts().ports).err());
        }
        all
    }

    fn score(&self, world: &World, host: Host<'_>) -> Option<(Score, HostId)> {
        self.fits(world, host).ok()?;
        let (here, crowd) = (self.here(host), self.spread.crowd(host));
        let away = !self.holders.is_empty() && !self.holders.contains(&host.id);
        Some((Score::of(world, &self.shape, host, crowd, here, away), host.id))
    }

    /// Whether a host can take one more.
    fn fits(&self, world: &World, host: Host<'_>) -> Result<(), Misfit> {
        filter::fits(world, &self.shape, host)?;
        self.full(host)
    }

    fn full(&self, host: Host<'_>) -> Result<(), Misfit> {
        match self.shape.spec().per_host_max {
            Some(most) if self.here(host) >= most => Err(Misfit::HasMost { most }),
            _ => Ok(()),
        }
    }

    /// Units of the service that a host has.
    pub(crate) fn here(&self, host: Host<'_>) -> u32 {
        self.counts.get(&host.id).copied().unwrap_or(0)
    }

    fn refused<'w>(&self, world: &World, hosts: impl IntoIterator<Item = Host<'w>>) -> Vec<HostRefusal> {
        let refusal = |host: Host<'_>| {
            Some(HostRefusal {
                why: self.fits(world, host).err()?,
                host: world.host_name(host.id)?,
            })
        };
        hosts.into_iter().filter_map(refusal).collect()
    }
}

fn holders(world: &World, shape: &Shape) -> BTreeSet<HostId> {
    let containers = shape.facts().containers.iter();
    let images = containers
        .filter(|container| container.spec.pull != PullPolicy::Always)
        .map(|container| container.spec.image.tagged());
    world.holders(shape.environment, images, HOLDERS_MAX)
}
