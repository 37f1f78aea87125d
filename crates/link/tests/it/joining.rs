use muster_link::{Applicant, Channel, Dialer, LinkError, join, open};
use muster_model::{JoinTokenId, WallTime};
use muster_trust::tls::Anchor;
use muster_trust::{JoinToken, OsRandom, ServerNames, tls};

use crate::platform::{Platform, clock};
use crate::soon;

fn applicant() -> Applicant {
    Applicant {
        name: "host-1-9".to_owned(),
        ..Applicant::default()
    }
}

#[tokio::test]
async fn a_host_joins_and_its_certificate_opens_the_link() {
    let platform = Platform::new();
    let mut listener = platform
        .listen(Some(tls::api_server_config(&platform.server).unwrap()))
        .await;
    let url = listener.url("https").parse().unwrap();
    let joined = soon(join(&url, &platform.token, &applicant())).await.unwrap();
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
        &applicant(),
    ))
    .await;
    assert!(matches!(refused, Err(LinkError::Pin { .. })), "{refused:?}");
}

#[tokio::test]
async fn plain_http_is_for_this_machine_alone() {
    let (platform, other) = (Platform::new(), Platform::new());
    let listener = platform.listen(None).await;
    let url = listener.url("http").parse().unwrap();
    soon(join(&url, &platform.token, &applicant())).await.unwrap();
    let remote = "http://192.0.2.1:8080".parse().unwrap();
    assert!(matches!(
        join(&remote, &platform.token, &applicant()).await,
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
    let refused = soon(join(&url, &wrong, &applicant())).await.unwrap_err();
    assert!(matches!(refused, LinkError::Answer { .. }), "{refused}");
    assert!(refused.to_string().contains("CA"), "{refused}");
}

/// Whoever would go by a wrong clock is told of the clock, not of a wrong platform.
#[tokio::test]
async fn a_clock_that_is_hours_off_is_named() {
    let mut platform = Platform::new();
    let hours = |n: u64| WallTime(clock().0 + n * 3_600_000);
    let issued = |at| {
        platform
            .ca
            .issue_server("server-1-1", &ServerNames::default(), at, &mut OsRandom)
            .unwrap()
    };
    // Certificates begin an hour before they are made.
    for (at, is_wrong) in [(hours(3), true), (hours(0), false)] {
        let listener = platform
            .listen(Some(tls::api_server_config(&issued(at)).unwrap()))
            .await;
        let url = listener.url("https").parse().unwrap();
        let joined = soon(join(&url, &platform.token, &applicant())).await;
        assert_eq!(
            matches!(joined, Err(LinkError::Clock { .. })),
            is_wrong,
            "{joined:?}"
        );
    }
    platform.server = issued(hours(3));
    let listener = platform.listen(None).await;
    let dialer = platform.dialer(&listener.url("http"), "host-1-9");
    let dialled = soon(dialer.dial(Channel::Control));
    let error = dialled.await.unwrap_err();
    assert!(matches!(error, LinkError::Clock { .. }), "{error:?}");
    assert!(error.to_string().contains("timedatectl"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_told_in_the_servers_words() {
    let platform = Platform::new();
    let listener = platform.listen(None).await;
    let stale =
        JoinToken::generate(JoinTokenId::new(1, 1), platform.ca.fingerprint(), &mut OsRandom).unwrap();
    let refused = soon(join(&listener.url("http").parse().unwrap(), &stale, &applicant()))
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
