//! What users wished and were told is done: the truth that the end of a run is compared with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use muster_model::desired::{FailureAction, ServiceKind, ServiceSpec, StackSpec, UpdateOrder};
use muster_model::{Name, Revision};

/// Something a user asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A stack becomes what its files say.
    Deploy {
        /// Its name.
        stack: Name,
        /// What its files say.
        spec: Arc<StackSpec>,
    },
    /// A service gets another number of units.
    Scale {
        /// The stack.
        stack: Name,
        /// The service.
        service: Name,
        /// Units.
        units: u32,
    },
    /// A stack becomes what an earlier revision said.
    Rollback {
        /// The stack.
        stack: Name,
        /// That revision.
        to: u64,
    },
    /// All units of a service are made anew.
    Restart {
        /// The stack.
        stack: Name,
        /// The service.
        service: Name,
    },
    /// A stack goes, with its volumes.
    Remove {
        /// The stack.
        stack: Name,
    },
    /// Nothing new is placed on a host, or something may be again.
    Cordon {
        /// The host's name.
        host: Name,
        /// Whether nothing is.
        cordoned: bool,
    },
}

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

    /// Hosts on which nothing new is to be placed.
    pub fn cordoned(&self) -> BTreeSet<Name> {
        let mut hosts = BTreeSet::new();
        for edit in self.done.values() {
            match edit {
                Edit::Cordon { host, cordoned: true } => drop(hosts.insert(host.clone())),
                Edit::Cordon { host, .. } => drop(hosts.remove(host)),
                _ => {}
            }
        }
        hosts
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

impl StackWished {
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
        let scale = self.scales.get(service).copied().or(spec.scale).unwrap_or(1);
        if spec.exclusive { scale.min(1) } else { scale }
    }

    /// The services that may have any number of units.
    pub fn scalable(&self) -> Vec<Name> {
        let free = |spec: &ServiceSpec| {
            let primary = &spec.unit.primary;
            let fixed = primary.ports.iter().any(|port| port.host_port.is_some());
            spec.kind == ServiceKind::Containers && !spec.exclusive && !fixed && primary.mounts.is_empty()
        };
        let services = self.history.last().into_iter().flat_map(|spec| &spec.services);
        services
            .filter(|(_, spec)| free(spec))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

impl Edit {
    /// The stack that it is about, if it is about one.
    pub const fn stack(&self) -> Option<&Name> {
        match self {
            Self::Deploy { stack, .. }
            | Self::Scale { stack, .. }
            | Self::Rollback { stack, .. }
            | Self::Restart { stack, .. }
            | Self::Remove { stack } => Some(stack),
            Self::Cordon { .. } => None,
        }
    }

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
            Self::Restart { .. } | Self::Cordon { .. } => {}
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

impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deploy { stack, spec } => {
                write!(f, "deploy {stack}:")?;
                spec.services.iter().try_for_each(|(name, spec)| {
                    write!(f, " {name}={}", spec.unit.primary.image)?;
                    spec.scale.iter().try_for_each(|scale| write!(f, "×{scale}"))
                })
            }
            Self::Scale {
                stack,
                service,
                units,
            } => write!(f, "scale {stack}/{service} to {units}"),
            Self::Rollback { stack, to } => write!(f, "roll {stack} back to revision {to}"),
            Self::Restart { stack, service } => write!(f, "restart {stack}/{service}"),
            Self::Remove { stack } => write!(f, "remove {stack}"),
            Self::Cordon { host, cordoned } => {
                let word = if *cordoned { "cordon" } else { "uncordon" };
                write!(f, "{word} {host}")
            }
        }
    }
}
