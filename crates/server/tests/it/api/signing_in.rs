//! Setup, login, keys, and what they open.

use muster_model::desired::ApiKey;
use serde_json::json;

use super::harness::{ELSEWHERE, Harness, NOW, PASSWORD};

#[tokio::test]
async fn the_first_administrator_is_made_once_with_the_printed_token_from_this_machine() {
    let harness = Harness::new().await;
    let asked = |token: &str| json!({ "token": token, "name": "root", "password": PASSWORD });
    let right = asked(harness.setup_token());
    harness
        .post("/v1/setup")
        .from(ELSEWHERE)
        .json(&right)
        .send()
        .await
        .problem(403, "setup");
    // A page of others can make a browser ask this machine, under its own name.
    let rebound = harness
        .post("/v1/setup")
        .header("host", "evil.example.com:8080")
        .json(&right);
    rebound.send().await.problem(403, "setup");
    let wrong = format!("muster-setup-{}", "0".repeat(64));
    for token in ["", "x", &wrong] {
        harness
            .post("/v1/setup")
            .json(&asked(token))
            .send()
            .await
            .problem(403, "setup");
    }
    let weak = json!({ "token": harness.setup_token(), "name": "root", "password": "short" });
    harness
        .post("/v1/setup")
        .json(&weak)
        .send()
        .await
        .problem(422, "weak_password");
    let reply = harness.post("/v1/setup").json(&right).send().await.expect(201);
    let me = harness
        .get("/v1/me")
        .key(reply["token"].as_str().unwrap())
        .send()
        .await
        .expect(200);
    assert_eq!(me["account"]["name"], "root");
    assert_eq!(me["account"]["admin"], true);
    assert_eq!(me["environments"][0]["role"], "owner");
    harness
        .post("/v1/setup")
        .json(&right)
        .send()
        .await
        .problem(403, "setup");
}

#[tokio::test]
async fn two_setups_at_the_same_moment_make_one_administrator() {
    let harness = Harness::new().await;
    let asked = |name: &str| json!({ "token": harness.setup_token(), "name": name, "password": PASSWORD });
    let (a, b) = (asked("a"), asked("b"));
    let (a, b) = tokio::join!(
        harness.post("/v1/setup").json(&a).send(),
        harness.post("/v1/setup").json(&b).send()
    );
    let mut statuses = [a.status.as_u16(), b.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201, "{statuses:?}");
    assert!(statuses[1] > 400, "{statuses:?}");
    assert_eq!(harness.app.mirror.world().accounts().count(), 1);
}

#[tokio::test]
async fn unknown_names_and_wrong_passwords_are_told_the_same_and_slowed_down() {
    let (harness, _) = Harness::set_up().await;
    let try_as = |name: &str, password: &str| {
        let asked = json!({ "name": name, "password": password });
        harness.post("/v1/login").json(&asked).send()
    };
    let wrong = try_as("root", "wrong password")
        .await
        .problem(401, "wrong_password");
    let unknown = try_as("nobody", "wrong password")
        .await
        .problem(401, "wrong_password");
    assert_eq!(wrong, unknown);
    try_as("../root\u{0}", "x").await.problem(401, "wrong_password");
    for _ in 0..4 {
        try_as("root", "wrong password")
            .await
            .problem(401, "wrong_password");
    }
    let reply = try_as("root", PASSWORD).await;
    assert_eq!(reply.header("retry-after"), "2");
    reply.problem(429, "too_many_attempts");
    harness
        .post("/v1/login")
        .from(ELSEWHERE)
        .json(&json!({ "name": "root", "password": PASSWORD }))
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn sessions_end_and_keys_are_taken_back() {
    let (harness, root) = Harness::set_up().await;
    let made = harness
        .post("/v1/keys")
        .key(&root)
        .json(&json!({ "note": "ci" }))
        .send()
        .await
        .expect(201);
    let key = made["text"].as_str().unwrap().to_owned();
    harness.get("/v1/me").key(&key).send().await.expect(200);
    let keys = harness.get("/v1/keys").key(&root).send().await;
    assert!(
        !keys.text.contains(&key) && !keys.text.contains("hash"),
        "{}",
        keys.text
    );
    let keys = keys.expect(200);
    let sessions: Vec<bool> = keys["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["session"] == true)
        .collect();
    assert_eq!(sessions, [true, false]);
    let path = format!("/v1/keys/{}", made["key"]["id"].as_str().unwrap());
    harness.ask("DELETE", &path).key(&root).send().await.expect(204);
    harness
        .get("/v1/me")
        .key(&key)
        .send()
        .await
        .problem(401, "signed_out");
    harness.post("/v1/logout").key(&root).send().await.expect(204);
    harness
        .get("/v1/me")
        .key(&root)
        .send()
        .await
        .problem(401, "signed_out");
}

#[tokio::test]
async fn expired_and_forged_keys_open_nothing() {
    let (harness, root) = Harness::set_up().await;
    let session = harness.app.mirror.world().keys().next().unwrap().clone();
    let forged = format!("muster-{}-{}", session.id, "0".repeat(64));
    for text in [forged.as_str(), "x", "muster-key-1-1-", "Bearer"] {
        harness
            .get("/v1/me")
            .key(text)
            .send()
            .await
            .problem(401, "signed_out");
    }
    let reply = harness
        .get("/v1/me")
        .header("authorization", &format!("Basic {root}"))
        .send()
        .await;
    assert_eq!(reply.header("www-authenticate"), "Bearer");
    reply.problem(401, "signed_out");
    harness
        .write(&ApiKey {
            expires: Some(NOW),
            ..(*session.doc).clone()
        })
        .await;
    harness
        .get("/v1/me")
        .key(&root)
        .send()
        .await
        .problem(401, "signed_out");
}

#[tokio::test]
async fn nobody_reads_or_deletes_the_key_of_another() {
    let (harness, root) = Harness::set_up().await;
    let other = harness.member(&root, "other", "default", None).await;
    let own = harness.get("/v1/keys").key(&other).send().await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 1);
    let roots = harness.get("/v1/me").key(&root).send().await.expect(200)["key"]["id"].clone();
    let path = format!("/v1/keys/{}", roots.as_str().unwrap());
    harness
        .ask("DELETE", &path)
        .key(&other)
        .send()
        .await
        .problem(404, "not_found");
    harness.get("/v1/me").key(&root).send().await.expect(200);
}

#[tokio::test]
async fn the_last_administrator_stays_and_others_go_with_their_keys() {
    let (harness, root) = Harness::set_up().await;
    let other = harness.member(&root, "other", "default", Some("member")).await;
    harness
        .ask("DELETE", "/v1/accounts/root")
        .key(&root)
        .send()
        .await
        .problem(409, "in_use");
    harness
        .ask("DELETE", "/v1/accounts/other")
        .key(&root)
        .send()
        .await
        .expect(204);
    harness
        .get("/v1/me")
        .key(&other)
        .send()
        .await
        .problem(401, "signed_out");
    assert_eq!(harness.app.mirror.world().keys().count(), 1);
}
