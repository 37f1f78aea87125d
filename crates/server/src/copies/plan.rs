//! Which image goes where, from whom, and when it is tried again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_control::{Host, World};
use muster_model::assigned::{Presence, UnitWish};
use muster_model::observed::Phase;
use muster_model::{HostId, Name, Timestamp};

/// Copies under way at once: each keeps two links busy.
const COPIES_MAX: usize = 4;
/// Sources that are asked in one try.
const SOURCES_MAX: usize = 16;
/// The first pause after a failure, and the longest.
const PAUSE_MIN: Duration = Duration::from_secs(2);
const PAUSE_MAX: Duration = Duration::from_secs(600);

/// One image for one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    /// The host that lacks it.
    pub(super) to: HostId,
    /// Its name.
    pub(super) name: Name,
    /// The reference, with tag.
    pub(super) image: String,
    /// Who may have it, the likeliest first.
    pub(super) sources: Vec<Source>,
}

/// A host that may have an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Source {
    pub(super) host: HostId,
    pub(super) name: Name,
}

/// What is under way, and what failed lately.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// By the host that receives: one each.
    under_way: BTreeMap<HostId, String>,
    failed: BTreeMap<(HostId, String), Failed>,
}

#[derive(Debug, Default)]
struct Failed {
    times: u32,
    until: Timestamp,
}

impl Plan {
    /// The copies to begin now; they count as under way from here on.
    pub(super) fn next(&mut self, now: Timestamp, world: &World) -> Vec<Job> {
        let wanted: BTreeSet<(HostId, String)> = world.all_hosts().flat_map(missing).collect();
        // What is no longer missed begins anew if it is missed again.
        self.failed.retain(|want, _| wanted.contains(want));
        let mut jobs = Vec::new();
        for (host, image) in wanted {
            if self.under_way.len() >= COPIES_MAX {
                break;
            }
            let want = (host, image);
            let waits = self.failed.get(&want).is_some_and(|failed| failed.until > now);
            if waits || self.under_way.contains_key(&host) {
                continue;
            }
            if let Some(job) = job(world, want.0, &want.1) {
                self.under_way.insert(want.0, want.1);
                jobs.push(job);
            }
        }
        jobs
    }

    /// A copy is over.
    pub(super) fn ended(&mut self, now: Timestamp, job: &Job, worked: bool) {
        self.under_way.remove(&job.to);
        let want = (job.to, job.image.clone());
        // The host looks at once; if it still misses the image after this, something else is wrong with it.
        let failed = self.failed.entry(want).or_default();
        let factor = 1_u32.checked_shl(failed.times).unwrap_or(u32::MAX);
        let pause = PAUSE_MIN.saturating_mul(factor).min(PAUSE_MAX);
        failed.until = now + pause;
        if !worked || failed.times > 0 {
            failed.times = failed.times.saturating_add(1).min(30);
        }
    }
}

/// The images that a host in touch misses. One that is named by its digest would lose that name on the way.
fn missing(host: Host<'_>) -> Vec<(HostId, String)> {
    let observed = host.observed.filter(|_| is_here(host));
    let images = observed.into_iter().flat_map(|doc| &doc.facts.missing_images);
    images
        .filter(|image| !image.contains('@'))
        .map(|image| (host.id, image.clone()))
        .collect()
}

fn is_here(host: Host<'_>) -> bool {
    host.wish.is_some() && host.heard() && host.presence() == Presence::Active
}

fn job(world: &World, to: HostId, image: &str) -> Option<Job> {
    let host = world.host(to)?;
    let wish = host.wish?;
    let mut sources: Vec<(u8, Source)> = world
        .hosts(wish.environment)
        .filter(|other| other.id != to && is_here(*other))
        .filter(|other| architecture(*other) == architecture(host))
        .filter_map(|other| Some((unlikely(world, other, image)?, source(other)?)))
        .collect();
    sources.sort_by_key(|(unlikely, source)| (*unlikely, source.host));
    sources.truncate(SOURCES_MAX);
    let sources: Vec<Source> = sources.into_iter().map(|(_, source)| source).collect();
    (!sources.is_empty()).then(|| Job {
        to,
        name: wish.name.clone(),
        image: image.to_owned(),
        sources,
    })
}

fn source(host: Host<'_>) -> Option<Source> {
    Some(Source {
        host: host.id,
        name: host.wish?.name.clone(),
    })
}

fn architecture(host: Host<'_>) -> Option<&str> {
    host.observed.map(|observed| observed.facts.architecture.as_str())
}

/// How unlikely it is that a host has an image: it says so, it runs it, or nothing is known. None if it misses it too.
fn unlikely(world: &World, host: Host<'_>, image: &str) -> Option<u8> {
    let facts = &host.observed?.facts;
    if facts.missing_images.contains(image) {
        return None;
    }
    let runs = || {
        let mut units = world.units_on(host.id).filter(|unit| unit.wish == UnitWish::Run);
        units.any(|unit| {
            let spec = world.service_spec(unit.stack, unit.revision, &unit.service);
            let made_of = spec.is_some_and(|spec| {
                let mut containers = spec.unit.containers();
                containers.any(|(_, container)| container.image.tagged() == image)
            });
            made_of
                && world
                    .status(unit.id)
                    .is_some_and(|status| status.phase == Phase::Running)
        })
    };
    Some(match facts.local_images.contains_key(image) {
        true => 0,
        false if runs() => 1,
        false => 2,
    })
}

#[cfg(test)]
mod tests {
    use muster_model::assigned::HostAssigned;
    use muster_model::desired::HostWish;
    use muster_model::document::Record;
    use muster_model::observed::{HostFacts, HostObserved, SessionRecord};
    use muster_model::{EnvironmentId, Revision, ServerId, SessionId, WallTime};

    use super::*;

    const fn id(number: u32) -> HostId {
        HostId::new(1, number)
    }

    fn put(world: &mut World, doc: impl Into<Record>) {
        let record = doc.into();
        let revision = Revision(world.revision().0 + 1);
        world.apply(revision, &record.key(), Some(record));
    }

    fn host(world: &mut World, number: u32, has: &[&str], misses: &[&str]) {
        let (host, environment) = (id(number), EnvironmentId::new(1, 1));
        put(
            world,
            HostWish::new(
                host,
                environment,
                format!("h{number}").parse().unwrap(),
                WallTime(0),
            ),
        );
        put(
            world,
            HostAssigned {
                host,
                environment,
                networks: Vec::new(),
                presence: Presence::Active,
                braked: false,
                losses: 0,
            },
        );
        let facts = HostFacts {
            local_images: has
                .iter()
                .map(|image| ((*image).to_owned(), String::new()))
                .collect(),
            missing_images: misses.iter().map(|image| (*image).to_owned()).collect(),
            ..HostFacts::default()
        };
        let session = SessionRecord {
            id: SessionId::new(1, number),
            server: ServerId::new(1, 1),
            epoch: 1,
            silent: false,
            since: WallTime(0),
            lease_ms: None,
        };
        put(world, HostObserved { host, session, facts });
    }

    fn asked(job: &Job) -> Vec<&str> {
        job.sources.iter().map(|source| source.name.as_str()).collect()
    }

    #[test]
    fn who_says_that_it_has_the_image_is_asked_first_and_who_misses_it_is_not() {
        let mut world = World::default();
        host(&mut world, 1, &[], &["a:1", "by@sha256:00"]);
        host(&mut world, 2, &[], &[]);
        host(&mut world, 3, &["a:1"], &[]);
        host(&mut world, 4, &[], &["a:1"]);
        let mut plan = Plan::default();
        let jobs = plan.next(Timestamp(0), &world);
        assert_eq!(jobs.len(), 2);
        assert_eq!((jobs[0].to, asked(&jobs[0])), (id(1), vec!["h3", "h2"]));
        assert_eq!(plan.next(Timestamp(0), &world), [], "they are under way");
    }

    #[test]
    fn what_fails_is_tried_again_after_growing_pauses_and_anew_when_it_is_missed_anew() {
        let mut world = World::default();
        host(&mut world, 1, &[], &["a:1"]);
        host(&mut world, 2, &[], &[]);
        let (mut plan, mut now) = (Plan::default(), Timestamp(0));
        for pause in [2, 4, 8, 16] {
            let jobs = plan.next(now, &world);
            plan.ended(now, &jobs[0], false);
            let until = now + Duration::from_secs(pause);
            assert_eq!(plan.next(Timestamp(until.0 - 1), &world), []);
            now = until;
        }
        host(&mut world, 1, &[], &[]);
        assert_eq!(plan.next(now, &world), []);
        host(&mut world, 1, &[], &["a:1"]);
        assert_eq!(plan.next(now, &world).len(), 1);
    }

    #[test]
    fn a_host_receives_one_at_a_time_and_all_of_them_few() {
        let mut world = World::default();
        (1..=9).for_each(|number| host(&mut world, number, &[], &["a:1", "b:1"]));
        host(&mut world, 10, &["a:1", "b:1"], &[]);
        let mut plan = Plan::default();
        let jobs = plan.next(Timestamp(0), &world);
        let hosts: BTreeSet<HostId> = jobs.iter().map(|job| job.to).collect();
        assert_eq!((jobs.len(), hosts.len()), (COPIES_MAX, COPIES_MAX));
    }
}
