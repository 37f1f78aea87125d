use muster_model::WallTime;
use muster_trust::{
    AgentRequest, Ca, Error, Fingerprint, Identity, OsRandom, PrivateKeyPem, Role, ServerKey, ServerNames,
    certificate_validity, peer_identity, read_certificates,
};
use proptest::prelude::*;

use crate::{Counter, DAY_MS, NOW, ca_at, server_of};

#[test]
fn a_ca_survives_its_own_text() {
    let ca = ca_at(NOW);
    let again = Ca::from_pem(ca.certificate_pem(), &ca.key_pem()).unwrap();
    assert_eq!(again.fingerprint(), ca.fingerprint());
    let agent = AgentRequest::generate().unwrap();
    let pem = again
        .issue_agent(&agent.csr_pem, "host-1-3", None, NOW, &mut OsRandom)
        .unwrap();
    let chain = read_certificates(&pem).unwrap();
    assert_eq!(
        peer_identity(&chain).unwrap().to_string(),
        "muster://agent/host-1-3"
    );
}

#[test]
fn a_ca_is_refused_with_anothers_key_or_no_ca_at_all() {
    let (ca, other) = (ca_at(NOW), ca_at(NOW));
    let refused = |certificate: &str, key: &PrivateKeyPem| Ca::from_pem(certificate, key).unwrap_err();
    assert!(matches!(
        refused(ca.certificate_pem(), &other.key_pem()),
        Error::ReadCa { .. }
    ));
    assert!(matches!(
        refused(ca.certificate_pem(), &PrivateKeyPem::new("nonsense".into())),
        Error::ReadCa { .. }
    ));
    assert!(matches!(
        refused("nonsense", &ca.key_pem()),
        Error::ReadCertificate { .. }
    ));
    let server = server_of(&ca, NOW);
    assert!(matches!(
        refused(&server.chain_pem, &server.key),
        Error::ReadCa { .. }
    ));
}

#[test]
fn certificates_say_their_role_and_live_as_long_as_they_should() {
    let ca = ca_at(NOW);
    let server = read_certificates(&server_of(&ca, NOW).chain_pem).unwrap();
    assert_eq!(
        peer_identity(&server).unwrap(),
        Identity {
            role: Role::Server,
            id: "server-1-1".into(),
            environment: None,
        }
    );
    assert_eq!(
        server.len(),
        2,
        "the CA travels along for clients that know only its fingerprint"
    );
    assert_eq!(Fingerprint::of(&server[1]), ca.fingerprint());
    assert_eq!(
        certificate_validity(&server[0]).unwrap().not_after,
        WallTime(NOW.0 + 365 * DAY_MS)
    );

    let request = AgentRequest::generate().unwrap();
    let agent = ca
        .issue_agent(&request.csr_pem, "host-1-3", None, NOW, &mut OsRandom)
        .unwrap();
    let validity = certificate_validity(&read_certificates(&agent).unwrap()[0]).unwrap();
    assert_eq!(validity.not_after, WallTime(NOW.0 + 30 * DAY_MS));
    assert!(
        validity.not_before < NOW,
        "a host whose clock is a little behind must accept it"
    );
}

#[test]
fn a_hosts_certificate_says_its_environment_and_older_ones_that_do_not_are_good() {
    let ca = ca_at(NOW);
    let csr = AgentRequest::generate().unwrap().csr_pem;
    let issue = |environment| ca.issue_agent(&csr, "host-1-3", environment, NOW, &mut OsRandom);
    for environment in [Some("environment-1-7"), None] {
        let chain = read_certificates(&issue(environment).unwrap()).unwrap();
        let identity = peer_identity(&chain).unwrap();
        assert_eq!(identity.environment.as_deref(), environment);
        assert_eq!((identity.role, identity.id.as_str()), (Role::Agent, "host-1-3"));
    }
    assert!(issue(Some("a b")).is_err());
}

#[test]
fn a_servers_key_outlives_its_certificates() {
    let (ca, key) = (ca_at(NOW), ServerKey::generate().unwrap());
    let kept = ServerKey::from_pem(&key.pem()).unwrap();
    assert_eq!(kept.pin(), key.pin());
    assert!(key.pin().starts_with("sha256//") && key.pin() != ServerKey::generate().unwrap().pin());
    let later = WallTime(NOW.0 + 300 * DAY_MS);
    let issue = |now| ca.issue_server_over(&kept, "server-1-1", &ServerNames::default(), now, &mut OsRandom);
    let (first, second) = (issue(NOW).unwrap(), issue(later).unwrap());
    assert!(first.key == second.key && first.chain_pem != second.chain_pem);
}

#[test]
fn no_clock_makes_issuing_panic() {
    let request = AgentRequest::generate().unwrap();
    for now in [0, 1, u64::MAX / 2, u64::MAX].map(WallTime) {
        let ca = ca_at(now);
        server_of(&ca, now);
        ca.issue_agent(&request.csr_pem, "host-1-3", None, now, &mut OsRandom)
            .unwrap();
    }
}

#[test]
fn a_role_is_not_taken_for_the_other() {
    let agent = Identity::new(Role::Agent, "host-1-3").unwrap();
    assert_eq!(agent.clone().expect(Role::Agent).unwrap(), "host-1-3");
    assert!(matches!(agent.expect(Role::Server), Err(Error::Identity { .. })));
}

#[test]
fn what_a_request_wishes_for_is_not_granted() {
    // A request that claims to be a server: its names must not reach the certificate.
    let key = rcgen::KeyPair::generate().unwrap();
    let mut wishes = rcgen::CertificateParams::new(vec!["server.muster.internal".to_owned()]).unwrap();
    wishes.subject_alt_names.push(rcgen::SanType::URI(
        "muster://server/server-1-1".try_into().unwrap(),
    ));
    wishes.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    let csr = wishes.serialize_request(&key).unwrap().pem().unwrap();
    let pem = ca_at(NOW)
        .issue_agent(&csr, "host-1-3", None, NOW, &mut OsRandom)
        .unwrap();
    let chain = read_certificates(&pem).unwrap();
    assert_eq!(
        peer_identity(&chain).unwrap(),
        Identity {
            role: Role::Agent,
            id: "host-1-3".into(),
            environment: None,
        }
    );
    assert!(!String::from_utf8_lossy(&chain[0]).contains("server"));
}

#[test]
fn requests_that_are_none_are_refused() {
    let ca = ca_at(NOW);
    let good = AgentRequest::generate().unwrap().csr_pem;
    let other_curve = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let other_curve = rcgen::CertificateParams::default()
        .serialize_request(&other_curve)
        .unwrap()
        .pem()
        .unwrap();
    let mut tampered = good.clone().into_bytes();
    let middle = tampered.len() / 2;
    tampered[middle] = if tampered[middle] == b'A' { b'B' } else { b'A' };
    let tampered = String::from_utf8(tampered).unwrap();
    for csr in [
        "",
        "nonsense",
        ca.certificate_pem(),
        &other_curve,
        &tampered,
        &" ".repeat(1 << 20),
    ] {
        assert!(
            matches!(
                ca.issue_agent(csr, "host-1-3", None, NOW, &mut OsRandom),
                Err(Error::Request { .. })
            ),
            "{csr:.60}"
        );
    }
    let long = "x".repeat(129);
    for host in ["", "a/b", "../x", "a\0b", "ä", &long] {
        assert!(
            matches!(
                ca.issue_agent(&good, host, None, NOW, &mut OsRandom),
                Err(Error::Id { .. })
            ),
            "{host:.20}"
        );
    }
}

#[test]
fn names_that_no_certificate_holds_are_named() {
    let names = ServerNames {
        dns: vec!["münchen".into()],
        ips: vec![],
    };
    let refused = ca_at(NOW)
        .issue_server("server-1-1", &names, NOW, &mut Counter(1))
        .unwrap_err();
    assert!(refused.to_string().contains("münchen"), "{refused}");
}

#[test]
fn strangers_certificates_name_nobody_here() {
    let theirs = rcgen::generate_simple_self_signed(vec!["example.org".to_owned()]).unwrap();
    assert!(matches!(
        peer_identity(&[theirs.cert.der().clone()]),
        Err(Error::Identity { .. })
    ));
    assert!(matches!(peer_identity(&[]), Err(Error::Identity { .. })));
    assert!(matches!(
        peer_identity(&[vec![0x30, 0x80].into()]),
        Err(Error::Identity { .. })
    ));
}

#[test]
fn a_certificate_of_two_holders_is_nobodys() {
    for uris in [
        vec!["muster://agent/host-1-1", "muster://server/server-1-1"],
        vec!["muster://admin/root"],
        vec!["muster://agent/"],
        vec!["muster://agent/a/b"],
    ] {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::default();
        params.subject_alt_names = uris
            .iter()
            .map(|u| rcgen::SanType::URI((*u).try_into().unwrap()))
            .collect();
        let certificate = params.self_signed(&key).unwrap();
        assert!(peer_identity(&[certificate.der().clone()]).is_err(), "{uris:?}");
    }
}

#[test]
fn private_keys_are_not_printed() {
    let request = AgentRequest::generate().unwrap();
    let printed = format!("{request:?} {:?}", ca_at(NOW));
    assert!(
        !printed.contains(request.key.expose().lines().nth(1).unwrap()),
        "{printed}"
    );
    assert!(printed.contains("PrivateKeyPem(…)"));
}

proptest! {
    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0usize..2000) {
        let _ = peer_identity(&[bytes.clone().into()]);
        let _ = read_certificates(&String::from_utf8_lossy(&bytes));
        let pem = ca_at(NOW).certificate_pem().to_owned();
        let der = read_certificates(&pem).unwrap().remove(0);
        let mut damaged = der.to_vec();
        let at = cut % damaged.len();
        damaged[at] ^= bytes.first().copied().unwrap_or(1);
        let _ = peer_identity(&[damaged.clone().into()]);
        damaged.truncate(at);
        let _ = peer_identity(&[damaged.into()]);
    }
}
