//! What may go, and what may not.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_control::ready_to_purge;
use muster_model::assigned::VolumeAssigned;
use muster_model::desired::{Part, RevisionBody, StackRevision};
use muster_model::document::Document;
use muster_model::limits::REVISIONS_KEPT;
use muster_model::{AccountId, Digest, RequestId, VolumeId, WallTime};

use crate::lab::Lab;
use crate::spec::{With, service, stack};

const LATER: WallTime = WallTime(1_000_000_000);

fn purge(lab: &mut Lab) -> BTreeSet<String> {
    let purges = ready_to_purge(&lab.world, LATER);
    let keys: BTreeSet<String> = purges
        .iter()
        .flat_map(|purge| &purge.keys)
        .map(|(key, _)| key.clone())
        .collect();
    assert!(purges.iter().all(|purge| purge.keys.len() <= 50));
    keys.iter().for_each(|key| lab.delete(key));
    keys
}

#[test]
fn a_removed_stack_goes_once_its_units_are_gone() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.wish(shop, "web", |wish| wish.scale = Some(2));
    lab.settle();
    assert_eq!(purge(&mut lab), BTreeSet::new());
    lab.remove(shop);
    lab.round();
    assert_eq!(purge(&mut lab), BTreeSet::new(), "its units are still there");
    lab.settle();
    let keys = purge(&mut lab);
    assert!(
        keys.contains(&format!("desired/stack/{shop}"))
            && keys.iter().any(|key| key.starts_with("observed/unit/"))
    );
    assert_eq!(keys.len(), 5, "{keys:?}");
    assert!(lab.world.stack(shop).is_none() && lab.world.revisions(shop).next().is_none());
    assert_eq!(purge(&mut lab), BTreeSet::new());
}

#[test]
fn a_stack_that_goes_with_its_volumes_stays_until_all_of_them_are_to_go() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("db", service("db").volume("data"))]));
    lab.settle();
    let volume = (*lab.world.volumes().next().unwrap().doc).clone();
    lab.remove_with(shop, true);
    lab.settle();
    lab.put(VolumeAssigned {
        id: VolumeId::new(volume.id.epoch, volume.id.counter + 1),
        removed: false,
        ..volume
    });
    let head = format!("desired/stack/{shop}");
    assert!(!purge(&mut lab).contains(&head), "it is what says that they go");
    lab.settle();
    assert!(lab.world.volumes().all(|volume| volume.removed));
    assert!(purge(&mut lab).contains(&head));
}

#[test]
fn a_removed_volume_goes_once_its_host_has_none() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("db", service("db").volume("data"))]));
    lab.settle();
    lab.remove(shop);
    lab.volume_wish("shop_data", true);
    lab.settle();
    let (id, host) = lab
        .world
        .volumes()
        .map(|volume| (volume.id, volume.host))
        .next()
        .unwrap();
    purge(&mut lab);
    assert!(
        lab.world.volume(id).is_some(),
        "its host has not said that it is gone"
    );
    lab.change_facts(host, |facts| facts.volumes_gone = [id].into());
    assert_eq!(purge(&mut lab), [format!("assigned/volume/{id}")].into());
    assert_eq!(lab.world.volumes().count(), 0);
}

#[test]
fn old_revisions_go_unless_a_unit_runs_them() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("same")), ("x", service("v0"))]));
    lab.settle();
    for version in 1..30 {
        lab.deploy(
            "shop",
            stack([("web", service("same")), ("x", service(&format!("v{version}")))]),
        );
        lab.settle();
    }
    purge(&mut lab);
    let kept: Vec<u64> = lab
        .world
        .revisions(shop)
        .map(|revision| revision.number)
        .collect();
    assert_eq!(kept.len(), REVISIONS_KEPT + 1);
    assert_eq!(
        (kept[0], kept[1]),
        (1, 11),
        "web's unit was made at revision 1 and never had to change"
    );
    lab.deploy("shop", stack([("web", service("same").scale(2))]));
    lab.settle();
    assert_eq!(lab.numbers(shop, "web"), [1, 2]);
}

#[test]
fn a_revision_in_parts_is_put_together_and_keeps_its_parts() {
    let mut lab = Lab::with_hosts(1);
    let spec = stack([("web", service("web"))]);
    let shop = lab.deploy("shop", spec.clone());
    let text = serde_json::to_string(&spec).unwrap();
    let (one, two) = text.split_at(text.len() / 2);
    let request = RequestId::parse("r-1").unwrap();
    let part = |number, text: &str, at| Part {
        request: request.clone(),
        number,
        at: WallTime(at),
        text: text.to_owned(),
    };
    let parts = [part(0, one, 0), part(1, two, 0)];
    let stray = part(7, "{}", 0);
    let young = part(8, "{}", LATER.0 - 1000);
    let named = |part: &Part| (part.key(), Digest::of(part.text.as_bytes()));
    let revision = StackRevision {
        stack: shop,
        number: 2,
        by: AccountId::new(1, 1),
        at: WallTime(0),
        rollback_of: None,
        body: RevisionBody::Parts(parts.iter().map(named).collect()),
    };
    lab.put(revision);
    assert_eq!(lab.world.spec(shop, 2), None);
    for part in parts.iter().chain([&stray, &young]) {
        lab.put(part.clone());
    }
    assert_eq!(lab.world.spec(shop, 2), Some(Arc::new(spec)));
    assert_eq!(purge(&mut lab), BTreeSet::from([stray.key()]));
}
