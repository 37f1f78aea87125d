//! What happens in an environment, told in order, to its members only.

use axum::body::BodyDataStream;
use muster_model::EnvironmentId;
use muster_model::assigned::{ServiceState, Unit, UnitWish};
use muster_store::Store as _;
use serde_json::{Value, json};

use super::harness::{ENV, Harness, pull};
use super::lists::next_event;

struct Stream {
    stream: BodyDataStream,
    buffer: String,
}

impl Stream {
    async fn open(harness: &Harness, key: &str, last: Option<u64>) -> Self {
        let ask = harness.get("/v1/environments/default/events").key(key);
        let ask = match last {
            Some(last) => ask.header("last-event-id", &last.to_string()),
            None => ask,
        };
        let response = ask.open().await;
        assert_eq!(response.status(), 200);
        Self {
            stream: response.into_body().into_data_stream(),
            buffer: String::new(),
        }
    }

    async fn next(&mut self) -> (String, Value, Option<u64>) {
        next_event(&mut self.stream, &mut self.buffer)
            .await
            .expect("the stream goes on")
    }

    /// The kinds and names of the next changes.
    async fn changes(&mut self, count: usize) -> Vec<String> {
        let mut changes = Vec::new();
        for _ in 0..count {
            let (event, data, id) = self.next().await;
            assert_eq!(event, "change", "{data}");
            assert_eq!(data["revision"].as_u64(), id);
            let gone = if data["gone"] == true { " gone" } else { "" };
            changes.push(format!(
                "{} {}{gone}",
                data["kind"].as_str().unwrap(),
                data["name"].as_str().unwrap()
            ));
        }
        changes
    }
}

#[tokio::test]
async fn what_happens_is_told_in_order_with_how_things_are() {
    let (harness, root) = Harness::set_up().await;
    let mut events = Stream::open(&harness, &root, None).await;
    assert_eq!(events.next().await.0, "ready");
    let host = harness.host(1, ENV).await;
    assert_eq!(
        events.changes(3).await,
        ["host host-1", "host host-1", "host host-1"]
    );
    let stack = harness.stack(1, ENV, "shop", &["web"]).await;
    assert_eq!(events.changes(1).await, ["stack shop"]);
    let unit = harness.unit(1, stack, "web", host).await;
    let (_, data, _) = events.next().await;
    assert_eq!(data["object"]["unit"]["stack"], "shop");
    let (_, data, _) = events.next().await;
    assert_eq!(
        (&data["name"], &data["message"]),
        (&json!("shop/web-1"), &json!("running on host-1"))
    );
    harness.verdict(stack, "web", 1, 1, ServiceState::Steady).await;
    let (_, data, _) = events.next().await;
    assert_eq!(data["message"], "steady, 1/1 healthy on revision 1");
    harness
        .write(&Unit {
            wish: UnitWish::Remove,
            ..unit.clone()
        })
        .await;
    harness.delete(&unit).await;
    assert_eq!(
        events.changes(2).await,
        ["unit shop/web-1", "unit shop/web-1 gone"]
    );
}

#[tokio::test]
async fn another_environments_things_are_never_told() {
    let (harness, root) = Harness::set_up().await;
    let made = harness
        .post("/v1/environments")
        .key(&root)
        .json(&json!({ "name": "other" }))
        .send()
        .await
        .expect(201);
    let other: EnvironmentId = made["id"].as_str().unwrap().parse().unwrap();
    let key = harness.member(&root, "anna", "default", Some("readonly")).await;
    let before = harness.app.mirror.world().revision().0;
    let mut events = Stream::open(&harness, &key, None).await;
    assert_eq!(events.next().await.0, "ready");
    let host = harness.host(1, other).await;
    let stack = harness.stack(1, other, "hidden", &["web"]).await;
    let unit = harness.unit(1, stack, "web", host).await;
    harness.app.progress.send(pull(unit.id)).unwrap();
    harness.verdict(stack, "web", 1, 1, ServiceState::Steady).await;
    harness.delete(&unit).await;
    let config = |environment: &str| format!("/v1/environments/{environment}/configs/motd");
    let content = json!({ "content": "eA==" });
    harness
        .put(&config("other"))
        .key(&root)
        .json(&content)
        .send()
        .await
        .expect(200);
    harness
        .put(&config("default"))
        .key(&root)
        .json(&content)
        .send()
        .await
        .expect(200);
    assert_eq!(events.changes(1).await, ["config motd"]);
    // Neither when it is told afterwards.
    let mut again = Stream::open(&harness, &key, Some(before)).await;
    let told = loop {
        let (event, data, _) = again.next().await;
        assert!(
            !data.to_string().contains("hidden") && !data.to_string().contains("other"),
            "{event} {data}"
        );
        if event == "ready" {
            break event;
        }
    };
    assert_eq!(told, "ready");
}

#[tokio::test]
async fn a_broken_connection_goes_on_where_it_broke() {
    let (harness, root) = Harness::set_up().await;
    let put = |name: &'static str| {
        let path = format!("/v1/environments/default/configs/{name}");
        harness
            .put(&path)
            .key(&root)
            .json(&json!({ "content": "eA==" }))
            .send()
    };
    put("a").await.expect(200);
    let seen = harness.app.mirror.world().revision().0;
    put("b").await.expect(200);
    put("c").await.expect(200);
    harness
        .ask("DELETE", "/v1/environments/default/configs/b")
        .key(&root)
        .send()
        .await
        .expect(204);
    let mut events = Stream::open(&harness, &root, Some(seen)).await;
    assert_eq!(events.changes(3).await, ["config b", "config c", "config b gone"]);
    assert_eq!(events.next().await.0, "ready");
    put("d").await.expect(200);
    assert_eq!(events.changes(1).await, ["config d"]);
    let far = harness
        .get("/v1/environments/default/events")
        .key(&root)
        .header("last-event-id", "99999999");
    far.send().await.problem(400, "bad_request");
}

#[tokio::test]
async fn what_cannot_be_told_any_more_is_said() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    let seen = harness.app.mirror.world().revision().0;
    let stack = harness.stack(1, ENV, "shop", &["web"]).await;
    let unit = harness.unit(1, stack, "web", host).await;
    let later = harness.app.mirror.world().revision().0;
    harness.delete(&unit).await;
    // From before it was made all can be told; from then on, only that something went.
    let mut events = Stream::open(&harness, &root, Some(seen)).await;
    assert_eq!(events.changes(4).await.last().unwrap(), "unit shop/web-1 gone");
    let mut events = Stream::open(&harness, &root, Some(later)).await;
    assert_eq!(events.next().await.0, "compacted");
    assert_eq!(events.next().await.0, "ready");
    let latest = harness.app.mirror.world().revision();
    harness.store.compact(latest).await.unwrap();
    let mut events = Stream::open(&harness, &root, Some(seen)).await;
    assert_eq!(events.next().await.0, "compacted");
    assert_eq!(events.next().await.0, "ready");
    harness.host(2, ENV).await;
    assert_eq!(events.changes(1).await, ["host host-2"]);
}

#[tokio::test]
async fn pulls_are_shown_as_they_go() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    let stack = harness.stack(1, ENV, "shop", &["web"]).await;
    let unit = harness.unit(1, stack, "web", host).await;
    let mut events = Stream::open(&harness, &root, None).await;
    assert_eq!(events.next().await.0, "ready");
    harness.app.progress.send(pull(unit.id)).unwrap();
    let (event, data, id) = events.next().await;
    assert_eq!(
        (event.as_str(), &data["image"], id),
        ("progress", &json!("muster/whoami"), None)
    );
}
