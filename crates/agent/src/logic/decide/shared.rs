use muster_model::Timestamp;
use muster_model::assigned::NetworkAssigned;
use muster_model::desired::ImageRef;
use muster_model::link::{PullCredential, Table, VolumeAssignment};

use super::Step;
use crate::engine::{Login, Verb};
use crate::logic::Action;
use crate::logic::marks;
use crate::logic::shared::{Entry, Image, WantedImage};

/// What next for a network of the table.
pub fn network(wanted: &NetworkAssigned, entry: &Entry<()>, now: Timestamp) -> Step {
    once(entry, now, || make_network(wanted))
}

/// What a network of the table takes.
pub fn make_network(wanted: &NetworkAssigned) -> Verb {
    Verb::EnsureNetwork(wanted.clone())
}

/// What next for a volume of the table.
pub fn volume(wanted: &VolumeAssignment, entry: &Entry<()>, now: Timestamp) -> Step {
    once(entry, now, || settle_volume(wanted))
}

/// What a volume of the table takes.
pub fn settle_volume(wanted: &VolumeAssignment) -> Verb {
    if wanted.removed {
        Verb::RemoveVolume {
            name: wanted.engine_name.clone(),
        }
    } else {
        Verb::EnsureVolume(wanted.clone())
    }
}

/// What next for an image that units wait for; `pull` if one of them may have it from its registry.
pub fn image(wanted: &WantedImage, entry: &Entry<Image>, table: &Table, now: Timestamp) -> Step {
    if !wanted.pull && entry.state.is_some() {
        return Step::Rest;
    }
    if let Some(until) = entry.tries.waits_until(now) {
        return Step::Pause(until);
    }
    let (image, platform) = (wanted.image.clone(), wanted.platform.clone());
    Step::Act(Action::Engine(if wanted.pull {
        marks::IMAGE_PULLED.reach();
        let login = login(&image, table);
        Verb::Pull {
            image,
            platform,
            login,
        }
    } else {
        Verb::FindImage { image, platform }
    }))
}

fn once(entry: &Entry<()>, now: Timestamp, verb: impl FnOnce() -> Verb) -> Step {
    match (&entry.state, entry.tries.waits_until(now)) {
        (Some(()), _) => Step::Rest,
        (None, Some(until)) => Step::Pause(until),
        (None, None) => Step::Act(Action::Engine(verb())),
    }
}

fn login(image: &ImageRef, table: &Table) -> Option<Login> {
    let fits = |credential: &&PullCredential| credential.registry == image.registry();
    let credential = table.credentials.iter().find(fits)?.clone();
    Some(Login {
        credential,
        password: None,
    })
}
