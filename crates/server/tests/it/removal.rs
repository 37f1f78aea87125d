//! Who is let in by certificate, and who no longer is.

use std::time::{Duration, Instant};

use muster_link::Channel;
use muster_model::link::{StreamRequest, ToAgent};
use muster_store::{Commit, Key, Store as _};
use muster_trust::{AgentRequest, Ca, OsRandom, PrivateKeyPem};
use tokio::time::timeout;

use crate::link::{Up, clock};

const SOON: Duration = Duration::from_secs(10);

/// A certificate that the platform might have made, of this environment.
fn certify(up: &mut Up, environment: Option<&str>) {
    let read = |name: &str| std::fs::read_to_string(up.dir.path().join(name)).unwrap();
    let ca = Ca::from_pem(&read("ca.pem"), &PrivateKeyPem::new(read("ca-key.pem"))).unwrap();
    let request = AgentRequest::generate().unwrap();
    let host = up.joined.host.clone();
    let pem = ca.issue_agent(&request.csr_pem, &host, environment, clock(), &mut OsRandom);
    (up.joined.certificate_pem, up.joined.key) = (pem.unwrap(), request.key);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_good_in_its_hosts_environment_only() {
    let mut up = Up::new().await;
    for (environment, welcome) in [(Some("env-1-1"), true), (Some("env-9-9"), false), (None, true)] {
        certify(&mut up, environment);
        let mut agent = up.agent().await;
        let said = agent.next().await;
        assert_eq!(
            matches!(said, Some(ToAgent::Welcome(_))),
            welcome,
            "{environment:?}: {said:?}"
        );
    }
}

/// Not only new connections are refused: those that stand end, and what goes through them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_host_is_cut_off_at_once() {
    let up = Up::new().await;
    let mut agent = up.agent().await;
    assert!(matches!(agent.next().await, Some(ToAgent::Welcome(_))));
    let streams = up.dial(Channel::Streams).await.into_streams::<StreamRequest>();
    let key = Key::parse(&format!("desired/host/{}", up.host())).unwrap();
    up.store.commit(Commit::new().delete(key)).await.unwrap();
    let began = Instant::now();
    let words = loop {
        match agent.next().await {
            Some(ToAgent::Refused { message, retry }) => break (message, retry),
            Some(_) => {}
            None => panic!("cut off without a word"),
        }
    };
    assert!(words.0.contains("removed") && !words.1, "{words:?}");
    assert!(agent.next().await.is_none());
    let over = timeout(SOON, streams.accept()).await;
    assert!(over.expect("its streams end").is_none());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let mut again = up.agent().await;
    assert!(matches!(
        again.next().await,
        Some(ToAgent::Refused { retry: false, .. })
    ));
}
