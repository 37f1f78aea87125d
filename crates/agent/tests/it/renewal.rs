//! An agent's certificate is renewed before it ends. No engine is needed for that.

use std::time::Duration;

use muster_model::WallTime;
use muster_model::link::FromAgent;
use muster_model::observed::HostFacts;
use tempfile::TempDir;

use crate::server::{Agent, Server, Terms, clock, eventually};

/// Certificates begin an hour before they are made.
const BACKDATE: Duration = Duration::from_secs(3_600);
const MONTH_MS: u64 = 29 * 24 * 3_600 * 1_000;

fn start(server: &Server) -> (Agent, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let config = server.config_at(dir.path(), &dir.path().join("no-engine.sock"));
    (Agent::start(config), dir)
}

/// What was said of the machine, as often as it was, with each hello told apart.
fn facts(server: &Server) -> (usize, Vec<HostFacts>) {
    let heard = server.heard();
    let hellos = heard
        .iter()
        .filter(|message| matches!(message, FromAgent::Hello(_)));
    let facts = heard.iter().filter_map(|message| match message {
        FromAgent::Hello(hello) => Some(hello.facts.clone()),
        FromAgent::Facts(facts) => Some((**facts).clone()),
        _ => None,
    });
    (hellos.count(), facts.collect())
}

fn beats(server: &Server) -> usize {
    let heard = server.heard();
    heard
        .iter()
        .filter(|message| matches!(message, FromAgent::Heartbeat(_)))
        .count()
}

#[tokio::test]
async fn a_certificate_near_its_end_is_renewed_on_the_link_that_is_up() {
    let life = Duration::from_secs(8);
    let server = Server::with(Terms {
        first_life: life,
        ..Terms::default()
    })
    .await;
    let (_agent, _dir) = start(&server);
    let is_new = |ends: WallTime| ends.0 > clock().0 + MONTH_MS;
    let told = eventually("the new certificate is told of", async || {
        let (hellos, facts) = facts(&server);
        facts
            .last()?
            .certificate_ends
            .filter(|ends| is_new(*ends))
            .map(|_| (hellos, facts))
    })
    .await;
    assert_eq!(told.0, 1, "the session went on");
    let first = told.1[0].certificate_ends.unwrap();
    assert!(!is_new(first));
    assert_eq!(server.renewals(), 1);
    // Once the first one has ended, only the new one opens a link.
    eventually("its end", async || (clock() > first).then_some(())).await;
    server.cut();
    eventually("a new session", async || (facts(&server).0 == 2).then_some(())).await;
    assert_eq!(server.renewals(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_renew_is_not_pressed() {
    let server = Server::with(Terms {
        first_life: BACKDATE / 6,
        renews: false,
        ..Terms::default()
    })
    .await;
    let (_agent, _dir) = start(&server);
    eventually("it asks", async || (server.renewals() == 1).then_some(())).await;
    let before = beats(&server);
    eventually("the session goes on", async || {
        (beats(&server) >= before + 3).then_some(())
    })
    .await;
    assert_eq!((server.renewals(), facts(&server).0), (1, 1));
}

#[tokio::test]
async fn a_fresh_certificate_is_left_alone() {
    let server = Server::start().await;
    let (_agent, _dir) = start(&server);
    eventually("a session", async || (beats(&server) >= 3).then_some(())).await;
    server.streams().await;
    assert_eq!(server.renewals(), 0);
}
