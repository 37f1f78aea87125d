//! Where data lies, and that units follow it.

use std::collections::BTreeSet;

use muster_model::assigned::ServiceState;
use muster_model::document::Document;
use muster_model::{HostId, Reason};

use crate::lab::Lab;
use crate::spec::{With, name, service, stack, with_external};

#[test]
fn units_that_mount_one_volume_are_on_its_host() {
    let mut lab = Lab::with_hosts(3);
    let shop = lab.deploy(
        "shop",
        stack([
            ("db", service("db").volume("data").scale(3)),
            ("dump", service("dump").volume("data")),
        ]),
    );
    lab.settle();
    let hosts: BTreeSet<HostId> = ["db", "dump"]
        .iter()
        .flat_map(|service| lab.running(shop, service))
        .map(|unit| unit.host)
        .collect();
    assert_eq!(hosts.len(), 1);
    let volumes: Vec<_> = lab.world.volumes().collect();
    assert_eq!(volumes.len(), 1);
    assert_eq!(
        (volumes[0].engine_name.as_str(), volumes[0].stack),
        ("shop_data", Some(shop))
    );
    let [first, ..] = &lab.running(shop, "db")[..] else {
        panic!()
    };
    let made = lab
        .committed
        .iter()
        .flat_map(|one| &one.writes)
        .map(|(key, _)| key.clone())
        .collect::<Vec<_>>();
    let at = |key: String| made.iter().position(|other| *other == key).unwrap();
    assert!(at(format!("assigned/volume/{}", volumes[0].id)) < at(format!("assigned/unit/{}", first.id)));
}

#[test]
fn a_global_service_has_its_volume_on_every_host() {
    let mut lab = Lab::with_hosts(3);
    let shop = lab.deploy("shop", stack([("log", service("log").global().volume("buffer"))]));
    lab.settle();
    assert_eq!(lab.numbers(shop, "log"), [1, 2, 3]);
    assert_eq!(lab.world.volumes().count(), 3);
}

#[test]
fn an_external_volume_has_to_exist() {
    let mut lab = Lab::with_hosts(1);
    let spec = with_external(stack([("db", service("db").volume("data"))]), "data", "archive");
    let shop = lab.deploy("shop", spec);
    lab.settle();
    assert_eq!(
        lab.reasons(shop, "db"),
        [Reason::VolumeMissing {
            volume: name("archive")
        }]
    );
    lab.volume_wish("archive", false);
    lab.settle();
    assert_eq!(lab.state(shop, "db"), ServiceState::Steady);
    let volume = lab.world.volumes().next().unwrap();
    assert_eq!((volume.engine_name.as_str(), volume.stack), ("archive", None));
}

#[test]
fn a_volume_goes_when_that_is_wished_and_nothing_mounts_it() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("db", service("db").volume("data"))]));
    lab.settle();
    lab.remove(shop);
    lab.volume_wish("shop_data", true);
    lab.round();
    assert!(
        !lab.world.volumes().next().unwrap().removed,
        "a unit still mounts it"
    );
    lab.settle();
    assert!(lab.world.volumes().next().unwrap().removed);
}

#[test]
fn a_stacks_own_volumes_go_with_it_whoever_had_seen_them() {
    let mut lab = Lab::with_hosts(1);
    let db = || service("db").volume("data");
    let spec = with_external(stack([("db", db().volume("shared"))]), "shared", "archive");
    lab.volume_wish("archive", false);
    let shop = lab.deploy("shop", spec.clone());
    lab.deploy("other", stack([("db", db())]));
    lab.settle();
    let going = |lab: &Lab| -> Vec<String> {
        let going = lab.world.volumes().filter(|volume| volume.removed);
        going.map(|volume| volume.engine_name.clone()).collect()
    };
    lab.remove_with(shop, true);
    lab.round();
    assert_eq!(going(&lab), [""; 0], "a unit still mounts it");
    lab.settle();
    assert_eq!(going(&lab), ["shop_data"]);
    lab.delete(&format!("desired/stack/{shop}"));
    let again = lab.deploy("shop", spec);
    lab.settle();
    let data = lab.world.volumes_of(again).next().unwrap();
    assert!(
        !data.removed && data.engine_name != "shop_data",
        "the next stack of the name has a volume of its own"
    );
}

#[test]
fn data_that_a_removed_stack_left_behind_is_the_next_ones_of_its_name() {
    let mut lab = Lab::with_hosts(2);
    let spec = stack([("db", service("db").volume("data"))]);
    let shop = lab.deploy("shop", spec.clone());
    lab.settle();
    let host = lab.running(shop, "db")[0].host;
    lab.remove(shop);
    lab.settle();
    lab.delete(&format!("desired/stack/{shop}"));
    // The other host would be the better place.
    let fill = RuleOn(host);
    lab.deploy("fill", fill.stack());
    lab.settle();
    let again = lab.deploy("shop", spec);
    lab.settle();
    assert_eq!(lab.running(again, "db")[0].host, host);
    let volumes: Vec<_> = lab.world.volumes().collect();
    assert_eq!((volumes.len(), volumes[0].stack), (1, Some(again)));
}

#[test]
fn a_volume_is_made_only_while_its_stack_is_as_it_was_seen() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("db", service("db").volume("data"))]));
    let head = lab.world.stack(shop).unwrap().clone();
    lab.settle();
    let volume = lab.world.volumes().next().unwrap().key();
    let made = lab
        .committed
        .iter()
        .find(|one| one.writes.iter().any(|(key, _)| *key == volume))
        .unwrap();
    assert!(
        made.expects.contains(&(head.key(), Some(head.modified))),
        "who removes the stack with its volumes names those that there are"
    );
}

/// Something that makes one host the worse place.
struct RuleOn(HostId);

impl RuleOn {
    fn stack(&self) -> muster_model::desired::StackSpec {
        let there = muster_model::desired::RuleSubject::HostName(format!("h{}", self.0.counter));
        stack([(
            "fill",
            service("fill")
                .rule(muster_model::desired::Relation::Must, there)
                .scale(3),
        )])
    }
}

#[test]
fn engine_names_of_two_stacks_never_meet() {
    let mut lab = Lab::with_hosts(1);
    lab.deploy("a_b", stack([("x", service("x").volume("c"))]));
    lab.deploy("a", stack([("x", service("x").volume("b_c"))]));
    let long = "v".repeat(63);
    lab.deploy(
        "a",
        stack([
            ("x", service("x").volume("b_c")),
            ("y", service("y").volume(&long)),
        ]),
    );
    lab.settle();
    let names: BTreeSet<String> = lab
        .world
        .volumes()
        .map(|volume| volume.engine_name.clone())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(
        names
            .iter()
            .all(|engine_name| muster_model::Name::parse(engine_name).is_ok()),
        "{names:?}"
    );
}
