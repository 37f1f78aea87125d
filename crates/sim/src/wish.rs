//! What users wished and were told is done: the truth that the end of a run is compared with.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use muster_model::desired::{FailureAction, ServiceKind, ServiceSpec, StackSpec};
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

    /// The services that are wished, by stack and name.
    pub fn services(&self) -> BTreeMap<(Name, Name), ServiceWished> {
        let mut services = BTreeMap::new();
        for (name, stack) in self.stacks() {
            for (service, head) in stack.history.last().into_iter().flat_map(|spec| &spec.services) {
                services.insert((name.clone(), service.clone()), stack.service(service, head));
            }
        }
        services
    }
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
        }
    }

    /// Each unit may have its successor beside it: files before these may have said to start first.
    fn surge(&self, service: &Name, head: &ServiceSpec) -> u32 {
        if head.update.on_failure != FailureAction::Continue {
            self.units(service, head)
        } else {
            0
        }
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
    /// The stack that it is about.
    pub const fn stack(&self) -> &Name {
        match self {
            Self::Deploy { stack, .. }
            | Self::Scale { stack, .. }
            | Self::Rollback { stack, .. }
            | Self::Restart { stack, .. }
            | Self::Remove { stack } => stack,
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
            Self::Restart { .. } => {}
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
        }
    }
}
