use muster_model::desired::{MountSource, PullPolicy};
use muster_model::link::ContainerAssignment;
use muster_model::observed::Phase;

use super::{Decision, Need, Step, UnitView};
use crate::logic::shared::Image;

impl UnitView<'_> {
    /// What a container waits for before it can be made.
    pub(super) fn needs(&self, part: &ContainerAssignment) -> Option<Decision> {
        self.needs_network()
            .or_else(|| self.needs_volume(part))
            .or_else(|| self.needs_image(part))
    }

    fn needs_network(&self) -> Option<Decision> {
        let network = self.unit.network.as_ref()?.network;
        let entry = self.shared.networks.get(&network);
        if entry.is_some_and(|entry| entry.state.is_some()) {
            return None;
        }
        Some(waiting(
            Phase::Creating,
            Need::Network(network),
            entry.and_then(|entry| entry.failure.clone()),
        ))
    }

    fn needs_volume(&self, part: &ContainerAssignment) -> Option<Decision> {
        let named = part.spec.mounts.iter().filter_map(|mount| match &mount.source {
            MountSource::Volume(name) => self.unit.volumes.get(name),
            _ => None,
        });
        let volumes = named.filter_map(|name| self.table.volumes.values().find(|v| v.engine_name == *name));
        volumes.into_iter().find_map(|volume| {
            let entry = self.shared.volumes.get(&volume.volume);
            let failure = || entry.and_then(|entry| entry.failure.clone());
            let ready = entry.is_some_and(|entry| entry.state.is_some());
            (!ready).then(|| waiting(Phase::Creating, Need::Volume(volume.volume), failure()))
        })
    }

    fn needs_image(&self, part: &ContainerAssignment) -> Option<Decision> {
        let (image, tagged) = (part.spec.image.clone(), part.spec.image.tagged());
        let entry = self.shared.images.get(&tagged);
        let failure = entry.and_then(|entry| entry.failure.clone());
        let pull = |fresh| {
            waiting(
                Phase::Pulling,
                Need::Image {
                    image: image.clone(),
                    fresh,
                },
                failure.clone(),
            )
        };
        match (part.spec.pull, entry.and_then(|entry| entry.state.as_ref())) {
            (PullPolicy::Always, _) if self.memory.pulled.contains(&tagged) => None,
            (PullPolicy::Always, _) => Some(pull(true)),
            (_, Some(Image::Present(_))) => None,
            (_, None) => Some(waiting(
                Phase::Creating,
                Need::Image { image, fresh: false },
                failure,
            )),
            (PullPolicy::Missing, Some(Image::Absent)) => Some(pull(true)),
            (PullPolicy::Never, Some(Image::Absent)) => {
                let why = format!(
                    "the image {image} is not on this host and its pull policy is `never`; bring it in with `muster image load FILE`"
                );
                Some(Decision::new(Phase::Backoff, Step::Rest).because(why))
            }
        }
    }
}

fn waiting(phase: Phase, need: Need, failure: Option<String>) -> Decision {
    let phase = if failure.is_some() { Phase::Backoff } else { phase };
    Decision::new(phase, Step::Need(need)).because(failure)
}
