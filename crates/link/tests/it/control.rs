use muster_link::{Channel, Dialer, LinkError, Step};
use muster_trust::tls;
use serde::{Deserialize, Serialize};

use crate::platform::{Listener, Platform};
use crate::soon;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Word {
    text: String,
}

fn word(text: &str) -> Word {
    Word {
        text: text.to_owned(),
    }
}

/// Says a word in each direction over a link established through `url`.
async fn talk(dialer: &Dialer, listener: &mut Listener) {
    let (agent, arrival) =
        soon(async { tokio::join!(dialer.dial(Channel::Control), listener.arrivals.recv()) }).await;
    let ((path, server), agent) = (arrival.unwrap(), agent.unwrap());
    let server = server.unwrap();
    assert!(path.ends_with("/v1/link/control"), "{path}");
    assert_eq!(
        (agent.id.as_str(), server.id.as_str()),
        ("server-1-1", "host-1-3")
    );
    let (mut agent_in, mut agent_out) = agent.into_control::<Word, Word>();
    let (mut server_in, mut server_out) = server.into_control::<Word, Word>();
    agent_out.send(&word("hello")).await.unwrap();
    assert_eq!(soon(server_in.next()).await.unwrap(), Some(word("hello")));
    let large = word(&"x".repeat(3_000_000));
    let (sent, read) = soon(async { tokio::join!(server_out.send(&large), agent_in.next()) }).await;
    sent.unwrap();
    assert_eq!(read.unwrap(), Some(large));
    server_out.close().await.unwrap();
    assert_eq!(soon(agent_in.next()).await.unwrap(), None);
    agent_out.close().await.unwrap();
    assert_eq!(soon(server_in.next()).await.unwrap(), None);
}

#[tokio::test]
async fn both_sides_talk_through_plain_http() {
    let platform = Platform::new();
    let mut listener = platform.listen(None).await;
    talk(&platform.dialer(&listener.url("http"), "host-1-3"), &mut listener).await;
}

#[tokio::test]
async fn both_sides_talk_through_a_strangers_tls() {
    // A balancer with a certificate of another authority, which the agent has never heard of.
    let (platform, balancer) = (Platform::new(), Platform::new());
    let mut listener = platform
        .listen(Some(tls::api_server_config(&balancer.server).unwrap()))
        .await;
    talk(
        &platform.dialer(&(listener.url("https") + "/some/prefix/"), "host-1-3"),
        &mut listener,
    )
    .await;
}

#[tokio::test]
async fn a_name_of_the_hosts_file_leads_there() {
    let platform = Platform::new();
    let mut listener = platform.listen(None).await;
    let dir = tempfile::tempdir().unwrap();
    let hosts = dir.path().join("hosts");
    std::fs::write(&hosts, "127.0.0.1 muster.test\n").unwrap();
    let url = format!("http://muster.test:{}", listener.address.port());
    talk(
        &platform.dialer(&url, "host-1-3").with_hosts_file(hosts),
        &mut listener,
    )
    .await;
    let url = format!("http://localhost:{}", listener.address.port());
    talk(&platform.dialer(&url, "host-1-3"), &mut listener).await;
}

/// What each side says when a dialer with these means comes to this listener.
async fn refusals(dialer: &Dialer, listener: &mut Listener) -> (LinkError, LinkError) {
    let (agent, arrival) =
        soon(async { tokio::join!(dialer.dial(Channel::Control), listener.arrivals.recv()) }).await;
    (agent.unwrap_err(), arrival.unwrap().1.unwrap_err())
}

#[tokio::test]
async fn platforms_do_not_mix() {
    let (ours, other) = (Platform::new(), Platform::new());
    let mut listener = ours.listen(None).await;
    // Its agent does not know our server.
    let (agent, server) = refusals(&other.dialer(&listener.url("http"), "host-1-3"), &mut listener).await;
    assert!(matches!(agent, LinkError::InnerTls { .. }), "{agent}");
    assert!(matches!(server, LinkError::InnerTls { .. }), "{server}");
    // It trusts our server, but its certificate is of the other platform: dialling must not look successful.
    let (certificate, key) = other.agent("host-1-3");
    let tls = tls::link_client_config(ours.ca.certificate_pem(), &certificate, &key).unwrap();
    let (agent, server) = refusals(
        &Dialer::new(listener.url("http").parse().unwrap(), tls),
        &mut listener,
    )
    .await;
    assert!(matches!(agent, LinkError::InnerTls { .. }), "{agent}");
    assert!(matches!(server, LinkError::InnerTls { .. }), "{server}");
}

#[tokio::test]
async fn a_server_is_not_let_in_as_an_agent() {
    let platform = Platform::new();
    let mut listener = platform.listen(None).await;
    let own = &platform.server;
    let tls = tls::link_client_config(platform.ca.certificate_pem(), &own.chain_pem, &own.key).unwrap();
    let (agent, server) = refusals(
        &Dialer::new(listener.url("http").parse().unwrap(), tls),
        &mut listener,
    )
    .await;
    assert!(matches!(agent, LinkError::InnerTls { .. }), "{agent}");
    assert!(matches!(server, LinkError::InnerTls { .. }), "{server}");
}

#[tokio::test]
async fn each_step_says_what_is_wrong() {
    let platform = Platform::new();
    let dial = async |url: String| {
        soon(platform.dialer(&url, "host-1-3").dial(Channel::Control))
            .await
            .unwrap_err()
    };
    // A port where nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert!(matches!(
        dial(format!("http://{free}")).await,
        LinkError::Connect { .. }
    ));
    // TLS to a plain port.
    let listener = platform.listen(None).await;
    let wrong = dial(listener.url("https")).await;
    assert!(matches!(wrong, LinkError::OuterTls { .. }), "{wrong}");
    // Plain to a TLS port.
    let listener = platform
        .listen(Some(tls::api_server_config(&platform.server).unwrap()))
        .await;
    let wrong = dial(listener.url("http")).await;
    assert!(matches!(wrong, LinkError::Upgrade { .. }), "{wrong}");
    assert!(
        wrong.to_string().contains(&listener.address.to_string()),
        "{wrong}"
    );
    assert_ne!(Step::Upgrade.to_string(), Step::InnerTls.to_string());
}
