//! The world as a store of documents.

use muster_control::World;
use muster_model::document::Record;
use muster_model::{HostId, Revision};

use crate::lab::{ENV, Lab};
use crate::spec::{With, name, service, stack};

/// All documents of a lab's world that reads give out.
fn records(lab: &Lab) -> Vec<(Revision, Record)> {
    let world = &lab.world;
    let mut all = Vec::new();
    macro_rules! add {
        ($($docs:expr),*) => { $(all.extend($docs.map(|doc| (doc.modified, Record::from((*doc.doc).clone()))));)* };
    }
    add!(
        world.leader().into_iter(),
        world.environments(),
        world.all_stacks(),
        world.units(),
        world.statuses(),
        world.volumes()
    );
    for stack in world.all_stacks() {
        add!(world.revisions(stack.id), world.service_wishes(stack.id));
        for service in world.services_left(stack.id) {
            add!(
                world.rollout(stack.id, &service).into_iter(),
                world.verdict(stack.id, &service).into_iter()
            );
        }
    }
    for host in world.all_hosts() {
        add!(
            host.wish.into_iter(),
            host.assigned.into_iter(),
            host.observed.into_iter()
        );
    }
    all
}

#[test]
fn documents_make_the_same_world_in_whatever_order_they_come() {
    let mut lab = Lab::with_hosts(3);
    let web = service("web").scale(3).memory(1 << 20).port(None);
    let shop = lab.deploy(
        "shop",
        stack([("web", web), ("db", service("db").volume("data"))]),
    );
    lab.wish(shop, "web", |wish| wish.restarts = 1);
    lab.settle();
    let mut all = records(&lab);
    for _ in 0..2 {
        let mut world = World::default();
        for (at, record) in &all {
            world.apply(*at, &record.key(), Some(record.clone()));
        }
        world.reach(lab.world.revision());
        assert!(world == lab.world);
        let load = |world: &World| world.all_hosts().map(|host| host.load).collect::<Vec<_>>();
        assert_eq!(load(&world), load(&lab.world));
        assert_eq!(world.units_of(shop, &name("web")).count(), 3);
        all.reverse();
    }
}

#[test]
fn a_world_without_its_documents_is_empty_again() {
    let mut lab = Lab::with_hosts(2);
    lab.deploy(
        "shop",
        stack([
            ("web", service("web").scale(3).memory(1 << 20)),
            ("log", service("log").global()),
        ]),
    );
    lab.settle();
    let mut world = lab.world.clone();
    for (_, record) in records(&lab) {
        world.apply(Revision(0), &record.key(), None);
    }
    let mut empty = World::default();
    empty.reach(lab.world.revision());
    assert!(world == empty);
    assert!(lab.world.units().count() > 0, "the clone was changed alone");
}

#[test]
fn names_lead_to_things_and_strange_keys_to_nothing() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([]));
    assert_eq!(lab.world.stack_by_name(ENV, &name("shop")).unwrap().id, shop);
    assert_eq!(lab.world.environment_by_name(&name("default")).unwrap().id, ENV);
    assert_eq!(
        lab.world.host_by_name(ENV, &name("h2")).unwrap().id,
        HostId::new(1, 2)
    );
    lab.change_host(HostId::new(1, 2), |wish| wish.name = name("other"));
    assert!(lab.world.host_by_name(ENV, &name("h2")).is_none());
    let before = lab.world.clone();
    for key in [
        "",
        "x",
        "assigned/unit/",
        "assigned/unit/host-1-1",
        "future/thing/1",
        "desired/revision/stack-1-1",
    ] {
        let touched = lab.world.apply(before.revision(), key, None);
        assert_eq!((touched.subjects.len(), touched.tables.len()), (0, 0), "{key}");
    }
    assert!(lab.world == before);
}
