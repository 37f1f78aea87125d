//! How many units one host may have, and how they are spread over zones.

use std::collections::BTreeMap;

use muster_model::assigned::{RolloutState, ServiceState};
use muster_model::reason::Misfit;
use muster_model::{HostId, Reason, StackId};

use crate::lab::Lab;
use crate::spec::{With, service, stack};

/// Hosts in zones, by the letters of `zones`; a blank is a host without one.
fn zones(zones: &str) -> Lab {
    let mut lab = Lab::with_hosts(u32::try_from(zones.len()).unwrap());
    for (number, zone) in (1..).zip(zones.chars()).filter(|(_, zone)| *zone != ' ') {
        lab.change_host(HostId::new(1, number), |wish| {
            drop(wish.labels.insert("zone".to_owned(), zone.to_string()))
        });
    }
    lab
}

/// Units by host number.
fn per_host(lab: &Lab, shop: StackId) -> BTreeMap<u32, usize> {
    let mut hosts = BTreeMap::new();
    for unit in lab.running(shop, "web") {
        *hosts.entry(unit.host.counter).or_default() += 1;
    }
    hosts
}

#[test]
fn a_host_takes_no_more_than_the_files_allow() {
    let mut lab = Lab::with_hosts(2);
    let shop = lab.deploy("shop", stack([("web", service("v1").scale(5).per_host(2))]));
    lab.settle();
    assert_eq!(per_host(&lab, shop), [(1, 2), (2, 2)].into());
    let most = Misfit::HasMost { most: 2 };
    let reasons = lab.reasons(shop, "web");
    let refused = |reason: &Reason| match reason {
        Reason::NoHost { refusals } => refusals.iter().all(|refusal| refusal.why == most),
        _ => false,
    };
    assert!(reasons.len() == 1 && refused(&reasons[0]), "{reasons:?}");
    assert_eq!(
        reasons[0].to_string(),
        "no host fits: h1: has 2 of this service, and the files allow no more on one host; \
         h2: has 2 of this service, and the files allow no more on one host"
    );
    lab.host(3);
    lab.settle();
    assert_eq!(per_host(&lab, shop), [(1, 2), (2, 2), (3, 1)].into());
    assert_eq!(lab.state(shop, "web"), ServiceState::Steady);
}

#[test]
fn full_hosts_do_not_keep_a_rollout_waiting() {
    for start_first in [false, true] {
        let of = |image: &str| {
            let web = service(image).scale(4).per_host(2);
            if start_first { web.start_first() } else { web }
        };
        let mut lab = Lab::with_hosts(2);
        let shop = lab.deploy("shop", stack([("web", of("v1"))]));
        lab.settle();
        lab.watch = Box::new(|world| {
            for host in world.all_hosts() {
                let running = world
                    .units_on(host.id)
                    .filter(|unit| unit.wish == muster_model::assigned::UnitWish::Run);
                assert!(running.count() <= 2);
            }
        });
        lab.deploy("shop", stack([("web", of("v2"))]));
        lab.settle();
        assert_eq!(lab.images(shop, "web"), ["v2"; 4], "start first: {start_first}");
        assert_eq!(lab.rollout(shop, "web").state, RolloutState::Finished);
        assert_eq!(per_host(&lab, shop), [(1, 2), (2, 2)].into());
    }
}

#[test]
fn units_are_spread_over_zones_before_hosts() {
    let mut lab = zones("aaab");
    let shop = lab.deploy("shop", stack([("web", service("web").scale(4).spread("zone"))]));
    lab.settle();
    let hosts = per_host(&lab, shop);
    assert_eq!(
        hosts.get(&4),
        Some(&2),
        "half of them in the zone that has one host: {hosts:?}"
    );
    assert_eq!(hosts.len(), 3);
}

#[test]
fn zones_count_without_a_word_in_the_files_but_one_host_is_no_zone_of_many() {
    let spread = |hosts: &str, scale| {
        let mut lab = zones(hosts);
        let shop = lab.deploy("shop", stack([("web", service("web").scale(scale))]));
        lab.settle();
        per_host(&lab, shop)
    };
    assert_eq!(spread("aab", 2), [(1, 1), (3, 1)].into());
    assert_eq!(spread("aab", 4), [(1, 1), (2, 1), (3, 2)].into());
    let many = spread("aaaaaaaaaabbbbbbbbbbc", 30);
    assert_eq!(many.get(&21), Some(&4), "a third would be ten: {many:?}");
    let of = |hosts: std::ops::RangeInclusive<u32>| hosts.filter_map(|host| many.get(&host)).sum::<usize>();
    assert_eq!((of(1..=10), of(11..=20)), (13, 13));
    assert_eq!(spread("   ", 3), [(1, 1), (2, 1), (3, 1)].into(), "no zones");
}

#[test]
fn zones_that_come_and_go_are_followed() {
    let mut lab = zones("aab");
    for host in 1..=3 {
        lab.change_host(HostId::new(1, host), |wish| wish.labels.clear());
    }
    lab.change_host(HostId::new(1, 1), |wish| {
        drop(wish.labels.insert("zone".to_owned(), "c".to_owned()))
    });
    lab.delete("desired/host/host-1-2");
    let shop = lab.deploy("shop", stack([("web", service("web").scale(2))]));
    lab.settle();
    assert_eq!(per_host(&lab, shop), [(1, 1), (3, 1)].into());
}

#[test]
fn hosts_without_the_label_are_a_zone_of_their_own() {
    let mut lab = zones("a  ");
    let shop = lab.deploy("shop", stack([("web", service("web").scale(4).spread("zone"))]));
    lab.settle();
    assert_eq!(per_host(&lab, shop), [(1, 2), (2, 1), (3, 1)].into());
}

#[test]
fn a_lost_host_does_not_speak_against_its_zone() {
    let mut lab = zones("abb");
    let shop = lab.deploy("shop", stack([("web", service("web").scale(2).spread("zone"))]));
    lab.settle();
    assert_eq!(per_host(&lab, shop), [(1, 1), (2, 1)].into());
    lab.silence(HostId::new(1, 2));
    lab.advance(60);
    lab.settle();
    assert_eq!(
        per_host(&lab, shop),
        [(1, 1), (3, 1)].into(),
        "zone b has none now"
    );
}

#[test]
fn among_hosts_that_are_alike_for_the_service_one_that_has_its_image_is_chosen() {
    for hosts in ["    ", "aabb"] {
        let mut lab = zones(hosts);
        let other = lab.deploy("other", stack([("all", service("x").global())]));
        let busy = lab.deploy("busy", stack([("web", service("y"))]));
        lab.settle();
        assert_eq!(
            (lab.running(other, "all").len(), lab.running(busy, "web").len()),
            (4, 1)
        );
        let last = HostId::new(1, 4);
        lab.change_facts(last, |facts| {
            drop(facts.local_images.insert("own:1".to_owned(), "0123".to_owned()))
        });
        let shop = lab.deploy("shop", stack([("web", service("own:1"))]));
        lab.settle();
        assert_eq!(per_host(&lab, shop), [(4, 1)].into(), "{hosts:?}");
        lab.wish(shop, "web", |wish| wish.scale = Some(4));
        lab.settle();
        assert_eq!(per_host(&lab, shop).len(), 4, "spread comes first: {hosts:?}");
        lab.change_facts(last, |facts| facts.local_images.clear());
        let third = lab.deploy("third", stack([("web", service("own:1"))]));
        lab.settle();
        assert_eq!(
            per_host(&lab, third),
            [(2, 1)].into(),
            "as without images: {hosts:?}"
        );
    }
}
