//! What units share: networks, volumes, images. Each is made or fetched once, however many wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_model::desired::{ContainerSpec, ImageRef};
use muster_model::{NetworkId, Timestamp, VolumeId};

use super::Backoff;
use crate::engine::{Failure, ImageFacts};

/// How far something shared is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// What is known of it; none is nothing.
    pub state: Option<T>,
    /// Failures in a row.
    pub tries: Backoff,
    /// What the last failure said, until it succeeds.
    pub failure: Option<String>,
}

impl<T> Default for Entry<T> {
    fn default() -> Self {
        Self {
            state: None,
            tries: Backoff::default(),
            failure: None,
        }
    }
}

impl<T> Entry<T> {
    /// It is so.
    pub fn is(&mut self, state: T) {
        *self = Self {
            state: Some(state),
            ..Self::default()
        };
    }

    /// It could not be made.
    pub fn failed(&mut self, now: Timestamp, failure: String) {
        self.tries.fail(now, Duration::ZERO, Duration::ZERO);
        self.failure = Some(failure);
    }
}

impl Entry<()> {
    /// It was tried to be made.
    pub fn settle(&mut self, now: Timestamp, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.is(()),
            Err(failure) => self.failed(now, failure.to_string()),
        }
    }
}

/// Whether an image is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Image {
    /// The engine has it.
    Present(ImageFacts),
    /// The engine does not have it.
    Absent,
}

/// An image that units wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedImage {
    /// Which.
    pub image: ImageRef,
    /// The variant of it, if one is asked for.
    pub platform: Option<String>,
    /// It may come from its registry.
    pub pull: bool,
}

/// What an image is known by: its reference with tag, and the variant if one is asked for.
pub fn image_key(image: &ImageRef, platform: Option<&str>) -> String {
    match platform {
        None => image.tagged(),
        Some(platform) => format!("{} {platform}", image.tagged()),
    }
}

/// The key of the image that a container is made of.
pub fn image_of(spec: &ContainerSpec) -> String {
    image_key(&spec.image, spec.platform.as_deref())
}

/// All shared things.
#[derive(Debug, Clone, Default)]
pub struct Shared {
    /// Networks that stand.
    pub networks: BTreeMap<NetworkId, Entry<()>>,
    /// Volumes that are there, or gone if that was wished.
    pub volumes: BTreeMap<VolumeId, Entry<()>>,
    /// Images, by [`image_key`].
    pub images: BTreeMap<String, Entry<Image>>,
    /// Those of them whose last pull failed.
    pub unpulled: BTreeSet<String>,
    /// Images that are being copied from another host, by reference with tag: how far they are.
    pub copies: BTreeMap<String, String>,
}

impl Shared {
    /// The engine was away: only images are likely to be as they were.
    pub fn doubt_all(&mut self) {
        self.networks.clear();
        self.volumes.clear();
        self.images.clear();
    }

    /// Images came: those that were missing may be there now, and are looked for at once.
    pub fn images_came(&mut self) {
        self.doubt_missing_images();
        self.images.values_mut().for_each(|entry| entry.tries.hurry());
    }

    /// Images that were missing may be there now.
    pub fn doubt_missing_images(&mut self) {
        for entry in self.images.values_mut() {
            if entry.state == Some(Image::Absent) {
                entry.state = None;
            }
        }
    }

    /// Whether the image brings a health check, as far as is known.
    pub fn image_has_check(&self, key: &str) -> bool {
        let state = self.images.get(key).and_then(|entry| entry.state.as_ref());
        matches!(state, Some(Image::Present(facts)) if facts.has_check)
    }
}
