//! What users write: a few stacks whose shapes, between them, touch every rule of placing and replacing.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::desired::{
    Blob, Condition, ContainerSpec, FailureAction, FileMount, Healthcheck, HealthcheckTest, ImageRef, Mount,
    MountSource, PortSpec, Relation, RuleSubject, SchedulingRule, ServiceKind, ServiceSpec, StackSpec,
    UpdateOrder, UpdatePolicy, VolumeSpec,
};
use muster_model::net::Protocol;
use muster_model::{Digest, Name};

use crate::judge::EXCLUSIVE_LABEL;
use crate::narrow::Narrow;
use crate::rng::Rng;
use crate::wish::{HALL, ROOM};

/// The names of all stacks.
pub const STACKS: [&str; 3] = ["shop", "blog", "ops"];

/// The names of all services.
pub const SERVICES: [&str; 7] = ["web", "api", "jobs", "front", "db", "watch", "solo"];

/// A volume that lives by itself.
pub const SHARED: &str = "shared";

/// Versions of images; a higher one is no better.
const VERSIONS: u64 = 6;
/// What `db` calls its volume.
const DATA: &str = "data";
/// What configs say.
const SETTINGS: [&str; 2] = ["colour=blue", "colour=green"];

/// The next version of a stack's files. `hosts` bounds the scale of services with a fixed port.
pub fn draw(stack: &str, hosts: u64, narrow: &Narrow, rng: &mut Rng) -> Option<Arc<StackSpec>> {
    let services = match stack {
        "shop" => vec![("web", web(rng)), ("api", api(rng)), ("jobs", plain("jobs", rng))],
        "blog" => vec![("front", front(hosts, rng)), ("db", db(rng))],
        _ => vec![("watch", watch(rng)), ("solo", solo(hosts, rng))],
    };
    // A service comes and goes with the files.
    let without = if rng.chance(150) {
        rng.below(services.len())
    } else {
        services.len()
    };
    let kept = services
        .into_iter()
        .enumerate()
        .filter(|(at, (name, _))| *at != without && narrow.lets_service(name));
    let named = kept.map(|(_, (service, spec))| Some((Name::parse(service).ok()?, Arc::new(spec?))));
    let services = named.collect::<Option<BTreeMap<_, _>>>()?;
    Some(Arc::new(StackSpec {
        services,
        volumes: volumes(stack, rng)?,
        blobs: contents(),
    }))
}

/// The data of `db` is the stack's own, or lies in a volume that lives by itself.
fn volumes(stack: &str, rng: &mut Rng) -> Option<BTreeMap<Name, VolumeSpec>> {
    let external = if stack == "blog" && rng.chance(300) {
        Some(Name::parse(SHARED).ok()?)
    } else {
        None
    };
    let shared = VolumeSpec {
        external,
        ..VolumeSpec::default()
    };
    let named = (stack == "blog").then(|| Some((Name::parse(DATA).ok()?, shared)));
    named.into_iter().collect()
}

/// One of the images that stacks run.
pub fn any_image(rng: &mut Rng) -> Option<String> {
    let name = *rng.pick(&["web", "api", "jobs", "front", "db", "watch", "solo", "log"])?;
    let version = if name == "log" {
        1
    } else {
        rng.between(1, VERSIONS)
    };
    let image = ImageRef::parse(&format!("muster/{name}:{version}")).ok()?;
    Some(image.tagged())
}

/// Any ports, checked, new ones before old ones or after.
fn web(rng: &mut Rng) -> Option<ServiceSpec> {
    let mut spec = plain("web", rng)?;
    spec.unit.primary.ports = vec![port(None)];
    spec.unit.primary.healthcheck = Some(Healthcheck {
        test: HealthcheckTest::Shell("true".to_owned()),
        interval_ms: None,
        timeout_ms: None,
        retries: None,
        start_period_ms: rng.chance(400).then_some(20_000),
        start_interval_ms: None,
    });
    if rng.chance(600) {
        spec.update.order = UpdateOrder::StartFirst;
    }
    spec.update.batch_size = u32::try_from(rng.between(0, 2)).unwrap_or(1);
    Some(spec)
}

/// With a sidekick, sometimes with a config; sometimes it waits for `web`.
fn api(rng: &mut Rng) -> Option<ServiceSpec> {
    let mut spec = plain("api", rng)?;
    if rng.chance(300) {
        spec.unit.primary.files = vec![config(rng)?];
    }
    let sidekick = ContainerSpec::new(ImageRef::parse("muster/log:1").ok()?);
    spec.unit.sidekicks = [(Name::parse("log").ok()?, sidekick)].into();
    if rng.chance(300) {
        let condition = *rng.pick(&[Condition::Started, Condition::Healthy])?;
        spec.depends_on.insert(Name::parse("web").ok()?, condition);
    }
    Some(spec)
}

/// One of two configs; what it says comes with the files.
fn config(rng: &mut Rng) -> Option<FileMount> {
    Some(FileMount {
        name: Name::parse("settings").ok()?,
        secret: false,
        target: "/settings".to_owned(),
        digest: Digest::of(rng.pick(&SETTINGS)?.as_bytes()),
        uid: None,
        gid: None,
        mode: None,
    })
}

/// What configs say, by digest.
fn contents() -> BTreeMap<Digest, Blob> {
    let plain = |text: &str| (Digest::of(text.as_bytes()), Blob::Plain(text.to_owned()));
    SETTINGS.into_iter().map(plain).collect()
}

/// A fixed port, so one on a host.
fn front(hosts: u64, rng: &mut Rng) -> Option<ServiceSpec> {
    let mut spec = plain("front", rng)?;
    spec.unit.primary.ports = vec![port(Some(8_080))];
    spec.scale = u32::try_from(rng.between(1, hosts)).ok();
    if rng.chance(300) {
        spec.update.order = UpdateOrder::StartFirst;
    }
    Some(spec)
}

/// Data that cannot follow.
fn db(rng: &mut Rng) -> Option<ServiceSpec> {
    let mut spec = plain("db", rng)?;
    spec.scale = Some(1);
    spec.unit.primary.mounts = vec![Mount::new("/data", MountSource::Volume(Name::parse(DATA).ok()?))];
    Some(spec)
}

/// One on every host.
fn watch(rng: &mut Rng) -> Option<ServiceSpec> {
    let spec = plain("watch", rng)?;
    Some(ServiceSpec {
        kind: ServiceKind::Global,
        scale: None,
        ..spec
    })
}

/// One anywhere, never two; sometimes not beside the data.
fn solo(hosts: u64, rng: &mut Rng) -> Option<ServiceSpec> {
    let mut spec = plain("solo", rng)?;
    if hosts > 1 && rng.chance(200) {
        spec.rules.push(SchedulingRule {
            relation: Relation::MustNot,
            subject: RuleSubject::Service {
                stack: Name::parse("blog").ok(),
                service: Name::parse("db").ok()?,
            },
        });
    }
    spec.scale = Some(1);
    spec.exclusive = true;
    spec.unit
        .primary
        .labels
        .insert(EXCLUSIVE_LABEL.to_owned(), "true".to_owned());
    Some(spec)
}

/// Some units, whose number the files say or leave open.
fn plain(name: &str, rng: &mut Rng) -> Option<ServiceSpec> {
    let image = ImageRef::parse(&format!("muster/{name}:{}", rng.between(1, VERSIONS))).ok()?;
    let scale = if rng.chance(500) {
        u32::try_from(rng.between(0, 4)).ok()
    } else {
        None
    };
    let on_failure = match rng.between(0, 9) {
        0 => FailureAction::Pause,
        1 => FailureAction::Rollback,
        _ => FailureAction::Continue,
    };
    let rules = rules(rng);
    Some(ServiceSpec {
        scale,
        // Those that have to be somewhere are spread over it too.
        spread: rules
            .iter()
            .filter(|rule| rule.relation == Relation::Must)
            .map(|_| ROOM.to_owned())
            .collect(),
        rules,
        update: UpdatePolicy {
            on_failure,
            interval_ms: rng.between(0, 1) * 1_000,
            monitor_ms: rng.between(0, 1) * 2_000,
            ..UpdatePolicy::default()
        },
        ..ServiceSpec::new(ContainerSpec::new(image))
    })
}

/// Where units would rather be, what no host is, and in which room they have to be: rules that can always be kept once users put
/// every host into the hall, so that every scale can be reached.
fn rules(rng: &mut Rng) -> Vec<SchedulingRule> {
    let of = |relation, subject| vec![SchedulingRule { relation, subject }];
    let service = |name| RuleSubject::Service {
        stack: None,
        service: name,
    };
    let (key, value) = ("nobody".to_owned(), "none".to_owned());
    match (rng.between(0, 14), Name::parse("web").ok()) {
        (0, Some(web)) => of(Relation::Should, service(web)),
        (1, Some(web)) => of(Relation::ShouldNot, service(web)),
        (2, _) => of(Relation::MustNot, RuleSubject::ContainerLabel { key, value }),
        (3, _) => {
            let value = Some(value);
            of(Relation::MustNot, RuleSubject::HostLabel { key, value })
        }
        (4, _) => of(Relation::ShouldNot, RuleSubject::HostName("h1".to_owned())),
        (5, _) => of(Relation::Must, room(Some(HALL))),
        (6, _) => of(Relation::Must, room(None)),
        (7, _) => of(Relation::MustNot, room(Some("cellar"))),
        (8, _) => of(Relation::Must, RuleSubject::System("linux".to_owned())),
        (9, _) => of(Relation::MustNot, RuleSubject::Architecture("riscv64".to_owned())),
        _ => Vec::new(),
    }
}

fn room(value: Option<&str>) -> RuleSubject {
    RuleSubject::HostLabel {
        key: ROOM.to_owned(),
        value: value.map(str::to_owned),
    }
}

const fn port(host_port: Option<u16>) -> PortSpec {
    PortSpec {
        container_port: 80,
        host_port,
        host_ip: None,
        protocol: Protocol::Tcp,
    }
}
