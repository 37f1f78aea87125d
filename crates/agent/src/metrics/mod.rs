//! What the machine and its containers used, of late: a sample each ten seconds, kept for an hour.
//!
//! Everything is read from the kernel's files; the engine is never asked, so a machine whose engine hangs still tells how it
//! fares. A sample is 24 or 36 bytes, so a container costs at most 9 KB, and all of them together 5 MB.

mod cgroup;
mod container;
mod host;
mod ring;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use muster_model::link::Metrics;
use muster_model::view::{ContainerSample, HostSample};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use cgroup::Groups;
use ring::Ring;

/// Between two samples.
const EVERY: Duration = Duration::from_secs(10);
/// Samples kept: an hour of them.
const KEPT: usize = 360;
/// Containers that are watched. Far more than a machine runs well.
const CONTAINERS_MAX: usize = 500;

/// The engine's ids of the containers that run.
pub(crate) type Ids = BTreeSet<String>;

/// The samples, for whoever asks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rings {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    host: Ring<host::Packed>,
    containers: BTreeMap<String, Ring<container::Packed>>,
}

impl Rings {
    /// What the machine used, and these of its containers.
    pub(crate) fn read(&self, containers: &[String]) -> Metrics {
        let inner = self.lock();
        let of = |id: &String| {
            Some((
                id.clone(),
                inner.containers.get(id)?.iter().map(Into::into).collect(),
            ))
        };
        Metrics {
            host: inner.host.iter().map(HostSample::from).collect(),
            containers: containers.iter().filter_map(of).collect(),
        }
    }

    fn keep(&self, host: host::Packed, containers: BTreeMap<String, Option<container::Packed>>) {
        let mut inner = self.lock();
        inner.host.push(host, KEPT);
        inner.containers.retain(|id, _| containers.contains_key(id));
        for (id, sample) in containers {
            let ring = inner.containers.entry(id).or_default();
            if let Some(sample) = sample {
                ring.push(sample, KEPT);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes samples for as long as the agent lives.
pub(crate) async fn sample(rings: Rings, running: watch::Receiver<Ids>, data: PathBuf) {
    let mut sampler = Sampler::new(data);
    let mut clock = tokio::time::interval(EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let ids = running.borrow().clone();
        sampler.sample(&ids, &rings);
    }
}

/// What was counted the last time, to tell what came since.
struct Sampler {
    groups: Groups,
    host: host::Counter,
    containers: BTreeMap<String, container::Counter>,
}

impl Sampler {
    fn new(data: PathBuf) -> Self {
        Self {
            groups: Groups::new(),
            host: host::Counter::new(data),
            containers: BTreeMap::new(),
        }
    }

    fn sample(&mut self, ids: &Ids, rings: &Rings) {
        let at = seconds();
        let ids: Vec<&String> = ids.iter().take(CONTAINERS_MAX).collect();
        self.groups.follow(&ids);
        self.containers.retain(|id, _| ids.contains(&id));
        let mut samples = BTreeMap::new();
        for id in ids {
            let counter = self.containers.entry(id.clone()).or_default();
            let sample = self.groups.of(id).and_then(|group| counter.sample(at, group));
            samples.insert(id.clone(), sample);
        }
        rings.keep(self.host.sample(at), samples);
    }
}

/// The time on the wall in whole seconds, which is enough for people.
fn seconds() -> u32 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
}

fn wall(at: u32) -> muster_model::WallTime {
    muster_model::WallTime(u64::from(at) * 1_000)
}

/// How much more it is than before, a second. A counter that went back began anew.
fn rate(now: u64, before: u64, seconds: f64) -> u32 {
    if seconds <= 0.0 || now < before {
        return 0;
    }
    let rate = (now - before) as f64 / seconds;
    rate.min(f64::from(u32::MAX)) as u32
}

impl From<&container::Packed> for ContainerSample {
    fn from(packed: &container::Packed) -> Self {
        packed.unpack()
    }
}

impl From<&host::Packed> for HostSample {
    fn from(packed: &host::Packed) -> Self {
        packed.unpack()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_costs_what_is_promised() {
        assert!(size_of::<container::Packed>() * KEPT <= 9_000);
        assert!(size_of::<container::Packed>() * KEPT * CONTAINERS_MAX <= 5_000_000);
    }

    #[test]
    fn rates_are_of_what_came_since() {
        assert_eq!(rate(300, 100, 10.0), 20);
        assert_eq!(rate(100, 300, 10.0), 0, "it began anew");
        assert_eq!(rate(u64::MAX, 0, 1.0), u32::MAX);
        assert_eq!(rate(300, 100, 0.0), 0);
    }

    #[test]
    fn this_machine_is_sampled_and_an_unknown_container_is_not() {
        let (rings, mut sampler) = (Rings::default(), Sampler::new(PathBuf::from("/")));
        let ids: Ids = ["0".repeat(64)].into();
        sampler.sample(&ids, &rings);
        sampler.sample(&ids, &rings);
        let all: Vec<String> = ids.into_iter().collect();
        let read = rings.read(&all);
        assert_eq!((read.host.len(), read.containers[&all[0]].len()), (2, 0));
        assert!(read.host[1].memory > 0 && read.host[1].disk > 0, "{read:?}");
        sampler.sample(&Ids::new(), &rings);
        assert!(
            rings.read(&all).containers.is_empty(),
            "what is gone is forgotten"
        );
    }
}
