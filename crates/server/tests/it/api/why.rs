//! Why a service is as it is, and a host does not take it.

use muster_model::assigned::ServiceState;

use super::harness::{ENV, Harness};

#[tokio::test]
async fn why_and_why_not_are_answered_for_what_the_environment_has() {
    let (harness, root) = Harness::set_up().await;
    let host = harness.host(1, ENV).await;
    harness.host(2, ENV).await;
    let stack = harness.stack(1, ENV, "shop", &["web"]).await;
    harness.unit(1, stack, "web", host).await;
    harness.verdict(stack, "web", 1, 1, ServiceState::Steady).await;
    let service = "/v1/environments/default/stacks/shop/services/web";
    let ask = |path: String| harness.get(&path).key(&root).send();
    let why = ask(format!("{service}/why")).await.expect(200);
    assert_eq!(why["summary"], "shop/web is as wished: 1 of 1 units are up.");
    assert_eq!(why["units"][0]["host"], "host-1");
    let not = ask(format!("{service}/hosts/host-2/why-not")).await.expect(200);
    assert_eq!((&not["fits"], &not["next"]), (&true.into(), &"host-2".into()));
    ask(format!("{service}/hosts/host-3/why-not"))
        .await
        .problem(404, "not_found");
    ask("/v1/environments/default/stacks/shop/services/db/why".to_owned())
        .await
        .problem(404, "not_found");
}
