//! What must not be taken gets a clear problem, and harms nobody.

use std::sync::Arc;

use axum::body::Body;
use muster_model::limits::API_BODY_BYTES_MAX;
use muster_server::logic::CoreError;
use serde_json::json;

use super::harness::Harness;

const STACK: &str = "/v1/environments/default/stacks/shop";

#[tokio::test]
async fn bodies_that_are_too_large_broken_or_of_another_kind() {
    let (harness, root) = Harness::set_up().await;
    let large = Body::from(vec![b'a'; API_BODY_BYTES_MAX + 1]);
    harness
        .put(STACK)
        .key(&root)
        .bytes("application/json", large)
        .send()
        .await
        .problem(413, "body_too_large");
    let problem = harness
        .put(STACK)
        .key(&root)
        .bytes("application/json", "{\"files\": [")
        .send()
        .await
        .problem(400, "bad_request");
    assert!(problem["detail"].as_str().unwrap().contains("files"), "{problem}");
    harness
        .put(STACK)
        .key(&root)
        .bytes("application/x-yaml", "a: b")
        .send()
        .await
        .problem(415, "content_type");
    let body = json!({ "files": { "sources": [{ "path": "a", "content": 5 }] } });
    let problem = harness
        .put(STACK)
        .key(&root)
        .json(&body)
        .send()
        .await
        .problem(400, "bad_request");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("files.sources[0].content"),
        "{problem}"
    );
    let problem = harness
        .put(STACK)
        .key(&root)
        .json(&json!({ "file": {} }))
        .send()
        .await
        .problem(400, "bad_request");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("unknown field `file`"),
        "{problem}"
    );
    let trailing = harness
        .put(STACK)
        .key(&root)
        .bytes("application/json", "{\"files\":{\"sources\":[]}} x")
        .send()
        .await;
    trailing.problem(400, "bad_request");
    harness
        .put(STACK)
        .key(&root)
        .json(&json!({ "files": { "sources": [] } }))
        .send()
        .await
        .problem(400, "bad_request");
    let deep = "[".repeat(100_000);
    harness
        .put(STACK)
        .key(&root)
        .bytes("application/json", deep)
        .send()
        .await
        .problem(400, "bad_request");
}

#[tokio::test]
async fn names_that_lead_elsewhere_or_have_no_end() {
    let (harness, root) = Harness::set_up().await;
    let long = "a".repeat(65_536 - 200);
    for name in [
        "..%2F..%2Fetc",
        "%00",
        "a%00b",
        "%2e%2e",
        long.as_str(),
        "%F0%9F%98%80",
        "-a",
        "a%20b",
        "%0a",
    ] {
        for base in ["stacks", "hosts", "units", "secrets", "configs", "registries"] {
            let reply = harness
                .get(&format!("/v1/environments/default/{base}/{name}"))
                .key(&root)
                .send()
                .await;
            assert!(reply.text.len() < 1_000, "{base} {}", reply.text.len());
            reply.problem(404, "not_found");
        }
        let secret = format!("/v1/environments/default/secrets/{name}");
        let problem = harness
            .put(&secret)
            .key(&root)
            .json(&json!({ "content": "eA==" }))
            .send()
            .await
            .problem(400, "bad_request");
        assert!(problem["detail"].as_str().unwrap().len() < 800);
        let registry = format!("/v1/environments/default/registries/{name}");
        let asked = json!({ "username": "u", "password": "p" });
        let reply = harness.put(&registry).key(&root).json(&asked).send().await;
        assert!(
            [400, 422].contains(&reply.status.as_u16()) || name == "%2e%2e",
            "{name:.20} {}",
            reply.text
        );
    }
    harness
        .get("/v1/environments/default/stacks/../../../etc/passwd")
        .key(&root)
        .send()
        .await
        .problem(404, "no_route");
    harness
        .get("/v1/environments/default/stacks/%ff")
        .key(&root)
        .send()
        .await
        .problem(404, "no_route");
    for name in ["../x", "a\0b", &"x".repeat(65_536)] {
        let reply = harness
            .post("/v1/environments")
            .key(&root)
            .json(&json!({ "name": name }))
            .send()
            .await;
        reply.problem(400, "bad_request");
    }
}

#[tokio::test]
async fn addresses_methods_and_parameters_that_there_are_not() {
    let (harness, root) = Harness::set_up().await;
    harness
        .get("/v2")
        .key(&root)
        .send()
        .await
        .problem(404, "no_route");
    harness
        .get("/v1/environments/default/")
        .key(&root)
        .send()
        .await
        .problem(404, "no_route");
    let reply = harness.ask("DELETE", "/v1/me").key(&root).send().await;
    assert_eq!(reply.header("allow"), "GET");
    reply.problem(405, "method");
    harness
        .ask("BREW", "/v1/me")
        .key(&root)
        .send()
        .await
        .problem(405, "method");
    // No method hides behind another.
    let tunnelled = harness
        .post("/v1/me?_method=GET")
        .key(&root)
        .header("x-http-method-override", "GET");
    tunnelled.send().await.problem(405, "method");
    let stacks = "/v1/environments/default/stacks";
    let problem = harness
        .get(&format!("{stacks}?limi=3"))
        .key(&root)
        .send()
        .await
        .problem(400, "bad_request");
    assert!(
        problem["detail"].as_str().unwrap().contains("`limi`"),
        "{problem}"
    );
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=-1",
        "cursor=x",
        "cursor=",
        "watch=yes",
    ] {
        harness
            .get(&format!("{stacks}?{query}"))
            .key(&root)
            .send()
            .await
            .problem(400, "bad_request");
    }
    for (name, value) in [
        ("if-match", "42"),
        ("if-match", "\"x\""),
        ("request-id", "a b"),
        ("request-id", ""),
    ] {
        let problem = harness
            .get(stacks)
            .key(&root)
            .header(name, value)
            .send()
            .await
            .problem(400, "bad_request");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .to_ascii_lowercase()
                .contains(name),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn every_answer_has_its_request_id_and_is_not_kept() {
    let (harness, root) = Harness::set_up().await;
    let reply = harness
        .get("/v1/me")
        .key(&root)
        .header("request-id", "mine-1")
        .send()
        .await;
    assert_eq!(reply.header("request-id"), "mine-1");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    let (a, b) = (
        harness.get("/healthz").send().await,
        harness.get("/v1/me").send().await,
    );
    assert!(!a.header("request-id").is_empty() && a.header("request-id") != b.header("request-id"));
    assert_eq!(b.status, 401);
}

#[tokio::test]
async fn health_and_metrics_are_there_for_machines() {
    let harness = Harness::new().await;
    assert_eq!(harness.get("/readyz").send().await.status, 200);
    assert_eq!(harness.get("/healthz").send().await.status, 200);
    let metrics = harness.get("/metrics").send().await;
    assert!(
        metrics
            .header("content-type")
            .starts_with("application/openmetrics-text"),
        "{metrics:?}"
    );
    assert!(
        metrics
            .text
            .contains(r#"muster_api_requests_total{operation="ready",status="200"} 1"#),
        "{metrics:?}"
    );
}

#[tokio::test]
async fn a_server_that_cannot_go_on_is_not_ready_and_says_why() {
    let harness = Harness::new().await;
    let why = CoreError::Key(muster_store::Key::parse("").unwrap_err());
    harness.halted.send_replace(Some(Arc::new(why)));
    harness.get("/readyz").send().await.problem(503, "halted");
    assert_eq!(harness.get("/healthz").send().await.status, 200);
    harness.halted.send_replace(None);
    assert_eq!(harness.get("/readyz").send().await.status, 200);
}

#[tokio::test]
async fn strangers_send_little_and_other_sites_nothing() {
    let (harness, root) = Harness::set_up().await;
    for path in ["/v1/login", "/v1/setup", "/v1/join"] {
        let large = Body::from(vec![b'a'; 64 * 1024 + 1]);
        let reply = harness.post(path).bytes("application/json", large).send().await;
        reply.problem(413, "body_too_large");
    }
    let keys = || {
        harness
            .post("/v1/keys")
            .key(&root)
            .header("host", "muster.example.com")
            .json(&json!({}))
    };
    let theirs = keys().header("origin", "https://evil.example.com").send().await;
    theirs.problem(403, "origin");
    let ours = keys().header("origin", "https://muster.example.com").send().await;
    ours.expect(201);
    // Looking changes nothing, and browsers keep what they see to themselves.
    let looked = harness
        .get("/v1/me")
        .key(&root)
        .header("origin", "https://evil.example.com");
    looked.send().await.expect(200);
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_administrators() {
    let (harness, root) = Harness::set_up().await;
    harness
        .get("/metrics")
        .header("host", "evil.example.com")
        .send()
        .await
        .problem(401, "signed_out");
    let far = || harness.get("/metrics").from(super::harness::ELSEWHERE);
    far().send().await.problem(401, "signed_out");
    assert_eq!(far().key(&root).send().await.status, 200);
    assert_eq!(
        harness
            .get("/metrics")
            .header("host", "localhost:8080")
            .send()
            .await
            .status,
        200
    );
}
