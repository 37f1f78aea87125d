//! What a host is told to run.

use muster_control::{TablePart, table};
use muster_model::assigned::UnitWish;
use muster_model::desired::{RegistryCredential, UnitClass};
use muster_model::document::Record;
use muster_model::secret::Sealed;
use muster_model::{Digest, Revision};

use crate::lab::{ENV, Lab};
use crate::spec::{With, service, stack};

#[test]
fn a_table_has_all_that_the_agent_needs() {
    let mut lab = Lab::with_hosts(1);
    lab.put(RegistryCredential {
        environment: ENV,
        registry: "registry.example.com".to_owned(),
        username: "ci".to_owned(),
        password: Sealed("1:x".to_owned()),
        digest: Digest::of(b"x"),
    });
    let shop = lab.deploy("shop", stack([("db", service("db").volume("data").port(5432))]));
    lab.settle();
    let unit = lab.running(shop, "db").remove(0);
    let table = table::table_of(&lab.world, unit.host);
    assert_eq!((table.revision, table.networks.len()), (lab.world.revision(), 1));
    assert_eq!(table.credentials[0].registry, "registry.example.com");
    let assignment = &table.units[&unit.id];
    assert_eq!(assignment.title(), "shop/db-1");
    assert_eq!(
        (assignment.class, assignment.wish, assignment.spec),
        (UnitClass::Pinned, UnitWish::Run, unit.spec)
    );
    assert_eq!(assignment.volumes.values().collect::<Vec<_>>(), ["shop_data"]);
    assert_eq!(assignment.containers.len(), 1);
    assert_eq!(
        assignment.network.as_ref().map(|network| network.address),
        unit.address
    );
    assert_eq!(table.volumes.values().next().unwrap().engine_name, "shop_data");
    let other = table::table_of(&lab.world, unit.host);
    let [one, two] = [&table, &other].map(|table| table.units[&unit.id].containers[0].spec.clone());
    assert!(std::sync::Arc::ptr_eq(&one, &two), "specs are shared, not copied");
}

#[test]
fn a_unit_that_goes_is_told_even_when_its_revision_is_no_longer_known() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.settle();
    let unit = lab.running(shop, "web").remove(0);
    lab.delete(&format!("desired/revision/{shop}/0000000001"));
    assert_eq!(table::assignment(&lab.world, unit.id), None);
    lab.put(muster_model::assigned::Unit {
        wish: UnitWish::Remove,
        ..unit.clone()
    });
    assert_eq!(table::assignment(&lab.world, unit.id).unwrap().containers, []);
}

#[test]
fn changes_name_the_parts_of_tables_that_they_touch() {
    let mut lab = Lab::with_hosts(1);
    let shop = lab.deploy("shop", stack([("web", service("web"))]));
    lab.settle();
    let unit = lab.running(shop, "web").remove(0);
    let record = Record::from(unit.clone());
    let touched = lab
        .world
        .apply(Revision(9_999), &record.key(), Some(record.clone()));
    assert!(touched.tables.contains(&TablePart::Unit(unit.host, unit.id)));
    let touched = lab.world.apply(Revision(9_999), &record.key(), None);
    assert!(touched.tables.contains(&TablePart::Unit(unit.host, unit.id)));
    assert_eq!(table::assignment(&lab.world, unit.id), None);
}
