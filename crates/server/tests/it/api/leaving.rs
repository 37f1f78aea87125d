//! Hosts that are evacuated, or that somebody says are dead.

use muster_model::HostId;
use muster_model::desired::{ServiceSpec, StackRevision};
use muster_model::observed::{HostObserved, SessionRecord};
use serde_json::{Value, json};

use super::harness::{ENV, Harness};

const HOST: &str = "/v1/environments/default/hosts/host-1";

async fn shown(harness: &Harness, root: &str) -> Value {
    harness.get(HOST).key(root).send().await.expect(200)
}

#[tokio::test]
async fn a_host_is_evacuated_until_it_is_activated() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    let shop = harness.stack(1, ENV, "shop", &["web"]).await;
    harness.unit(1, shop, "web", host).await;
    let patch = |body| harness.ask("PATCH", HOST).key(&root).json(&body);
    assert_eq!(shown(&harness, &root).await.get("evacuation"), None);
    let asked = patch(json!({ "evacuating": true, "deadline_seconds": 600 }))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&asked["state"], &asked["cordoned"]),
        (&json!("evacuating"), &json!(true))
    );
    let (since, deadline) = (&asked["evacuation"]["since"], &asked["evacuation"]["deadline"]);
    assert_eq!(deadline.as_u64().unwrap() - since.as_u64().unwrap(), 600_000);
    let units = &asked["evacuation"]["units"];
    assert_eq!(units[0]["unit"], "shop/web-1");
    assert_eq!(
        units[0]["reason"]["reason"], "cannot_leave",
        "there is no other host"
    );
    assert!(units[0]["why"].as_str().unwrap().contains("host-1: cordoned"));
    harness.host(2, ENV).await;
    let units = &shown(&harness, &root).await["evacuation"]["units"];
    assert_eq!(units[0].get("why"), None, "it is on its way");
    let again = patch(json!({ "evacuating": true })).send().await.expect(200);
    assert_eq!(
        (&again["evacuation"]["since"], &again["evacuation"]["deadline"]),
        (since, deadline)
    );
    let labelled = patch(json!({ "labels": { "zone": "a" } }))
        .send()
        .await
        .expect(200);
    assert_eq!(labelled["state"], "evacuating", "other changes leave it as it is");
    let activated = patch(json!({ "cordoned": false })).send().await.expect(200);
    assert_eq!(
        (&activated["state"], activated.get("evacuation")),
        (&json!("active"), None)
    );
    patch(json!({ "evacuating": true })).send().await.expect(200);
    let ended = patch(json!({ "evacuating": false })).send().await.expect(200);
    assert_eq!(ended["state"], "inactive", "it stays cordoned");
}

#[tokio::test]
async fn deadlines_have_bounds() {
    let (harness, root) = Harness::set_up().await;
    harness.host(1, ENV).await;
    for wrong in [
        json!({ "evacuating": true, "deadline_seconds": 0 }),
        json!({ "evacuating": true, "deadline_seconds": 1_000_000_000 }),
        json!({ "deadline_seconds": 60 }),
        json!({ "evacuating": true, "cordoned": false }),
    ] {
        let reply = harness.ask("PATCH", HOST).key(&root).json(&wrong).send().await;
        reply.problem(422, "out_of_bounds");
    }
    assert_eq!(shown(&harness, &root).await["state"], "active");
}

/// The store says that the host is silent.
async fn silence(harness: &Harness, host: HostId) {
    let world = harness.app.mirror.world();
    let before = (*world.host(host).unwrap().observed.unwrap().doc).clone();
    let session = SessionRecord {
        silent: true,
        ..before.session
    };
    harness.write(&HostObserved { session, ..before }).await;
}

#[tokio::test]
async fn only_a_silent_host_is_said_to_be_dead_and_by_its_name() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    let say = |name: &str| {
        let body = json!({ "confirmed_dead": name });
        harness.ask("PATCH", HOST).key(&root).json(&body)
    };
    let told = say("host-1").send().await.problem(409, "not_silent");
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("muster host evacuate host-1"),
        "{told}"
    );
    silence(&harness, host).await;
    say("host-2").send().await.problem(422, "out_of_bounds");
    let said = say("host-1").send().await.expect(200);
    assert_eq!(said["confirmed_dead"]["by"], "root");
    let world = harness.app.mirror.world();
    let heard = (*world.host(host).unwrap().observed.unwrap().doc).clone();
    let session = SessionRecord {
        id: muster_model::SessionId::new(9, 1),
        silent: false,
        ..heard.session
    };
    harness.write(&HostObserved { session, ..heard }).await;
    let now = shown(&harness, &root).await;
    assert_eq!(
        now.get("confirmed_dead"),
        None,
        "a host that is heard again is alive"
    );
}

#[tokio::test]
async fn a_host_that_may_still_run_what_runs_only_once_is_not_removed() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    let shop = harness.stack(1, ENV, "shop", &["one"]).await;
    make_exclusive(&harness, shop).await;
    harness.unit(1, shop, "one", host).await;
    let remove = || harness.ask("DELETE", HOST).key(&root);
    let told = remove().send().await.problem(409, "runs_exclusive");
    assert!(told["detail"].as_str().unwrap().contains("shop/one-1"), "{told}");
    silence(&harness, host).await;
    remove().send().await.problem(409, "runs_exclusive");
    let body = json!({ "confirmed_dead": "host-1" });
    harness
        .ask("PATCH", HOST)
        .key(&root)
        .json(&body)
        .send()
        .await
        .expect(200);
    remove().send().await.expect(204);
}

async fn make_exclusive(harness: &Harness, stack: muster_model::StackId) {
    let world = harness.app.mirror.world();
    let head = (*world.revision_doc(stack, 1).unwrap().doc).clone();
    let mut spec = (*world.spec(stack, 1).unwrap()).clone();
    for service in spec.services.values_mut() {
        *service = ServiceSpec {
            exclusive: true,
            ..(**service).clone()
        }
        .into();
    }
    let body = muster_model::desired::RevisionBody::Inline(spec.into());
    harness.write(&StackRevision { body, ..head }).await;
}
