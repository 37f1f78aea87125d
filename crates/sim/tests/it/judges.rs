//! Every judge sees what it is there for, in books that were made wrong on purpose, and nothing in books that are right.

mod ends;
mod leads;
mod memory;

use std::sync::Arc;

use muster_model::assigned::{Unit, UnitWish};
use muster_model::desired::{
    ContainerSpec, FailureAction, ImageRef, RevisionBody, ServiceKind, ServiceSpec, StackRevision, StackSpec,
    UpdatePolicy,
};
use muster_model::document::Document;
use muster_model::net::{Protocol, PublishedPort};
use muster_model::{AccountId, EnvironmentId, Generation, HostId, Name, Revision, StackId, UnitId, WallTime};
use muster_sim::judge::{self, AT_EVERY_STEP, Activity, Assignments, EXCLUSIVE_LABEL};
use muster_sim::ledger::{By, Deed, Entry, Ledger, Made};
use muster_sim::time::Moment;
use muster_sim::wish::{Edit, Wishes};
use muster_store::{Entry as Stored, Key};

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn runs(image: &str) -> ContainerSpec {
    ContainerSpec::new(ImageRef::parse(image).unwrap())
}

/// The primary of unit `unit` of `shop/web`.
fn made(unit: u32, generation: u64) -> Made {
    let (number, unit) = (unit, UnitId::new(3, unit));
    Made {
        name: format!("{unit}-{generation}"),
        unit,
        generation: Generation(generation),
        sidekick: None,
        stack: name("shop"),
        service: name("web"),
        number,
        runs: Arc::new(runs("app:1")),
        address: None,
        ports: Vec::new(),
        volumes: Vec::new(),
    }
}

fn host(number: u32) -> HostId {
    HostId::new(1, number)
}

/// Books in which each of these was made and started.
fn started(containers: &[(u32, Made)]) -> Ledger {
    let mut ledger = Ledger::default();
    for (on, made) in containers {
        write(&mut ledger, *on, &made.name, Deed::Made(Arc::new(made.clone())));
        write(&mut ledger, *on, &made.name, Deed::Started);
    }
    ledger
}

fn write(ledger: &mut Ledger, on: u32, container: &str, deed: Deed) {
    ledger.write(Entry {
        at: Moment(1),
        host: host(on),
        container: container.to_owned(),
        deed,
    });
}

/// What the judges of every step say to it.
fn judged(ledger: &Ledger) -> Option<&'static str> {
    judge::at_every_step(ledger)
        .err()
        .map(|violation| violation.judge)
}

fn port(host_port: u16) -> PublishedPort {
    PublishedPort {
        host_ip: None,
        host_port,
        container_port: 80,
        protocol: Protocol::Tcp,
    }
}

#[test]
fn right_books_are_right() {
    let with = |unit, change: fn(&mut Made)| {
        let mut made = made(unit, 1);
        change(&mut made);
        made
    };
    let same_port = |made: &mut Made| made.ports = vec![port(80)];
    let ledger = started(&[
        (1, with(1, same_port)),
        (2, with(2, same_port)),
        (1, with(3, |_| ())),
    ]);
    assert_eq!(judged(&ledger), None);
}

#[test]
fn a_container_that_runs_twice_is_seen() {
    assert_eq!(
        judged(&started(&[(1, made(1, 1)), (2, made(1, 1))])),
        Some(AT_EVERY_STEP[0].0),
        "on two hosts"
    );
    assert_eq!(
        judged(&started(&[(1, made(1, 1)), (1, made(1, 2))])),
        Some(AT_EVERY_STEP[0].0),
        "two generations"
    );
    let mut replaced = started(&[(1, made(1, 1))]);
    write(&mut replaced, 1, "unit-3-1-1", Deed::Ended(By::Platform));
    write(&mut replaced, 1, "unit-3-1-2", Deed::Made(Arc::new(made(1, 2))));
    write(&mut replaced, 1, "unit-3-1-2", Deed::Started);
    assert_eq!(judged(&replaced), None, "one after the other is as it should be");
}

#[test]
fn a_port_with_two_holders_is_seen() {
    let with_port = |unit| Made {
        ports: vec![port(8_080)],
        ..made(unit, 1)
    };
    assert_eq!(
        judged(&started(&[(1, with_port(1)), (1, with_port(2))])),
        Some(AT_EVERY_STEP[1].0)
    );
}

#[test]
fn an_address_with_two_holders_is_seen_even_on_two_hosts() {
    let with_address = |unit| Made {
        address: Some([10, 42, 8, 1].into()),
        ..made(unit, 1)
    };
    assert_eq!(
        judged(&started(&[(1, with_address(1)), (2, with_address(2))])),
        Some(AT_EVERY_STEP[2].0)
    );
}

#[test]
fn a_start_that_met_another_container_is_seen() {
    let mut ledger = started(&[(1, made(1, 1))]);
    write(&mut ledger, 1, "unit-3-2-1", Deed::Made(Arc::new(made(2, 1))));
    write(&mut ledger, 1, "unit-3-2-1", Deed::Refused);
    assert_eq!(judged(&ledger), Some(AT_EVERY_STEP[3].0));
}

#[test]
fn an_exclusive_service_that_runs_twice_is_seen() {
    let exclusive = |unit| {
        let mut spec = runs("app:1");
        spec.labels.insert(EXCLUSIVE_LABEL.to_owned(), "true".to_owned());
        Made {
            runs: Arc::new(spec),
            ..made(unit, 1)
        }
    };
    assert_eq!(
        judged(&started(&[(1, exclusive(1)), (2, exclusive(2))])),
        Some(AT_EVERY_STEP[4].0)
    );
    assert_eq!(AT_EVERY_STEP.len(), 5, "a judge that is added is proven here too");
}

/// `shop` with one service `web`.
fn shop(image: &str, kind: ServiceKind, scale: Option<u32>) -> Arc<StackSpec> {
    let service = ServiceSpec {
        kind,
        scale,
        update: UpdatePolicy {
            on_failure: FailureAction::Continue,
            ..UpdatePolicy::default()
        },
        ..ServiceSpec::new(runs(image))
    };
    Arc::new(StackSpec {
        services: [(name("web"), Arc::new(service))].into(),
        ..StackSpec::default()
    })
}

fn deployed(spec: Arc<StackSpec>) -> Wishes {
    let mut wishes = Wishes::default();
    wishes.acknowledge(
        Revision(5),
        Edit::Deploy {
            stack: name("shop"),
            spec,
        },
    );
    wishes
}

fn wished(ledger: &Ledger, wishes: &Wishes) -> Option<String> {
    judge::wished(ledger, wishes, &[host(1), host(2)])
}

#[test]
fn too_few_too_many_and_the_wrong_ones_are_seen() {
    let wishes = deployed(shop("app:1", ServiceKind::Containers, Some(2)));
    let two = started(&[(1, made(1, 1)), (2, made(2, 1))]);
    assert_eq!(wished(&two, &wishes), None);
    for (wrong, why) in [
        (started(&[]), "none"),
        (started(&[(1, made(1, 1))]), "one is missing"),
        (
            started(&[(1, made(1, 1)), (2, made(2, 1)), (2, made(3, 1))]),
            "one too many",
        ),
        (
            started(&[
                (1, made(1, 1)),
                (
                    2,
                    Made {
                        runs: Arc::new(runs("app:2")),
                        ..made(2, 1)
                    },
                ),
            ]),
            "another image",
        ),
        (
            started(&[
                (1, made(1, 1)),
                (2, made(2, 1)),
                (
                    2,
                    Made {
                        service: name("old"),
                        ..made(3, 1)
                    },
                ),
            ]),
            "a stranger",
        ),
    ] {
        assert!(wished(&wrong, &wishes).is_some(), "{why}");
    }
    let mut dead = two;
    write(&mut dead, 1, "unit-3-1-1", Deed::Ended(By::Platform));
    assert!(wished(&dead, &wishes).is_some(), "what ended does not run");
}

#[test]
fn a_global_service_is_on_every_host() {
    let wishes = deployed(shop("app:1", ServiceKind::Global, None));
    assert_eq!(
        wished(&started(&[(1, made(1, 1)), (2, made(2, 1))]), &wishes),
        None
    );
    assert!(wished(&started(&[(1, made(1, 1)), (1, made(2, 1))]), &wishes).is_some());
}

#[test]
fn the_last_word_of_the_users_counts() {
    let stack = name("shop");
    let mut wishes = deployed(shop("app:1", ServiceKind::Containers, None));
    let one = started(&[(1, made(1, 1))]);
    assert_eq!(wished(&one, &wishes), None, "one unless something else is said");
    wishes.acknowledge(
        Revision(9),
        Edit::Scale {
            stack: stack.clone(),
            service: name("web"),
            units: 2,
        },
    );
    assert!(wished(&one, &wishes).is_some());
    let spec = shop("app:2", ServiceKind::Containers, Some(1));
    wishes.acknowledge(
        Revision(12),
        Edit::Deploy {
            stack: stack.clone(),
            spec,
        },
    );
    assert!(wished(&one, &wishes).is_some(), "the new files say another image");
    wishes.acknowledge(
        Revision(13),
        Edit::Rollback {
            stack: stack.clone(),
            to: 1,
        },
    );
    assert_eq!(
        wished(&one, &wishes),
        None,
        "as it was; the scale by hand was cleared"
    );
    wishes.acknowledge(Revision(14), Edit::Remove { stack });
    assert!(wished(&one, &wishes).is_some(), "it should be gone");
    assert_eq!(wished(&started(&[]), &wishes), None);
}

fn stored<D: Document>(doc: &D) -> Stored {
    let key = Key::parse(&doc.key()).unwrap();
    let (created, modified) = (Revision(1), Revision(1));
    Stored {
        key,
        value: doc.encode().into(),
        created,
        modified,
        lease: None,
    }
}

/// The store's bytes: unit 1 of `shop/web` is to run on host 1.
fn assigned() -> Assignments {
    let spec = shop("app:1", ServiceKind::Containers, Some(1));
    let stack = StackId::new(2, 1);
    let unit = Unit {
        id: UnitId::new(3, 1),
        environment: EnvironmentId::new(1, 1),
        stack,
        service: name("web"),
        number: 1,
        host: host(1),
        revision: 1,
        spec: spec.services[&name("web")].unit.hash(),
        generation: Generation(1),
        restarts: 0,
        address: None,
        ports: Vec::new(),
        wish: UnitWish::Run,
        reasons: Vec::new(),
        created: WallTime(0),
    };
    let revision = StackRevision {
        stack,
        number: 1,
        by: AccountId::new(1, 1),
        at: WallTime(0),
        rollback_of: None,
        body: RevisionBody::Inline(spec),
    };
    Assignments::read(&[stored(&unit), stored(&revision)])
}

#[test]
fn an_engine_that_differs_from_its_assignments_is_seen() {
    let found = |ledger: &Ledger| judge::placed(ledger, &assigned());
    assert_eq!(found(&started(&[(1, made(1, 1))])), None);
    assert!(found(&started(&[])).is_some(), "missing");
    assert!(found(&started(&[(2, made(1, 1))])).is_some(), "on the wrong host");
    assert!(
        found(&started(&[(1, made(1, 2))])).is_some(),
        "of another generation"
    );
    assert!(
        found(&started(&[(1, made(1, 1)), (1, made(2, 1))])).is_some(),
        "one that nobody assigned"
    );
    let mut dead = started(&[(1, made(1, 1))]);
    write(&mut dead, 1, "unit-3-1-1", Deed::Ended(By::Platform));
    assert!(found(&dead).is_some(), "it does not run");
}

#[test]
fn what_still_moves_is_seen() {
    let mut activity = Activity::default();
    assert_eq!(activity.judge(Moment(0)), None);
    activity.moved(Moment(1_000), "a commit".to_owned());
    assert!(activity.judge(Moment(60_999)).is_some());
    assert_eq!(activity.judge(Moment(61_000)), None);
}
