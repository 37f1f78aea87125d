//! Real TLS handshakes in memory, with certificates issued for other times than the clock's.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use muster_model::WallTime;
use muster_trust::tls::{self, Anchor};
use muster_trust::{AgentRequest, Ca, IssuedServer, OsRandom, PrivateKeyPem, Role, peer_identity};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, ServerConfig, ServerConnection};

use crate::{DAY_MS, ca_at, server_of};

fn clock() -> WallTime {
    WallTime(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap())
}

/// Both sides' views of one finished handshake, or the first refusal.
fn shake(
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
) -> Result<(ClientConnection, ServerConnection), rustls::Error> {
    let mut client = ClientConnection::new(client, tls::link_server_name())?;
    let mut server = ServerConnection::new(server)?;
    while client.is_handshaking() || server.is_handshaking() || client.wants_write() || server.wants_write() {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        server.read_tls(&mut bytes.as_slice()).unwrap();
        server.process_new_packets()?;
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        client.read_tls(&mut bytes.as_slice()).unwrap();
        client.process_new_packets()?;
    }
    Ok((client, server))
}

fn agent_of(ca: &Ca, now: WallTime) -> (String, PrivateKeyPem) {
    let request = AgentRequest::generate().unwrap();
    (
        ca.issue_agent(&request.csr_pem, "host-1-3", None, now, &mut OsRandom)
            .unwrap(),
        request.key,
    )
}

fn link_client(trusted: &Ca, own: &(String, PrivateKeyPem)) -> Arc<ClientConfig> {
    tls::link_client_config(trusted.certificate_pem(), &own.0, &own.1).unwrap()
}

fn link_server(trusted: &Ca, own: &IssuedServer) -> Arc<ServerConfig> {
    tls::link_server_config(trusted.certificate(), own).unwrap()
}

#[test]
fn agent_and_server_of_one_platform_know_one_another() {
    let ca = ca_at(clock());
    let (client, server) = shake(
        link_client(&ca, &agent_of(&ca, clock())),
        link_server(&ca, &server_of(&ca, clock())),
    )
    .unwrap();
    assert_eq!(client.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let theirs = peer_identity(server.peer_certificates().unwrap()).unwrap();
    assert_eq!(theirs.expect(Role::Agent).unwrap(), "host-1-3");
    let theirs = peer_identity(client.peer_certificates().unwrap()).unwrap();
    assert_eq!(theirs.expect(Role::Server).unwrap(), "server-1-1");
}

#[test]
fn another_platforms_agent_or_server_is_refused() {
    let (ours, other) = (ca_at(clock()), ca_at(clock()));
    let server = link_server(&ours, &server_of(&ours, clock()));
    assert!(shake(link_client(&ours, &agent_of(&other, clock())), server.clone()).is_err());
    assert!(shake(link_client(&other, &agent_of(&ours, clock())), server).is_err());
}

#[test]
fn certificates_out_of_date_are_refused_on_either_side() {
    let now = clock();
    let ca = ca_at(now);
    let (good_agent, good_server) = (agent_of(&ca, now), server_of(&ca, now));
    for (then, word) in [
        (WallTime(now.0 - 400 * DAY_MS), "Expired"),
        (WallTime(now.0 + 2 * DAY_MS), "NotValidYet"),
    ] {
        let old_agent = shake(
            link_client(&ca, &agent_of(&ca, then)),
            link_server(&ca, &good_server),
        )
        .unwrap_err();
        assert!(format!("{old_agent:?}").contains(word), "agent: {old_agent:?}");
        let old_server = shake(
            link_client(&ca, &good_agent),
            link_server(&ca, &server_of(&ca, then)),
        )
        .unwrap_err();
        assert!(format!("{old_server:?}").contains(word), "server: {old_server:?}");
    }
}

/// The CA's own end does not cut hosts off: they trust its key, and the certificates it signs are in date.
#[test]
fn hosts_and_servers_outlive_their_cas_dates() {
    let now = clock();
    let ca = ca_at(WallTime(now.0 - 11 * 365 * DAY_MS));
    shake(
        link_client(&ca, &agent_of(&ca, now)),
        link_server(&ca, &server_of(&ca, now)),
    )
    .unwrap();
}

#[test]
fn a_role_is_not_accepted_as_the_other() {
    let ca = ca_at(clock());
    let (agent, server) = (agent_of(&ca, clock()), server_of(&ca, clock()));
    // A server dials as if it were an agent.
    let posing = tls::link_client_config(ca.certificate_pem(), &server.chain_pem, &server.key).unwrap();
    assert!(shake(posing, link_server(&ca, &server)).is_err());
    // An agent listens as if it were a server.
    let posing = link_server(
        &ca,
        &IssuedServer {
            chain_pem: agent.0.clone(),
            key: agent.1.clone(),
        },
    );
    assert!(shake(link_client(&ca, &agent), posing).is_err());
}

#[test]
fn the_link_needs_a_client_certificate_and_tls_1_3() {
    let ca = ca_at(clock());
    let server = link_server(&ca, &server_of(&ca, clock()));
    let nobody = tls::api_client_config(Anchor::from_pem(ca.certificate_pem()).unwrap(), &[]).unwrap();
    assert!(shake(nobody, server.clone()).is_err());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.certificate().clone()).unwrap();
    let old = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    assert!(shake(Arc::new(old), server).is_err());
}

#[test]
fn the_api_is_trusted_by_certificate_or_by_fingerprint() {
    let (ca, other) = (ca_at(clock()), ca_at(clock()));
    let listener = tls::api_server_config(&server_of(&ca, clock())).unwrap();
    let client = |anchor| tls::api_client_config(anchor, &["h2", "http/1.1"]).unwrap();
    for right in [
        Anchor::from_pem(ca.certificate_pem()).unwrap(),
        Anchor::Fingerprint(ca.fingerprint()),
    ] {
        let (client, _) = shake(client(right), listener.clone()).unwrap();
        assert_eq!(client.alpn_protocol(), Some(&b"h2"[..]));
    }
    for wrong in [
        Anchor::from_pem(other.certificate_pem()).unwrap(),
        Anchor::Fingerprint(other.fingerprint()),
    ] {
        assert!(shake(client(wrong), listener.clone()).is_err());
    }
}

#[test]
fn sending_the_pinned_ca_along_is_not_enough() {
    let (ca, other) = (ca_at(clock()), ca_at(clock()));
    let own = server_of(&other, clock());
    // Another platform's certificate with our CA's stuck behind it.
    let leaf = own
        .chain_pem
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next()
        .unwrap();
    let forged = IssuedServer {
        chain_pem: leaf.to_owned() + ca.certificate_pem(),
        key: own.key,
    };
    let listener = tls::api_server_config(&forged).unwrap();
    let client = tls::api_client_config(Anchor::Fingerprint(ca.fingerprint()), &[]).unwrap();
    assert!(shake(client, listener).is_err());
}

#[test]
fn key_and_certificate_must_belong_together() {
    let ca = ca_at(clock());
    let (certificate, _) = agent_of(&ca, clock());
    let (_, other_key) = agent_of(&ca, clock());
    assert!(tls::link_client_config(ca.certificate_pem(), &certificate, &other_key).is_err());
}
