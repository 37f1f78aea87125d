//! What users wished and were told is done: the truth that the end of a run is compared with.

mod edit;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_model::desired::{FailureAction, RuleSubject, ServiceKind, ServiceSpec, StackSpec, UpdateOrder};
use muster_model::{Name, Revision};

pub use edit::{Edit, ROOM};

/// The room that every host can be put into, and that rules speak of.
pub const HALL: &str = "hall";

/// All edits that were acknowledged, in the order of their commits.
#[derive(Debug, Default)]
pub struct Wishes {
    done: BTreeMap<Revision, Edit>,
}

/// What is wished of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceWished {
    /// As the last files say.
    pub head: Arc<ServiceSpec>,
    /// What its units may run, and how many there are then: the head; or what an earlier revision said, if the files let a
    /// rollout stop on its way or go back.
    pub allowed: Vec<(Arc<ServiceSpec>, u32)>,
    /// How many more may stay beside those while a rollout waits for a person.
    pub surge: u32,
    /// The most units that may be there, on the way from any of its files to any other.
    pub most: u32,
    /// How often all its units were to be made anew.
    pub restarts: u32,
}

impl ServiceWished {
    /// How many units the last files, or a person since, say.
    pub fn units(&self) -> u32 {
        self.allowed.first().map_or(0, |(_, units)| *units)
    }
}

/// One stack as its users think of it.
#[derive(Debug, Default)]
pub struct StackWished {
    /// Every revision, from 1.
    pub history: Vec<Arc<StackSpec>>,
    scales: BTreeMap<Name, u32>,
    restarts: BTreeMap<Name, u32>,
    paused: BTreeSet<Name>,
}

impl Wishes {
    /// The edit was acknowledged.
    pub fn acknowledge(&mut self, at: Revision, edit: Edit) {
        self.done.insert(at, edit);
    }

    /// The stacks that are wished.
    pub fn stacks(&self) -> BTreeMap<Name, StackWished> {
        let mut stacks = BTreeMap::new();
        self.done.values().for_each(|edit| edit.apply(&mut stacks));
        stacks
    }

    /// What has to be said yet so that all that is wished can be: every host is to be used and stand where rules want it, and no
    /// rollout is to wait.
    pub fn remedy(&self, hosts: usize) -> Option<Edit> {
        let uncordon = |host: Name| Edit::Cordon {
            host,
            cordoned: false,
        };
        let (cordoned, stacks) = (self.cordoned(), self.stacks());
        let cordon = cordoned.into_iter().next().map(uncordon);
        let paused = || stacks.iter().find_map(|(stack, wished)| wished.resumed(stack));
        // A rollout may have gone back to what any earlier files said.
        let speaks = |wished: &StackWished| wished.history.iter().any(|spec| speaks_of_rooms(spec));
        let moved = || {
            let room = Some(HALL.to_owned());
            let host = self.outside(hosts).filter(|_| stacks.values().any(speaks))?;
            Some(Edit::Label { host, room })
        };
        cordon.or_else(paused).or_else(moved)
    }

    /// A host that does not stand in the hall.
    fn outside(&self, hosts: usize) -> Option<Name> {
        let mut outside: BTreeSet<Name> = (1..=hosts)
            .filter_map(|host| Name::parse(&format!("h{host}")).ok())
            .collect();
        for edit in self.done.values() {
            match edit {
                Edit::Label { host, room } if room.as_deref() == Some(HALL) => drop(outside.remove(host)),
                Edit::Label { host, .. } => drop(outside.insert(host.clone())),
                _ => {}
            }
        }
        outside.pop_first()
    }

    /// Hosts on which nothing new is to be placed.
    fn cordoned(&self) -> BTreeSet<Name> {
        let mut hosts = BTreeSet::new();
        for edit in self.done.values() {
            match edit {
                Edit::Evacuate { host } | Edit::Cordon { host, cordoned: true } => {
                    hosts.insert(host.clone());
                }
                Edit::Cordon { host, .. } => drop(hosts.remove(host)),
                _ => {}
            }
        }
        hosts
    }

    /// The volumes that live by themselves.
    pub fn volumes(&self) -> BTreeSet<Name> {
        let mut volumes = BTreeSet::new();
        for edit in self.done.values() {
            match edit {
                Edit::Volume { name, made: true } => drop(volumes.insert(name.clone())),
                Edit::Volume { name, .. } => drop(volumes.remove(name)),
                _ => {}
            }
        }
        volumes
    }

    /// The services that are wished, by stack and name.
    pub fn services(&self) -> BTreeMap<(Name, Name), ServiceWished> {
        services(&self.stacks())
    }

    /// The same, before an edit and after it.
    pub fn around(&self, edit: &Edit) -> (Wished, Wished) {
        let mut stacks = self.stacks();
        let before = services(&stacks);
        edit.apply(&mut stacks);
        (before, services(&stacks))
    }
}

type Wished = BTreeMap<(Name, Name), ServiceWished>;

fn services(stacks: &BTreeMap<Name, StackWished>) -> Wished {
    let mut services = BTreeMap::new();
    for (name, stack) in stacks {
        for (service, head) in stack.history.last().into_iter().flat_map(|spec| &spec.services) {
            services.insert((name.clone(), service.clone()), stack.service(service, head));
        }
    }
    services
}

/// Whether a rule of these files is about rooms.
fn speaks_of_rooms(spec: &StackSpec) -> bool {
    let rules = spec.services.values().flat_map(|service| &service.rules);
    let mut subjects = rules.map(|rule| &rule.subject);
    subjects.any(|subject| matches!(subject, RuleSubject::HostLabel { key, .. } if key == ROOM))
}

impl StackWished {
    /// What lets the first of its services go on whose rollouts wait.
    fn resumed(&self, stack: &Name) -> Option<Edit> {
        let (stack, head) = (stack.clone(), self.history.last()?);
        let service = self
            .paused
            .iter()
            .find(|service| head.services.contains_key(*service))?;
        let (service, paused) = (service.clone(), false);
        Some(Edit::Pause {
            stack,
            service,
            paused,
        })
    }

    fn service(&self, service: &Name, head: &Arc<ServiceSpec>) -> ServiceWished {
        let stops = head.update.on_failure != FailureAction::Continue;
        let earlier = self
            .history
            .iter()
            .filter(|_| stops)
            .filter_map(|spec| spec.services.get(service));
        let allowed = [head]
            .into_iter()
            .chain(earlier)
            .map(|spec| (spec.clone(), self.units(service, spec)));
        ServiceWished {
            head: head.clone(),
            allowed: allowed.collect(),
            surge: self.surge(service, head),
            most: self.most(service),
            restarts: self.restarts.get(service).copied().unwrap_or(0),
        }
    }

    /// Of all files that the stack ever had: the most units, and of those that start first a batch more.
    fn most(&self, service: &Name) -> u32 {
        let specs = self.history.iter().filter_map(|spec| spec.services.get(service));
        let (mut units, mut surge) = (0, 0);
        for spec in specs {
            // As many as there are hosts; once all has come to rest that is counted.
            if spec.kind == ServiceKind::Global {
                return u32::MAX;
            }
            let (wanted, batch) = (self.units(service, spec), spec.update.batch_size);
            units = units.max(wanted);
            if spec.update.order == UpdateOrder::StartFirst {
                surge = surge.max(if batch == 0 { u32::MAX } else { batch });
            }
        }
        units + surge.min(units)
    }

    /// Each unit may have its successor beside it: files before these may have said to start first.
    fn surge(&self, service: &Name, head: &ServiceSpec) -> u32 {
        if head.update.on_failure != FailureAction::Continue {
            self.units(service, head)
        } else {
            0
        }
    }

    /// What was set by hand and still holds.
    pub fn scale(&self, service: &Name) -> Option<u32> {
        self.scales.get(service).copied()
    }

    fn units(&self, service: &Name, spec: &ServiceSpec) -> u32 {
        // What was set by hand was set after the files, or they would have cleared it.
        let scale = self
            .scales
            .get(service)
            .copied()
            .unwrap_or_else(|| spec.scale_of_files());
        if spec.exclusive { scale.min(1) } else { scale }
    }

    /// The services that may have any number of units.
    pub fn scalable(&self) -> Vec<Name> {
        self.services_that(|spec| {
            let primary = &spec.unit.primary;
            let fixed = primary.ports.iter().any(|port| port.host_port.is_some());
            spec.kind == ServiceKind::Containers && !spec.exclusive && !fixed && primary.mounts.is_empty()
        })
    }

    /// Those whose number nobody may set, which people try all the same.
    pub fn unscalable(&self) -> Vec<Name> {
        self.services_that(|spec| spec.kind == ServiceKind::Global)
    }

    fn services_that(&self, fits: impl Fn(&ServiceSpec) -> bool) -> Vec<Name> {
        let services = self.history.last().into_iter().flat_map(|spec| &spec.services);
        services
            .filter(|(_, spec)| fits(spec))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

impl Edit {
    fn apply(&self, stacks: &mut BTreeMap<Name, StackWished>) {
        match self {
            Self::Deploy { stack, spec } => stacks.entry(stack.clone()).or_default().becomes(spec.clone()),
            Self::Remove { stack } => drop(stacks.remove(stack)),
            Self::Rollback { stack, to } => {
                let wished = stacks.entry(stack.clone()).or_default();
                let at = usize::try_from(to.saturating_sub(1)).unwrap_or(usize::MAX);
                if let Some(spec) = wished.history.get(at).cloned() {
                    wished.becomes(spec);
                }
            }
            Self::Scale {
                stack,
                service,
                units,
            } => {
                stacks
                    .entry(stack.clone())
                    .or_default()
                    .scales
                    .insert(service.clone(), *units);
            }
            Self::Restart { stack, service } => {
                let wished = stacks.entry(stack.clone()).or_default();
                *wished.restarts.entry(service.clone()).or_default() += 1;
            }
            Self::Pause {
                stack,
                service,
                paused,
            } => {
                let wished = stacks.entry(stack.clone()).or_default();
                if *paused {
                    wished.paused.insert(service.clone());
                } else {
                    wished.paused.remove(service);
                }
            }
            Self::Cordon { .. }
            | Self::Evacuate { .. }
            | Self::Dead { .. }
            | Self::ReleaseBrake
            | Self::Label { .. }
            | Self::Volume { .. }
            | Self::Login { .. } => {}
        }
    }
}

impl StackWished {
    /// Files that state a scale clear what was set by hand.
    fn becomes(&mut self, spec: Arc<StackSpec>) {
        self.scales
            .retain(|service, _| spec.services.get(service).is_none_or(|spec| spec.scale.is_none()));
        self.history.push(spec);
    }
}
