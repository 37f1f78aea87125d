//! Who may join, and what those are told who may not.

use muster_model::WallTime;
use muster_model::desired::JoinToken;
use muster_trust::AgentRequest;
use serde_json::{Value, json};

use super::harness::{ELSEWHERE, ENV, Harness, NOW, Reply};

const TOKENS: &str = "/v1/environments/default/join-tokens";

async fn token(harness: &Harness, root: &str, asked: Value) -> (String, String) {
    let made = harness
        .post(TOKENS)
        .key(root)
        .json(&asked)
        .send()
        .await
        .expect(201);
    let word = |key: &str| made[key].as_str().unwrap().to_owned();
    (word("id"), word("token"))
}

async fn join(harness: &Harness, token: &str, more: Value) -> Reply {
    let csr = AgentRequest::generate().unwrap().csr_pem;
    let mut asked = json!({ "token": token, "csr_pem": csr, "name": "box" });
    let more = more.as_object().unwrap().clone();
    asked.as_object_mut().unwrap().extend(more);
    harness.post("/v1/join").from(ELSEWHERE).json(&asked).send().await
}

/// Refused, with the reason and the next step; nobody came in.
#[track_caller]
fn is_told(reply: Reply, why: &str) {
    let problem = reply.problem(401, "join_token");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains(why) && detail.contains("`muster host token create`"),
        "{detail}"
    );
}

#[tokio::test]
async fn whoever_holds_a_token_that_is_over_is_told_how() {
    let (harness, root) = Harness::set_up().await;
    let (_, once) = token(&harness, &root, json!({})).await;
    join(&harness, &once, json!({})).await.expect(200);
    // Used twice; a thief who copied it finds it empty as well.
    is_told(join(&harness, &once, json!({})).await, "already used");

    let (id, late) = token(&harness, &root, json!({ "ttl_seconds": 60 })).await;
    let world = harness.app.mirror.world();
    let kept = world.join_token(id.parse().unwrap()).unwrap();
    let expires = WallTime(NOW.0 - 1);
    harness
        .write(&JoinToken {
            expires,
            ..(*kept.doc).clone()
        })
        .await;
    is_told(join(&harness, &late, json!({})).await, "expired");
    // It stays so when others are made.
    token(&harness, &root, json!({})).await;
    is_told(join(&harness, &late, json!({})).await, "expired");

    let (id, back) = token(&harness, &root, json!({ "uses": 9 })).await;
    let path = format!("{TOKENS}/{id}");
    harness.ask("DELETE", &path).key(&root).send().await.expect(204);
    is_told(join(&harness, &back, json!({})).await, "revoked");
    assert_eq!(harness.app.mirror.world().hosts(ENV).count(), 1);
}

/// Whoever has no secret learns nothing, not even which ids there are.
#[tokio::test]
async fn guesses_are_all_told_the_same() {
    let (harness, root) = Harness::set_up().await;
    let (_, used) = token(&harness, &root, json!({})).await;
    join(&harness, &used, json!({})).await.expect(200);
    let (id, good) = token(&harness, &root, json!({})).await;
    let secret = good.rsplit('-').nth(1).unwrap();
    let guess = |token: &str| token.replace(secret, &"0".repeat(64));
    let used_secret = used.rsplit('-').nth(1).unwrap();
    let guesses = [
        guess(&good),
        used.replace(used_secret, &"0".repeat(64)),
        good.replace(&id, "join-99-99"),
        "muster-join-x".to_owned(),
        String::new(),
        "🦀".repeat(5_000),
    ];
    for guess in guesses {
        is_told(join(&harness, &guess, json!({})).await, "not known here");
    }
    join(&harness, &good, json!({})).await.expect(200);
}

#[tokio::test]
async fn a_token_is_good_for_its_own_environment() {
    let (harness, root) = Harness::set_up().await;
    let prod = json!({ "name": "prod" });
    harness
        .post("/v1/environments")
        .key(&root)
        .json(&prod)
        .send()
        .await
        .expect(201);
    let (id, token) = token(&harness, &root, json!({ "uses": 2 })).await;
    let refused = join(&harness, &token, json!({ "environment": "prod" })).await;
    let problem = refused.problem(403, "other_environment");
    let detail = problem["detail"].as_str().unwrap();
    assert!(
        detail.contains("`default`") && detail.contains("--environment prod"),
        "{detail}"
    );
    // Another environment's owner neither sees nor revokes it.
    let eve = harness.member(&root, "eve", "prod", Some("owner")).await;
    let other = "/v1/environments/prod/join-tokens";
    let seen = harness.get(other).key(&eve).send().await.expect(200);
    assert_eq!(seen["items"], json!([]));
    let removal = harness.ask("DELETE", &format!("{other}/{id}")).key(&eve);
    removal.send().await.problem(404, "not_found");
    let joined = join(&harness, &token, json!({ "environment": "default" })).await;
    joined.expect(200);
    assert_eq!(harness.app.mirror.world().hosts(ENV).count(), 1);
}

#[tokio::test]
async fn tokens_are_listed_without_their_texts_and_give_labels() {
    let (harness, root) = Harness::set_up().await;
    let asked = json!({ "uses": 3, "labels": { "zone": "a" } });
    let (id, text) = token(&harness, &root, asked).await;
    let brought = json!({ "labels": { "zone": "mine", "disk": "ssd" } });
    let joined = join(&harness, &text, brought).await.expect(200);
    let host = harness
        .get(&format!(
            "/v1/environments/default/hosts/{}",
            joined["name"].as_str().unwrap()
        ))
        .key(&root);
    let labels = &host.send().await.expect(200)["labels"];
    assert_eq!(
        *labels,
        json!({ "disk": "ssd", "zone": "a" }),
        "who made the token decides"
    );
    let listed = harness.get(TOKENS).key(&root).send().await;
    assert!(!listed.text.contains(text.rsplit('-').nth(1).unwrap()));
    let listed = listed.expect(200);
    assert_eq!(listed["items"][0]["id"], id.as_str());
    assert_eq!(listed["items"][0]["uses_left"], 2);
    let odd = json!({ "labels": { "a": "b\u{7}" } });
    join(&harness, &text, odd).await.problem(422, "out_of_bounds");
    let odd = harness
        .post(TOKENS)
        .key(&root)
        .json(&json!({ "labels": { "": "x" } }));
    odd.send().await.problem(422, "out_of_bounds");
}

#[tokio::test]
async fn a_machine_that_is_here_already_is_told_under_which_name() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    let world = harness.app.mirror.world();
    let mut observed = (*world.host(host).unwrap().observed.unwrap().doc).clone();
    observed.facts.machine = "abc".to_owned();
    harness.write(&observed).await;
    let (_, token) = token(&harness, &root, json!({ "uses": 3 })).await;
    let twin = join(&harness, &token, json!({ "machine": "abc" }))
        .await
        .expect(200);
    let remark = twin["remarks"][0].as_str().unwrap();
    assert!(
        remark.contains("host host-1") && remark.contains("machine-id"),
        "{remark}"
    );
    for other in ["xyz", ""] {
        let alone = join(&harness, &token, json!({ "machine": other }))
            .await
            .expect(200);
        assert_eq!(alone["remarks"], Value::Null);
    }
}

#[tokio::test]
async fn a_machine_finds_script_and_program_here() {
    let (harness, _) = Harness::set_up().await;
    let script = harness.get("/v1/install.sh").from(ELSEWHERE).send().await;
    assert!(script.text.starts_with("#!/bin/sh") && script.text.contains("agent install"));
    let other = harness.get("/v1/muster?arch=vax").from(ELSEWHERE).send().await;
    other.problem(404, "not_found");
    let own = harness.get("/v1/muster").from(ELSEWHERE).open().await;
    assert!(own.status().is_success());
    let length = own.headers()["content-length"].to_str().unwrap();
    let size = std::fs::metadata("/proc/self/exe").unwrap().len();
    assert_eq!(length, size.to_string());
}

/// Nothing is sent elsewhere than to who asks, nor to services that know nothing of it; names are for token holders.
#[tokio::test]
async fn a_machine_is_told_how_it_looks_from_here() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    let world = harness.app.mirror.world();
    let mut observed = (*world.host(host).unwrap().observed.unwrap().doc).clone();
    observed.facts.machine = "abc".to_owned();
    harness.write(&observed).await;
    let ask = |asked: Value| {
        let ask = harness.post("/v1/preflight").from("127.0.0.1:40000");
        ask.json(&asked).send()
    };
    let seen = ask(json!({ "machine": "abc" })).await.expect(200);
    assert_eq!(
        (&seen["now"], &seen["from"]),
        (&json!(NOW.0), &json!("127.0.0.1"))
    );
    assert_eq!(seen["twins"], json!([]), "strangers learn no names");
    let (_, token) = token(&harness, &root, json!({})).await;
    let seen = ask(json!({ "machine": "abc", "token": token })).await.expect(200);
    assert!(seen["twins"][0].as_str().unwrap().contains("host-1"));

    let nonce = "0123456789abcdef";
    let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let echo = async {
        let mut buffer = [0; 2_000];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
            assert!(buffer.starts_with(nonce.as_bytes()));
            // The larger one is lost on its way back.
            if length < 1_000 {
                socket.send_to(&buffer[..length], from).await.unwrap();
            }
        }
    };
    let asked = json!({ "ports": [port], "sizes": [64, 1_400], "nonce": nonce });
    let seen = tokio::select! {
        seen = ask(asked) => seen.expect(200),
        () = echo => unreachable!(),
    };
    assert_eq!(seen["echoes"], json!([{ "port": port, "bytes": 64 }]));
    for bad in [
        json!({ "ports": [53], "sizes": [64], "nonce": nonce }),
        json!({ "ports": [5_000], "sizes": [64], "nonce": "short" }),
        json!({ "ports": [5_000], "sizes": [9_000], "nonce": nonce }),
        json!({ "ports": [1_024, 1_025, 1_026, 1_027, 1_028], "nonce": nonce }),
    ] {
        ask(bad).await.problem(400, "bad_request");
    }
}
