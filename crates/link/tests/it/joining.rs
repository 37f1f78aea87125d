use muster_link::{Channel, Dialer, LinkError, join, open};
use muster_model::JoinTokenId;
use muster_trust::tls::Anchor;
use muster_trust::{JoinToken, OsRandom, tls};

use crate::platform::Platform;
use crate::soon;

#[tokio::test]
async fn a_host_joins_and_its_certificate_opens_the_link() {
    let platform = Platform::new();
    let mut listener = platform
        .listen(Some(tls::api_server_config(&platform.server).unwrap()))
        .await;
    let url = listener.url("https").parse().unwrap();
    let joined = soon(join(&url, &platform.token, "host-1-9")).await.unwrap();
    assert_eq!(
        (joined.host.as_str(), joined.ca_pem.as_str()),
        ("host-1-9", platform.ca.certificate_pem())
    );
    let tls = tls::link_client_config(&joined.ca_pem, &joined.certificate_pem, &joined.key).unwrap();
    let dialer = Dialer::new(url, tls);
    let (agent, arrival) =
        soon(async { tokio::join!(dialer.dial(Channel::Control), listener.arrivals.recv()) }).await;
    agent.unwrap();
    assert_eq!(arrival.unwrap().1.unwrap().id, "host-1-9");
}

#[tokio::test]
async fn nothing_is_said_to_a_server_that_the_token_does_not_pin() {
    let (platform, other) = (Platform::new(), Platform::new());
    let listener = other
        .listen(Some(tls::api_server_config(&other.server).unwrap()))
        .await;
    let refused = soon(join(
        &listener.url("https").parse().unwrap(),
        &platform.token,
        "host-1-9",
    ))
    .await;
    assert!(matches!(refused, Err(LinkError::Pin { .. })), "{refused:?}");
}

#[tokio::test]
async fn plain_http_is_for_this_machine_alone() {
    let (platform, other) = (Platform::new(), Platform::new());
    let listener = platform.listen(None).await;
    let url = listener.url("http").parse().unwrap();
    soon(join(&url, &platform.token, "host-1-9")).await.unwrap();
    let remote = "http://192.0.2.1:8080".parse().unwrap();
    assert!(matches!(
        join(&remote, &platform.token, "host-1-9").await,
        Err(LinkError::Plain { .. })
    ));
    // Even there the answer is held against the pin: right secret, another platform's CA.
    let (id, ca) = (JoinTokenId::new(1, 1), other.ca.fingerprint());
    let text = platform
        .token
        .text()
        .replace(&platform.ca.fingerprint().to_string(), &ca.to_string());
    let wrong = JoinToken::parse(&text).unwrap();
    assert_eq!((wrong.id(), wrong.ca()), (id, ca));
    let refused = soon(join(&url, &wrong, "host-1-9")).await.unwrap_err();
    assert!(matches!(refused, LinkError::Answer { .. }), "{refused}");
    assert!(refused.to_string().contains("CA"), "{refused}");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let platform = Platform::new();
    let listener = platform.listen(None).await;
    let stale =
        JoinToken::generate(JoinTokenId::new(1, 1), platform.ca.fingerprint(), &mut OsRandom).unwrap();
    let refused = soon(join(&listener.url("http").parse().unwrap(), &stale, "host-1-9"))
        .await
        .unwrap_err();
    assert!(matches!(refused, LinkError::Refused { status: 403, .. }));
    assert!(!refused.retry());
    assert!(refused.to_string().contains("the token has expired"), "{refused}");
    assert!(!format!("{refused:?}").contains(stale.text().split('-').nth(4).unwrap()));
}

#[tokio::test]
async fn a_client_of_the_api_must_know_whom_it_trusts() {
    let platform = Platform::new();
    let listener = platform
        .listen(Some(tls::api_server_config(&platform.server).unwrap()))
        .await;
    let url = listener.url("https").parse().unwrap();
    assert!(matches!(
        soon(open(&url, None)).await,
        Err(LinkError::NoAnchor { .. })
    ));
    soon(open(
        &url,
        Some(Anchor::from_pem(platform.ca.certificate_pem()).unwrap()),
    ))
    .await
    .unwrap();
    let plain = "http://192.0.2.1:8080".parse().unwrap();
    assert!(matches!(
        open(&plain, Some(Anchor::Fingerprint(platform.ca.fingerprint()))).await,
        Err(LinkError::Plain { .. })
    ));
}
