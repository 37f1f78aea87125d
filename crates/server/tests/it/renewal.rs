//! A host's certificate is renewed over its own link, for itself alone, and only while it is a host.

use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_link::{Joined, LinkError, StreamMux, renew};
use muster_model::WallTime;
use muster_model::link::{FromAgent, Heartbeat, StreamRequest, ToAgent};
use muster_store::{Commit, Key, Store as _};
use muster_trust::{Validity, certificate_validity, peer_identity, read_certificates};

use crate::link::{Agent, Up, until};

async fn streams(up: &Up) -> StreamMux<StreamRequest> {
    up.dial(muster_link::Channel::Streams).await.into_streams()
}

fn validity(joined: &Joined) -> Validity {
    certificate_validity(&read_certificates(&joined.certificate_pem).unwrap()[0]).unwrap()
}

async fn beats(agent: &mut Agent, sequence: u64) {
    agent.say(FromAgent::Heartbeat(Heartbeat::new(sequence))).await;
    while !matches!(agent.next().await.expect("the link is open"), ToAgent::HeartbeatAck(ack) if ack.sequence == sequence)
    {
    }
}

/// An agent in session.
async fn welcomed(up: &Up) -> Agent {
    let mut agent = up.agent().await;
    assert!(matches!(agent.next().await, Some(ToAgent::Welcome(_))));
    agent
}

async fn remove(up: &Up) {
    let key = Key::parse(&format!("desired/host/{}", up.host())).unwrap();
    up.store.commit(Commit::new().delete(key)).await.unwrap();
    until("the host is gone", &up.store, |world| {
        world.host(up.host()).is_none_or(|host| host.wish.is_none())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_renewed_without_the_session_dropping() {
    let life = Duration::from_secs(600);
    let mut up = Up::with(|config| config.agent_certificate_life = life).await;
    let mut agent = welcomed(&up).await;
    beats(&mut agent, 1).await;
    let before = validity(&up.joined);
    // What is issued names whole seconds: one later is later.
    while crate::link::clock() < WallTime(before.not_after.0 - 600_000 + 1_000) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let renewed = renew(&streams(&up).await, &up.joined.host, &up.ca_pem)
        .await
        .unwrap();
    let after = validity(&renewed);
    assert!(after.not_after > before.not_after, "{before:?} {after:?}");
    assert!(renewed.key != up.joined.key, "a new key each time");
    beats(&mut agent, 2).await;
    up.joined = renewed;
    let mut again = welcomed(&up).await;
    beats(&mut again, 1).await;
}

/// A link may outlive its host: what it asks for then is refused, in words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_host_gets_none() {
    let up = Up::new().await;
    let streams = streams(&up).await;
    renew(&streams, &up.joined.host, &up.ca_pem).await.unwrap();
    remove(&up).await;
    // The server's own view follows the store's.
    let deadline = Instant::now() + Duration::from_secs(10);
    let refused = loop {
        match renew(&streams, &up.joined.host, &up.ca_pem).await {
            Ok(_) => assert!(
                Instant::now() < deadline,
                "a removed host goes on getting certificates"
            ),
            Err(error) => break error,
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert!(matches!(&refused, LinkError::Removed), "{refused}");
}

/// Whatever a host asks for, it gets a certificate for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_host_gets_a_certificate_for_another() {
    let up = Up::new().await;
    let streams = Arc::new(streams(&up).await);
    let refused = renew(&streams, "host-9-9", &up.ca_pem).await.unwrap_err();
    assert!(refused.to_string().contains("not for this host"), "{refused}");
    let csr_pem = "nonsense".to_owned();
    let stream = streams
        .open(&StreamRequest::Certificate { csr_pem })
        .await
        .unwrap();
    let frame = muster_link::StreamFrameReader::new(stream).next().await.unwrap();
    assert!(
        matches!(frame, Some(muster_model::link::StreamFrame::Failed(why)) if why.contains("refused")),
        "nonsense is refused in words"
    );
    let mine = renew(&streams, &up.joined.host, &up.ca_pem).await.unwrap();
    let identity = peer_identity(&read_certificates(&mine.certificate_pem).unwrap()).unwrap();
    assert_eq!(identity.to_string(), format!("muster://agent/{}", up.host()));
}
