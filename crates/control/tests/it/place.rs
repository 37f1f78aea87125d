//! Which host a unit goes to, against the plainest possible reading of the rules.

use std::collections::BTreeMap;

use muster_model::HostId;
use muster_model::Reason;
use muster_model::assigned::ServiceState;
use muster_model::desired::{Relation, RuleSubject, ServiceSpec};
use muster_model::reason::Misfit;
use proptest::prelude::*;

use crate::lab::Lab;
use crate::spec::{With, name, service, stack};

const GIB: u64 = 1 << 30;

fn label(key: &str) -> RuleSubject {
    RuleSubject::HostLabel {
        key: key.to_owned(),
        value: Some("yes".to_owned()),
    }
}

fn misfits(lab: &Lab, stack: muster_model::StackId, service: &str) -> Vec<Misfit> {
    match &lab.reasons(stack, service)[..] {
        [Reason::NoHost { refusals }, ..] => refusals.iter().map(|refusal| refusal.why.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_host_says_why_it_does_not_fit() {
    let mut lab = Lab::with_hosts(6);
    let id = |number| HostId::new(1, number);
    let other = lab.deploy(
        "other",
        stack([(
            "lb",
            service("lb")
                .port(80)
                .rule(Relation::Must, RuleSubject::HostName("h4".to_owned())),
        )]),
    );
    lab.settle();
    assert_eq!(lab.running(other, "lb")[0].host, id(4));
    lab.change_host(id(1), |wish| wish.cordoned = true);
    lab.silence(id(2));
    lab.change_facts(id(3), |facts| facts.engine_error = Some("it hangs".to_owned()));
    lab.change_facts(id(5), |facts| facts.memory = GIB);
    lab.change_host(id(6), |wish| {
        drop(wish.labels.insert("gpu".to_owned(), "no".to_owned()))
    });
    let no_gpu = RuleSubject::HostLabel {
        key: "gpu".to_owned(),
        value: None,
    };
    let web = service("web")
        .port(80)
        .memory(2 * GIB)
        .rule(Relation::MustNot, no_gpu);
    let shop = lab.deploy("shop", stack([("web", web)]));
    lab.settle();
    let expected = [
        Misfit::Cordoned,
        Misfit::NotActive,
        Misfit::EngineDown {
            message: "it hangs".to_owned(),
        },
        Misfit::PortTaken {
            port: 80,
            protocol: Default::default(),
            by: "other/lb".to_owned(),
        },
        Misfit::Memory {
            wanted: 2 * GIB,
            free: GIB,
        },
        Misfit::Rule {
            rule: "must not have label gpu".to_owned(),
            found: None,
        },
    ];
    assert_eq!(misfits(&lab, shop, "web"), expected);
    lab.remove(other);
    lab.settle();
    assert_eq!(
        lab.state(shop, "web"),
        ServiceState::Steady,
        "the port is free, so it is placed at once"
    );
}

#[test]
fn wishes_go_before_spread_and_rules_may_speak_of_services_and_containers() {
    let mut lab = Lab::with_hosts(3);
    lab.change_host(HostId::new(1, 3), |wish| {
        drop(wish.labels.insert("ssd".to_owned(), "yes".to_owned()))
    });
    let db = service("db").rule(Relation::Should, label("ssd")).scale(2);
    let near = RuleSubject::Service {
        stack: None,
        service: name("db"),
    };
    let web = service("web").rule(Relation::Must, near.clone()).scale(2);
    let away = service("away").rule(Relation::ShouldNot, near);
    let shop = lab.deploy("shop", stack([("db", db), ("web", web), ("away", away)]));
    lab.settle();
    lab.settle();
    for service in ["db", "web"] {
        assert!(
            lab.running(shop, service)
                .iter()
                .all(|unit| unit.host == HostId::new(1, 3)),
            "{service}"
        );
    }
    assert_ne!(lab.running(shop, "away")[0].host, HostId::new(1, 3));
}

#[test]
fn rules_may_speak_of_ids_systems_and_processors() {
    let [amd, arm] = [HostId::new(1, 1), HostId::new(1, 2)];
    let of = |architecture: &str| RuleSubject::Architecture(architecture.to_owned());
    let system = |system: &str| RuleSubject::System(system.to_owned());
    for (relation, subject, expected) in [
        (Relation::Must, RuleSubject::HostId(arm), Some(arm)),
        (Relation::MustNot, RuleSubject::HostId(amd), Some(arm)),
        (Relation::Must, of("arm64"), Some(arm)),
        (Relation::MustNot, of("arm64"), Some(amd)),
        (Relation::Should, of("arm64"), Some(arm)),
        (Relation::Must, system("linux"), Some(amd)),
        (Relation::Must, system("windows"), None),
        (Relation::Must, of("s390x"), None),
    ] {
        let mut lab = Lab::with_hosts(2);
        lab.change_facts(amd, |facts| facts.architecture = "amd64".to_owned());
        lab.change_facts(arm, |facts| facts.architecture = "arm64".to_owned());
        let web = service("web").rule(relation, subject.clone());
        let shop = lab.deploy("shop", stack([("web", web)]));
        lab.settle();
        let found = lab.running(shop, "web").first().map(|unit| unit.host);
        assert_eq!(found, expected, "{relation:?} {subject:?}");
    }
}

/// A host of the oracle's world.
#[derive(Debug, Clone)]
struct Machine {
    memory: u64,
    cpus: u32,
    labelled: bool,
    cordoned: bool,
    /// Its zone, if it says, and its rack there.
    zone: Option<u8>,
    rack: u8,
}

fn machine() -> impl Strategy<Value = Machine> {
    let memory = 1..6u64;
    let place = (prop::option::weighted(0.8, 0..3u8), 0..2u8);
    (memory, 1..4u32, any::<bool>(), prop::bool::weighted(0.1), place).prop_map(
        |(memory, cpus, labelled, cordoned, (zone, rack))| Machine {
            memory: memory * GIB,
            cpus,
            labelled,
            cordoned,
            zone,
            rack,
        },
    )
}

#[derive(Debug, Clone)]
struct Wanted {
    scale: u32,
    memory: u64,
    milli: u64,
    port: bool,
    relation: Option<Relation>,
    most: Option<u32>,
    spread: bool,
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let relation = prop::option::of(prop_oneof![
        Just(Relation::Must),
        Just(Relation::MustNot),
        Just(Relation::Should),
        Just(Relation::ShouldNot)
    ]);
    let limits = (0..3u64, 0..3u64, any::<bool>());
    let spread = (prop::option::of(1..3u32), any::<bool>());
    (1..6u32, limits, relation, spread).prop_map(
        |(scale, (memory, milli, port), relation, (most, spread))| Wanted {
            scale,
            memory: memory * GIB,
            milli: milli * 500,
            port,
            relation,
            most,
            spread,
        },
    )
}

impl Wanted {
    fn spec(&self) -> ServiceSpec {
        let mut spec = service("x")
            .scale(self.scale)
            .memory(self.memory)
            .cpus(self.milli);
        if self.port {
            spec = spec.port(8080);
        }
        if let Some(most) = self.most {
            spec = spec.per_host(most);
        }
        if self.spread {
            spec = spec.spread("zone").spread("rack-of");
        }
        match self.relation {
            Some(relation) => spec.rule(relation, label("special")),
            None => spec,
        }
    }
}

/// What the oracle keeps of a host: units in all, those of the service, memory, processor time, whether the port is taken.
type Taken = (u32, u32, u64, u64, bool);

/// Places one after another by looking at every host each time.
fn oracle(machines: &[Machine], services: &[Wanted]) -> Vec<BTreeMap<u32, usize>> {
    let mut taken: Vec<Taken> = machines.iter().map(|_| Taken::default()).collect();
    let mut placed = Vec::new();
    for wanted in services {
        taken.iter_mut().for_each(|host| host.1 = 0);
        let mut hosts = BTreeMap::new();
        for number in 1..=wanted.scale {
            let fits = |(at, host): &(usize, &Machine)| {
                let (_, _, memory, milli, port) = taken[*at];
                !host.cordoned
                    && (wanted.memory == 0 || memory + wanted.memory <= host.memory)
                    && (wanted.milli == 0 || milli + wanted.milli <= u64::from(host.cpus) * 1000)
                    && !(wanted.port && port)
                    && wanted.most.is_none_or(|most| taken[*at].1 < most)
                    && match wanted.relation {
                        Some(Relation::Must) => host.labelled,
                        Some(Relation::MustNot) => !host.labelled,
                        _ => true,
                    }
            };
            let candidates: Vec<(usize, &Machine)> = machines.iter().enumerate().filter(fits).collect();
            // Where no host says in which zone it is, all are in one.
            let unmet = |host: &Machine| match wanted.relation {
                Some(Relation::Should) => !host.labelled,
                Some(Relation::ShouldNot) => host.labelled,
                _ => false,
            };
            let least = candidates
                .iter()
                .map(|(at, host)| (unmet(host), taken[*at].1))
                .min();
            let least = least.map_or(0, |(_, least)| least);
            let score = |(at, host): &(usize, &Machine)| {
                let crowd = |alike: &dyn Fn(&Machine) -> bool| -> u32 {
                    let others = machines.iter().zip(&taken).filter(|(other, _)| alike(other));
                    others.map(|(_, taken)| taken.1).sum()
                };
                let zone = crowd(&|other| other.zone == host.zone);
                let rack = crowd(&|other| (other.zone, other.rack) == (host.zone, host.rack));
                let rack = if wanted.spread { rack } else { 0 };
                let overfull = !wanted.spread && taken[*at].1 >= 2 * (least + 1);
                (unmet(host), overfull, zone, rack, taken[*at].1, taken[*at].0, *at)
            };
            let best = candidates
                .iter()
                .min_by_key(|found| score(found))
                .map(|(at, _)| *at);
            if let Some(at) = best {
                let host = &mut taken[at];
                *host = (
                    host.0 + 1,
                    host.1 + 1,
                    host.2 + wanted.memory,
                    host.3 + wanted.milli,
                    host.4 || wanted.port,
                );
                hosts.insert(number, at);
            }
        }
        placed.push(hosts);
    }
    placed
}

proptest! {
    #[test]
    fn units_go_where_a_plain_search_would_put_them(
        machines in prop::collection::vec(machine(), 1..8),
        services in prop::collection::vec(wanted(), 1..6),
    ) {
        let mut lab = Lab::with_hosts(u32::try_from(machines.len()).unwrap());
        let ids: Vec<HostId> = lab.world.all_hosts().map(|host| host.id).collect();
        for (machine, id) in machines.iter().zip(&ids) {
            lab.change_facts(*id, |facts| (facts.memory, facts.cpus) = (machine.memory, machine.cpus));
            lab.change_host(*id, |wish| {
                wish.cordoned = machine.cordoned;
                if machine.labelled {
                    wish.labels.insert("special".to_owned(), "yes".to_owned());
                }
                let zone = machine.zone.map(|zone| ("zone".to_owned(), zone.to_string()));
                wish.labels.extend(zone);
                wish.labels.insert("rack-of".to_owned(), machine.rack.to_string());
            });
        }
        lab.settle();
        let mut spec = stack([]);
        for (at, wanted) in services.iter().enumerate() {
            spec.services.insert(name(&format!("s{at}")), wanted.spec().into());
        }
        let shop = lab.deploy("shop", spec);
        lab.settle();
        for (at, expected) in oracle(&machines, &services).into_iter().enumerate() {
            let units = lab.running(shop, &format!("s{at}"));
            let place = |host: HostId| ids.iter().position(|id| *id == host).unwrap();
            let found: BTreeMap<u32, usize> = units.iter().map(|unit| (unit.number, place(unit.host))).collect();
            prop_assert_eq!(found, expected, "s{}", at);
        }
    }
}
