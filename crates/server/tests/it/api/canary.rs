//! A secret goes in every way there is, and comes out of none.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use muster_server::api::{Takes, table};
use muster_store::{Range, Store as _};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata, Subscriber, span};

use super::harness::{Harness, PASSWORD};

const CANARY: &str = "canary-7f3a9c51e8";
const BASE: &str = "/v1/environments/default";

/// Keeps every word that is logged.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<String>>);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push_str(&format!("{field}={value:?} "));
    }
}

impl Subscriber for Words {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut self.clone());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, record: &span::Record<'_>) {
        record.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

fn stack(password_of: &str) -> serde_json::Value {
    let compose = "services:\n  web:\n    image: x\n    secrets: [own, outer]\nsecrets:\n  own: {file: ./own}\n  outer: {external: true}\n";
    json!({ "files": {
        "sources": [{ "path": "docker-compose.yml", "content": compose }],
        "support": [{ "path": "own", "content": password_of }],
    } })
}

#[tokio::test]
async fn a_secret_that_went_in_comes_out_nowhere() {
    let words = Words::default();
    // For the whole process: other tests of this binary speak too, and what one thread does not hear, another may have decided.
    tracing::subscriber::set_global_default(words.clone()).unwrap();
    let (harness, root) = Harness::set_up().await;
    let encoded = BASE64_STANDARD.encode(CANARY);
    let mut told = Vec::new();
    let mut keep = |reply: super::harness::Reply, status: u16| {
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text);
        told.push(format!("{:?} {}", reply.headers, reply.text));
    };
    keep(
        harness
            .put(&format!("{BASE}/secrets/outer"))
            .key(&root)
            .json(&json!({ "content": encoded }))
            .send()
            .await,
        200,
    );
    let registry = json!({ "username": "robot", "password": CANARY });
    keep(
        harness
            .put(&format!("{BASE}/registries/r.example.com"))
            .key(&root)
            .json(&registry)
            .send()
            .await,
        200,
    );
    let account = json!({ "name": "anna", "password": format!("{CANARY}-{PASSWORD}") });
    keep(
        harness
            .post("/v1/accounts")
            .key(&root)
            .json(&account)
            .send()
            .await,
        201,
    );
    let login = json!({ "name": "anna", "password": CANARY });
    keep(harness.post("/v1/login").json(&login).send().await, 401);
    let path = format!("{BASE}/stacks/shop");
    let files = stack(CANARY)["files"].clone();
    keep(
        harness
            .post(&format!("{path}/plan"))
            .key(&root)
            .json(&files)
            .send()
            .await,
        200,
    );
    keep(
        harness.put(&path).key(&root).json(&stack(CANARY)).send().await,
        202,
    );
    // Refused ones too.
    let mut broken = stack(CANARY);
    broken["files"]["support"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "path": "x", "content_base64": CANARY }));
    keep(harness.put(&path).key(&root).json(&broken).send().await, 400);
    broken["files"]["support"] = json!({ "own": CANARY });
    keep(harness.put(&path).key(&root).json(&broken).send().await, 400);
    keep(
        harness
            .put(&format!("{BASE}/secrets/x"))
            .key(&root)
            .json(&json!({ "content": [CANARY] }))
            .send()
            .await,
        400,
    );
    // Everything that can be read.
    for row in table()
        .iter()
        .filter(|row| row.method == "GET" && matches!(row.takes, Takes::Nothing))
    {
        let names = [
            ("{env}", "default"),
            ("{stack}", "shop"),
            ("{service}", "web"),
            ("{n}", "1"),
            ("{registry}", "r.example.com"),
        ];
        let mut address = row.path.to_owned();
        for (parameter, name) in names {
            address = address.replace(parameter, name);
        }
        address = address.replace("{name}", "outer");
        // The program that is served is this test itself, with the word in it.
        let is_program = address == "/v1/muster";
        if is_program || address.contains('{') || address.ends_with("/events") || address.ends_with("/logs") {
            continue;
        }
        let reply = harness.get(&address).key(&root).send().await;
        told.push(format!("{address} {:?} {}", reply.headers, reply.text));
    }
    // The store has it sealed only, the log not at all.
    let snapshot = harness.store.read(Range::All).await.unwrap();
    told.extend(
        snapshot
            .entries
            .iter()
            .map(|entry| format!("{} {}", entry.key, String::from_utf8_lossy(&entry.value))),
    );
    told.push(words.0.lock().unwrap().clone());
    assert!(
        told.len() > 40 && told.last().unwrap().contains("put_secret"),
        "{}",
        told.len()
    );
    for text in told {
        assert!(!text.contains(CANARY) && !text.contains(&encoded), "{text}");
    }
}
