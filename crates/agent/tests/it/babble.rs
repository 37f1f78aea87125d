//! A server that makes no sense is left, and dialled again.

use muster_model::link::FromAgent;

use crate::server::{Agent, Server, Terms, eventually};

/// Far above what pipes hold, far below what was promised.
const MEGABYTES: usize = 24;

fn framed(text: &[u8]) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes(), text].concat()
}

/// Bytes without sense, the same each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// Every session of it, until one that makes sense.
async fn survives(babble: Vec<Vec<u8>>) -> usize {
    let server = Server::with(Terms {
        babble,
        ..Terms::default()
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("no-engine.sock");
    let _agent = Agent::start(server.config_at(dir.path(), &socket));
    eventually("a session that makes sense", async || {
        let heard = server.heard();
        let beats = heard
            .iter()
            .filter(|message| matches!(message, FromAgent::Heartbeat(_)));
        (beats.count() >= 2).then_some(())
    })
    .await;
    server.swallowed()
}

#[tokio::test]
async fn messages_that_are_none_end_the_session_and_not_the_agent() {
    let deep = framed("[".repeat(100_000).as_bytes());
    let incomplete = framed(br#"{"type":"heartbeat_ack","sequence":1}"#);
    survives(vec![noise(100_000), deep, incomplete, framed(b"")]).await;
}

#[tokio::test]
async fn a_hundred_megabytes_are_not_taken() {
    let mut promised = 100_000_000_u32.to_be_bytes().to_vec();
    promised.extend(vec![b' '; MEGABYTES << 20]);
    assert_eq!(
        survives(vec![promised]).await,
        0,
        "it hung up before it had read them"
    );
}

#[tokio::test]
async fn half_a_message_is_not_waited_for_for_ever() {
    let whole = framed(br#"{"type":"resync"}"#);
    survives(vec![whole[..7].to_vec()]).await;
}

#[tokio::test]
async fn what_a_newer_server_says_is_passed_over() {
    let news = framed(br#"{"type":"weather","sun":{"shines":true}}"#);
    let server = Server::with(Terms {
        preface: news,
        ..Terms::default()
    })
    .await;
    let dir = tempfile::tempdir().unwrap();
    let _agent = Agent::start(server.config_at(dir.path(), &dir.path().join("no-engine.sock")));
    eventually("heartbeats", async || {
        let heard = server.heard();
        let beats = heard
            .iter()
            .filter(|message| matches!(message, FromAgent::Heartbeat(_)));
        (beats.count() >= 2).then_some(())
    })
    .await;
    let hellos = server
        .heard()
        .into_iter()
        .filter(|message| matches!(message, FromAgent::Hello(_)));
    assert_eq!(hellos.count(), 1, "in its first session");
}
