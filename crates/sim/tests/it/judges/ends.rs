//! Judges of a run's end: what is in the store, and what is left.

use muster_model::desired::{RevisionBody, ServiceKind, ServiceWish, Stack, StackRevision};
use muster_model::{AccountId, EnvironmentId, RequestId, Revision, StackId, WallTime};
use muster_sim::judge;
use muster_sim::ledger::Ledger;
use muster_sim::wish::{Edit, Wishes};
use muster_store::{Committed, Entry as Stored};

use super::{deployed, host, made, name, shop, started, stored};

fn head(revision: u64, removed: bool) -> Stack {
    Stack {
        id: StackId::new(2, 1),
        environment: EnvironmentId::new(1, 1),
        name: name("shop"),
        revision,
        removed,
        volumes_go: false,
        created: WallTime(0),
        request: RequestId::parse("ann.1").unwrap(),
    }
}

fn revision(number: u64, image: &str) -> StackRevision {
    StackRevision {
        stack: StackId::new(2, 1),
        number,
        by: AccountId::new(1, 1),
        at: WallTime(0),
        rollback_of: None,
        body: RevisionBody::Inline(shop(image, ServiceKind::Containers, None)),
    }
}

fn set(scale: u32) -> ServiceWish {
    ServiceWish {
        stack: StackId::new(2, 1),
        service: name("web"),
        scale: Some(scale),
        restarts: 0,
        paused: false,
    }
}

fn kept(entries: &[Stored], wishes: &Wishes) -> Option<String> {
    judge::kept(entries, wishes)
}

#[test]
fn an_acknowledged_write_that_is_lost_or_undone_is_seen() {
    let mut wishes = deployed(shop("app:1", ServiceKind::Containers, None));
    let (first, second) = (stored(&revision(1, "app:1")), stored(&revision(2, "app:2")));
    let at_one = [stored(&head(1, false)), first.clone()];
    assert_eq!(kept(&at_one, &wishes), None);
    assert!(kept(&[], &wishes).is_some(), "the stack is lost");
    let other = [stored(&head(1, false)), stored(&revision(1, "app:7"))];
    assert!(kept(&other, &wishes).is_some(), "the revision is another");
    let spec = shop("app:2", ServiceKind::Containers, None);
    let stack = name("shop");
    wishes.acknowledge(
        Revision(6),
        Edit::Deploy {
            stack: stack.clone(),
            spec,
        },
    );
    assert!(kept(&at_one, &wishes).is_some(), "the second deploy is lost");
    let at_two = [stored(&head(2, false)), first, second];
    assert_eq!(kept(&at_two, &wishes), None);
    let scale = Edit::Scale {
        stack: stack.clone(),
        service: name("web"),
        units: 3,
    };
    wishes.acknowledge(Revision(7), scale);
    assert!(kept(&at_two, &wishes).is_some(), "the scale is lost");
    let scaled: Vec<Stored> = at_two.iter().cloned().chain([stored(&set(3))]).collect();
    assert_eq!(kept(&scaled, &wishes), None);
    wishes.acknowledge(Revision(8), Edit::Remove { stack });
    assert!(
        kept(&scaled, &wishes).is_some(),
        "what was removed is there again"
    );
    assert_eq!(kept(&[stored(&head(2, true))], &wishes), None);
}

fn left(ledger: &Ledger, volume: Option<&String>, entries: &[Stored]) -> Option<String> {
    let volumes = volume.map(|volume| (host(1), volume));
    judge::left(ledger, volumes, entries)
}

#[test]
fn what_is_left_is_seen() {
    assert_eq!(left(&started(&[]), None, &[]), None);
    let ledger = started(&[(1, made(1, 1))]);
    assert!(left(&ledger, None, &[]).is_some(), "a container");
    let volume = "shop_data".to_owned();
    assert!(left(&started(&[]), Some(&volume), &[]).is_some(), "a volume");
    assert!(
        left(&started(&[]), None, &[stored(&set(3))]).is_some(),
        "a document"
    );
}

#[test]
fn a_request_that_is_done_twice_is_seen() {
    let told = |revision| {
        Ok(Committed {
            revision: Revision(revision),
            already: true,
        })
    };
    assert_eq!(judge::echoed(Revision(4), &told(4)), None);
    assert!(judge::echoed(Revision(4), &told(9)).is_some());
}
