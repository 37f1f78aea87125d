//! Every route of the table, asked by everyone who must not.

use axum::http::Method;
use muster_server::api::{Row, Takes, table};
use muster_server::auth::Permission;
use serde_json::json;

use super::harness::{ELSEWHERE, Harness, Reply};

/// The row's path with its parameters filled in.
fn path(row: &Row, environment: &str) -> String {
    let fill = |segment: &str| match segment {
        "{env}" => environment.to_owned(),
        "{n}" => "1".to_owned(),
        _ if segment.starts_with('{') => "web".to_owned(),
        _ => segment.to_owned(),
    };
    row.path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

async fn ask(harness: &Harness, row: &Row, environment: &str, key: &str) -> Reply {
    let ask = harness
        .ask(row.method.as_str(), &path(row, environment))
        .from(ELSEWHERE)
        .key(key);
    let ask = if matches!(row.takes, Takes::Json(_)) {
        ask.json(&json!({}))
    } else {
        ask
    };
    ask.send().await
}

#[test]
fn the_table_is_sound() {
    let mut names = std::collections::BTreeSet::new();
    for row in table() {
        assert!(names.insert(row.name), "two rows are called {}", row.name);
        let scoped = !matches!(
            row.permission,
            Permission::Anyone | Permission::Local | Permission::SignedIn | Permission::Administer
        );
        assert_eq!(
            scoped,
            row.in_environment(),
            "{} {}: permission and path disagree",
            row.method,
            row.path
        );
        assert!(
            row.method != Method::GET || !matches!(row.takes, Takes::Json(_)),
            "{}",
            row.path
        );
        assert!(
            !row.summary.ends_with('.') && row.summary.len() > 4,
            "{}",
            row.path
        );
    }
}

#[tokio::test]
async fn strangers_get_401_from_every_route_that_is_not_for_anyone() {
    let (harness, _) = Harness::set_up().await;
    for row in table().iter().filter(|row| row.permission != Permission::Anyone) {
        for environment in ["default", "no-such"] {
            let problem = ask(&harness, row, environment, "")
                .await
                .problem(401, "signed_out");
            assert!(!problem.to_string().contains("default"), "{problem}");
        }
    }
}

#[tokio::test]
async fn what_anyone_may_ask_is_a_short_list() {
    let anyone: Vec<&str> = table()
        .iter()
        .filter(|row| row.permission == Permission::Anyone)
        .map(|row| row.path)
        .collect();
    let known = [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/v1/setup",
        "/v1/login",
        "/v1/ca",
        "/v1/join",
        "/v1/preflight",
        "/v1/install.sh",
        "/v1/muster",
        "/v1/link/control",
        "/v1/link/streams",
    ];
    assert_eq!(anyone, known);
}

#[tokio::test]
async fn a_member_of_one_environment_learns_nothing_of_another() {
    let (harness, root) = Harness::set_up().await;
    // Names that a match by prefix would mix up.
    for name in ["a", "a-b", "ab"] {
        harness
            .post("/v1/environments")
            .key(&root)
            .json(&json!({ "name": name }))
            .send()
            .await
            .expect(201);
    }
    let key = harness.member(&root, "anna", "a", Some("owner")).await;
    let hidden = harness
        .app
        .mirror
        .world()
        .environment_by_name(&"a-b".parse().unwrap())
        .unwrap()
        .id
        .to_string();
    for row in table().iter().filter(|row| row.in_environment()) {
        let missing = ask(&harness, row, "no-such", &key)
            .await
            .problem(404, "not_found");
        for environment in ["a-b", "ab", "default", "..%2Fa", "A", &hidden] {
            let reply = ask(&harness, row, environment, &key).await;
            // The same answer as for one that does not exist, but for the name asked for.
            let problem = reply.problem(404, "not_found").to_string();
            let named = environment.replace("%2F", "/");
            let (quoted, valued) = (format!("`{named}`"), format!("\"{named}\""));
            let problem = problem
                .replace(&quoted, "`no-such`")
                .replace(&valued, "\"no-such\"");
            assert_eq!(problem, missing.to_string(), "{} {environment}", row.path);
        }
    }
    let listed = harness.get("/v1/environments").key(&key).send().await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let me = harness.get("/v1/me").key(&key).send().await.expect(200);
    assert_eq!(me["environments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn each_role_may_do_what_its_row_of_the_matrix_says() {
    let (harness, root) = Harness::set_up().await;
    let may = |role: &str, permission| match permission {
        Permission::Look => true,
        Permission::ChangeStacks | Permission::Exec => role != "readonly",
        Permission::ChangeHosts | Permission::HostAccess => matches!(role, "member" | "owner"),
        Permission::ChangeMembers => role == "owner",
        _ => false,
    };
    for role in ["readonly", "restricted", "member", "owner"] {
        let key = harness.member(&root, role, "default", Some(role)).await;
        for row in table()
            .iter()
            .filter(|row| row.in_environment() || row.permission == Permission::Administer)
        {
            // What is allowed meets things that are not there; no row changes anything here.
            if may(role, row.permission) {
                if row.method == Method::GET && row.path.ends_with("events") {
                    continue;
                }
                let reply = ask(&harness, row, "default", &key).await;
                assert_ne!(
                    reply.status, 403,
                    "{role} {} {}: {}",
                    row.method, row.path, reply.text
                );
                assert_ne!(
                    reply.status, 401,
                    "{role} {} {}: {}",
                    row.method, row.path, reply.text
                );
            } else {
                let problem = ask(&harness, row, "default", &key)
                    .await
                    .problem(403, "forbidden");
                assert_eq!(problem["refusal"]["permission"], row.permission.name());
            }
        }
        harness
            .get("/metrics")
            .from(ELSEWHERE)
            .key(&key)
            .send()
            .await
            .problem(403, "forbidden");
    }
    harness.get("/metrics").from(ELSEWHERE).key(&root).send().await;
}

#[tokio::test]
async fn a_right_that_is_taken_away_is_gone_with_the_next_request() {
    let (harness, root) = Harness::set_up().await;
    let key = harness.member(&root, "anna", "default", Some("member")).await;
    harness
        .get("/v1/environments/default/stacks")
        .key(&key)
        .send()
        .await
        .expect(200);
    let member = "/v1/environments/default/members/anna";
    harness
        .put(member)
        .key(&root)
        .json(&json!({ "role": "readonly" }))
        .send()
        .await
        .expect(200);
    let token = "/v1/environments/default/join-tokens";
    harness
        .post(token)
        .key(&key)
        .json(&json!({}))
        .send()
        .await
        .problem(403, "forbidden");
    harness.ask("DELETE", member).key(&root).send().await.expect(200);
    harness
        .get("/v1/environments/default/stacks")
        .key(&key)
        .send()
        .await
        .problem(404, "not_found");
}
