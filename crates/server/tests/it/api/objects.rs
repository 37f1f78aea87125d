//! Secrets, configs, registries, volumes, hosts and join tokens.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use muster_model::limits::BLOB_BYTES_MAX;
use muster_trust::{AgentRequest, Identity, Role, peer_identity, read_certificates};
use serde_json::json;

use super::harness::{ELSEWHERE, ENV, Harness};

const BASE: &str = "/v1/environments/default";

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let (harness, root) = Harness::set_up().await;
    let path = format!("{BASE}/secrets/db");
    let content = BASE64_STANDARD.encode("canary-value");
    let set = harness
        .put(&path)
        .key(&root)
        .json(&json!({ "content": content }))
        .send()
        .await;
    let etag = set.header("etag").to_owned();
    let read = harness.get(&path).key(&root).send().await;
    assert_eq!(read.header("etag"), etag);
    let listed = harness.get(&format!("{BASE}/secrets")).key(&root).send().await;
    for reply in [&set, &read, &listed] {
        assert_eq!(reply.status, 200);
        assert!(
            !reply.text.contains("canary") && !reply.text.contains(&content),
            "{}",
            reply.text
        );
    }
    let world = harness.app.mirror.world();
    let stored = world.blob(ENV, true, &"db".parse().unwrap()).unwrap();
    assert!(!format!("{:?}", stored.content).contains(&content));
    let opened = harness
        .app
        .vault
        .reveal(ENV, stored.digest, &stored.content)
        .unwrap();
    assert_eq!(opened.reveal(), b"canary-value");
    harness.ask("DELETE", &path).key(&root).send().await.expect(204);
    harness
        .get(&path)
        .key(&root)
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn configs_are_read_back_and_if_match_is_kept() {
    let (harness, root) = Harness::set_up().await;
    let path = format!("{BASE}/configs/motd");
    let put = |content: &str| harness.put(&path).key(&root).json(&json!({ "content": content }));
    let first = put("aGVsbG8=").send().await;
    let etag = first.header("etag").to_owned();
    assert_eq!(
        harness.get(&path).key(&root).send().await.expect(200)["content"],
        "aGVsbG8="
    );
    put("aGV5").header("if-match", &etag).send().await.expect(200);
    let moved = put("eA==")
        .header("if-match", &etag)
        .send()
        .await
        .problem(412, "moved");
    assert_eq!(moved["refusal"]["refusal"], "moved");
    assert_eq!(
        harness.get(&path).key(&root).send().await.expect(200)["content"],
        "aGV5"
    );
    put("no base64!").send().await.problem(400, "bad_request");
    let large = BASE64_STANDARD.encode(vec![0; BLOB_BYTES_MAX + 1]);
    put(&large).send().await.problem(422, "out_of_bounds");
    put(&BASE64_STANDARD.encode(vec![0; BLOB_BYTES_MAX]))
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn registries_keep_their_passwords() {
    let (harness, root) = Harness::set_up().await;
    let path = format!("{BASE}/registries/registry.example.com:5000");
    let asked = json!({ "username": "robot", "password": "canary-password" });
    let replies = [
        harness.put(&path).key(&root).json(&asked).send().await,
        harness.get(&path).key(&root).send().await,
        harness.get(&format!("{BASE}/registries")).key(&root).send().await,
    ];
    for reply in replies {
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(
            reply.text.contains("robot") && !reply.text.contains("canary"),
            "{}",
            reply.text
        );
    }
    harness.ask("DELETE", &path).key(&root).send().await.expect(204);
    for bad in ["UPPER", "a%20b", "http:%2F%2Fx", ""] {
        let path = format!("{BASE}/registries/{bad}");
        let reply = harness.put(&path).key(&root).json(&asked).send().await;
        assert!(
            [404, 422].contains(&reply.status.as_u16()),
            "{bad} {}",
            reply.text
        );
    }
}

#[tokio::test]
async fn volumes_are_made_listed_and_removed() {
    let (harness, root) = Harness::set_up().await;
    let list = format!("{BASE}/volumes");
    let asked = json!({ "name": "data", "options": { "type": "nfs" } });
    harness
        .post(&list)
        .key(&root)
        .json(&asked)
        .send()
        .await
        .expect(201);
    harness
        .post(&list)
        .key(&root)
        .json(&asked)
        .send()
        .await
        .problem(409, "exists");
    let listed = harness.get(&list).key(&root).send().await.expect(200);
    assert_eq!(listed["items"][0]["options"]["type"], "nfs");
    assert_eq!(listed["items"][0]["driver"], "local");
    let path = format!("{BASE}/volumes/data");
    harness.ask("DELETE", &path).key(&root).send().await.expect(204);
    harness
        .ask("DELETE", &path)
        .key(&root)
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn hosts_are_cordoned_labelled_renamed_and_removed() {
    let (harness, root) = Harness::set_up().await;
    harness.host(1, ENV).await;
    harness.host(2, ENV).await;
    let path = format!("{BASE}/hosts/host-1");
    let host = harness.get(&path).key(&root).send().await;
    let etag = host.header("etag").to_owned();
    assert_eq!(host.expect(200)["state"], "active");
    let patch = |body| harness.ask("PATCH", &path).key(&root).json(&body);
    let changed = patch(json!({ "cordoned": true, "labels": { "zone": "a" } }))
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&changed["state"], &changed["labels"]["zone"]),
        (&json!("inactive"), &json!("a"))
    );
    for (selector, found) in [
        ("zone=a", 1),
        ("zone", 1),
        ("!zone", 1),
        ("zone=b", 0),
        ("zone!=b", 2),
    ] {
        let list = format!("{BASE}/hosts?selector={selector}");
        let listed = harness.get(&list).key(&root).send().await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), found, "{selector}");
    }
    let bad = harness.get(&format!("{BASE}/hosts?selector=,")).key(&root);
    bad.send().await.problem(400, "bad_request");
    patch(json!({ "cordoned": false }))
        .header("if-match", &etag)
        .send()
        .await
        .problem(412, "moved");
    let changed = patch(json!({ "labels": { "zone": null } }))
        .send()
        .await
        .expect(200);
    assert_eq!(changed["labels"], json!({}));
    patch(json!({ "name": "host-2" }))
        .send()
        .await
        .problem(409, "exists");
    patch(json!({ "labels": { "a": "b\n" } }))
        .send()
        .await
        .problem(422, "out_of_bounds");
    patch(json!({ "name": "edge" })).send().await.expect(200);
    harness
        .ask("DELETE", &format!("{BASE}/hosts/edge"))
        .key(&root)
        .send()
        .await
        .expect(204);
    harness
        .get(&format!("{BASE}/hosts/edge"))
        .key(&root)
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn hosts_join_with_a_token_as_often_as_it_says() {
    let (harness, root) = Harness::set_up().await;
    let tokens = format!("{BASE}/join-tokens");
    let made = harness
        .post(&tokens)
        .key(&root)
        .json(&json!({ "uses": 2 }))
        .send()
        .await
        .expect(201);
    let token = made["token"].as_str().unwrap();
    let request = AgentRequest::generate().unwrap();
    let join = |token: &str, csr: &str| {
        let asked = json!({ "token": token, "csr_pem": csr, "name": "box" });
        harness.post("/v1/join").from(ELSEWHERE).json(&asked).send()
    };
    join(token, "nonsense").await.problem(400, "certificate_request");
    let first = join(token, &request.csr_pem).await.expect(200);
    let certificates = read_certificates(first["certificate_pem"].as_str().unwrap()).unwrap();
    let host = first["host"].as_str().unwrap().to_owned();
    assert_eq!(
        peer_identity(&certificates).unwrap(),
        Identity {
            role: Role::Agent,
            id: host.clone(),
            environment: Some("env-1-1".to_owned()),
        }
    );
    let ca = harness.get("/v1/ca").send().await;
    assert_eq!(first["ca_pem"], ca.text);
    let second = join(token, &request.csr_pem).await.expect(200);
    assert_ne!(second["host"], host);
    let hosts = harness
        .get(&format!("{BASE}/hosts"))
        .key(&root)
        .send()
        .await
        .expect(200);
    let names: Vec<&str> = hosts["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["box", "box-2"]);
    assert_eq!(hosts["items"][0]["state"], "registering");
    harness
        .post(&tokens)
        .key(&root)
        .json(&json!({ "uses": 0 }))
        .send()
        .await
        .problem(422, "out_of_bounds");
    harness
        .post(&tokens)
        .key(&root)
        .json(&json!({ "ttl_seconds": 0 }))
        .send()
        .await
        .problem(422, "out_of_bounds");
}

#[tokio::test]
async fn one_use_is_one_host_even_at_the_same_moment() {
    let (harness, root) = Harness::set_up().await;
    let made = harness
        .post(&format!("{BASE}/join-tokens"))
        .key(&root)
        .json(&json!({}))
        .send()
        .await
        .expect(201);
    let request = AgentRequest::generate().unwrap();
    let asked = json!({ "token": made["token"], "csr_pem": request.csr_pem, "name": "box" });
    let join = || harness.post("/v1/join").json(&asked).send();
    let replies = futures_util::future::join_all((0..8).map(|_| join())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(harness.app.mirror.world().hosts(ENV).count(), 1);
}

#[tokio::test]
async fn environments_have_one_name_each_even_at_the_same_moment() {
    let (harness, root) = Harness::set_up().await;
    let asked = json!({ "name": "prod", "subnet": "10.50.0.0/16" });
    let make = || harness.post("/v1/environments").key(&root).json(&asked).send();
    let replies = futures_util::future::join_all((0..8).map(|_| make())).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(
        replies
            .iter()
            .filter(|reply| reply.status != 201)
            .all(|reply| reply.status == 409)
    );
}

#[tokio::test]
async fn the_same_request_twice_does_once() {
    let (harness, root) = Harness::set_up().await;
    let make = |id: &'static str, name: &'static str| {
        harness
            .post("/v1/environments")
            .key(&root)
            .header("request-id", id)
            .json(&json!({ "name": name }))
            .send()
    };
    let first = make("once", "prod").await.expect(201);
    assert_eq!(make("once", "prod").await.expect(201), first);
    make("twice", "prod").await.problem(409, "exists");
    make("once", "other").await.problem(409, "request_reused");
    let config = "/v1/environments/default/configs/motd";
    harness
        .put(config)
        .key(&root)
        .json(&json!({ "content": "eA==" }))
        .send()
        .await
        .expect(200);
    harness.host(1, ENV).await;
    for gone in [config, "/v1/environments/default/hosts/host-1"] {
        let id = format!("gone-{}", gone.len());
        let delete = |id: &str| {
            harness
                .ask("DELETE", gone)
                .key(&root)
                .header("request-id", id)
                .send()
        };
        delete(&id).await.expect(204);
        delete(&id).await.expect(204);
        delete("another").await.problem(404, "not_found");
    }
    let key = |id: &'static str| {
        harness
            .post("/v1/keys")
            .key(&root)
            .header("request-id", id)
            .json(&json!({ "note": "x" }))
            .send()
    };
    key("key").await.expect(201);
    key("key").await.problem(409, "answered_once");
    assert_eq!(harness.app.mirror.world().keys().count(), 2);
}
