//! The rules of writes, on worlds written by hand: no router, no files.

use std::sync::Arc;

use muster_control::World;
use muster_model::assigned::VolumeAssigned;
use muster_model::desired::{
    ContainerSpec, Environment, ImageRef, Platform, RevisionBody, ServiceSpec, StackSpec, VolumeSpec,
};
use muster_model::document::Record;
use muster_model::limits::{COMMIT_BYTES_MAX, COMMIT_OPERATIONS_MAX, PART_BYTES_MAX, REVISION_BYTES_MAX};
use muster_model::{AccountId, HostId, Name, NetworkId, Refusal, RequestId, Revision, StackId, VolumeId};
use muster_server::desired::{
    Author, Base, Denial, Deploy, ServiceChange, change_service, deploy, removal, rollback,
};
use muster_store::{Commit, MemoryStore, Range, Store as _, StoreError};

use super::harness::{ENV, NOW};

fn author(request: &str) -> Author {
    Author {
        account: AccountId::new(1, 1),
        now: NOW,
        request: RequestId::parse(request).unwrap(),
    }
}

fn service(environment: &str) -> ServiceSpec {
    let mut primary = ContainerSpec::new(ImageRef::parse("muster/whoami").unwrap());
    primary
        .environment
        .insert("TEXT".to_owned(), environment.to_owned());
    ServiceSpec::new(primary)
}

fn asked(name: &str, text: &str) -> Deploy {
    let services = [("web".parse().unwrap(), Arc::new(service(text)))];
    Deploy {
        environment: ENV,
        name: name.parse().unwrap(),
        new_id: StackId::new(7, 1),
        spec: Arc::new(StackSpec {
            services: services.into(),
            ..StackSpec::default()
        }),
        base: Base::default(),
        host_access: false,
    }
}

/// A store with one environment in it, and its world.
async fn platform() -> (MemoryStore, World) {
    let store = MemoryStore::new();
    let platform = Platform {
        incarnation: "test".to_owned(),
        created: NOW,
        setup_token: None,
        loading: false,
    };
    let environment = Environment::new(
        ENV,
        "default".parse().unwrap(),
        NetworkId::new(1, 1),
        "10.42.0.0/16".parse().unwrap(),
        NOW,
    );
    store
        .commit(
            Commit::new()
                .create(&platform)
                .unwrap()
                .create(&environment)
                .unwrap(),
        )
        .await
        .unwrap();
    let world = world(&store).await;
    (store, world)
}

async fn world(store: &MemoryStore) -> World {
    let mut world = World::default();
    let snapshot = store.read(Range::All).await.unwrap();
    for entry in &snapshot.entries {
        world.apply(entry.modified, entry.key.as_str(), Some(entry.record().unwrap()));
    }
    world.reach(snapshot.revision);
    world
}

#[tokio::test]
async fn two_new_stacks_of_one_name_cannot_both_happen() {
    let (store, world) = platform().await;
    let first = deploy(&world, &author("a"), &asked("shop", "1")).unwrap();
    let second = deploy(
        &world,
        &author("b"),
        &Deploy {
            new_id: StackId::new(7, 2),
            ..asked("shop", "2")
        },
    )
    .unwrap();
    store.commit(first.commit).await.unwrap();
    let error = store.commit(second.commit).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
}

#[tokio::test]
async fn whatever_was_judged_is_a_precondition() {
    let (store, mut before) = platform().await;
    let made = store
        .commit(deploy(&before, &author("a"), &asked("shop", "1")).unwrap().commit)
        .await
        .unwrap();
    before = world(&store).await;
    let stack = before
        .stack_by_name(ENV, &"shop".parse().unwrap())
        .unwrap()
        .clone();
    assert_eq!(stack.modified, made.revision);
    let web: Name = "web".parse().unwrap();
    let change = ServiceChange {
        scale: Some(3),
        paused: None,
    };
    let stale = [
        deploy(&before, &author("c"), &asked("shop", "3")).unwrap().commit,
        change_service(&before, &author("d"), &stack, &web, change)
            .unwrap()
            .commit,
        removal(&before, &author("e"), &stack, true, Base::default())
            .unwrap()
            .commit,
    ];
    store
        .commit(deploy(&before, &author("b"), &asked("shop", "2")).unwrap().commit)
        .await
        .unwrap();
    for commit in stale {
        assert!(matches!(
            store.commit(commit).await,
            Err(StoreError::Conflict { .. })
        ));
    }
    let after = world(&store).await;
    let stack = after.stack_by_name(ENV, &"shop".parse().unwrap()).unwrap();
    assert_eq!(stack.revision, 2);
    let back = rollback(&after, &author("f"), stack, None, Base::default(), false).unwrap();
    assert_eq!((back.value.revision, back.value.plan.rollback_to), (3, Some(1)));
}

#[tokio::test]
async fn a_removal_with_volumes_is_of_those_too_that_this_server_has_not_heard_of() {
    let (store, empty) = platform().await;
    let made = deploy(&empty, &author("a"), &asked("shop", "1")).unwrap();
    store.commit(made.commit).await.unwrap();
    let before = world(&store).await;
    let volume = VolumeAssigned {
        id: VolumeId::new(8, 1),
        environment: ENV,
        stack: Some(StackId::new(7, 1)),
        name: "data".parse().unwrap(),
        engine_name: "shop_data".to_owned(),
        host: HostId::new(9, 1),
        spec: VolumeSpec::default(),
        removed: false,
    };
    store
        .commit(Commit::new().create(&volume).unwrap())
        .await
        .unwrap();
    let stack = before.stack(StackId::new(7, 1)).unwrap();
    let gone = removal(&before, &author("b"), stack, true, Base::default()).unwrap();
    store.commit(gone.commit).await.unwrap();
    assert!(world(&store).await.is_to_go(&volume));
}

#[tokio::test]
async fn a_stack_beyond_all_bounds_is_refused() {
    let (_, world) = platform().await;
    let huge = asked("shop", &"x".repeat(REVISION_BYTES_MAX));
    let denial = deploy(&world, &author("a"), &huge).unwrap_err();
    assert!(
        matches!(denial, Denial::Refused(Refusal::OutOfBounds { .. })),
        "{denial}"
    );
}

/// Texts whose characters take one byte, two, and six once they are escaped, around the bounds of a part.
#[tokio::test]
async fn specs_of_any_size_fit_the_store_and_come_back() {
    for size in [
        0,
        1,
        PART_BYTES_MAX - 1,
        PART_BYTES_MAX,
        PART_BYTES_MAX + 1,
        3 * PART_BYTES_MAX,
    ] {
        for filler in ["a", "\"\\", "é\u{1}"] {
            comes_back(&filler.repeat(size / filler.len())).await;
        }
    }
}

async fn comes_back(text: &str) {
    let (store, before) = platform().await;
    let asked = asked("shop", text);
    let proposal = deploy(&before, &author("large"), &asked).unwrap();
    for commit in proposal.before.iter().chain([&proposal.commit]) {
        assert!(commit.operations() <= COMMIT_OPERATIONS_MAX && commit.bytes() <= COMMIT_BYTES_MAX);
    }
    for part in proposal.before {
        store.commit(part).await.unwrap();
    }
    assert!(
        world(&store).await.all_stacks().next().is_none(),
        "nobody reads parts by themselves"
    );
    store.commit(proposal.commit).await.unwrap();
    let after = world(&store).await;
    assert_eq!(after.spec(StackId::new(7, 1), 1), Some(asked.spec));
}

#[test]
fn a_part_that_was_tampered_with_is_no_revision() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (store, before) = platform().await;
        let proposal = deploy(
            &before,
            &author("large"),
            &asked("shop", &"x".repeat(2 * PART_BYTES_MAX)),
        )
        .unwrap();
        for part in proposal.before {
            store.commit(part).await.unwrap();
        }
        store.commit(proposal.commit).await.unwrap();
        let mut after = world(&store).await;
        let stack = StackId::new(7, 1);
        let RevisionBody::Parts(parts) = after.revision_doc(stack, 1).unwrap().body.clone() else {
            panic!("not in parts")
        };
        let part = after.part(&parts[0].0).unwrap().doc.clone();
        let mut tampered = (*part).clone();
        tampered.text = tampered.text.replace('x', "y");
        let key = parts[0].0.clone();
        after.apply(Revision(99), &key, Some(Record::Part(tampered)));
        let mut fresh = World::default();
        for entry in store.read(Range::All).await.unwrap().entries {
            let record = if entry.key.as_str() == key {
                None
            } else {
                Some(entry.record().unwrap())
            };
            fresh.apply(entry.modified, entry.key.as_str(), record);
        }
        assert_eq!(fresh.spec(stack, 1), None);
    });
}
