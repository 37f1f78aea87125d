//! Placement: which host a unit goes to. First whom it fits ([`filter`]), then who is best ([`score`]).

mod filter;
mod score;

use std::collections::BTreeMap;

use muster_model::assigned::UnitWish;
use muster_model::net::PublishedPort;
use muster_model::reason::{HostRefusal, Misfit};
use muster_model::{HostId, Name};

use crate::allot::ports;
use crate::shape::Shape;
use crate::world::{Host, World};
use score::Score;

pub(crate) use filter::wanted_on;

/// Where a unit goes.
pub(crate) struct Spot {
    pub(crate) host: HostId,
    pub(crate) ports: Vec<PublishedPort>,
    /// What spoke for it, in words.
    pub(crate) because: String,
}

/// Places any number of units of one service. All hosts are looked at once; after each placement, only the host that
/// took it.
pub(crate) struct Placer {
    shape: Shape,
    candidates: Vec<Candidate>,
}

struct Candidate {
    host: HostId,
    units_of_service: u32,
    verdict: Result<Score, Misfit>,
}

impl Placer {
    /// Looks at all hosts of the service's environment.
    pub(crate) fn new(world: &World, shape: &Shape) -> Self {
        let mut counts: BTreeMap<HostId, u32> = BTreeMap::new();
        for unit in world
            .units_of(shape.stack, &shape.service)
            .filter(|unit| unit.wish == UnitWish::Run)
        {
            *counts.entry(unit.host).or_default() += 1;
        }
        let candidate = |host: Host<'_>| {
            let units_of_service = counts.get(&host.id).copied().unwrap_or(0);
            Candidate {
                host: host.id,
                units_of_service,
                verdict: judge(world, shape, host, units_of_service),
            }
        };
        let candidates = world.hosts(shape.environment).map(candidate).collect();
        Self {
            shape: shape.clone(),
            candidates,
        }
    }

    /// The best spot, on `only` if that is given; or why there is none, host by host.
    pub(crate) fn place(&self, world: &World, only: Option<HostId>) -> Result<Spot, Vec<HostRefusal>> {
        let asked = || {
            self.candidates
                .iter()
                .filter(|candidate| only.is_none_or(|host| host == candidate.host))
        };
        let fitting = |candidate: &Candidate| Some((*candidate.verdict.as_ref().ok()?, candidate.host));
        let Some((score, host)) = asked().filter_map(fitting).min() else {
            return Err(asked()
                .filter_map(|candidate| refusal(world, candidate))
                .collect());
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

    /// Looks again at a host that took a unit of the service.
    pub(crate) fn took(&mut self, world: &World, host: HostId) {
        let at = self
            .candidates
            .binary_search_by_key(&host, |candidate| candidate.host);
        if let Some(candidate) = at.ok().and_then(|at| self.candidates.get_mut(at))
            && let Some(host) = world.host(host)
        {
            candidate.units_of_service += 1;
            candidate.verdict = judge(world, &self.shape, host, candidate.units_of_service);
        }
    }

    /// Why each host that does not fit does not.
    pub(crate) fn refusals(&self, world: &World) -> Vec<HostRefusal> {
        self.candidates
            .iter()
            .filter_map(|candidate| refusal(world, candidate))
            .collect()
    }
}

fn judge(world: &World, shape: &Shape, host: Host<'_>, units_of_service: u32) -> Result<Score, Misfit> {
    filter::fits(world, shape, host)?;
    Ok(Score::of(world, shape, host, units_of_service))
}

fn refusal(world: &World, candidate: &Candidate) -> Option<HostRefusal> {
    let why = candidate.verdict.as_ref().err()?.clone();
    let host: Name = world.host_name(candidate.host)?;
    Some(HostRefusal { host, why })
}
