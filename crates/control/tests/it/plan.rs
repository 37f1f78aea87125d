//! What an edit would change, and that it then changes just that.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_control::{Action, Edit, Plan, plan};
use muster_model::desired::{ServiceSpec, StackSpec};
use muster_model::{Reason, Refusal, StackId, UnitId};
use proptest::prelude::*;

use crate::lab::{ENV, Lab};
use crate::spec::{With, name, service, stack, with_external};

fn deploy(title: &str, spec: StackSpec) -> Edit {
    Edit::Deploy {
        environment: ENV,
        name: name(title),
        spec: Arc::new(spec),
    }
}

fn actions(plan: &Plan) -> Vec<(String, Action)> {
    plan.changes
        .iter()
        .map(|change| (format!("{}-{}", change.service, change.number), change.action))
        .collect()
}

#[test]
fn a_plan_says_unit_by_unit_what_happens_and_why() {
    let mut lab = Lab::with_hosts(2);
    let old = [
        ("db", service("db")),
        ("old", service("old")),
        ("web", service("v1").scale(2)),
    ];
    let shop = lab.deploy("shop", stack(old));
    lab.settle();
    let edit = deploy(
        "shop",
        stack([
            ("db", service("db")),
            ("new", service("new")),
            ("web", service("v2").env("A", "1").scale(3)),
        ]),
    );
    let plan = lab.plan(&edit);
    let expected = [
        ("db-1", Action::Keep),
        ("new-1", Action::Create),
        ("old-1", Action::Remove),
        ("web-1", Action::Replace),
        ("web-2", Action::Replace),
        ("web-3", Action::Create),
    ];
    assert_eq!(
        actions(&plan),
        expected.map(|(unit, action)| (unit.to_owned(), action))
    );
    assert_eq!(plan.changes[2].reasons, [Reason::ServiceGone]);
    let keys = vec!["environment.A".to_owned(), "image".to_owned()];
    assert_eq!(plan.changes[3].reasons, [Reason::SpecChanged { keys }]);
    assert!(plan.changes[1].host.is_some(), "a forecast");
    assert_eq!((plan.stack, plan.stack_revision), (Some(shop), Some(1)));
    assert_eq!(lab.world.units().count(), 4, "nothing was done");
    assert!(
        !plan.is_empty()
            && lab
                .plan(&deploy(
                    "shop",
                    stack([
                        ("db", service("db")),
                        ("old", service("old")),
                        ("web", service("v1").scale(2))
                    ])
                ))
                .is_empty()
    );
}

#[test]
fn the_hash_is_over_changes_and_not_over_hosts() {
    let mut lab = Lab::with_hosts(2);
    let edit = deploy("shop", stack([("web", service("web"))]));
    let before = lab.plan(&edit);
    lab.deploy("other", stack([("x", service("x"))]));
    lab.settle();
    let after = lab.plan(&edit);
    assert_ne!(before.changes[0].host, after.changes[0].host);
    assert_eq!(before.hash, after.hash);
    lab.deploy("shop", stack([("web", service("web").scale(2))]));
    lab.settle();
    assert_ne!(lab.plan(&edit).hash, before.hash);
}

#[test]
fn a_scale_set_by_hand_holds_until_files_that_state_one_are_deployed() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(2))]));
    lab.settle();
    lab.wish(shop, "web", |wish| wish.scale = Some(4));
    lab.settle();
    assert_eq!(lab.running(shop, "web").len(), 4);
    let same = lab.plan(&deploy("shop", stack([("web", service("web").scale(2))])));
    assert_eq!(
        same.changes
            .iter()
            .filter(|change| change.action == Action::Remove)
            .count(),
        2
    );
    let silent = lab.plan(&deploy("shop", stack([("web", service("web"))])));
    assert!(
        silent.changes.iter().all(|change| change.action == Action::Keep),
        "files that say nothing leave it"
    );
}

#[test]
fn rollback_scale_restart_and_removal_are_planned_too() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("v1"))]));
    lab.settle();
    let rollback = |to| Edit::Rollback { stack: shop, to };
    assert_eq!(
        plan(&lab.world, &rollback(None)),
        Err(Refusal::NoEarlierRevision { stack: name("shop") })
    );
    lab.deploy("shop", stack([("web", service("v2").volume("data"))]));
    lab.settle();
    let back = lab.plan(&rollback(None));
    assert_eq!(
        (back.rollback_to, actions(&back)),
        (Some(1), vec![("web-1".to_owned(), Action::Replace)])
    );
    let scaled = lab.plan(&Edit::Scale {
        stack: shop,
        service: name("web"),
        scale: 2,
    });
    assert_eq!(
        actions(&scaled),
        [
            ("web-1".to_owned(), Action::Keep),
            ("web-2".to_owned(), Action::Create)
        ]
    );
    let restarted = lab.plan(&Edit::Restart {
        stack: shop,
        service: name("web"),
    });
    assert_eq!(actions(&restarted), [("web-1".to_owned(), Action::Restart)]);
    let removed = lab.plan(&Edit::Remove {
        stack: shop,
        volumes: true,
    });
    assert_eq!(actions(&removed), [("web-1".to_owned(), Action::Remove)]);
    assert_eq!(removed.volumes_removed, ["shop_data"]);
}

#[test]
fn what_cannot_be_is_refused_with_its_culprit() {
    let mut lab = Lab::with_hosts(1);
    let other = lab.deploy("other", stack([("lb", service("lb").port(80))]));
    lab.settle();
    let refused = |lab: &Lab, edit: Edit| plan(&lab.world, &edit).unwrap_err();
    let port = deploy("shop", stack([("web", service("web").port(80))]));
    let by = "other/lb".to_owned();
    assert_eq!(
        refused(&lab, port.clone()),
        Refusal::PortConflict {
            service: name("web"),
            port: 80,
            by
        }
    );
    let twice = deploy(
        "shop",
        stack([("a", service("a").port(81)), ("b", service("b").port(81))]),
    );
    let by = "shop/a".to_owned();
    assert_eq!(
        refused(&lab, twice.clone()),
        Refusal::PortConflict {
            service: name("b"),
            port: 81,
            by
        }
    );
    lab.host(2);
    lab.settle();
    assert!(
        plan(&lab.world, &port).is_ok() && plan(&lab.world, &twice).is_ok(),
        "another host has them free"
    );
    let external = deploy(
        "shop",
        with_external(stack([("db", service("db").volume("data"))]), "data", "archive"),
    );
    let missing = Refusal::Missing {
        service: name("db"),
        kind: "volume".to_owned(),
        name: name("archive"),
    };
    assert_eq!(refused(&lab, external), missing);
    for (spec, given) in [
        (service("x").scale(10_001), "10001"),
        (service("x").exclusive().scale(2), "2"),
    ] {
        let refusal = refused(&lab, deploy("shop", stack([("x", spec)])));
        assert!(
            matches!(&refusal, Refusal::OutOfBounds { given: found, .. } if found == given),
            "{refusal}"
        );
    }
    let scale = |service: &str, scale| Edit::Scale {
        stack: other,
        service: name(service),
        scale,
    };
    assert!(matches!(
        refused(&lab, scale("lb", 10_001)),
        Refusal::OutOfBounds { .. }
    ));
    assert!(matches!(refused(&lab, scale("no", 1)), Refusal::NotFound { .. }));
    lab.remove(other);
    let removing = Refusal::BeingRemoved {
        kind: "stack".to_owned(),
        name: "other".to_owned(),
    };
    assert_eq!(refused(&lab, deploy("other", stack([]))), removing);
    let nowhere = Edit::Remove {
        stack: StackId::new(9, 9),
        volumes: false,
    };
    assert!(matches!(refused(&lab, nowhere), Refusal::NotFound { .. }));
}

fn any_service() -> impl Strategy<Value = ServiceSpec> {
    (0..3u8, 0..5u32, 0..4u8, 0..3u32).prop_map(|(image, scale, kind, batch)| {
        let spec = service(&format!("image{image}")).batch(batch);
        match kind {
            0 => spec.scale(scale),
            1 => spec.scale(scale).start_first(),
            2 => spec.global(),
            _ => spec.volume("data"),
        }
    })
}

fn any_stack() -> impl Strategy<Value = StackSpec> {
    prop::collection::btree_map("[abc]", any_service(), 0..3).prop_map(|services| {
        let services = services
            .into_iter()
            .map(|(service, spec)| (name(&service), Arc::new(spec)))
            .collect();
        StackSpec {
            services,
            ..StackSpec::default()
        }
    })
}

/// Units by service and number, as they run.
fn running(lab: &Lab, stack: Option<StackId>) -> BTreeMap<(String, u32), UnitId> {
    let units = stack.into_iter().flat_map(|stack| lab.world.units_in(stack));
    units
        .map(|unit| ((unit.service.to_string(), unit.number), unit.id))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, max_shrink_iters: 3000, ..ProptestConfig::default() })]

    /// With agents that always succeed, rounds do exactly what the plan said, and then rest.
    #[test]
    fn rounds_do_what_the_plan_said(specs in prop::collection::vec(any_stack(), 1..5)) {
        let mut lab = Lab::with_hosts(3);
        let mut shop = None;
        for spec in specs {
            let planned = lab.plan(&deploy("shop", spec.clone()));
            prop_assert_eq!(&planned.warnings, &vec![]);
            let before = running(&lab, shop);
            shop = Some(lab.deploy("shop", spec));
            lab.settle();
            let after = running(&lab, shop);
            let mut done = Vec::new();
            for (place, id) in &before {
                done.push((format!("{}-{}", place.0, place.1), match after.get(place) {
                    None => Action::Remove,
                    Some(now) if now == id => Action::Keep,
                    Some(_) => Action::Replace,
                }));
            }
            let made = after.keys().filter(|place| !before.contains_key(*place));
            done.extend(made.map(|place| (format!("{}-{}", place.0, place.1), Action::Create)));
            done.sort();
            // When a service turns global, a number may leave one host and come up on another.
            let mut said: BTreeMap<String, Action> = BTreeMap::new();
            for (unit, action) in actions(&planned) {
                let moves = said.contains_key(&unit);
                said.insert(unit, if moves { Action::Replace } else { action });
            }
            let said: Vec<_> = said.into_iter().collect();
            prop_assert_eq!(said, done);
            let again = lab.plan(&deploy("shop", (*lab.world.spec(shop.unwrap(), lab.world.stack(shop.unwrap()).unwrap().revision).unwrap()).clone()));
            prop_assert!(again.is_empty(), "{:?}", again);
        }
    }
}
