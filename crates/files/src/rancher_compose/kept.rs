//! What a service says for capabilities that are still to come, and its way into the stack.

use std::net::IpAddr;

use muster_model::Name;
use muster_model::desired::{
    Balancer, ContainerSpec, HealthCheck, Metadata, Outside, ServiceKind, ServiceRef, ServiceSpec,
};

use super::old_balancer::OldBalancer;
use super::parts::Part;
use crate::code::Code;
use crate::cx::Cx;
use crate::text::At;

/// What is kept of one service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// The part of Rancher that its image is.
    pub part: Option<Part>,
    /// Services that it stands for or sends to, if it is such a part.
    pub targets: Vec<ServiceRef>,
    pub addresses: Vec<IpAddr>,
    pub balancer: Option<Balancer>,
    pub old_balancer: OldBalancer,
    pub health_check: Option<HealthCheck>,
    pub metadata: Metadata,
    pub retain_ip: bool,
    /// Whether `io.rancher.container.dns` wants the platform's names.
    pub dns: Option<(At, bool)>,
    pub drain_ms: Option<u64>,
}

impl Kept {
    /// What it is as a balancer, to be filled in.
    pub fn balancer(&mut self) -> &mut Balancer {
        self.balancer.get_or_insert_default()
    }

    /// What sort of service that makes one that would else be `kind`: parts of Rancher, and whoever listens as a
    /// balancer, are no containers here.
    pub fn kind(&self, kind: ServiceKind) -> ServiceKind {
        let listens = self.balancer.as_ref().is_some_and(Balancer::listens);
        match self.part {
            Some(Part::External) => ServiceKind::External,
            Some(Part::OldBalancer | Part::Balancer) => ServiceKind::LoadBalancer,
            _ if listens => ServiceKind::LoadBalancer,
            Some(Part::Alias) => ServiceKind::Alias,
            None => kind,
        }
    }

    /// Puts into a service what is said of its container `name`.
    pub fn of_container(
        &mut self,
        cx: &Cx<'_>,
        name: &Name,
        container: &ContainerSpec,
        spec: &mut ServiceSpec,
    ) {
        if let Some((at, wanted)) = self
            .dns
            .filter(|(_, wanted)| *wanted != container.on_managed_network())
        {
            let message = format!("the label `io.rancher.container.dns: {wanted}` is not acted on");
            let help = match wanted {
                true => "containers in the host's network use the host's resolver",
                false => "the container finds services by name all the same",
            };
            cx.advise(Code::Unsupported, at, message, help);
        }
        spec.health_checks
            .extend(self.health_check.take().map(|check| (name.clone(), check)));
        if !self.metadata.is_empty() {
            let metadata = std::mem::take(&mut self.metadata);
            spec.metadata.insert(name.clone(), metadata);
        }
    }

    /// Puts into a service what is said of itself.
    pub fn of_service(self, spec: &mut ServiceSpec) {
        (spec.keeps_address, spec.drain_ms) = (self.retain_ip, self.drain_ms);
        spec.outside = match spec.kind {
            ServiceKind::External if self.addresses.is_empty() => {
                spec.unit.primary.hostname.clone().map(Outside::HostName)
            }
            ServiceKind::External => Some(Outside::Addresses(self.addresses)),
            ServiceKind::Alias => Some(Outside::Services(self.targets.clone())),
            _ => None,
        };
        spec.balancer = match self.part {
            Some(Part::OldBalancer) => {
                let mut balancer = self.balancer.unwrap_or_default();
                balancer.rules.extend(self.old_balancer.rules(&self.targets));
                Some(balancer)
            }
            _ => self
                .balancer
                .filter(|said| spec.kind == ServiceKind::LoadBalancer || *said != Balancer::default()),
        };
    }
}
