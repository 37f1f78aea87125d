//! One look at one service: what is wanted, what there is, and the hand that makes and removes units.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::assigned::{Unit, UnitWish};
use muster_model::desired::{ServiceKind, UnitClass};
use muster_model::document::host_observed_key;
use muster_model::limits::SCALE_MAX;
use muster_model::reason::{HostRefusal, Misfit};
use muster_model::{Generation, HostId, Name, Reason, StackId, UnitId};

use super::members::{Member, State, members};
use super::{rollouts, volumes};
use crate::allot::addresses;
use crate::desk::Desk;
use crate::marks;
use crate::place::{Placer, wanted_on};
use crate::shape::Shape;
use crate::world::World;

/// Host refusals that are stored with a verdict; `why` works out all of them.
const REFUSALS_KEPT: usize = 20;

/// A look at one service that is wanted.
pub(crate) struct Look<'d, 'a> {
    pub(crate) desk: &'d mut Desk<'a>,
    pub(crate) stack: StackId,
    pub(crate) service: Name,
    /// The service in the wanted revision.
    pub(crate) head: Shape,
    /// What the units are to become: `head`, or what the service had before once its rollout goes back.
    pub(crate) goal: Shape,
    /// Units wanted.
    pub(crate) wanted: u32,
    /// Hosts that are to have a unit each, if it is a global service.
    pub(crate) hosts: Vec<HostId>,
    /// Hosts and numbers of units that this look found gone and that are to have successors.
    pub(crate) vacated: Vec<(HostId, u32)>,
    /// How often a restart was wished.
    pub(crate) restarts: u64,
    /// Whether its rollouts are to wait.
    pub(crate) paused: bool,
    /// What it waits for, or why it cannot be.
    pub(crate) reasons: Vec<Reason>,
    /// What a person may want to know although nothing waits for it.
    pub(crate) notes: Vec<Reason>,
    members: Option<Arc<Vec<Member>>>,
    placers: BTreeMap<u64, Placer>,
}

impl<'d, 'a> Look<'d, 'a> {
    /// None if the wanted revision has no such service.
    pub(crate) fn new(desk: &'d mut Desk<'a>, stack: StackId, service: &Name) -> Option<Self> {
        let doc = desk.world.stack(stack).filter(|stack| !stack.removed)?;
        let head = Shape::of(&desk.world, stack, doc.revision, service)?;
        let wish = desk.world.service_wish(stack, service);
        let (restarts, paused) = wish.map_or((0, false), |wish| (wish.restarts, wish.paused));
        let mut look = Self {
            goal: head.clone(),
            wanted: 0,
            hosts: Vec::new(),
            vacated: Vec::new(),
            restarts,
            paused,
            stack,
            service: service.clone(),
            head,
            reasons: Vec::new(),
            notes: Vec::new(),
            members: None,
            placers: BTreeMap::new(),
            desk,
        };
        look.aim();
        Some(look)
    }

    /// Works out anew what is wanted: at first, and when a rollout turns round.
    pub(crate) fn aim(&mut self) {
        self.goal = rollouts::goal(&self.desk.world, &self.head);
        self.wanted = wanted(&self.desk.world, &self.goal);
        self.hosts = wanted_hosts(&self.desk.world, &self.goal);
    }

    pub(crate) fn is_global(&self) -> bool {
        self.goal.spec().kind == ServiceKind::Global
    }

    /// All units of the service as they are at this moment of the round.
    pub(crate) fn members(&mut self) -> Arc<Vec<Member>> {
        let world = &self.desk.world;
        let (stack, service) = (self.stack, &self.service);
        self.members
            .get_or_insert_with(|| Arc::new(members(world, stack, service)))
            .clone()
    }

    /// Changes a unit.
    pub(crate) fn put(&mut self, unit: Unit) {
        self.members = None;
        self.desk.put(unit);
    }

    /// Has a unit stopped and removed.
    pub(crate) fn remove(&mut self, member: &Member, why: Vec<Reason>) {
        self.put(Unit {
            wish: UnitWish::Remove,
            reasons: why,
            ..(*member.unit.doc).clone()
        });
    }

    /// What a number stands for: with a global service, a host.
    pub(crate) fn slot(&self, member: &Member) -> (u32, HostId) {
        if self.is_global() {
            (0, member.unit.host)
        } else {
            (member.unit.number, HostId::new(0, 0))
        }
    }

    /// Units that are to run, slot by slot. A slot has two while one replaces the other. Of a global service, those on
    /// lost hosts do not count.
    pub(crate) fn slots(&mut self) -> BTreeMap<(u32, HostId), Vec<Member>> {
        let mut slots: BTreeMap<(u32, HostId), Vec<Member>> = BTreeMap::new();
        for member in self.members().iter().filter(|member| member.runs()) {
            if !(self.is_global() && member.state == State::Lost) {
                slots.entry(self.slot(member)).or_default().push(member.clone());
            }
        }
        slots
    }

    /// Whether a unit on its way out has to be gone before another takes its place.
    pub(crate) fn blocks(&self, leaving: &Member) -> bool {
        let exclusive = self.goal.facts().class == UnitClass::Exclusive;
        !leaving.runs()
            && match leaving.state {
                State::Gone => false,
                State::Lost => exclusive && !self.fenced(leaving.unit.host),
                _ => true,
            }
    }

    /// Whether a lost host's leases have surely run out, or somebody knows that it is dead.
    pub(crate) fn fenced(&self, host: HostId) -> bool {
        if self.is_dead(host) {
            return true;
        }
        self.desk
            .cx
            .fences
            .get(&host)
            .is_some_and(|at| *at <= self.desk.cx.now)
    }

    /// Whether somebody said that a host is dead, and nothing was heard of it since.
    pub(crate) fn is_dead(&self, host: HostId) -> bool {
        let host = self.desk.world.host(host);
        host.is_some_and(|host| host.confirmed_dead().is_some())
    }

    /// Makes a unit of `shape` with this number, on `only` if that is given. If there is no place for it, the reasons
    /// say so.
    pub(crate) fn create(
        &mut self,
        shape: &Shape,
        number: u32,
        why: Vec<Reason>,
        only: Option<HostId>,
    ) -> bool {
        match self.try_create(shape, number, why, only) {
            Ok(()) => true,
            Err(reason) => {
                self.reasons.push(reason);
                false
            }
        }
    }

    /// Like [`Look::create`], but says why not instead.
    pub(crate) fn try_create(
        &mut self,
        shape: &Shape,
        number: u32,
        mut why: Vec<Reason>,
        only: Option<HostId>,
    ) -> Result<(), Reason> {
        if let Some(volume) = volumes::missing(&self.desk.world, shape) {
            return Err(Reason::VolumeMissing { volume });
        }
        if let Some(number) = self.excluded_by(shape) {
            return Err(Reason::WaitsForOld { number });
        }
        let world = &self.desk.world;
        let placer = self
            .placers
            .entry(shape.revision)
            .or_insert_with(|| Placer::new(world, shape));
        let spot = placer.place(world, only).map_err(no_host)?;
        let address = match shape.facts().on_managed_network {
            true => Some(
                addresses::for_unit(world, shape.environment).ok_or_else(|| exhausted(world, spot.host))?,
            ),
            false => None,
        };
        why.extend(world.host_name(spot.host).map(|host| Reason::Placed {
            host,
            because: spot.because,
        }));
        let tied = volumes::ensure(self.desk, shape, spot.host);
        self.expect_fences(shape);
        let (epoch, counter) = self.desk.cx.ids.draw();
        self.put(Unit {
            id: UnitId::new(epoch, counter),
            environment: shape.environment,
            stack: shape.stack,
            service: shape.service.clone(),
            number,
            host: spot.host,
            revision: shape.revision,
            spec: shape.facts().hash,
            generation: Generation(1),
            restarts: self.restarts,
            address,
            ports: spot.ports,
            wish: UnitWish::Run,
            reasons: why,
            created: self.desk.cx.wall,
        });
        if tied {
            self.placers.clear();
        } else if let Some(placer) = self.placers.get_mut(&shape.revision) {
            placer.took(&self.desk.world, spot.host);
        }
        Ok(())
    }

    /// The unit beside which an exclusive one must not be made.
    fn excluded_by(&mut self, shape: &Shape) -> Option<u32> {
        if shape.facts().class != UnitClass::Exclusive {
            return None;
        }
        let members = self.members();
        let alive = |member: &&Member| match member.state {
            State::Gone => false,
            State::Lost => !self.fenced(member.unit.host),
            _ => true,
        };
        members.iter().find(alive).map(|member| member.unit.number)
    }

    /// An exclusive unit is made elsewhere because its host's lease ran out: that rests on the session it was judged on.
    fn expect_fences(&mut self, shape: &Shape) {
        if shape.facts().class != UnitClass::Exclusive {
            return;
        }
        let members = self.members();
        let lost = members.iter().filter(|member| member.state == State::Lost);
        let hosts: std::collections::BTreeSet<HostId> = lost.map(|member| member.unit.host).collect();
        self.desk.keep_together(hosts.len() + 2);
        for host in hosts {
            let observed = self.desk.world.host(host).and_then(|host| host.observed);
            let modified = observed.map(|observed| observed.modified);
            self.desk.expect(host_observed_key(host), modified);
        }
    }
}

/// How many units a service is to have.
pub(crate) fn wanted(world: &World, shape: &Shape) -> u32 {
    match shape.spec().kind {
        ServiceKind::Global => return u32::try_from(wanted_hosts(world, shape).len()).unwrap_or(SCALE_MAX),
        kind if !kind.has_units() => return 0,
        _ => {}
    }
    let wish = world.service_wish(shape.stack, &shape.service);
    // A deploy whose files state a scale clears what was set by hand, so what is set was set after it.
    let by_hand = wish.and_then(|wish| wish.scale);
    let scale = by_hand.unwrap_or_else(|| shape.spec().scale_of_files());
    scale.min(if shape.spec().exclusive { 1 } else { SCALE_MAX })
}

/// The hosts that are to have a unit of a global service: those that it belongs on, and those that are in touch and have
/// one already.
pub(crate) fn wanted_hosts(world: &World, shape: &Shape) -> Vec<HostId> {
    if shape.spec().kind != ServiceKind::Global {
        return Vec::new();
    }
    let running = |unit: &Unit| unit.wish == UnitWish::Run;
    let here = world
        .units_of(shape.stack, &shape.service)
        .filter(|unit| running(unit));
    let here: std::collections::BTreeSet<HostId> = here.map(|unit| unit.host).collect();
    let lost = |host: crate::world::Host<'_>| host.presence() == muster_model::assigned::Presence::Lost;
    let wants = |host: crate::world::Host<'_>| match here.contains(&host.id) {
        true => !lost(host),
        false => wanted_on(world, shape, host).is_ok(),
    };
    world
        .hosts(shape.environment)
        .filter(|host| wants(*host))
        .map(|host| host.id)
        .collect()
}

fn no_host(mut refusals: Vec<HostRefusal>) -> Reason {
    marks::NO_HOST.reach();
    refusals.truncate(REFUSALS_KEPT);
    Reason::NoHost { refusals }
}

fn exhausted(world: &World, host: HostId) -> Reason {
    let refusal = |host| HostRefusal {
        host,
        why: Misfit::AddressesExhausted,
    };
    Reason::NoHost {
        refusals: world.host_name(host).map(refusal).into_iter().collect(),
    }
}
