//! A service's draft to its place in the stack: keys that say the same agree, names are resolved.

mod files;

use muster_model::Name;
use muster_model::desired::{ContainerSpec, MountSource, Resources, ServiceKind, ServiceSpec, VolumeSpec};

use super::document::Format;
use super::draft::{Image, Named, ServiceDraft};
use super::order::DependsOn;
use super::sections::Sections;
use super::service::deploy::restart_of_job;
use super::sidekicks::Unit;
use crate::code::Code;
use crate::cx::Cx;
use crate::draft::DraftStack;
use crate::text::At;

/// Puts services into a stack, with the volumes and contents that they use.
pub(super) struct Finish<'a> {
    sections: &'a Sections,
    format: Format,
    pub stack: &'a mut DraftStack,
}

impl<'a> Finish<'a> {
    pub fn new(sections: &'a Sections, format: Format, stack: &'a mut DraftStack) -> Self {
        Self {
            sections,
            format,
            stack,
        }
    }

    /// The finished service; none if its image is not known, which was said. `services` is where all of them stand.
    pub fn service(
        &mut self,
        services: &Cx<'_>,
        name: &Name,
        unit: Unit,
        depends_on: DependsOn,
    ) -> Option<ServiceSpec> {
        let cx = &services.key(name.as_str());
        let Unit {
            mut primary,
            sidekicks,
        } = unit;
        let scale = agreed(cx, "scale", primary.scale, primary.replicas);
        let (kind, exclusive) = (primary.kept.kind(primary.kind), primary.exclusive);
        if kind == ServiceKind::Global && scale.is_some_and(|scale| scale > 0) {
            let at = primary
                .scale
                .or(primary.replicas)
                .map_or(primary.at, |(at, _)| at);
            cx.advise(
                Code::Difference,
                at,
                "the scale of a global service does not count",
                "one unit runs on every host",
            );
        }
        let waits = waits(cx, &primary, kind);
        let mut spec = ServiceSpec {
            kind,
            scale: scale.filter(|_| kind == ServiceKind::Containers && !waits),
            scale_policy: primary.scale_policy,
            waits,
            exclusive,
            depends_on,
            rules: std::mem::take(&mut primary.rules),
            per_host_max: per_host_max(cx, &primary, kind),
            spread: std::mem::take(&mut primary.spread),
            update: primary.update.clone(),
            rollback: primary.rollback.take(),
            labels: std::mem::take(&mut primary.service_labels),
            ..ServiceSpec::new(primary.container.clone())
        };
        let mut kept = std::mem::take(&mut primary.kept);
        kept.of_container(cx, name, &primary.container, &mut spec);
        let primary = self.container(cx, name, primary);
        for (sidekick, mut draft) in sidekicks {
            let cx = &services.key(sidekick.as_str());
            say_number(cx, &draft, name, kind, scale);
            // What holds for one container of a unit holds for the unit.
            spec.exclusive |= draft.exclusive;
            spec.rules.append(&mut draft.rules);
            std::mem::take(&mut draft.kept).of_container(cx, &sidekick, &draft.container, &mut spec);
            if let Some(container) = self.container(cx, &sidekick, draft) {
                spec.unit.sidekicks.insert(sidekick, container);
            }
        }
        spec.unit.primary = primary?;
        kept.of_service(&mut spec);
        Some(spec)
    }

    fn container(&mut self, cx: &Cx<'_>, service: &Name, mut draft: ServiceDraft) -> Option<ContainerSpec> {
        let image = image(cx, &draft);
        self.declare_volumes(cx, &draft);
        self.say_undefined_networks(cx, &draft);
        let mut spec = draft.container.clone();
        spec.resources = resources(cx, &draft);
        spec.files = self.files(cx, service, &draft);
        spec.environment.append(&mut draft.environment);
        spec.environment
            .retain(|name, _| !draft.left_unset.contains(name));
        spec.labels.append(&mut draft.labels);
        spec.restart = draft.deploy_restart.unwrap_or(spec.restart);
        if draft.is_job {
            spec.restart = restart_of_job(spec.restart);
        }
        spec.image = image?;
        Some(spec)
    }

    /// Takes the volumes that a service mounts into the stack.
    fn declare_volumes(&mut self, cx: &Cx<'_>, draft: &ServiceDraft) {
        for mount in &draft.container.mounts {
            let MountSource::Volume(name) = &mount.source else {
                continue;
            };
            let spec = match self.sections.volumes.get(name) {
                Some(spec) => spec.clone(),
                None => {
                    self.say_undeclared(cx, draft, name);
                    VolumeSpec {
                        driver: draft.volume_driver.clone(),
                        ..VolumeSpec::default()
                    }
                }
            };
            let spec = self.stack.spec.volumes.entry(name.clone()).or_insert(spec);
            spec.labels.extend(mount.labels.clone());
        }
    }

    /// Today's files declare their volumes. Rancher took older ones without, so those that declare none are let be.
    fn say_undeclared(&self, cx: &Cx<'_>, draft: &ServiceDraft, name: &Name) {
        let expected = self.format == Format::Later || !self.sections.volumes.is_empty();
        if !expected || self.stack.spec.volumes.contains_key(name) {
            return;
        }
        let help = match cx
            .room
            .suggest(name.as_str(), self.sections.volumes.keys().map(Name::as_str))
        {
            Some(name) => format!("did you mean `{name}`? Else add it under `volumes:`"),
            None => "add it under `volumes:`".to_owned(),
        };
        let message = format!("the volume `{name}` is not declared; a new one is made");
        let at = draft.volume_places.get(name).copied().unwrap_or(draft.at);
        cx.key("volumes").advise(Code::Undeclared, at, message, help);
    }

    fn say_undefined_networks(&self, cx: &Cx<'_>, draft: &ServiceDraft) {
        let declared = &self.sections.networks;
        for Named { at, name } in &draft.networks {
            if name == "default" || declared.contains(name) {
                continue;
            }
            let help = match cx.room.suggest(name, declared.iter().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "add it under the root's `networks:`, or leave it out".to_owned(),
            };
            let message = format!("there is no network `{}`", crate::report::cut(name, 80));
            cx.key("networks").advise(Code::Undefined, *at, message, help);
        }
    }
}

/// A sidekick is there as often as its primary, whatever is said of itself.
fn say_number(cx: &Cx<'_>, sidekick: &ServiceDraft, primary: &Name, kind: ServiceKind, scale: Option<u32>) {
    let said = sidekick.scale.or(sidekick.replicas);
    let global = sidekick.kind == ServiceKind::Global && kind != ServiceKind::Global;
    if global || said.is_some_and(|(_, number)| number != scale.unwrap_or(1)) {
        let message = "how many of it there are is not its own to say";
        let help = format!("it is a part of every unit of `{primary}`");
        cx.advise(
            Code::Difference,
            said.map_or(sidekick.at, |(at, _)| at),
            message,
            help,
        );
    }
}

/// Whether a service waits to be scaled by hand. A global one cannot.
fn waits(cx: &Cx<'_>, draft: &ServiceDraft, kind: ServiceKind) -> bool {
    let Some(at) = draft.waits else { return false };
    if kind == ServiceKind::Global {
        let message = "`start_on_create: false` is not acted on";
        let help = "a global service has a unit on every host; forbid all hosts by a rule to have it wait";
        cx.advise(Code::Unsupported, at, message, help);
    }
    let waits = kind == ServiceKind::Containers;
    if waits {
        let message = "the service is not started";
        let help = "scale it by hand when it is to start: `muster service scale`";
        cx.advise(Code::Difference, at, message, help);
    }
    waits
}

/// How many units one host may have. Of a global service each has one anyway.
fn per_host_max(cx: &Cx<'_>, draft: &ServiceDraft, kind: ServiceKind) -> Option<u32> {
    let (at, most) = draft.per_host_max?;
    if kind == ServiceKind::Global {
        let message = "`max_replicas_per_node` does not count for a global service";
        cx.advise(Code::Difference, at, message, "one unit runs on every host");
        return None;
    }
    Some(most)
}

fn image(cx: &Cx<'_>, draft: &ServiceDraft) -> Option<muster_model::desired::ImageRef> {
    match (&draft.image, &draft.build) {
        (Image::Known(image), Some(build)) => {
            let help = format!(
                "a new one: `{}`, then push it to a registry or bring it in with `docker save {image} | muster image load -`",
                build.command(image.as_str())
            );
            let message = format!("nothing is built; `{image}` is used as it is");
            cx.key("build").advise(Code::Difference, build.at, message, help);
            Some(image.clone())
        }
        (Image::Known(image), None) => Some(image.clone()),
        (Image::Absent, Some(build)) => {
            let name = cx.service();
            let help = format!(
                "build it (`{}`), bring it in (`docker save {name}:1 | muster image load -`) and add `image: {name}:1`",
                build.command(&format!("{name}:1"))
            );
            cx.key("build").advise(
                Code::NeedsImage,
                build.at,
                "the service is built from source and names no image",
                help,
            );
            None
        }
        (Image::Absent, None) => {
            let help = "add `image:` with the image that it runs";
            cx.advise(Code::Missing, draft.at, "the service has no image", help);
            None
        }
        (Image::Unknown | Image::LeftOut, _) => None,
    }
}

/// What all keys together allow; `deploy.resources` and the older keys must agree.
fn resources(cx: &Cx<'_>, draft: &ServiceDraft) -> Resources {
    let (own, deploy) = (&draft.container.resources, &draft.deploy_resources);
    let quota = draft
        .cpu_quota
        .and_then(|quota| u64::try_from(quota).ok())
        .filter(|quota| *quota > 0);
    let from_quota =
        quota.map(|quota| quota.saturating_mul(1_000) / draft.cpu_period.unwrap_or(100_000).max(1));
    let at = |value: Option<u64>| value.map(|value| (draft.at, value));
    let pids = |resources: &Resources| resources.pids.map(|value| (draft.at, value));
    let milli_cpus = agreed(cx, "cpus", at(own.milli_cpus), at(from_quota));
    Resources {
        memory: agreed(cx, "mem_limit", at(own.memory), at(deploy.memory)),
        memory_reservation: agreed(
            cx,
            "mem_reservation",
            at(own.memory_reservation),
            at(deploy.memory_reservation),
        ),
        milli_cpus: agreed(cx, "cpus", at(milli_cpus), at(deploy.milli_cpus)),
        milli_cpus_reservation: agreed(
            cx,
            "milli_cpu_reservation",
            at(own.milli_cpus_reservation),
            at(deploy.milli_cpus_reservation),
        ),
        pids: agreed(cx, "pids_limit", pids(own), pids(deploy)),
        ..own.clone()
    }
}

/// One value of two keys that say the same.
fn agreed<T: Copy + PartialEq>(
    cx: &Cx<'_>,
    key: &str,
    one: Option<(At, T)>,
    other: Option<(At, T)>,
) -> Option<T> {
    if let (Some((at, one)), Some((_, other))) = (one, other)
        && one != other
    {
        let message =
            format!("`{key}` and the key of the same meaning under `deploy` (or of another age) differ");
        cx.key(key)
            .advise(Code::Conflict, at, message, "keep one of them");
    }
    one.or(other).map(|(_, value)| value)
}
