//! Environments come and go; what is in one is not lost with it.

use muster_model::EnvironmentId;
use serde_json::json;

use super::harness::Harness;

async fn with_environment(name: &str) -> (Harness, String, EnvironmentId) {
    let (harness, root) = Harness::set_up().await;
    let asked = json!({ "name": name });
    let made = harness
        .post("/v1/environments")
        .key(&root)
        .json(&asked)
        .send()
        .await
        .expect(201);
    let id = made["id"].as_str().unwrap().parse().unwrap();
    (harness, root, id)
}

#[tokio::test]
async fn only_an_empty_environment_goes_and_what_is_there_is_named() {
    let (harness, root, id) = with_environment("prod").await;
    let remove = || harness.ask("DELETE", "/v1/environments/prod").key(&root);
    harness.host(1, id).await;
    harness.stack(1, id, "shop", &["web"]).await;
    let secret = harness
        .put("/v1/environments/prod/secrets/word")
        .key(&root)
        .json(&json!({ "content": "eA==" }));
    assert!(secret.send().await.status.is_success());
    let problem = remove().send().await.problem(409, "in_use");
    for left in ["host host-1", "stack shop", "secret word"] {
        assert!(problem.to_string().contains(left), "{left}: {problem}");
    }

    let world = harness.app.mirror.world();
    let wish = world.hosts(id).next().unwrap().wish.unwrap().doc.clone();
    let stack = world.stacks(id).next().unwrap().doc.clone();
    harness.delete(&*wish).await;
    harness.delete(&*stack).await;
    let problem = remove().send().await.problem(409, "in_use");
    assert!(!problem.to_string().contains("shop"), "{problem}");
    harness
        .ask("DELETE", "/v1/environments/prod/secrets/word")
        .key(&root)
        .send()
        .await
        .expect(204);
    harness
        .post("/v1/environments/prod/join-tokens")
        .key(&root)
        .json(&json!({}))
        .send()
        .await
        .expect(201);
    remove().send().await.expect(204);
    remove().send().await.problem(404, "not_found");
    assert_eq!(harness.app.mirror.world().join_tokens().count(), 0);
    // The name is free again.
    let again = harness
        .post("/v1/environments")
        .key(&root)
        .json(&json!({ "name": "prod" }));
    again.send().await.expect(201);
}

#[tokio::test]
async fn only_its_owners_remove_it() {
    let (harness, root, _) = with_environment("prod").await;
    let anna = harness.member(&root, "anna", "prod", Some("member")).await;
    let remove = |key: &str| harness.ask("DELETE", "/v1/environments/prod").key(key).send();
    remove(&anna).await.problem(403, "forbidden");
    let eve = harness.member(&root, "eve", "prod", None).await;
    remove(&eve).await.problem(404, "not_found");
    remove(&root).await.expect(204);
}
