//! The life of a stack: plan, deploy, conflict, repeat, go back, remove.

use muster_model::assigned::ServiceState;
use muster_model::desired::{RevisionBody, ServiceWish, Stack};
use muster_model::limits::PART_BYTES_MAX;
use serde_json::{Value, json};

use super::harness::{ENV, Harness, Reply};

const STACK: &str = "/v1/environments/default/stacks/shop";

fn files(compose: &str) -> Value {
    json!({ "sources": [{ "path": "docker-compose.yml", "content": compose }] })
}

fn web(tag: &str) -> Value {
    files(&format!("services:\n  web:\n    image: muster/whoami:{tag}\n"))
}

async fn plan(harness: &Harness, root: &str, files: &Value) -> Value {
    harness
        .post(&format!("{STACK}/plan"))
        .key(root)
        .json(files)
        .send()
        .await
        .expect(200)
}

async fn deploy(harness: &Harness, root: &str, files: &Value) -> Reply {
    harness
        .put(STACK)
        .key(root)
        .json(&json!({ "files": files }))
        .send()
        .await
}

#[tokio::test]
async fn what_was_planned_is_what_is_deployed() {
    let (harness, root) = Harness::set_up().await;
    harness.host(1, ENV).await;
    let planned = plan(&harness, &root, &web("1")).await;
    assert_eq!(planned["stack_revision"], 0);
    assert_eq!(planned["changes"].as_array().unwrap().len(), 1);
    assert_eq!(planned["changes"][0]["action"], "create");
    assert_eq!(planned["changes"][0]["forecast_host"], "host-1", "{planned}");
    assert_eq!(planned["changes"][0]["to"], "muster/whoami:1");
    assert_eq!(planned["summary"]["create"], 1);
    harness
        .get(STACK)
        .key(&root)
        .send()
        .await
        .problem(404, "not_found");
    let asked = json!({ "files": web("1"), "plan": planned["hash"], "base_revision": 0 });
    let reply = harness.put(STACK).key(&root).json(&asked).send().await;
    assert_eq!(reply.header("etag"), "\"1\"");
    let deployed = reply.expect(202);
    assert_eq!(
        (&deployed["revision"], &deployed["plan"]["hash"]),
        (&json!(1), &planned["hash"])
    );
    assert_eq!(deployed["stack"]["state"], "converging");
    // Read your writes.
    let stack = harness.get(STACK).key(&root).send().await;
    assert_eq!(stack.header("etag"), "\"1\"");
    assert_eq!(stack.expect(200)["services"], 1);
    let service = harness
        .get(&format!("{STACK}/services/web"))
        .key(&root)
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&service["image"], &service["wanted"]),
        (&json!("muster/whoami:1"), &json!(1))
    );
}

#[tokio::test]
async fn a_plan_that_is_out_of_date_is_refused_and_shown_anew() {
    let (harness, root) = Harness::set_up().await;
    harness.host(1, ENV).await;
    let planned = plan(&harness, &root, &web("2")).await;
    deploy(&harness, &root, &web("1")).await.expect(202);
    let world = harness.app.mirror.world();
    let stack = world.stack_by_name(ENV, &"shop".parse().unwrap()).unwrap().id;
    let host = world.hosts(ENV).next().unwrap().id;
    harness.unit(1, stack, "web", host).await;
    let asked = json!({ "files": web("2"), "plan": planned["hash"] });
    let problem = harness
        .put(STACK)
        .key(&root)
        .json(&asked)
        .send()
        .await
        .problem(409, "plan_changed");
    assert_eq!(problem["plan"]["changes"][0]["action"], "replace");
    assert_eq!(problem["plan"]["changes"][0]["from"], "muster/whoami:1");
    assert_eq!(problem["refusal"]["actual"], problem["plan"]["hash"]);
    let asked = json!({ "files": web("2"), "plan": problem["plan"]["hash"], "base_revision": 1 });
    harness
        .put(STACK)
        .key(&root)
        .json(&asked)
        .send()
        .await
        .expect(202);
}

#[tokio::test]
async fn a_stack_that_moved_meanwhile_is_refused() {
    let (harness, root) = Harness::set_up().await;
    deploy(&harness, &root, &web("1")).await.expect(202);
    deploy(&harness, &root, &web("2")).await.expect(202);
    for base in [0, 1, 3] {
        let asked = json!({ "files": web("3"), "base_revision": base });
        let problem = harness
            .put(STACK)
            .key(&root)
            .json(&asked)
            .send()
            .await
            .problem(412, "moved");
        assert_eq!(
            (&problem["refusal"]["expected"], &problem["refusal"]["actual"]),
            (&json!(base), &json!(2))
        );
    }
    let asked = json!({ "files": web("3") });
    harness
        .put(STACK)
        .key(&root)
        .header("if-match", "\"1\"")
        .json(&asked)
        .send()
        .await
        .problem(412, "moved");
    harness
        .put(STACK)
        .key(&root)
        .header("if-match", "\"2\"")
        .json(&asked)
        .send()
        .await
        .expect(202);
}

#[tokio::test]
async fn many_deploys_at_the_same_moment_all_become_revisions_and_one_stack() {
    let (harness, root) = Harness::set_up().await;
    let requests: Vec<Value> = (0..10).map(|tag| web(&tag.to_string())).collect();
    let replies =
        futures_util::future::join_all(requests.iter().map(|files| deploy(&harness, &root, files))).await;
    let mut revisions: Vec<u64> = Vec::new();
    for reply in replies {
        revisions.push(reply.expect(202)["revision"].as_u64().unwrap());
    }
    revisions.sort_unstable();
    assert_eq!(revisions, (1..=10).collect::<Vec<u64>>());
    assert_eq!(harness.app.mirror.world().stacks(ENV).count(), 1);
}

#[tokio::test]
async fn the_same_deploy_twice_is_one_revision_and_one_answer() {
    let (harness, root) = Harness::set_up().await;
    let planned = plan(&harness, &root, &web("1")).await;
    let asked = json!({ "files": web("1"), "plan": planned["hash"], "base_revision": 0 });
    let put = |id: &'static str| {
        harness
            .put(STACK)
            .key(&root)
            .header("request-id", id)
            .json(&asked)
            .send()
    };
    let first = put("one").await;
    assert_eq!(first.header("request-id"), "one");
    let first = first.expect(202);
    // By now the plan is another one and the stack exists: only the id says that it is the same request.
    let again = put("one").await.expect(202);
    for field in ["revision", "since", "stack"] {
        assert_eq!(first[field], again[field], "{field}");
    }
    put("two").await.problem(412, "moved");
    // Later deploys do not change what the first one did.
    deploy(&harness, &root, &web("2")).await.expect(202);
    assert_eq!(put("one").await.expect(202)["revision"], 1);
    // At another address it is another request.
    let other = "/v1/environments/default/stacks/other";
    let body = json!({ "files": web("1") });
    let other = harness
        .put(other)
        .key(&root)
        .header("request-id", "one")
        .json(&body);
    assert_eq!(other.send().await.expect(202)["stack"]["name"], "other");
    // Another account's ids are its own.
    let anna = harness.member(&root, "anna", "default", Some("member")).await;
    let hers = harness
        .put(STACK)
        .key(&anna)
        .header("request-id", "one")
        .json(&json!({ "files": web("3") }));
    assert_eq!(hers.send().await.expect(202)["revision"], 3);
}

#[tokio::test]
async fn going_back_repeats_an_earlier_revision() {
    let (harness, root) = Harness::set_up().await;
    deploy(&harness, &root, &web("1")).await.expect(202);
    let back = format!("{STACK}/rollback");
    harness
        .post(&back)
        .key(&root)
        .json(&json!({}))
        .send()
        .await
        .problem(409, "no_earlier_revision");
    deploy(&harness, &root, &web("2")).await.expect(202);
    let planned = harness
        .post(&format!("{STACK}/plan-rollback"))
        .key(&root)
        .json(&json!({}))
        .send()
        .await
        .expect(200);
    let wrong = json!({ "plan": "0".repeat(64) });
    let problem = harness
        .post(&back)
        .key(&root)
        .json(&wrong)
        .send()
        .await
        .problem(409, "plan_changed");
    assert_eq!(problem["plan"]["hash"], planned["hash"]);
    let asked = json!({ "plan": planned["hash"], "base_revision": 2 });
    let deployed = harness
        .post(&back)
        .key(&root)
        .json(&asked)
        .send()
        .await
        .expect(202);
    assert_eq!(deployed["revision"], 3);
    let revisions = harness
        .get(&format!("{STACK}/revisions"))
        .key(&root)
        .send()
        .await
        .expect(200);
    let told: Vec<(u64, bool, Option<u64>, &str)> = revisions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let image = one["images"]["web"].as_str().unwrap();
            (
                one["number"].as_u64().unwrap(),
                one["current"] == true,
                one["rollback_of"].as_u64(),
                image,
            )
        })
        .collect();
    let wanted = [
        (1, false, None, "muster/whoami:1"),
        (2, false, None, "muster/whoami:2"),
        (3, true, Some(1), "muster/whoami:1"),
    ];
    assert_eq!(told, wanted);
    harness
        .post(&back)
        .key(&root)
        .json(&json!({ "revision": 9 }))
        .send()
        .await
        .problem(404, "not_found");
    harness
        .get(&format!("{STACK}/revisions/9"))
        .key(&root)
        .send()
        .await
        .problem(404, "not_found");
    let one = harness
        .get(&format!("{STACK}/revisions/3"))
        .key(&root)
        .send()
        .await
        .expect(200);
    assert_eq!(one["by"], "root");
}

#[tokio::test]
async fn a_stack_goes_once_and_is_told_to_be_going() {
    let (harness, root) = Harness::set_up().await;
    deploy(&harness, &root, &web("1")).await.expect(202);
    let planned = harness
        .post(&format!("{STACK}/plan-removal"))
        .key(&root)
        .send()
        .await
        .expect(200);
    let remove = |query: &str| harness.ask("DELETE", &format!("{STACK}{query}")).key(&root);
    remove(&format!("?plan={}", "0".repeat(64)))
        .send()
        .await
        .problem(409, "plan_changed");
    remove("?plan=x").send().await.problem(400, "bad_request");
    let hash = planned["hash"].as_str().unwrap();
    let gone = remove(&format!("?plan={hash}"))
        .header("request-id", "bye")
        .send()
        .await
        .expect(202);
    assert_eq!(gone["stack"]["state"], "removing");
    remove("").header("request-id", "bye").send().await;
    remove("").send().await.problem(409, "being_removed");
    deploy(&harness, &root, &web("1"))
        .await
        .problem(409, "being_removed");
}

#[tokio::test]
async fn services_are_scaled_paused_and_restarted() {
    let (harness, root) = Harness::set_up().await;
    let compose = "services:\n  web:\n    image: muster/whoami\n  fixed:\n    image: muster/whoami\n    deploy:\n      replicas: 3\n";
    let first = deploy(&harness, &root, &files(compose)).await.expect(202);
    let stack = first["stack"]["id"].as_str().unwrap().parse().unwrap();
    let web = format!("{STACK}/services/web");
    let patch = |path: &str, body: Value| harness.ask("PATCH", path).key(&root).json(&body);
    let scaled = patch(&web, json!({ "scale": 5 }))
        .header("if-match", "\"0\"")
        .send()
        .await;
    let etag = scaled.header("etag").to_owned();
    let scaled = scaled.expect(200);
    assert_eq!(
        (&scaled["wanted"], &scaled["scale_by_hand"]),
        (&json!(5), &json!(5))
    );
    patch(&web, json!({ "scale": 6 }))
        .header("if-match", "\"0\"")
        .send()
        .await
        .problem(412, "moved");
    let paused = patch(&web, json!({ "paused": true }))
        .header("if-match", &etag)
        .send()
        .await
        .expect(200);
    assert_eq!(
        (&paused["paused"], &paused["scale_by_hand"]),
        (&json!(true), &json!(5))
    );
    for scale in [10_001, 4_000_000_000_u64] {
        patch(&web, json!({ "scale": scale }))
            .send()
            .await
            .problem(422, "out_of_bounds");
    }
    for scale in [json!(-1), json!("5"), json!(1e30)] {
        patch(&web, json!({ "scale": scale }))
            .send()
            .await
            .problem(400, "bad_request");
    }
    let fixed = patch(&format!("{STACK}/services/fixed"), json!({ "scale": 5 }))
        .send()
        .await
        .expect(200);
    assert_eq!(
        fixed["wanted"], 5,
        "what is set by hand holds until the next deploy"
    );
    patch(&format!("{STACK}/services/none"), json!({ "scale": 5 }))
        .send()
        .await
        .problem(404, "not_found");
    harness
        .post(&format!("{web}/restart"))
        .key(&root)
        .send()
        .await
        .expect(202);
    let wish = harness
        .app
        .mirror
        .world()
        .service_wish(stack, &"web".parse().unwrap())
        .unwrap()
        .doc
        .clone();
    assert_eq!((wish.restarts, wish.scale, wish.paused), (1, Some(5), true));
    // Control has its say: what it wants is what is shown, for the revision and the wish that it judged.
    for (wanted, state) in [(4, "converging"), (5, "blocked")] {
        harness
            .verdict(stack, "web", 1, wanted, ServiceState::Blocked)
            .await;
        let shown = harness.get(&web).key(&root).send().await.expect(200);
        assert_eq!(
            (&shown["wanted"], &shown["state"]),
            (&json!(wanted), &json!(state))
        );
    }
    // Files that state a scale clear what was set by hand.
    let stated = "services:\n  web:\n    image: muster/whoami\n    deploy:\n      replicas: 2\n";
    deploy(&harness, &root, &files(stated)).await.expect(202);
    let wish: ServiceWish = (*harness
        .app
        .mirror
        .world()
        .service_wish(stack, &"web".parse().unwrap())
        .unwrap()
        .doc)
        .clone();
    assert_eq!((wish.scale, wish.paused), (None, true));
}

#[tokio::test]
async fn files_with_errors_are_told_all_at_once_and_change_nothing() {
    let (harness, root) = Harness::set_up().await;
    let broken = files("services:\n  web:\n    image: [1]\n  db:\n    image: a b\n");
    for reply in [
        deploy(&harness, &root, &broken).await,
        harness
            .post(&format!("{STACK}/plan"))
            .key(&root)
            .json(&broken)
            .send()
            .await,
    ] {
        let problem = reply.problem(422, "files");
        let diagnostics = problem["diagnostics"].as_array().unwrap();
        assert!(diagnostics.len() >= 2, "{problem}");
        for diagnostic in diagnostics {
            assert!(
                diagnostic["line"].as_u64().unwrap() > 0 && diagnostic["file"] == "docker-compose.yml",
                "{diagnostic}"
            );
        }
    }
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nservices: {web: {image: x, command: *g}}\n";
    deploy(&harness, &root, &files(bomb)).await.problem(422, "files");
    // The server never looks for a file that did not come along.
    let outside = files("services:\n  web:\n    image: x\n    env_file: /etc/passwd\n");
    let problem = deploy(&harness, &root, &outside).await.problem(422, "files");
    assert!(!problem.to_string().contains("root:"), "{problem}");
    assert_eq!(harness.app.mirror.world().all_stacks().count(), 0);
}

#[tokio::test]
async fn rights_over_hosts_are_a_permission() {
    let (harness, root) = Harness::set_up().await;
    let restricted = harness.member(&root, "anna", "default", Some("restricted")).await;
    for right in [
        "privileged: true",
        "network_mode: host",
        "volumes: ['/etc:/etc']",
        "cap_add: [SYS_ADMIN]",
        "pid: host",
    ] {
        let files = files(&format!("services:\n  web:\n    image: x\n    {right}\n"));
        let problem = deploy(&harness, &restricted, &files)
            .await
            .problem(403, "forbidden");
        assert!(
            problem["refusal"]["permission"]
                .as_str()
                .unwrap()
                .starts_with("host_access (web: "),
            "{problem}"
        );
        harness
            .post(&format!("{STACK}/plan"))
            .key(&restricted)
            .json(&files)
            .send()
            .await
            .problem(403, "forbidden");
        deploy(&harness, &root, &files).await.expect(202);
        // Nor by going back to what someone else was allowed.
        deploy(&harness, &restricted, &web("1")).await.expect(202);
        harness
            .post(&format!("{STACK}/rollback"))
            .key(&restricted)
            .json(&json!({}))
            .send()
            .await
            .problem(403, "forbidden");
    }
}

#[tokio::test]
async fn large_stacks_are_written_in_parts_and_read_as_one() {
    let (harness, root) = Harness::set_up().await;
    let large = "é\\\"x".repeat(PART_BYTES_MAX / 8);
    let mut sent = files(
        "services:\n  web:\n    image: x\n    configs: [a, b, c, d]\nconfigs:\n  a: {file: ./a}\n  b: {file: ./b}\n  c: {file: ./c}\n  d: {file: ./d}\n",
    );
    let support =
        ["a", "b", "c", "d"].map(|name| json!({ "path": name, "content": format!("{name}{large}") }));
    sent["support"] = json!(support);
    let put = || {
        let body = json!({ "files": sent });
        harness
            .put(STACK)
            .key(&root)
            .header("request-id", "large")
            .json(&body)
            .send()
    };
    let first = put().await.expect(202);
    assert_eq!(first["revision"], 1);
    let world = harness.app.mirror.world();
    let stack = world.stack_by_name(ENV, &"shop".parse().unwrap()).unwrap();
    let RevisionBody::Parts(parts) = &world.revision_doc(stack.id, 1).unwrap().body else {
        panic!("it is not in parts")
    };
    assert!(parts.len() > 2);
    let spec = world.spec(stack.id, 1).expect("the parts are one spec");
    assert_eq!(spec.blobs.len(), 4);
    // A retry writes the same parts and no second revision.
    put().await.expect(202);
    assert_eq!(harness.app.mirror.world().revisions(stack.id).count(), 1);
    assert_eq!(harness.app.mirror.world().parts().count(), parts.len());
    // The parts stay named when it is gone back to.
    deploy(&harness, &root, &web("1")).await.expect(202);
    harness
        .post(&format!("{STACK}/rollback"))
        .key(&root)
        .json(&json!({}))
        .send()
        .await
        .expect(202);
    let world = harness.app.mirror.world();
    assert_eq!(world.spec(stack.id, 3), Some(spec));
}

#[tokio::test]
async fn names_of_stacks_are_names() {
    let (harness, root) = Harness::set_up().await;
    for name in ["..%2Fx", "%00", "-x", &"x".repeat(64)] {
        let path = format!("/v1/environments/default/stacks/{name}");
        let reply = harness
            .put(&path)
            .key(&root)
            .json(&json!({ "files": web("1") }))
            .send()
            .await;
        reply.problem(400, "bad_request");
    }
    let stack: Option<Stack> = harness
        .app
        .mirror
        .world()
        .all_stacks()
        .next()
        .map(|stack| (*stack.doc).clone());
    assert_eq!(stack, None);
}

#[tokio::test]
async fn a_scale_that_comes_between_a_deploy_and_its_commit_makes_it_look_again() {
    use muster_server::desired::{self, Author, Base, Deploy, ServiceChange};
    use muster_store::{Store as _, StoreError};

    let (harness, root) = Harness::set_up().await;
    deploy(&harness, &root, &web("1")).await.expect(202);
    let world = harness.app.mirror.world();
    let account = world.accounts().next().unwrap().id;
    let environment = world.environments().next().unwrap().id;
    let stack = world
        .stack_by_name(environment, &"shop".parse().unwrap())
        .unwrap();
    let author = |request: &str| Author {
        account,
        now: muster_model::WallTime(1),
        request: muster_model::RequestId::parse(request).unwrap(),
    };
    let again = Deploy {
        environment,
        name: "shop".parse().unwrap(),
        new_id: stack.id,
        spec: world.spec(stack.id, 1).unwrap(),
        base: Base::default(),
        host_access: true,
    };
    let slow = desired::deploy(&world, &author("slow"), &again).unwrap();
    let change = ServiceChange {
        scale: Some(0),
        paused: None,
    };
    let quick =
        desired::change_service(&world, &author("quick"), stack, &"web".parse().unwrap(), change).unwrap();
    harness.store.commit(quick.commit).await.unwrap();
    let refused = harness.store.commit(slow.commit).await;
    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
}
