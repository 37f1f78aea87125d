use muster_model::desired::{MountSource, PullPolicy};
use muster_model::link::ContainerAssignment;
use muster_model::observed::Phase;

use super::{Decision, Need, Step, UnitView};
use crate::logic::shared::{Image, image_of};

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
        let key = image_of(&part.spec);
        let entry = self.shared.images.get(&key);
        let failure = entry.and_then(|entry| entry.failure.clone());
        let image = &part.spec.image;
        let need = |fresh| Need::Image {
            image: image.clone(),
            platform: part.spec.platform.clone(),
            fresh,
        };
        let pull = || waiting(Phase::Pulling, need(true), failure.clone());
        // An image of another variant has to be loaded as it is; one that is on its way is not asked for elsewhere.
        if let Some(words) = self.shared.copies.get(&image.tagged()) {
            return Some(Decision::new(Phase::Pulling, Step::Rest).because(words.clone()));
        }
        match (part.spec.pull, entry.and_then(|entry| entry.state.as_ref())) {
            (PullPolicy::Always, _) if self.memory.pulled.contains(&key) => None,
            (PullPolicy::Always, _) => Some(pull()),
            (_, Some(Image::Present(_))) => None,
            (_, None) => Some(waiting(Phase::Creating, need(false), failure)),
            (PullPolicy::Missing, Some(Image::Absent)) => Some(pull()),
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
