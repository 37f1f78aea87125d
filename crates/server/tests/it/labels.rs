//! Each `io.rancher.scheduler.*` label, from the text in a file to the hosts that take the unit.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_control::{World, why_not};
use muster_files::{Project, SourceFile};
use muster_model::assigned::{HostAssigned, Presence, Unit, UnitWish};
use muster_model::desired::{Environment, HostWish, RevisionBody, Stack, StackRevision, StackSpec, Timings};
use muster_model::document::Record;
use muster_model::observed::{HostFacts, HostObserved, SessionRecord};
use muster_model::{
    AccountId, EnvironmentId, Generation, HostId, Name, NetworkId, RequestId, Revision, ServerId, SessionId,
    StackId, UnitId, WallTime,
};

const ENV: EnvironmentId = EnvironmentId::new(1, 1);
const HOSTS: [(&str, &[(&str, &str)]); 3] = [
    ("h1", &[("zone", "a"), ("disk", "SSD")]),
    ("h2", &[("zone", "b"), ("disk", "ssd"), ("for", "shop-web")]),
    ("h3", &[("Zone", "A")]),
];
/// What runs: `shop/db` with a sidekick on h1, `other/cache` on h2.
const RUNNING: [(&str, &str, &str, u32); 2] = [
    (
        "shop",
        "db",
        "services:\n  db:\n    image: x\n    labels: {tier: Data, io.rancher.sidekicks: backup}\n  backup:\n    image: x\n    labels: {job: nightly}\n",
        1,
    ),
    (
        "other",
        "cache",
        "services:\n  cache:\n    image: x\n    labels: {tier: fast}\n",
        2,
    ),
];

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn read(stack: &str, text: &str) -> StackSpec {
    let project = Project {
        name: Some(name(stack)),
        sources: vec![SourceFile {
            path: "docker-compose.yml".to_owned(),
            bytes: text.as_bytes().to_vec(),
        }],
        ..Project::default()
    };
    let reading = muster_files::read(&project);
    let draft = reading
        .stack
        .unwrap_or_else(|| panic!("{:?}", reading.diagnostics));
    draft.spec
}

#[derive(Default)]
struct Platform {
    world: World,
}

impl Platform {
    fn put(&mut self, doc: impl Into<Record>) {
        let record = doc.into();
        let revision = Revision(self.world.revision().0 + 1);
        self.world.apply(revision, &record.key(), Some(record));
    }

    fn host(&mut self, number: u32, title: &str, labels: &[(&str, &str)]) {
        let (id, wall) = (HostId::new(1, number), WallTime(0));
        let label = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        self.put(HostWish {
            labels: labels.iter().map(label).collect(),
            ..HostWish::new(id, ENV, name(title), wall)
        });
        self.put(HostAssigned {
            host: id,
            environment: ENV,
            networks: Vec::new(),
            presence: Presence::Active,
            braked: false,
            losses: 0,
        });
        self.put(HostObserved {
            host: id,
            session: SessionRecord {
                id: SessionId::new(1, number),
                server: ServerId::new(1, 1),
                epoch: 1,
                silent: false,
                since: wall,
                lease_ms: None,
            },
            facts: HostFacts {
                engine: "an engine".to_owned(),
                ..HostFacts::default()
            },
        });
    }

    fn stack(&mut self, number: u32, title: &str, spec: StackSpec) -> StackId {
        let (id, wall) = (StackId::new(1, number), WallTime(0));
        let known = self.world.stack(id).map_or(0, |stack| stack.revision);
        self.put(StackRevision {
            stack: id,
            number: known + 1,
            by: AccountId::new(1, 1),
            at: wall,
            rollback_of: None,
            body: RevisionBody::Inline(Arc::new(spec)),
        });
        self.put(Stack {
            id,
            environment: ENV,
            name: name(title),
            revision: known + 1,
            removed: false,
            volumes_go: false,
            created: wall,
            request: RequestId::parse("r").unwrap(),
        });
        id
    }

    fn unit(&mut self, stack: StackId, service: &str, host: u32) {
        let (service, revision) = (name(service), 1);
        let facts = self.world.service_facts(stack, revision, &service).unwrap();
        let spec = facts.hash;
        self.put(Unit {
            id: UnitId::new(1, stack.counter),
            environment: ENV,
            stack,
            service,
            number: 1,
            host: HostId::new(1, host),
            revision,
            spec,
            generation: Generation(1),
            restarts: 0,
            address: None,
            ports: Vec::new(),
            wish: UnitWish::Run,
            reasons: Vec::new(),
            created: WallTime(0),
        });
    }

    fn with(hosts: &[(&str, &[(&str, &str)])]) -> Self {
        let mut platform = Self::default();
        platform.put(Environment {
            id: ENV,
            name: name("default"),
            network: NetworkId::new(1, 1),
            subnet: "10.42.0.0/16".parse().unwrap(),
            members: BTreeMap::new(),
            created: WallTime(0),
            released: BTreeMap::new(),
            timings: Timings::default(),
        });
        for (number, (title, labels)) in (1..).zip(hosts) {
            platform.host(number, title, labels);
        }
        for (number, (stack, service, text, host)) in (1..).zip(RUNNING) {
            let id = platform.stack(number, stack, read(stack, text));
            platform.unit(id, service, host);
        }
        platform
    }

    /// Deploys `shop/web` with these labels beside what runs: the hosts that take it, and the best of them.
    fn takes(mut self, labels: &str) -> (String, String) {
        let mut spec = read(
            "shop",
            &format!("services:\n  web:\n    image: x\n    labels: {{{labels}}}\n"),
        );
        spec.services.extend(read("shop", RUNNING[0].2).services);
        let shop = self.stack(1, "shop", spec);
        let hosts: Vec<HostId> = self.world.all_hosts().map(|host| host.id).collect();
        let views = hosts
            .iter()
            .map(|host| why_not(&self.world, shop, &name("web"), *host).unwrap());
        let views: Vec<_> = views.collect();
        let fit = views.iter().filter(|view| view.fits);
        let fit: Vec<String> = fit.map(|view| view.host.to_string()).collect();
        let best = views[0].next.as_ref().map_or_else(String::new, Name::to_string);
        (fit.join(" "), best)
    }
}

#[test]
fn each_label_means_what_it_meant() {
    // The best of all without a rule is h3, on which nothing runs.
    for (label, value, fit, best) in [
        ("host_label", "zone=a", "h1 h3", "h3"),
        ("host_label", "disk=ssd", "h1 h2", "h1"),
        ("host_label", "DISK=Ssd", "h1 h2", "h1"),
        ("host_label", "zone=a,disk=ssd", "h1", "h1"),
        ("host_label", "zone=a, disk=ssd", "h1", "h1"),
        ("host_label", "disk", "h1 h2", "h1"),
        ("host_label", "zone=mars", "", ""),
        ("host_label", "for=$${stack_name}-$${service_name}", "h2", "h2"),
        ("host_label", "for=$${project_name}-web", "h2", "h2"),
        ("host_label_ne", "zone=b", "h1 h3", "h3"),
        ("host_label_ne", "zone=b,disk=ssd", "h3", "h3"),
        ("host_label_soft", "zone=b", "h1 h2 h3", "h2"),
        ("host_label_soft", "zone=mars", "h1 h2 h3", "h3"),
        ("host_label_soft", "zone=a,disk=ssd", "h1 h2 h3", "h1"),
        ("host_label_soft_ne", "zone=a", "h1 h2 h3", "h2"),
        ("container_label", "tier=data", "h1", "h1"),
        ("container_label", "tier=data,job=nightly", "h1", "h1"),
        ("container_label", "tier=data,tier=fast", "", ""),
        ("container_label", "io.rancher.stack.name=other", "h2", "h2"),
        (
            "container_label",
            "io.rancher.project.name=$${stack_name}",
            "h1",
            "h1",
        ),
        (
            "container_label",
            "io.rancher.stack_service.name=shop/db",
            "h1",
            "h1",
        ),
        (
            "container_label",
            "io.rancher.stack_service.name=$${stack_name}/db/backup",
            "h1",
            "h1",
        ),
        (
            "container_label",
            "io.rancher.stack_service.name=$${stack_name}/db/other",
            "",
            "",
        ),
        ("container_label_ne", "tier=data", "h2 h3", "h3"),
        ("container_label_ne", "tier=data,tier=fast", "h3", "h3"),
        (
            "container_label_ne",
            "io.rancher.stack_service.name=$${stack_name}/$${service_name}",
            "h1 h2 h3",
            "h3",
        ),
        ("container_label_soft", "tier=fast", "h1 h2 h3", "h2"),
        ("container_label_soft_ne", "tier=none", "h1 h2 h3", "h3"),
        ("container", "db", "h1", "h1"),
        ("container", "shop/db", "h1", "h1"),
        ("container", "other/cache", "h2", "h2"),
        ("container", "cache", "", ""),
        ("container", "db,other/cache", "", ""),
        ("container", "$${stack_name}/db", "h1", "h1"),
        ("container_ne", "db,other/cache", "h3", "h3"),
        ("container_soft", "db", "h1 h2 h3", "h1"),
        ("container_soft_ne", "$${service_name}", "h1 h2 h3", "h3"),
    ] {
        let labels = format!("'io.rancher.scheduler.affinity:{label}': '{value}'");
        let found = Platform::with(&HOSTS).takes(&labels);
        assert_eq!(found, (fit.to_owned(), best.to_owned()), "{label}: {value}");
    }
}

#[test]
fn a_global_service_heeds_its_rules_on_hosts_only() {
    let global = "io.rancher.scheduler.global: 'true', 'io.rancher.scheduler.affinity";
    for (label, value, fit) in [
        ("host_label", "zone=a", "h1 h3"),
        ("host_label_ne", "disk=ssd", "h3"),
        ("container_label", "tier=data", "h1 h2 h3"),
        ("container_ne", "db", "h1 h2 h3"),
    ] {
        let labels = format!("{global}:{label}': '{value}'");
        assert_eq!(Platform::with(&HOSTS).takes(&labels).0, fit, "{label}: {value}");
    }
}

#[test]
fn a_host_may_ask_for_labels_of_containers() {
    let key = "io.rancher.scheduler.require_any";
    let hosts: [(&str, &[(&str, &str)]); 2] = [("h1", &[(key, "gpu=yes, batch")]), ("h2", &[])];
    for (labels, fit) in [
        ("", "h2"),
        ("gpu: 'no'", "h2"),
        ("gpu: 'Yes'", "h1 h2"),
        ("batch: x", "h1 h2"),
    ] {
        assert_eq!(Platform::with(&hosts).takes(labels).0, fit, "{labels}");
    }
}
